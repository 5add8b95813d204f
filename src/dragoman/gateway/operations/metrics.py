"""What happened, counted: series of bounded labels, written as Prometheus' text when somebody asks.

A call is counted in one series, which holds everything that is known of such calls; families of metrics are made from
the series when they are read. So counting costs a look-up and some additions, and reading costs what it must.

What a caller can make up is no label: a model is named only when the configuration knows it, or when it has answered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec import Struct, field

from dragoman.gateway.operations.prometheus import Family, Sample, text_of
from dragoman.gateway.record import CallRecord
from dragoman.messages import Attempt

OTHER: Final = "other"
"""The label of all models that are not named."""

_LEARNED: Final = 100
"""How many models may be named that no configuration knows."""

BOUNDS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92, 163.84, 327.68)
"""Upper bounds of the histograms, in seconds: those of OpenTelemetry's conventions for generative AI (read 2026-11-21)
and two more, for models that think for minutes."""


class Labels(NamedTuple):
    """What is told apart of calls."""

    surface: str
    action: str
    model: str
    provider: str
    stream: bool
    status: int
    outcome: str


def _no_counts() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


class Durations(Struct, array_like=True):
    """A histogram: how many took up to each bound, and how long all took together."""

    counts: list[int] = field(default_factory=_no_counts)
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def __add__(self, other: Durations) -> Durations:
        return Durations([a + b for a, b in zip(self.counts, other.counts, strict=True)], self.total + other.total)


class Series(Struct, array_like=True):
    """All that is counted of the calls of one set of labels. `sole_tries`: those with one try, which ended as they."""

    calls: int = 0
    seconds: Durations = field(default_factory=Durations)
    first_token_seconds: Durations = field(default_factory=Durations)
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal = Decimal(0)
    unpriced: int = 0
    losses: int = 0
    own_seconds: float = 0.0
    sole_tries: int = 0

    def add(self, record: CallRecord) -> None:  # noqa: C901  # what is not known is not counted: one question each
        """Count a call."""
        self.calls += 1
        seconds, attempts = record.seconds, record.attempts
        self.seconds.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds.total += seconds
        if record.first_token_seconds is not None:
            self.first_token_seconds.add(record.first_token_seconds)
        if record.losses:
            self.losses += len(record.losses)
        if not attempts:
            return
        own = seconds - (attempts[0].seconds if len(attempts) == 1 else _elsewhere(attempts))
        if own > 0.0:
            self.own_seconds += own
        if record.cost is None:
            self.unpriced += 1
        else:
            self.cost += record.cost
        usage = record.usage
        if usage.input_tokens:
            self.input_tokens += usage.input_tokens
        if usage.output_tokens:
            self.output_tokens += usage.output_tokens
        if usage.cache_read_tokens:
            self.cache_read_tokens += usage.cache_read_tokens
        if usage.cache_write_tokens:
            self.cache_write_tokens += usage.cache_write_tokens
        if usage.reasoning_tokens:
            self.reasoning_tokens += usage.reasoning_tokens

    def __add__(self, other: Series) -> Series:
        sums: list[Any] = [getattr(self, name) + getattr(other, name) for name in self.__struct_fields__]
        return Series(*sums)


def _elsewhere(attempts: Sequence[Attempt]) -> float:
    """Seconds that were spent on tries and on the pauses between them, as if they had been one after another."""
    return sum(attempt.seconds + attempt.waited_seconds for attempt in attempts)


Counted: TypeAlias = "dict[Labels, Series]"
Tried: TypeAlias = "dict[tuple[str, str], int]"
"""(provider, outcome) → tries."""


class Metrics:
    """Counts calls, of one event loop. `models` are those that labels may name from the first call on."""

    def __init__(self, models: Iterable[str] = ()) -> None:
        self.counted: Counted = {}
        self.tried: Tried = {}
        self._known = frozenset(models)
        self._learned: set[str] = set()
        self._gauges: list[tuple[str, str, Callable[[], float]]] = []

    def know(self, models: Iterable[str]) -> None:
        """Labels may name these from now on; what they named before they go on naming."""
        self._known |= frozenset(models)

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show what `read` gives whenever the metrics are read."""
        self._gauges.append((name, help_text, read))

    def observe(self, record: CallRecord) -> None:
        # The series is looked for by what the call says of itself: where that is no fit label, it is not found so
        labels = (
            record.surface,
            record.action,
            record.model,
            record.provider,
            record.stream,
            record.status,
            record.outcome,
        )
        series = self.counted.get(labels)  # pyright: ignore[reportArgumentType]  # equal to `Labels`, and built faster
        if series is None:
            series = self._series_of(record)
        series.add(record)
        attempts = record.attempts
        if len(attempts) == 1 and attempts[0].outcome == record.outcome:
            series.sole_tries += 1
        else:
            self._count_tries(record)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it (`prometheus.CONTENT_TYPE`)."""
        return text_of([*families(self.counted, self.tried), *self.read_gauges()])

    def _count_tries(self, record: CallRecord) -> None:
        """Those of a call that are not told by its own series: a sole try that ended as the call did."""
        for attempt in record.attempts:
            tried = (attempt.target.partition("/")[0], attempt.outcome)
            self.tried[tried] = self.tried.get(tried, 0) + 1

    def _series_of(self, record: CallRecord) -> Series:
        labels = Labels(
            record.surface,
            record.action,
            self._label_of(record),
            record.provider,
            record.stream,
            record.status,
            record.outcome,
        )
        return self.counted.setdefault(labels, Series())

    def _label_of(self, record: CallRecord) -> str:
        model = record.model
        if model in self._known or model in self._learned:
            return model
        if record.outcome == "ok" and record.attempts and len(self._learned) < _LEARNED:
            self._learned.add(model)
            return model
        return OTHER

    def read_gauges(self) -> list[Family]:
        """What the gauges show now."""
        return [Family(name, "gauge", text, [Sample("", {}, read())]) for name, text, read in self._gauges]


# ---------------------------------------------------------------------- families


_ALL: Final = Labels._fields
_SERVED: Final = ("model", "provider")
_TIMED: Final = ("model", "provider", "stream")

_TOKENS: Final = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}
"""Kind → what holds its count. Input includes what was read from and written to caches, output includes reasoning."""


def families(counted: Counted, tried: Tried) -> list[Family]:
    """The metrics of calls."""
    served, timed = _rolled(counted, _SERVED), _rolled(counted, _TIMED)
    return [
        Family(
            "dragoman_requests_total",
            "counter",
            "Calls that are over, by how they ended.",
            [_sample(_ALL, labels, series.calls) for labels, series in counted.items()],
        ),
        _histogram("dragoman_request_seconds", "From a call's arrival to its end.", timed, "seconds"),
        _histogram(
            "dragoman_first_token_seconds",
            "From a call's arrival to the first content of its stream.",
            timed,
            "first_token_seconds",
        ),
        Family(
            "dragoman_tokens_total",
            "counter",
            "Tokens that providers reported. Input includes the caches', output includes reasoning.",
            [
                Sample("", {**_named(_SERVED, labels), "kind": kind}, getattr(series, name))
                for labels, series in served.items()
                for kind, name in _TOKENS.items()
                if getattr(series, name)
            ],
        ),
        _counter("dragoman_cost_usd_total", "US dollars, of the calls whose cost is known.", served, "cost"),
        _counter("dragoman_unpriced_total", "Calls that were sent and whose cost is not known.", served, "unpriced"),
        _counter("dragoman_losses_total", "Parts of requests that a dialect could not express.", served, "losses"),
        _counter(
            "dragoman_own_seconds_total",
            "Time of calls that was spent neither on tries nor on pauses between them.",
            served,
            "own_seconds",
        ),
        Family(
            "dragoman_attempts_total",
            "counter",
            "Tries at providers, by how they ended.",
            [_sample(("provider", "outcome"), labels, count) for labels, count in _all_tries(counted, tried).items()],
        ),
    ]


def _rolled(counted: Counted, names: tuple[str, ...]) -> dict[tuple[object, ...], Series]:
    """The series summed over all labels but `names`, of the calls that went on to a provider."""
    places = [_ALL.index(name) for name in names]
    rolled: dict[tuple[object, ...], Series] = {}
    for labels, series in counted.items():
        if labels.provider:
            kept = tuple(labels[place] for place in places)
            rolled[kept] = series + rolled[kept] if kept in rolled else series
    return rolled


def _all_tries(counted: Counted, tried: Tried) -> Tried:
    found = dict(tried)
    for labels, series in counted.items():
        if series.sole_tries:
            what = (labels.provider, labels.outcome)
            found[what] = found.get(what, 0) + series.sole_tries
    return found


def _counter(name: str, help_text: str, rolled: dict[tuple[object, ...], Series], what: str) -> Family:
    found = [(labels, getattr(series, what)) for labels, series in rolled.items()]
    return Family(name, "counter", help_text, [_sample(_SERVED, labels, value) for labels, value in found if value])


def _histogram(name: str, help_text: str, rolled: dict[tuple[object, ...], Series], what: str) -> Family:
    found = [(_named(_TIMED, labels), getattr(series, what)) for labels, series in rolled.items()]
    return Family(name, "histogram", help_text, [sample for one in found for sample in _buckets(*one)])


def _buckets(labels: dict[str, str], durations: Durations) -> Iterable[Sample]:
    so_far = 0
    for bound, count in zip((*BOUNDS, "+Inf"), durations.counts, strict=True):
        so_far += count
        yield Sample("_bucket", {**labels, "le": str(bound)}, so_far)
    yield Sample("_count", labels, so_far)
    yield Sample("_sum", labels, durations.total)


def _sample(names: tuple[str, ...], labels: tuple[object, ...], value: float | Decimal) -> Sample:
    return Sample("", _named(names, labels), value)


def _named(names: tuple[str, ...], labels: tuple[object, ...]) -> dict[str, str]:
    return {name: _label(label) for name, label in zip(names, labels, strict=True)}


def _label(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
