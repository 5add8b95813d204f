"""Usage, added up by day, key, tenant and model as it comes."""

from __future__ import annotations

import sqlite3
from operator import attrgetter
from typing import Final, TypeAlias

from dragoman.gateway.store.spend import Spend
from dragoman.gateway.store.virtual_key import DAY

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
_TOKENS: Final = tuple(name for name in COUNTS if name.endswith("_tokens"))
_FIRST: Final = COUNTS.index(_TOKENS[0])
_tokens_of: Final = attrgetter(*_TOKENS)
_MOST: Final = 2**40
"""Tokens of one answer that are believed: what a provider said, if it can be."""


class Tally:
    """What is to be added to the table."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[Place, list[int]] = {}

    def add(  # noqa: PLR0917  # once for each call
        self, spend: Spend, cost: int | None, key: str, tenant: str | None, now: float, known: int = 0
    ) -> int:
        """Count a call that is over, with its cost in pico-dollars, or as much of it as is `known`.

        Gives its tokens, as far as they can be believed.
        """
        when, usage = now if spend.when is None else spend.when, spend.usage
        place = (int(when // DAY), key, tenant or "", spend.model, spend.provider, spend.served)
        counts = self.counts.get(place)  # as `_at`, with no frame of its own
        if counts is None:
            counts = self.counts[place] = [0] * len(COUNTS)
        counts[0] += 1
        if spend.outcome != "ok":
            counts[1] += 1
        if cost is None:
            counts[2] += 1
            counts[8] += known
        else:
            counts[8] += cost
        for number, tokens in enumerate(_tokens_of(usage), _FIRST):
            if type(tokens) is int and 0 <= tokens <= _MOST:
                counts[number] += tokens
        tokens = usage.tokens
        return tokens if type(tokens) is int and 0 <= tokens <= _MOST else 0

    def correct(self, place: Place, *, requests: int, unpriced: int, cost: int) -> None:
        """Count what became known of a call afterwards."""
        counts = self._at(place)
        counts[0] += requests
        counts[2] += unpriced
        counts[8] += cost

    def merge(self, other: Tally) -> None:
        for place, counts in other.counts.items():
            sums = self._at(place)
            for number, amount in enumerate(counts):
                sums[number] += amount

    def _at(self, place: Place) -> list[int]:
        """What is counted there, in the order of `COUNTS`."""
        counts = self.counts.get(place)
        if counts is None:
            counts = self.counts[place] = [0] * len(COUNTS)
        return counts

    def write(self, connection: sqlite3.Connection) -> None:
        """Write them, and begin anew."""
        for place, counts in self.counts.items():
            connection.execute(_WRITE, (*place, *counts))
        self.counts.clear()
