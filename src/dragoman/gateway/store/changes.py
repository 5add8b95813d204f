"""What a transaction changes, added up, so that it is written in few statements."""

from __future__ import annotations

import sqlite3
from functools import lru_cache
from typing import Any, Final

from dragoman.gateway.store.tally import Tally

_HOLD: Final = "(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)"
_HOLDS_AT_ONCE: Final = 100
_ACCOUNT: Final = "UPDATE accounts SET spent = spent + ?, held = held + ? WHERE key = ? AND period = ?"
_GATE: Final = "UPDATE gates SET inside = inside + ? WHERE key = ?"
_TRAFFIC: Final = (
    "INSERT INTO traffic VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, tokens = tokens + excluded.tokens"
)


@lru_cache(maxsize=_HOLDS_AT_ONCE)
def _holds(number: int) -> str:
    return f"INSERT INTO holds VALUES {', '.join([_HOLD] * number)}"  # noqa: S608  # question marks


class Changes:
    """New holds; by key and period, what is spent, held and inside; by key and second, what is sent; and usage."""

    __slots__ = ("accounts", "holds", "tally", "traffic")

    def __init__(self) -> None:
        self.holds: list[tuple[Any, ...]] = []
        self.accounts: dict[tuple[str, int], list[int]] = {}
        self.traffic: dict[tuple[str, int], list[int]] = {}
        self.tally = Tally()

    def account(self, key: str, period: int, spent: int, held: int, inside: int) -> None:
        sums = self.accounts.get((key, period))
        if sums is None:
            self.accounts[key, period] = [spent, held, inside]
        else:
            sums[0] += spent
            sums[1] += held
            sums[2] += inside

    def sent(self, key: str, tick: int, requests: int, tokens: int) -> None:
        sums = self.traffic.get((key, tick))
        if sums is None:
            self.traffic[key, tick] = [requests, tokens]
        else:
            sums[0] += requests
            sums[1] += tokens

    def write(self, connection: sqlite3.Connection) -> None:
        for start in range(0, len(self.holds), _HOLDS_AT_ONCE):
            some = self.holds[start : start + _HOLDS_AT_ONCE]
            connection.execute(_holds(len(some)), [value for hold in some for value in hold])
        for (key, period), (spent, held, inside) in self.accounts.items():
            if spent or held:
                connection.execute(_ACCOUNT, (spent, held, key, period))
            if inside:
                connection.execute(_GATE, (inside, key))
        for (key, tick), (requests, tokens) in self.traffic.items():
            connection.execute(_TRAFFIC, (key, tick, requests, tokens))
        self.tally.write(connection)
