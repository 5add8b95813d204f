"""Ids and chances that are the same in every run with the same seed."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from random import Random
from typing import Final

_LENGTH: Final = 24


class Ids:
    """Ids, each different, in an order that only the seed decides."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = count()

    def make(self, prefix: str) -> str:
        return prefix + sha256(f"{self._seed}:{next(self._count)}".encode()).hexdigest()[:_LENGTH]


def dice(seed: int, *about: object) -> Random:
    """Dice that fall the same way whenever they are thrown about the same thing."""
    return Random(f"{seed}:{about!r}")  # noqa: S311  # nothing here is secret
