"""What is measured of a peer. Every figure is CPU time, user and system, of its whole process, threads included."""

from __future__ import annotations

from typing import NamedTuple

EVENTS = 1000
PACED_EVENTS = 200


class Cell(NamedTuple):
    """One measurement; figures are stored in microseconds a unit and shown in `unit`."""

    title: str
    unit: str = "µs"

    @property
    def microseconds(self) -> float:
        return {"µs": 1.0, "ms": 1e3}[self.unit]


CELLS = {
    "start": Cell("import and client", "ms"),
    "cold": Cell("process start to first answer", "ms"),
    "call": Cell("call"),
    "call_async": Cell("async call"),
    "concurrent_20": Cell("async call, 20 at once"),
    "concurrent_200": Cell("async call, 200 at once"),
    "stream": Cell("event"),
    "stream_async": Cell("event, async"),
    "paced": Cell("event by itself"),
    "paced_async": Cell("event by itself, async"),
}
VALUE_CELLS = {
    "create": Cell("value of 8 fields"),
    "create_async": Cell("value of 8 fields, async"),
    "partial_200": Cell("delta, of 200"),
    "partial_2000": Cell("delta, of 2,000"),
    "partial_8000": Cell("delta, of 8,000"),
    "partial_async_200": Cell("delta, of 200, async"),
    "partial_async_8000": Cell("delta, of 8,000, async"),
}
"""Those of `--values`: answers that are objects of the caller's type, whole and as they grow."""
ROUTING_CELLS = {
    "call": CELLS["call"],
    "chain_adds": Cell("what a chain of three adds to it"),
    "call_async": CELLS["call_async"],
    "chain_adds_async": Cell("what a chain of three adds to it, async"),
    "choose_ordered": Cell("ordered"),
    "choose_weighted": Cell("weighted"),
    "choose_least_busy": Cell("least busy"),
    "choose_fastest": Cell("fastest"),
    "choose_cheapest": Cell("cheapest"),
    "choose_capable": Cell("capable"),
    "choose_sticky": Cell("sticky"),
    "choose_sticky_new": Cell("sticky, a session's first"),
    "choose_nested": Cell("all kinds, nested"),
}
"""Those of `--routing`: what a chain adds to a call, and a decision among 100 targets by each kind of policy."""
GATEWAY_CELLS = {
    "json": Cell("JSON answer"),
    "json_translated": Cell("JSON answer, translated"),
    "streamed": Cell("stream", "ms"),
    "streamed_translated": Cell("stream, translated", "ms"),
}
"""Those of `--gateway`: requests that another process serves."""
OWN_PAGES = (set(VALUE_CELLS) | set(ROUTING_CELLS) | set(GATEWAY_CELLS)) - set(CELLS)
"""What the main page does not show."""
CELLS |= VALUE_CELLS | ROUTING_CELLS | GATEWAY_CELLS

PROGRAMS = ("start", "cold")
"""Measured on a new process each time; the others in one process, after warming up."""


class Work(NamedTuple):
    """One operation of the worker: `units` of what is counted.

    Where it is measured `beside` another, batches of both take turns, and a figure is what one costs beyond the other.
    """

    method: str
    units: int = 1
    paced: bool = False
    warm_up: int = 1
    least: int = 1
    batches: int = 3
    beside: str = ""

    @property
    def asynchronous(self) -> bool:
        return self.method.endswith("_async")


WORK = {
    "call": Work("call", warm_up=30, least=5, batches=5),
    "stream": Work("stream", EVENTS),
    "paced": Work("stream", PACED_EVENTS, paced=True),
    "call_async": Work("call_async", warm_up=30, least=5, batches=5),
    "concurrent_20": Work("call_async", 20, warm_up=3, least=5),
    "concurrent_200": Work("call_async", 200, batches=2),
    "stream_async": Work("stream_async", EVENTS),
    "paced_async": Work("stream_async", PACED_EVENTS, paced=True),
}
WORK |= {
    "create": Work("create", warm_up=10, least=5, batches=5),
    "partial_200": Work("partial", 200),
    "partial_2000": Work("partial", 2000, batches=2),
    "partial_8000": Work("partial", 8000, batches=1),
    "create_async": Work("create_async", warm_up=10, least=5, batches=5),
    "partial_async_200": Work("partial_async", 200),
    "partial_async_8000": Work("partial_async", 8000, batches=1),
}
WORK |= {
    "chain_adds": Work("chain", warm_up=30, least=5, batches=25, beside="call"),
    "chain_adds_async": Work("chain_async", warm_up=30, least=5, batches=25, beside="call_async"),
    **{cell: Work("choose", warm_up=30, least=5, batches=5) for cell in CELLS if cell.startswith("choose_")},
}
"""In the order in which a worker does them: 20 at once before 200, some peers go on paying for open connections."""
