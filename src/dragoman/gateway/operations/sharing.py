"""The metrics of several processes, told by each of them: whoever is asked adds up what the others have laid down.

Each process writes its own counts to a file of its own, every second while they change and when it ends. A process that
is gone leaves its file: what it counted has happened. Gauges are those of the processes that live.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from dragoman.gateway.operations.metrics import Counted, Labels, Metrics, Series, Tried, families
from dragoman.gateway.operations.prometheus import Family, Sample, text_of

_SECONDS: Final = 1.0

_logger: Final = logging.getLogger("dragoman")


class _Page(Struct, array_like=True):
    """What one process lays down."""

    counted: list[tuple[Labels, Series]]
    tried: list[tuple[tuple[str, str], int]]
    gauges: dict[str, float]


class SharedMetrics:
    """The metrics of this process and of all others that share `folder`."""

    def __init__(self, metrics: Metrics, folder: Path) -> None:
        self._metrics = metrics
        self._folder = folder
        self._timer: asyncio.TimerHandle | None = None
        self._laid_down = b""

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._tick()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self.lay_down()

    def lay_down(self) -> None:
        """Write this process's file, whole or not at all."""
        page = msgspec.msgpack.encode(self._page())
        if page != self._laid_down:
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(page)
            fresh.replace(self._path)
            self._laid_down = page

    def text(self) -> bytes:
        """All processes' metrics, as Prometheus reads them."""
        counted, tried, gauges = dict(self._metrics.counted), dict(self._metrics.tried), self._metrics.read_gauges()
        for pid, page in self._pages():
            _add(counted, tried, page)
            if _lives(pid):
                gauges = [_plus(gauge, page) for gauge in gauges]
        return text_of([*families(counted, tried), *gauges])

    @property
    def _path(self) -> Path:
        return self._folder / f"{os.getpid()}.metrics"

    def _tick(self) -> None:
        try:
            self.lay_down()
        except OSError:  # a full disk: the others will tell an older count of this process, until it can be written
            _logger.exception("the metrics of this process were not written")
        self._timer = asyncio.get_running_loop().call_later(_SECONDS, self._tick)

    def _page(self) -> _Page:
        gauges = {gauge.name: float(gauge.samples[0].value) for gauge in self._metrics.read_gauges()}
        return _Page(list(self._metrics.counted.items()), list(self._metrics.tried.items()), gauges)

    def _pages(self) -> list[tuple[int, _Page]]:
        """What the others have laid down."""
        others = (path for path in self._folder.glob("*.metrics") if path != self._path)
        return [(int(path.stem), msgspec.msgpack.decode(path.read_bytes(), type=_Page)) for path in others]


def _add(counted: Counted, tried: Tried, page: _Page) -> None:
    for labels, series in page.counted:
        known = counted.get(labels)
        counted[labels] = series if known is None else known + series
    for what, count in page.tried:
        tried[what] = tried.get(what, 0) + count


def _plus(gauge: Family, page: _Page) -> Family:
    value = float(gauge.samples[0].value) + page.gauges.get(gauge.name, 0.0)
    return gauge._replace(samples=[Sample("", {}, value)])


def _lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
