"""`Handle`: a running flow, seen from outside."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from dragoman.http import AsyncReply, Reply

T = TypeVar("T")


class Handle(Generic[T]):
    """What a running flow holds open, its result, and the way to let go of both from outside.

    `failure` is the name of what the flow ended with instead of a result; the exception itself would hold its frames.
    """

    __slots__ = ("_wake", "aborted", "failure", "reply", "result")

    def __init__(self) -> None:
        self.reply: Reply | AsyncReply | None = None
        self._wake: Callable[[], object] | None = None
        self.aborted = False
        self.failure: str | None = None
        self.result: T | None = None

    def hold(self, reply: Reply | AsyncReply) -> None:
        self.reply = reply
        if self.aborted:  # the caller left while the request was on its way
            reply.close()

    def release(self) -> None:
        """Close the reply held, if any."""
        reply, self.reply = self.reply, None
        if reply is not None:
            reply.close()

    def on_abort(self, wake: Callable[[], object] | None) -> bool:
        """Have `wake` called at an abort, from whichever thread; and nothing else. False: it has come already."""
        self._wake = wake
        return not self.aborted  # asked last, for another thread may be aborting

    def abort(self) -> None:
        """Let go now, from any thread.

        Reading ends at once, and so does a pause, or a call that can be left. The head of a reply is not given up on:
        when it comes, or its limit passes, the reply is closed and nothing else is sent.
        """
        self.aborted = True
        self.release()
        if self._wake is not None:
            self._wake()


def close(flow: Generator[Any, Any, Any]) -> None:
    """Close a flow, or the events of one, unless another thread is in it, which will end it."""
    try:
        flow.close()
    except ValueError as error:
        if not is_busy(error):
            raise


def is_busy(error: ValueError) -> bool:
    """Whether a generator refused, as another thread is in it. An error of its own has its frames."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is None
