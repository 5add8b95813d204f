"""Flows: decisions as generators, and the two drivers that carry them out.

A flow decides and yields what it needs done as one of six effects (`effects`); it never does I/O. A driver does it and
sends the result back, or throws the error in. The same flow runs under both drivers (`drivers`), which stand one above
the other and change together: the second is the first with `await`.

Rules: a flow is used once; its `finally` must not yield; a reply is closed at the next `Open` and at the end; after an
abort nothing more is done and nothing raised: the events end.
"""

from dragoman.flow.drivers import async_events, async_run, events, run
from dragoman.flow.effects import (
    Decoder,
    Effect,
    Emit,
    Flow,
    Invoke,
    Open,
    Pump,
    ReadAll,
    Sleep,
    emit,
    invoke,
    is_async,
    passing,
    pump,
    read_all,
    sleep,
)
from dragoman.flow.handle import Handle, close, is_busy

__all__ = [
    "Decoder",
    "Effect",
    "Emit",
    "Flow",
    "Handle",
    "Invoke",
    "Open",
    "Pump",
    "ReadAll",
    "Sleep",
    "async_events",
    "async_run",
    "close",
    "emit",
    "events",
    "invoke",
    "is_async",
    "is_busy",
    "passing",
    "pump",
    "read_all",
    "run",
    "sleep",
]
