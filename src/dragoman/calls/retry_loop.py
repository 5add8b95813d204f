"""What every kind of call does around a try: again until it succeeds, or nothing more may be tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dragoman.calls.attempt import Progress
from dragoman.calls.call import Terms
from dragoman.calls.log import CallLog
from dragoman.calls.purse import Purse
from dragoman.calls.retry import hint_of_pause, pause_before_next
from dragoman.calls.target import credential_for
from dragoman.errors import Error, NoFurtherTry
from dragoman.flow import Flow, emit, sleep
from dragoman.messages import Restarted
from dragoman.providers import Credential

T = TypeVar("T")


def with_retries(
    terms: Terms, log: CallLog, deadline: float | None, once: Callable[[Credential | None, Progress], Flow[T]]
) -> Flow[tuple[T, Progress]]:
    """What `once` comes to, tried until it succeeds or nothing more may be tried; and how its last try went.

    Calls that answer have this loop in `generate`, and not twice the frames to pass through.
    """
    while True:
        credential = yield from credential_for(terms.target)
        progress = Progress(began=terms.clock())
        try:
            return (yield from once(credential, progress)), progress
        except Error as error:
            yield from make_ready(terms, log, error, progress, credential=credential, deadline=deadline)


def make_ready(
    terms: Terms,
    log: CallLog,
    error: Error,
    progress: Progress,
    *,
    credential: Credential | None,
    deadline: float | None,
) -> Flow[None]:
    """Record a failed try, and wait until there may be another. Raises `error` when there shall be none."""
    log.failed(error, progress, credential)
    if log.purse is not None:
        log.purse.failed(log.tries[-1].cost)
    pause = None if progress.delivered else _pause(terms, error, log, deadline)
    if pause is None:
        raise error
    if log.purse is not None:
        yield from _pay(log.purse, error)
    if progress.partial is not None:
        yield from emit(Restarted(target=terms.target.name, reason=type(error).__name__))
    yield from sleep(pause)
    log.pause_seconds = pause


def _pay(purse: Purse, error: Error) -> Flow[None]:
    """Have enough held for another try. Raises `error` where that may not be."""
    purse.taken += purse.each
    try:
        if purse.taken > purse.held:
            yield from purse.grow()
    except NoFurtherTry as refusal:
        error.hint = "\n  ".join(filter(None, (error.hint, refusal.message)))
        raise error from refusal


def _pause(terms: Terms, error: Error, log: CallLog, deadline: float | None) -> float | None:
    left = float("inf") if deadline is None else deadline - terms.clock()
    if hint := hint_of_pause(error, terms.retry, seconds_left=left):
        error.hint = hint
    return pause_before_next(error, terms.retry, tried=len(log), seconds_left=left, random=terms.random)
