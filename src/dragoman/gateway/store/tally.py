"""Usage, added up by day, key, tenant and model as it comes."""

from __future__ import annotations

import sqlite3
from typing import Any, Final, TypeAlias

from dragoman.gateway.store.money import believed
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

    def add(self, spend: Spend, key: str, tenant: str | None, now: float) -> None:
        """Count a call that is over."""
        when = now if spend.when is None else spend.when
        place = (day_of(when), key, tenant or "", spend.model, spend.provider, spend.served)
        self._add(place, _counts_of(spend))

    def correct(self, place: Place, *, requests: int, unpriced: int, cost: int) -> None:
        """Count what became known of a call afterwards."""
        self._add(place, [requests, 0, unpriced, 0, 0, 0, 0, 0, cost])

    def merge(self, other: Tally) -> None:
        for place, counts in other._counts.items():  # of the same class
            self._add(place, counts)

    def _add(self, place: Place, counts: list[int]) -> None:
        so_far = self._counts.get(place)
        self._counts[place] = counts if so_far is None else [a + b for a, b in zip(so_far, counts, strict=True)]

    def write(self, connection: sqlite3.Connection) -> None:
        for place, counts in self._counts.items():
            connection.execute(_WRITE, (*place, *counts))


def _counts_of(spend: Spend) -> list[int]:
    usage, cost = spend.usage, believed(spend.cost)
    return [
        1,
        int(spend.outcome != "ok"),
        int(cost is None),
        believed_count(usage.input_tokens),
        believed_count(usage.output_tokens),
        believed_count(usage.cache_read_tokens),
        believed_count(usage.cache_write_tokens),
        believed_count(usage.reasoning_tokens),
        cost or 0,
    ]


def believed_count(tokens: Any) -> int:
    """What a provider said, if it can be; else nothing."""
    return tokens if type(tokens) is int and 0 <= tokens <= _MOST else 0
