"""The time a call has: its limits as moments on `time.monotonic()`, and what is raised when one passes."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import Protocol

from dragoman.errors import TimedOut
from dragoman.http import HttpRequest

_MESSAGES = {
    "connect": "there was no connection to {origin} within {seconds:g} s",
    "first_byte": "{origin} did not begin to answer within {seconds:g} s",
    "between_chunks": "{origin} sent nothing for {seconds:g} s in the middle of its answer",
    "total": "the time for the call to {origin} ran out",
}


class Clock(Protocol):
    """When something must be over, and the error when it is not."""

    def until(self, phase: str) -> float: ...

    def timed_out(self, phase: str) -> TimedOut: ...


class CallClock:
    """The limits of one call.

    Without a deadline, `timeouts.total` counts from here: then this request is the whole call.
    """

    __slots__ = ("_origin", "_timeouts", "deadline")

    def __init__(self, request: HttpRequest) -> None:
        self._origin = request.origin
        self._timeouts = request.timeouts
        deadline = request.deadline
        if deadline is None:
            total = request.timeouts.total
            deadline = inf if total is None else monotonic() + total
        self.deadline: float = deadline

    def until(self, phase: str, since: float | None = None) -> float:
        """When a phase that begins now, or began then, must be over, the deadline included; `inf` for never."""
        seconds: float | None = getattr(self._timeouts, phase)
        if seconds is None:
            return self.deadline
        return min(self.deadline, (monotonic() if since is None else since) + seconds)

    def check(self) -> None:
        """Raises `TimedOut` when the call has no more time."""
        if monotonic() >= self.deadline:
            raise self.timed_out("total")

    def timed_out(self, phase: str) -> TimedOut:
        """The error for a phase whose limit has passed; the deadline, when it has passed too, is the reason."""
        if monotonic() >= self.deadline:
            phase = "total"
        seconds: float | None = getattr(self._timeouts, phase)
        message = _MESSAGES[phase].format(origin=self._origin, seconds=seconds or 0)
        return TimedOut(message, phase=phase)


class ConnectClock:
    """The limit for having a connection: waiting for one, name, TCP, proxy and TLS share it."""

    __slots__ = ("_call", "_phase", "at")

    def __init__(self, call: CallClock) -> None:
        self._call = call
        self.at = call.until("connect")
        self._phase = "connect" if self.at < call.deadline else "total"  # asked now: a loop's timer may fire early

    def until(self, phase: str) -> float:  # noqa: ARG002  # it is one phase, whatever is done in it
        return self.at

    def timed_out(self, phase: str = "connect") -> TimedOut:  # noqa: ARG002  # likewise
        return self._call.timed_out(self._phase)

    def share(self, of: int) -> float:
        """When the first of several attempts must be over, so that each has its part of the time."""
        now = monotonic()
        return now + (self.at - now) / of
