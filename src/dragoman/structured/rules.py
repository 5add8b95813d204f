"""What the caller says of how a value is asked for: how often, by which validation, at what cost, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from msgspec import Struct

from dragoman.errors import CallerError, CallFailed, Error
from dragoman.flow import Flow
from dragoman.messages import LLMResponse, Request

DEFAULT_RETRIES: Final = 3
"""How often to ask again, when the call does not say."""


class Retries(Protocol):
    """Decides whether to ask again. Its methods are flows, for it may have to call what the caller gave."""

    def before(self, asked: int) -> Flow[None]:
        """The model is about to be asked, for the `asked`-th time."""
        ...

    def pause(self, asked: int, error: Exception, seconds: float) -> Flow[float | None]:
        """Seconds to wait before asking again, `None` when that shall not be.

        `asked` is how often it was asked, the first time included; `seconds` have passed since then. `error` says what
        was wrong with the answer; an `Error` that is no `ValueError`, why there was none.
        """
        ...


class Again(Struct, frozen=True):
    """Ask again at once, `times` times at most, for an answer that fits. A call that fails has had its own tries."""

    times: int = DEFAULT_RETRIES

    def before(self, asked: int) -> Flow[None]:  # noqa: ARG002  # each time is like the others
        """There is nothing to prepare."""
        yield from ()

    def pause(self, asked: int, error: Exception, seconds: float) -> Flow[float | None]:  # noqa: ARG002  # the number decides
        """No pause, while there are tries left."""
        yield from ()
        return 0.0 if is_about_the_answer(error) and asked <= self.times else None


def is_about_the_answer(error: Exception) -> bool:
    """Whether there was an answer, and it did not fit."""
    return isinstance(error, ValueError) and not isinstance(error, CallFailed | CallerError)


class Watcher(Protocol):
    """Who is told what happens. Called where the flow runs, in its order; what it raises ends the call."""

    def asked(self, request: Request) -> None:
        """`request` is about to be sent."""
        ...

    def answered(self, response: LLMResponse) -> None:
        """An answer has come, whole. It may not fit."""
        ...

    def unfit(self, response: LLMResponse, error: ValueError, *, asked: int, is_last: bool) -> None:
        """The answer does not fit. `asked` as in `Retries`; `is_last`: it will not be asked again."""
        ...

    def failed(self, error: Error, *, asked: int, is_last: bool) -> None:
        """There is no answer, but `error`; `is_last` as in `unfit`."""
        ...


class Nobody:
    """A watcher whom nothing is told."""

    def asked(self, request: Request) -> None: ...

    def answered(self, response: LLMResponse) -> None: ...

    def unfit(self, response: LLMResponse, error: ValueError, *, asked: int, is_last: bool) -> None: ...

    def failed(self, error: Error, *, asked: int, is_last: bool) -> None: ...


class Both(Struct, frozen=True):
    """Two watchers, told one after the other."""

    first: Watcher
    second: Watcher

    def asked(self, request: Request) -> None:
        self.first.asked(request)
        self.second.asked(request)

    def answered(self, response: LLMResponse) -> None:
        self.first.answered(response)
        self.second.answered(response)

    def unfit(self, response: LLMResponse, error: ValueError, *, asked: int, is_last: bool) -> None:
        self.first.unfit(response, error, asked=asked, is_last=is_last)
        self.second.unfit(response, error, asked=asked, is_last=is_last)

    def failed(self, error: Error, *, asked: int, is_last: bool) -> None:
        self.first.failed(error, asked=asked, is_last=is_last)
        self.second.failed(error, asked=asked, is_last=is_last)


class Rules(Struct, frozen=True, kw_only=True):
    """How a value is asked for.

    Attributes:
        retries: Whether to ask again when an answer does not fit.
        context: What validators get as `info.context`.
        strict: Pydantic's strict mode on or off; `None` leaves it to the type.
        token_budget: No further try is made once the tries together have used so many tokens.
        deadline: No further try is made that would begin after this, in seconds on the monotonic clock.
        watcher: Who is told what happens.
    """

    retries: Retries = Again()
    context: Mapping[str, Any] | None = None
    strict: bool | None = None
    token_budget: int | None = None
    deadline: float | None = None
    watcher: Watcher = Nobody()
