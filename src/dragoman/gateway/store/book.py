"""The book: what a transaction does to the money. It runs between `BEGIN` and `COMMIT`, one at a time.

Desks are kept from one transaction to the next: SQLite says when somebody else has written, and then they are read
again. While one process has the file nothing is read at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final

from dragoman.errors import BudgetExceeded, Error, KeyRefused
from dragoman.gateway.store.changes import Changes, account, gate
from dragoman.gateway.store.desk import Desk, Moment
from dragoman.gateway.store.entries import Admit, Asked, Grow, Outcome, Settle
from dragoman.gateway.store.money import believed
from dragoman.gateway.store.spend import Admission, Spend
from dragoman.gateway.store.standing import desk_of
from dragoman.gateway.store.tally import Tally
from dragoman.gateway.store.virtual_key import DAY, NUMBERS, Period

_OPEN: Final = "SELECT id, worst FROM holds WHERE id IN ({}) AND why IS NULL"
_OVER: Final = "DELETE FROM holds WHERE id IN ({}) AND why IS NULL"
_ONE: Final = "SELECT worst, why FROM holds WHERE id = ?"
_END: Final = "DELETE FROM holds WHERE id = ?"
_UNKNOWN: Final = "UPDATE holds SET why = ?, worst = ?, admitted = ?, tenant = ?, provider = ?, served = ? WHERE id = ?"
_MORE: Final = "UPDATE holds SET worst = worst + ? WHERE id = ? AND why IS NULL"
_AT_ONCE: Final = 500
"""Older SQLites bind a thousand values to a statement."""
_COST_NOT_KNOWN: Final = "its cost is not known"


@lru_cache(maxsize=1024)
def _these(statement: str, number: int) -> str:
    """A statement about so many holds: in one step, for each step of SQLite's gives other threads their turn."""
    return statement.format(", ".join("?" * number))


