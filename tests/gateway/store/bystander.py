"""A process that has a store, calls a provider and pays: to be killed, or to share what it has with another.

Each line on standard output is a call that was charged: the number of its hold and what it cost, in pico-dollars. The
provider writes it between the call's admission and its settlement, as a real one does; a pipe has it whatever happens
to the process.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from decimal import Decimal

from dragoman.errors import BudgetExceeded, RateLimited
from dragoman.gateway.keys import Keys, Ledger, Spend
from dragoman.gateway.store import SqliteStore

WORST = Decimal("0.001")


async def call(ledger: Ledger, keys: Keys, token: str, chance: random.Random) -> None:
    """One that is let in, charged and settled. One in twenty breaks before it says what it cost."""
    key = keys.find(token)
    admission = await ledger.admit(key, worst=WORST, tokens=10, model="m")
    cost = chance.randint(1, 10**9)
    os.write(1, b"%d %d\n" % (admission.id, cost))
    for _ in range(chance.randint(0, 3)):
        await asyncio.sleep(0)
    known = chance.random() > 0.05
    ledger.settle(admission, Spend(model="m", provider="p", cost=Decimal(cost).scaleb(-12) if known else None))


async def caller(ledger: Ledger, keys: Keys, token: str, chance: random.Random, calls: int) -> None:
    for _ in range(calls):
        try:
            await call(ledger, keys, token, chance)
        except RateLimited:  # too many at once: another's turn
            await asyncio.sleep(0)
        except BudgetExceeded:
            return


async def main(path: str, token: str, seed: int, calls: int, callers: int) -> None:
    with SqliteStore(path) as store:
        sys.stdin.readline()  # until whoever started it says so
        ledger, chance = Ledger(store), random.Random(seed)
        share = calls // callers
        await asyncio.gather(*(caller(ledger, Keys(store), token, chance, share) for _ in range(callers)))
        await ledger.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
