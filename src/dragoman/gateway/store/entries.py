"""What is handed to a store, to be written in the order in which it came."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeAlias

from msgspec import Struct, field

from dragoman.errors import Error
from dragoman.gateway.store.spend import Admission, Spend


class Admit(Struct, eq=False):
    """A call that asks to be let in. `worst` is in pico-dollars; `future` is the asker's own."""

    key: str
    model: str
    worst: int | None
    tokens: int
    request_id: str
    future: Any


class Grow(Struct, eq=False):
    """A call under way that may cost `by` pico-dollars more, for it is to be tried again."""

    admission: Admission
    by: int
    future: Any


class Settle(Struct, eq=False):
    """A call that is over, for which something is held; without a `spend`, one that was never sent.

    Amounts are pico-dollars. Where `cost` is `None`, nobody knows it: `known` is spent, and `kept` stays held, or,
    where that is `None`, all that is.
    """

    admission: Admission
    spend: Spend | None
    cost: int | None = 0
    known: int = 0
    kept: int | None = None


Asked: TypeAlias = "Admit | Grow"
Outcome: TypeAlias = "tuple[Asked, Admission | Error | None]"
"""What became of one who asked: an admission, or leave to go on, or why not."""
Tell: TypeAlias = Callable[[Sequence[Outcome]], None]


def _nobody(_: Sequence[Outcome]) -> None:
    """Nobody asked."""


class Batch(Struct, eq=False):
    """What is written together: what is `over`, which makes room; then calls without a key, and who asks.

    `tell` is called once for all who asked, when what it says is written: in the store's thread, or in that of who
    posted.
    """

    over: list[Settle] = field(default_factory=list[Settle])
    notes: list[Spend] = field(default_factory=list[Spend])
    asked: list[Asked] = field(default_factory=list[Asked])
    tell: Tell = _nobody


class Work:
    """Anything else. What it raises of ours is for whoever waits for `future`, and must be raised before it writes."""

    __slots__ = ("do", "future")

    def __init__(self, do: Callable[[sqlite3.Connection], Any]) -> None:
        self.do = do
        self.future: Future[Any] = Future()


Entry: TypeAlias = Batch | Work
