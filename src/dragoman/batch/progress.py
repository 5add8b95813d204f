"""How far a batch is: counted by a meter that knows no clock, shown as a bar or in lines."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Final, Protocol

from dragoman.batch.rows import UNPAID, Ended, Paid

_WINDOW: Final = 200
"""Over how many rows the rate is taken."""
_LINE_SECONDS: Final = 10.0
"""How often there is a line."""


class Meter:
    """What there is to say. `total` is `None` where nobody knows how many rows there will be.

    `paid` is what earlier runs paid.
    """

    def __init__(self, total: int | None, *, over: int = 0, failed: int = 0, paid: Paid = UNPAID) -> None:
        self.total = total
        self.over = over
        self.failed = failed
        self.cost = paid.cost
        self.unpriced = paid.unpriced
        self._moments: deque[float] = deque(maxlen=_WINDOW)

    def count(self, ended: Ended, now: float) -> None:
        """A row has ended."""
        self.over += 1
        self.failed += ended.state != "done"
        self.cost += ended.paid.cost - ended.row.paid_before.cost
        self.unpriced += ended.paid.unpriced - ended.row.paid_before.unpriced
        self._moments.append(now)

    def rate(self, now: float) -> float | None:
        """Rows a second, lately; `None` until that can be told."""
        if len(self._moments) < 2 or now <= self._moments[0]:
            return None
        return (len(self._moments) - 1) / (now - self._moments[0])

    def seconds_left(self, now: float) -> float | None:
        """How long the rest will take at that rate."""
        rate = self.rate(now)
        return None if rate is None or self.total is None else max(self.total - self.over, 0) / rate

    def line(self, now: float) -> str:
        """All of it, in one line."""
        rate, left = self.rate(now), self.seconds_left(now)
        of_all = "" if self.total is None else f"/{self.total}"
        facts = [
            f"{self.over}{of_all} rows",
            f"{self.failed} failed" if self.failed else "",
            f"{rate:.1f} rows/s" if rate is not None else "",
            f"{shown_seconds(left)} left" if left is not None else "",
            f"${self.cost:f}" + (f" and {self.unpriced} tries of unknown cost" if self.unpriced else ""),
        ]
        return " · ".join(filter(None, facts))


def shown_seconds(seconds: float) -> str:
    """`1:02:03`, or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Progress(Protocol):
    """Shows how far a batch is."""

    def show(self, ended: Ended) -> None:
        """A row has ended; called in whichever thread it did, one at a time."""
        ...

    def close(self) -> None:
        """It is over."""
        ...


class Silence:
    """Shows nothing."""

    def show(self, ended: Ended) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class Lines:
    """A line on standard error now and then, for logs and pipes, and one at the end."""

    def __init__(self, meter: Meter, clock: Callable[[], float] = time.monotonic) -> None:
        self._meter = meter
        self._clock = clock
        self._next = clock() + _LINE_SECONDS

    def show(self, ended: Ended) -> None:
        now = self._clock()
        self._meter.count(ended, now)
        if now >= self._next:
            self._next = now + _LINE_SECONDS
            self._write(now)

    def close(self) -> None:
        self._write(self._clock())

    def _write(self, now: float) -> None:
        sys.stderr.write(f"batch: {self._meter.line(now)}\n")


class Bar:
    """A bar on the terminal, by rich."""

    def __init__(self, meter: Meter, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._meter = meter
        self._clock = clock
        self._rich: Any = RichProgress(
            BarColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=False
        )
        self._task = self._rich.add_task(meter.line(clock()), total=meter.total, completed=meter.over)
        self._rich.start()

    def show(self, ended: Ended) -> None:
        now = self._clock()
        self._meter.count(ended, now)
        self._rich.update(self._task, completed=self._meter.over, description=self._meter.line(now))

    def close(self) -> None:
        self._rich.stop()


def progress_of(meter: Meter, *, wanted: bool) -> Progress:
    """A bar where a person looks at standard error and rich is installed; else lines; or nothing."""
    if not wanted or sys.stderr is None:
        return Silence()
    if sys.stderr.isatty() and find_spec("rich") is not None:
        return Bar(meter)
    return Lines(meter)
