"""What is handed to a store, to be written in the order in which it came."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeAlias

from dragoman.errors import Error
from dragoman.gateway.store.money import believed
from dragoman.gateway.store.spend import Admission, Spend

Outcome: TypeAlias = "tuple[Admit, Admission | Error]"
Tell: TypeAlias = Callable[[Sequence[Outcome]], None]
"""Called once for all who share it, when what it says is written: in the store's thread, or in that of who posted."""


class Admit:
    """A call that asks to be let in. `worst` is in pico-dollars; `future` is the asker's own."""

    __slots__ = ("future", "key", "model", "request_id", "tell", "tokens", "worst")

    def __init__(
        self, key: str, model: str, worst: int | None, tokens: int, *, request_id: str, tell: Tell, future: Any
    ) -> None:
        self.key = key
        self.model = model
        self.worst = worst
        self.tokens = tokens
        self.request_id = request_id
        self.tell = tell
        self.future = future


class Settle:
    """A call that is over, for which something is held; without a `spend`, one that was never sent.

    `cost` is in pico-dollars, `None` where it is not known.
    """

    __slots__ = ("admission", "cost", "spend")

    def __init__(self, admission: Admission, spend: Spend | None) -> None:
        self.admission = admission
        self.spend = spend
        self.cost = 0 if spend is None else believed(spend.cost)


class Note:
    """A call that is over, for which nothing is held."""

    __slots__ = ("spend",)

    def __init__(self, spend: Spend) -> None:
        self.spend = spend


class Work:
    """Anything else. What it raises of ours is for whoever waits for `future`, and must be raised before it writes."""

    __slots__ = ("do", "future")

    def __init__(self, do: Callable[[sqlite3.Connection], Any]) -> None:
        self.do = do
        self.future: Future[Any] = Future()


Entry: TypeAlias = Admit | Settle | Note | Work
