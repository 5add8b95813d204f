"""The goals, as a table, and the arithmetic that says whether a result meets them.

A figure is the median over rounds of the median over a round's batches. A ratio is that of two figures of one run; its
range is that of the ratios within each round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import truediv
from statistics import median
from typing import Any, NamedTuple, Protocol

Results = Mapping[str, Any]


class Figure(NamedTuple):
    """A number, and the lowest and highest that single rounds gave."""

    value: float
    low: float
    high: float


class Measure(Protocol):
    """Something that a goal limits."""

    @property
    def needs(self) -> Iterable[tuple[str, str]]:
        """The peers and cells it is made of."""
        ...

    def figure(self, results: Results) -> Figure | None:
        """`None` when something it needs was not measured."""
        ...


def rounds(results: Results, peer: str, cell: str) -> list[float]:
    """Each round's median, in CPU microseconds a unit."""
    found = results["peers"].get(peer, {}).get("cells", {}).get(cell, [])
    return [median(batches) for batches in found]


def spread(values: list[float]) -> Figure | None:
    return Figure(median(values), min(values), max(values)) if values else None


def cost(results: Results, peer: str, cell: str) -> Figure | None:
    """CPU microseconds a unit."""
    return spread(rounds(results, peer, cell))


@dataclass(frozen=True)
class Compared:
    """A figure beside another one: what `by` makes of the two."""

    one: tuple[str, str]
    other: tuple[str, str]
    by: Callable[[float, float], float]

    @property
    def needs(self) -> Iterable[tuple[str, str]]:
        return [self.one, self.other]

    def figure(self, results: Results) -> Figure | None:
        one, other = (rounds(results, *pair) for pair in self.needs)
        if not one or not other:
            return None
        each = [self.by(*pair) for pair in zip(one, other, strict=False)]  # a peer that failed has fewer rounds
        return Figure(self.by(median(one), median(other)), min(each), max(each))


def ratio(cell: str, peer: str, against: str) -> Compared:
    """What `peer` costs, as a part of what `against` costs."""
    return Compared((peer, cell), (against, cell), truediv)


def growth(cell: str, base: str, peer: str) -> Compared:
    """What a unit of `cell` costs, as a multiple of what one of `base` costs the same peer."""
    return Compared((peer, cell), (peer, base), truediv)


@dataclass(frozen=True)
class Rate:
    """Units for each CPU second."""

    cell: str
    peer: str

    @property
    def needs(self) -> Iterable[tuple[str, str]]:
        return [(self.peer, self.cell)]

    def figure(self, results: Results) -> Figure | None:
        found = cost(results, self.peer, self.cell)
        return found and Figure(1e6 / found.value, 1e6 / found.high, 1e6 / found.low)


@dataclass(frozen=True)
class Cost:
    """CPU microseconds a unit."""

    cell: str
    peer: str

    @property
    def needs(self) -> Iterable[tuple[str, str]]:
        return [(self.peer, self.cell)]

    def figure(self, results: Results) -> Figure | None:
        return cost(results, self.peer, self.cell)


@dataclass(frozen=True)
class Installed:
    """What an environment holds: `distributions` or `megabytes`."""

    what: str
    environment: str

    @property
    def needs(self) -> Iterable[tuple[str, str]]:
        return []

    def figure(self, results: Results) -> Figure | None:
        found = results["environments"].get(self.environment, {}).get(self.what)
        return None if found is None else Figure(found, found, found)


class Goal(NamedTuple):
    """A limit for a measure: at most, unless `at_least` or `below`."""

    what: str
    measure: Measure
    limit: float
    at_least: bool = False
    below: bool = False
    unit: str = "×"

    @property
    def sign(self) -> str:
        return "≥" if self.at_least else "<" if self.below else "≤"

    def holds(self, value: float) -> bool:
        if self.at_least:
            return value >= self.limit
        return value < self.limit if self.below else value <= self.limit

    def verdict(self, figure: Figure | None) -> str:
        if figure is None:
            return "not measured"
        if not self.holds(figure.value):
            return "**no**"
        return "yes" if self.holds(figure.low) and self.holds(figure.high) else "yes, not in every round"


