"""A tenacity object of the caller's decides whether to ask again: by its own machinery, so that all it has counts.

That is its `stop`, `wait` and `retry`, what it calls before and after, and its `sleep`. Tenacity is no dependency of
ours: it is there when the caller has such an object. Written for tenacity 8 and 9 (github.com/jd/tenacity, read
2026-11-21).
"""

from __future__ import annotations

from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final

from dragoman.errors import Error
from dragoman.flow import Flow, invoke, is_async

if TYPE_CHECKING:
    from tenacity import BaseRetrying, RetryCallState

_ITS_OWN: Final = "tenacity"


def is_tenacity(given: object) -> bool:
    """Whether it is such an object; tenacity is not imported for that."""
    return any(kind.__name__ == "BaseRetrying" and _package(kind) == _ITS_OWN for kind in type(given).__mro__)


def _package(kind: type) -> str:
    return kind.__module__.partition(".")[0]


class Tenacious:
    """`Retries` for one call. Its object is a copy, for tenacity keeps the state of a call in the object.

    The caller's gets the copy's `statistics`.
    """

    def __init__(self, retrying: BaseRetrying) -> None:
        self._theirs = retrying
        self._own = retrying.copy()
        self._awaited = is_async(retrying.iter) or is_async(retrying.sleep)
        self._state: RetryCallState | None = None

    def before(self, asked: int) -> Flow[None]:  # noqa: ARG002  # tenacity counts by itself
        """Have tenacity call its `before`."""
        if self._state is None:
            from tenacity import RetryCallState

            self._own.begin()
            self._state = RetryCallState(self._own, fn=None, args=(), kwargs={})
        yield from self._step(self._state)

    def pause(self, asked: int, error: Exception, seconds: float) -> Flow[float | None]:  # noqa: ARG002  # as above
        """What tenacity says of `error`, whatever it is about: by default it tries again after any."""
        from tenacity import DoSleep

        state = self._state
        assert state is not None  # `before` comes first
        seen = _as_callers_know_it(error)
        state.set_exception((type(seen), seen, seen.__traceback__))
        try:
            step = yield from self._step(state)
        except Exception as stopped:
            if stopped is seen or isinstance(stopped, self._own.retry_error_cls):
                return None
            raise  # out of what it was given to call
        if not isinstance(step, DoSleep):  # what its `retry_error_callback` gave: it has stopped
            return None
        state.prepare_for_next_attempt()
        return (yield from self._slept(float(step)))

    def _step(self, state: RetryCallState) -> Flow[Any]:
        try:
            if self._awaited:
                return (yield from invoke(async_=partial(_awaited, self._own.iter, state)))
            return self._own.iter(state)
        finally:
            self._theirs.statistics.update(self._own.statistics)

    def _slept(self, seconds: float) -> Flow[float]:
        """The pause that is left: none, when the object has a `sleep` of the caller's."""
        sleep: Any = self._own.sleep
        if str(getattr(sleep, "__module__", "")).partition(".")[0] == _ITS_OWN:
            return seconds
        if self._awaited:
            yield from invoke(async_=partial(_awaited, sleep, seconds))
        else:
            yield from invoke(sync=partial(sleep, seconds))
        return 0.0


async def _awaited(function: Any, argument: Any) -> Any:
    result = function(argument)
    return await result if isawaitable(result) else result


def _as_callers_know_it(error: Exception) -> Exception:
    """The error of the SDK that a client of the caller's raised, where ours comes from one: predicates name that."""
    cause = error.__cause__
    if isinstance(error, Error) and isinstance(cause, Exception) and _package(type(cause)) not in _STANDARD:
        return cause
    return error


_STANDARD: Final = frozenset({"dragoman", "asyncio", "builtins", "json", "socket", "ssl", "msgspec", "pydantic_core"})
"""What an error of ours comes from when no client of the caller's was asked."""
