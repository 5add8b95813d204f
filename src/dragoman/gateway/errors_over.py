"""Errors of calls that are over: what they hold is let go."""

from __future__ import annotations

from dragoman.errors import Error, FallbackExhausted


def forget_frames(*errors: BaseException | None) -> None:
    """Take from errors, and from those that led to them, what leads back to them: the frames that they passed through,
    and the record of their tries. Else each failure stays, with all that its call had read, until rings are looked for.
    """
    waiting, seen = list(errors), set[int]()
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        error.__traceback__ = None
        waiting += (error.__cause__, error.__context__)
        if isinstance(error, Error):
            waiting += (attempt.error for attempt in error.attempts)
            error.attempts = ()
        if isinstance(error, FallbackExhausted):
            waiting += error.errors
