"""Waiting until a socket can be read or written: `poll`, or `select` where there is none (Windows)."""

from __future__ import annotations

import select
import socket
from math import inf
from time import monotonic
from typing import Final

READ: Final = 1
WRITE: Final = 2

_LONGEST_MS: Final = 2**31 - 1


def _milliseconds(at: float) -> int:
    """What `poll` takes: rounded up, so that the moment has passed afterwards; -1 is for ever, 0 is over."""
    if at == inf:
        return -1
    left = at - monotonic()
    return min(int(left * 1000) + 1, _LONGEST_MS) if left > 0 else 0


class PollReadiness:
    """Whether one socket is ready."""

    __slots__ = ("_poll", "_socket")

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock.fileno()
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def is_readable(self) -> bool:
        """Whether there is something to read now: bytes, the end, or an error."""
        return bool(self._poll.poll(0))

    def wait_readable(self, at: float) -> bool:
        """Wait for that. False when `at` has passed, whatever there is to read."""
        milliseconds = _milliseconds(at)
        return milliseconds != 0 and bool(self._poll.poll(milliseconds))

    def wait(self, wanted: int, at: float) -> int:
        """Wait for what is wanted of `READ` and `WRITE`, and return which came: 0 when `at` has passed."""
        poll = select.poll()
        poll.register(self._socket, (select.POLLIN if wanted & READ else 0) | (select.POLLOUT if wanted & WRITE else 0))
        for _, events in poll.poll(_milliseconds(at)):
            broken = events & (select.POLLERR | select.POLLHUP | select.POLLNVAL)
            return wanted if broken else (READ * bool(events & select.POLLIN)) | (WRITE * bool(events & select.POLLOUT))
        return 0


class SelectReadiness:
    """`PollReadiness` by `select`."""

    __slots__ = ("_socket",)

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock.fileno()

    def is_readable(self) -> bool:
        return self.wait(READ, monotonic()) != 0

    def wait_readable(self, at: float) -> bool:
        return at > monotonic() and self.wait(READ, at) != 0

    def wait(self, wanted: int, at: float) -> int:
        sockets = [self._socket]
        seconds = None if at == inf else max(at - monotonic(), 0.0)
        # Windows tells of a connection that failed among the exceptional conditions.
        readable, writable, failed = select.select(
            sockets if wanted & READ else [], sockets if wanted & WRITE else [], sockets, seconds
        )
        return wanted if failed else (READ * bool(readable)) | (WRITE * bool(writable))


Readiness = PollReadiness if hasattr(select, "poll") else SelectReadiness