class Book:
    """The money, for one process. `worker` is its number in the store."""

    def __init__(self, connection: sqlite3.Connection, worker: int) -> None:
        self._connection = connection
        self._worker = worker
        self._ids = count((worker << 32) + 1)
        self._desks: dict[str, Desk] = {}
        self._version: int | None = None
        self._changes = Changes()
        self._day = -1
        self._periods: Mapping[Period, int] = {}
        self.now = Moment(0.0, 0.0, 0)

    # ------------------------------------------------------------------ a transaction

    def begin(self, wall: float, steady: float) -> None:
        """A transaction has begun: find out whether the desks are true."""
        self.now = Moment(wall, steady, int(steady))
        day = int(wall // DAY)
        if day != self._day:
            self._day = day
            self._periods = {name: number(wall) for name, number in NUMBERS.items()}
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._desks.clear()
            self._version = version

    def write(self) -> None:
        """The transaction is about to be committed."""
        self._changes.write(self._connection)

    def let(self, do: Callable[[sqlite3.Connection], Any]) -> Any:
        """Have something else read and change the tables."""
        self.write()
        try:
            return do(self._connection)
        finally:
            self._desks.clear()

    def forget(self) -> None:
        """The transaction came to nothing."""
        self._changes = Changes()
        self._desks.clear()

    # ------------------------------------------------------------------ what is in it

    def settle(self, settles: Sequence[Settle]) -> None:
        """Calls are over, or were never sent. What was settled or resolved already is left as it is."""
        for start in range(0, len(settles), _AT_ONCE):
            self._settle(settles[start : start + _AT_ONCE])

    def _settle(self, settles: Sequence[Settle]) -> None:
        over = [each for each in settles if each.cost is not None or not self._is_doubtful(each)]
        if not over:
            return
        connection, ids = self._connection, [each.admission.id for each in over]
        held = dict(connection.execute(_these(_OPEN, len(ids)), ids).fetchall())
        if held:
            connection.execute(_these(_OVER, len(ids)), ids)
        for each in over:
            number = each.admission.id
            if number in held:
                self._pay(each, held.pop(number), 1)
            else:
                self._pay_late(each)

    def ask(self, asked: Sequence[Asked]) -> list[Outcome]:
        """Let calls in, or have them go on, or say why not."""
        return [(entry, self._grow(entry) if isinstance(entry, Grow) else self._admit(entry)) for entry in asked]

    def note(self, spends: Sequence[Spend]) -> None:
        """Calls without a key, and calls that were not let in, are over."""
        for spend in spends:
            self._changes.tally.add(spend, believed(spend.cost), spend.key or "", spend.tenant, self.now.wall)

    def add(self, tally: Tally) -> None:
        """Usage that could not be written before."""
        self._changes.tally.merge(tally)

    # ------------------------------------------------------------------ who asks

    def _admit(self, entry: Admit) -> Admission | Error:
        desk = self._desks.get(entry.key)
        if desk is None or desk.period != self._periods[desk.key.period]:
            desk = self._desk_of(entry.key)
            if desk is None:
                return KeyRefused("this key is not known here")
        now = self.now
        refusal = desk.refusal(entry, now)
        if refusal is not None:
            return refusal
        key, worst, hold, changes = desk.key, entry.worst, next(self._ids), self._changes
        desk.inside += 1
        if worst:
            desk.held += worst
        if desk.traffic is not None:
            desk.traffic.add(now.tick, 1, entry.tokens)
        changes.desks.add(desk)
        changes.holds += (hold, key.id, self._worker, int(now.wall), desk.period, worst, entry.model, entry.request_id)
        return Admission(hold, key, desk.period, worst, entry.tokens, now.tick)

    def _grow(self, entry: Grow) -> Error | None:
        """Hold more for a call under way. Its period is the one in which it began."""
        admission = entry.admission
        desk = self._desks.get(admission.key.id)
        if desk is None or desk.period != admission.period:
            self.write()  # what is read has to include it
            desk = desk_of(self._connection, admission.key.id, self.now, admission.period)
            if desk is None:
                return KeyRefused("this key is not known here")
        refusal = desk.refusal_to_grow(entry.by, self.now)
        if refusal is not None:
            return refusal
        if not self._connection.execute(_MORE, (entry.by, admission.id)).rowcount:
            return BudgetExceeded("nothing is held for this call any more")
        self._change(admission, 0, entry.by, 0)
        return None

    def _desk_of(self, key: str) -> Desk | None:
        self.write()  # what is read has to include it
        desk = desk_of(self._connection, key, self.now)
        if desk is not None:
            self._desks[key] = desk
        return desk

    # ------------------------------------------------------------------ what is over

    def _pay(self, settle: Settle, held: int | None, inside: int) -> None:
        """A call that cost so much, for which so much was `held`, is over."""
        admission, spend, cost = settle.admission, settle.spend, settle.cost or 0
        desk = self._desks.get(admission.key.id)
        if desk is None or desk.period != admission.period:
            self._change(admission, cost, -(held or 0), -inside)
        else:
            desk.spent += cost
            desk.inside -= inside
            if held:
                desk.held -= held
            self._changes.desks.add(desk)
        if spend is not None:
            self._used(admission, spend, settle.cost, desk)

    def _pay_late(self, settle: Settle) -> None:
        """A call whose hold is not open: it became unknown, and is known after all, or there is none."""
        number = (settle.admission.id,)
        row = self._connection.execute(_ONE, number).fetchone()
        if row is not None:
            self._connection.execute(_END, number)
            self._pay(settle, row[0], 0)

    def _is_doubtful(self, settle: Settle) -> bool:
        """Whether nobody knows what the call cost: then what is held for what is not known stays."""
        admission, spend = settle.admission, settle.spend
        if spend is None or (admission.worst is None and not spend.broke_off):
            return False
        row = self._connection.execute(_ONE, (admission.id,)).fetchone()
        if row is not None and row[1] is None:
            held = row[0]
            kept = held if settle.kept is None or held is None else min(settle.kept, held)
            when = int(self.now.wall if spend.when is None else spend.when)
            facts = (_COST_NOT_KNOWN, kept, when, admission.key.tenant or "", spend.provider, spend.served)
            self._connection.execute(_UNKNOWN, (*facts, admission.id))
            self._change(admission, settle.known, (kept or 0) - (held or 0), -1)
            self._used(admission, spend, None, self._desks.get(admission.key.id), settle.known)
        return True

    def _change(self, admission: Admission, spent: int, held: int, inside: int) -> None:
        """Change what a key's account and gate say, whether its desk is here or not."""
        desk = self._desks.get(admission.key.id)
        if desk is not None:
            desk.inside += inside
            self._changes.desks.add(desk)
        elif inside:
            gate(self._connection, admission.key.id, inside)
        if desk is not None and desk.period == admission.period:
            desk.spent += spent
            desk.held += held
        elif spent or held:
            account(self._connection, admission.key.id, admission.period, spent, held)

    def _used(self, admission: Admission, spend: Spend, cost: int | None, desk: Desk | None, known: int = 0) -> None:
        key = admission.key
        tokens = self._changes.tally.add(spend, cost, key.id, key.tenant, self.now.wall, known)
        if tokens and desk is not None and desk.traffic is not None:
            desk.traffic.correct(admission.tick, self.now.tick, tokens - admission.tokens)
