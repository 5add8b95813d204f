"""Lines that are written by a thread of their own, so that a slow disk or a stuck pipe never holds up a call."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

T = TypeVar("T")

_GATHERED_SECONDS: Final = 0.1
"""How long lines are gathered before they are written: a thread woken for each would cost more than the line."""

_MOST: Final = 20_000
"""How many lines may wait. What comes when so many do is dropped, and counted."""

_CLOSING_SECONDS: Final = 2.0


class Sink(Protocol):
    """Where the lines go: a binary file without a buffer of its own."""

    def write(self, data: bytes, /) -> int | None: ...


class LineWriter(Generic[T]):
    """Writes what `line_of` makes of each item. It begins with the first one; `close` writes what is left.

    Attributes:
        dropped: How many items were never written: too many waited, or the sink refused them.
    """

    def __init__(self, sink: Sink, line_of: Callable[[T], bytes], *, most: int = _MOST) -> None:
        self.dropped = 0
        self._sink = sink
        self._line_of = line_of
        self._most = most
        self._waiting: deque[T] = deque()
        self._wake = threading.Event()
        self._awake = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, item: T) -> None:
        waiting = self._waiting
        if len(waiting) >= self._most:
            self.dropped += 1
            return
        waiting.append(item)
        if not self._awake:
            self._wake_thread()

    def close(self) -> bool:
        """Write what waits, for two seconds at most: a sink that is stuck must not hold up the end of the program.

        Gives whether the thread is done with the sink.
        """
        self._closing.set()
        self._wake.set()
        if self._thread is None:
            return True
        self._thread.join(_CLOSING_SECONDS)
        return not self._thread.is_alive()

    def _wake_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="dragoman-log", daemon=True)
            self._thread.start()
        self._awake = True
        self._wake.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(_GATHERED_SECONDS)
            self._wake.clear()
            self._awake = False  # before the lines are taken: what comes from here on wakes again
            self._write_waiting()

    def _write_waiting(self) -> None:
        taken: list[T] = []
        with suppress(IndexError):
            while True:
                taken.append(self._waiting.popleft())
        if not taken:
            return
        try:
            self._write(b"".join(map(self._line_of, taken)))
        except (OSError, ValueError):  # a full disk, a closed pipe or file: the calls are more important than their log
            self.dropped += len(taken)

    def _write(self, data: bytes) -> None:
        """All of it: a pipe may take a part, or for now nothing."""
        while data:
            taken = self._sink.write(data)
            data = data[taken or 0 :]
            if taken is None and self._closing.wait(_GATHERED_SECONDS):
                raise BlockingIOError("the pipe takes nothing, and the program ends")
