"""What a batch came to: a result for each row, in the order of the rows, and all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar, overload

from msgspec import Struct

from dragoman.batch.rows import Paid, State
from dragoman.messages import LLMResponse, Usage

T = TypeVar("T")

_SHOWN: Final = 60


class BatchResult(Struct, Generic[T], frozen=True, kw_only=True):
    """How one row ended.

    Attributes:
        index: Its place among the prompts, from 0.
        state: `done`; `failed` (`error` says why); `unknown` (the program ended while it was asked); `waiting` (it
            was not asked, or is to be asked again: `error` says what ended the batch before).
        value: What was asked for: the value of `response_model`, else the response. `None` when there is none.
        response: The response, when there is one.
        paid: What the row cost, tries that came to nothing included.
    """

    index: int
    state: State
    value: T | None = None
    response: LLMResponse | None = None
    error: BaseException | None = None
    paid: Paid = Paid()

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.state == "done"

    @property
    def cost(self) -> Decimal | None:
        """US dollars, `None` when a part of them is not known."""
        return self.paid.known

    def __repr__(self) -> str:
        said = repr(self.value if self.error is None else self.error)
        said = said if len(said) <= _SHOWN else f"{said[: _SHOWN - 3]}..."
        cost = "" if self.cost is None else f" ${self.cost:f}"
        return f"<BatchResult {self.index} {self.state} {said}{cost}>"


class BatchResults(Sequence[BatchResult[T]]):
    """The results of a batch, in the order of its prompts.

    Attributes:
        stopped: What ended the batch before all rows were asked, or `None`.
    """

    def __init__(self, results: Iterable[BatchResult[T]], stopped: BaseException | None = None) -> None:
        self._results = tuple(results)
        self.stopped = stopped

    @overload
    def __getitem__(self, index: int) -> BatchResult[T]: ...
    @overload
    def __getitem__(self, index: slice) -> BatchResults[T]: ...
    def __getitem__(self, index: int | slice) -> BatchResult[T] | BatchResults[T]:
        if isinstance(index, slice):
            return BatchResults(self._results[index], self.stopped)
        return self._results[index]

    def __iter__(self) -> Iterator[BatchResult[T]]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    @property
    def values(self) -> list[T | None]:
        """The value of each row, `None` where there is none."""
        return [result.value for result in self._results]

    @property
    def failed(self) -> list[BatchResult[T]]:
        """The rows that have no answer, for whatever reason."""
        return [result for result in self._results if not result.ok]

    @property
    def counts(self) -> Mapping[State, int]:
        """How many rows ended how."""
        return Counter(result.state for result in self._results)

    @property
    def paid(self) -> Paid:
        """What all rows cost."""
        return sum((result.paid for result in self._results), Paid())

    @property
    def usage(self) -> Usage:
        """The tokens of all rows."""
        return self.paid.usage

    @property
    def cost(self) -> Decimal | None:
        """US dollars of all rows, `None` when a part of them is not known; `paid.cost` is what is known."""
        return self.paid.known

    def __repr__(self) -> str:
        return f"<BatchResults {summary(self.counts, self.paid)}{_ended_by(self.stopped)}>"


def summary(counts: Mapping[Any, int], paid: Paid) -> str:
    """How many rows ended how, and what they cost, in one line."""
    rows = [f"{counts[state]} {state}" for state in ("done", "failed", "unknown", "waiting") if counts.get(state)]
    usage = paid.usage
    tokens = f"{usage.input_tokens or 0} + {usage.output_tokens or 0} tokens"
    unpriced = f" and {paid.unpriced} tries of unknown cost" if paid.unpriced else ""
    return f"{', '.join(rows) or 'no rows'} · {tokens} · ${paid.cost:f}{unpriced}"


def _ended_by(stopped: BaseException | None) -> str:
    return "" if stopped is None else f", ended early by {type(stopped).__name__}"
