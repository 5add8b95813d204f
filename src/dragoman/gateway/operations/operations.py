"""All that listens to calls, behind one name: metrics, log, trace; and the drain, which knows what calls are open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dragoman.gateway.operations.drain import Drain
from dragoman.gateway.operations.logs import CallLog, LogFormat
from dragoman.gateway.operations.metrics import Metrics
from dragoman.gateway.operations.plain_words import name_failures, quote_failures
from dragoman.gateway.operations.sharing import SharedMetrics
from dragoman.gateway.operations.tracing import Tracing
from dragoman.gateway.record import CallRecord

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_logger: Final = logging.getLogger("dragoman")


class Operations:
    """What a gateway has to be operated by.

    Args:
        log: How calls are logged.
        log_file: Where to, instead of standard error.
        tracing: Whether there is a span for each call: with the program's own tracer provider, or with this tracer.
        models: The models that metrics may name.
        metrics_folder: Where several processes of one gateway lay down their metrics, so that each can tell of all.
        drain_seconds: How long open calls may go on when the process is told to end.
        delay_seconds: How long the server goes on taking connections after it has said that it is not ready.
    """

    def __init__(
        self,
        *,
        log: LogFormat = "auto",
        log_file: str | Path | None = None,
        tracing: Tracer | bool = False,
        models: Iterable[str] = (),
        metrics_folder: str | Path | None = None,
        drain_seconds: float = 30.0,
        delay_seconds: float = 0.0,
    ) -> None:
        self.metrics = Metrics(models)
        self.drain = Drain(limit_seconds=drain_seconds, delay_seconds=delay_seconds)
        self._log = CallLog(log, log_file)
        self._shared = None if metrics_folder is None else SharedMetrics(self.metrics, Path(metrics_folder))
        self._listeners: list[Callable[[CallRecord], None]] = [self.metrics.observe]
        if log != "off":
            self._listeners.append(self._log.observe)
        self._tracing = None if tracing is False else Tracing(None if tracing is True else tracing)
        if self._tracing is not None:
            self._listeners.append(self._tracing.observe)
        self.metrics.gauge("dragoman_in_flight", "Calls that are open.", self.drain.__len__)
        self.metrics.gauge("dragoman_log_dropped", "Lines of the log that were not written.", lambda: self._log.dropped)

    def record(self, record: CallRecord) -> None:
        """A call is over. What goes wrong here is logged: nobody's answer depends on it."""
        for listen in self._listeners:
            try:
                listen(record)
            except Exception:
                _logger.exception("a call was not recorded by `%s`", listen.__qualname__)

    def metrics_text(self) -> bytes:
        """What `/metrics` answers, for all processes of this gateway."""
        return self.metrics.text() if self._shared is None else self._shared.text()

    def started(self) -> None:
        """The server starts: to be called in its event loop."""
        name_failures()
        self.drain.watch_signals()
        if self._shared is not None:
            self._shared.start()

    async def close(self) -> bool:
        """Wait for the calls that are open, then write what is left. Gives whether all calls were over in time."""
        over = await self.drain.finished()
        self.drain.unwatch_signals()
        if self._shared is not None:
            self._shared.close()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)  # it sends over the network
        self._log.close()
        quote_failures()
        return over