OURS = "dragoman_openai"

GOALS = (
    Goal("sync call / TensorZero embedded", ratio("call", OURS, "tensorzero"), 1, below=True),
    Goal("async call / TensorZero embedded", ratio("call_async", OURS, "tensorzero"), 1, below=True),
    Goal("sync call / OpenAI SDK", ratio("call", OURS, "openai_sdk"), 0.15),
    Goal("async call / OpenAI SDK", ratio("call_async", OURS, "openai_sdk"), 0.15),
    Goal("sync call / LiteLLM", ratio("call", OURS, "litellm"), 0.05),
    Goal("async call / LiteLLM", ratio("call_async", OURS, "litellm"), 0.05),
    Goal("streamed event / OpenAI SDK", ratio("stream", OURS, "openai_sdk"), 0.05),
    Goal("streamed event, async / OpenAI SDK", ratio("stream_async", OURS, "openai_sdk"), 0.05),
    Goal("200 calls at once", Rate("concurrent_200", OURS), 1600, at_least=True, unit=" calls per CPU second"),
    Goal("a call of 20 at once / one alone", growth("concurrent_20", "call_async", OURS), 1),
    Goal("a call of 200 at once / one alone", growth("concurrent_200", "call_async", OURS), 1),
    Goal("import and client / OpenAI SDK", ratio("start", OURS, "openai_sdk"), 0.25),
    Goal("process start to first answer / OpenAI SDK", ratio("cold", OURS, "openai_sdk"), 0.35),
    Goal("distributions of the core install", Installed("distributions", "dragoman"), 9, unit=""),
    Goal("size of the core install", Installed("megabytes", "dragoman"), 20, unit=" MB"),
)


def _values() -> tuple[Goal, ...]:
    ours, theirs = "dragoman_values", "instructor"
    return (
        Goal("value of 8 fields / Instructor", ratio("create", ours, theirs), 0.1),
        Goal("value of 8 fields, async / Instructor", ratio("create_async", ours, theirs), 0.1),
        Goal("a delta of 200", Cost("partial_200", ours), 50, unit=" µs"),
        Goal("a delta of 8,000", Cost("partial_8000", ours), 50, unit=" µs"),
        Goal("a delta of 8,000, async", Cost("partial_async_8000", ours), 50, unit=" µs"),
        Goal("a delta of 8,000 / one of 200", growth("partial_8000", "partial_200", ours), 1.3),
        Goal("a delta of 8,000 / one of 200, async", growth("partial_async_8000", "partial_async_200", ours), 1.3),
    )


VALUE_GOALS = _values()
"""Those of `--values`."""


ROUTING_GOALS = (
    Goal("what a chain adds to a call", Cost("chain_adds", "dragoman_routing"), 30, unit=" µs"),
    Goal("what a chain adds to an async call", Cost("chain_adds_async", "dragoman_routing"), 30, unit=" µs"),
    *(
        Goal(f"choosing among 100: {name}", Cost(f"choose_{policy}", "dragoman_routing"), 20, unit=" µs")
        for policy, name in {
            "ordered": "ordered",
            "weighted": "weighted",
            "least_busy": "least busy",
            "fastest": "fastest",
            "cheapest": "cheapest",
            "capable": "capable",
            "sticky": "sticky",
            "sticky_new": "sticky, a session's first",
            "nested": "all kinds, nested",
        }.items()
    ),
)
"""Those of `--routing`."""


def needed() -> list[tuple[str, str]]:
    """Every peer and cell that some goal is made of."""
    return [pair for goal in GOALS for pair in goal.measure.needs]


def missed(results: Results, of: Iterable[Goal] = GOALS) -> list[Goal]:
    return [goal for goal in of if not goal.verdict(goal.measure.figure(results)).startswith("yes")]
