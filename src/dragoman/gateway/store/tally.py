"""Usage, added up by day, key, tenant and model as it comes."""

from __future__ import annotations

import sqlite3
from typing import Any, Final, TypeAlias

from dragoman.gateway.store.spend import Spend
from dragoman.gateway.store.virtual_key import day_of

Place: TypeAlias = tuple[int, str, str, str, str, str]
"""Day, key, tenant, model asked for, provider, model served."""

COUNTS: Final = (
    "requests",
    "failed",
    "unpriced",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
)
_WRITE: Final = (
    f"INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?{', ?' * len(COUNTS)}) ON CONFLICT DO UPDATE SET "  # noqa: S608  # our own names
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTS)
)
_MOST: Final = 2**40
"""Tokens of one answer that are believed."""


class Tally:
    """What is to be added to the table."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[Place, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._counts)

    def add(self, spend: Spend, cost: int | None, key: str, tenant: str | None, now: float) -> None:
        """Count a call that is over, with its cost in pico-dollars."""
        when, usage = now if spend.when is None else spend.when, spend.usage
        counts = self._at((day_of(when), key, tenant or "", spend.model, spend.provider, spend.served))
        counts[0] += 1
        counts[1] += spend.outcome != "ok"
        if cost is None:
            counts[2] += 1
        else:
            counts[8] += cost
        counts[3] += believed_count(usage.input_tokens)
        counts[4] += believed_count(usage.output_tokens)
        counts[5] += believed_count(usage.cache_read_tokens)
        counts[6] += believed_count(usage.cache_write_tokens)
        counts[7] += believed_count(usage.reasoning_tokens)

    def correct(self, place: Place, *, requests: int, unpriced: int, cost: int) -> None:
        """Count what became known of a call afterwards."""
        counts = self._at(place)
        counts[0] += requests
        counts[2] += unpriced
        counts[8] += cost

    def merge(self, other: Tally) -> None:
        for place, counts in other._counts.items():
            sums = self._at(place)
            for number, amount in enumerate(counts):
                sums[number] += amount

    def _at(self, place: Place) -> list[int]:
        """What is counted there, in the order of `COUNTS`."""
        counts = self._counts.get(place)
        if counts is None:
            counts = self._counts[place] = [0] * len(COUNTS)
        return counts

    def write(self, connection: sqlite3.Connection) -> None:
        for place, counts in self._counts.items():
            connection.execute(_WRITE, (*place, *counts))


def believed_count(tokens: Any) -> int:
    """What a provider said, if it can be; else nothing."""
    return tokens if type(tokens) is int and 0 <= tokens <= _MOST else 0
