"""What the caller says of how a value is asked for: how often, by which validation, at what cost, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from msgspec import Struct

from dragoman.errors import Error
from dragoman.messages import LLMResponse, Request

DEFAULT_RETRIES: Final = 3
"""How often to ask again, when the call does not say."""


class Retries(Protocol):
    """Decides whether to ask again for an answer that fits."""

    def pause(self, asked: int, error: Exception, seconds: float) -> float | None:
        """Seconds to wait before asking again, `None` when that shall not be.

        `asked` is how often it was asked, the first time included; `seconds` have passed since then.
        """
        ...


class Again(Struct, frozen=True):
    """Ask again at once, `times` times at most."""

    times: int = DEFAULT_RETRIES

    def pause(self, asked: int, error: Exception, seconds: float) -> float | None:  # noqa: ARG002  # the number decides
        return 0.0 if asked <= self.times else None


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

    def failed(self, error: Error, *, asked: int) -> None:
        """There is no answer: the call ends with `error`."""
        ...


class Nobody:
    """A watcher whom nothing is told."""

    def asked(self, request: Request) -> None: ...

    def answered(self, response: LLMResponse) -> None: ...

    def unfit(self, response: LLMResponse, error: ValueError, *, asked: int, is_last: bool) -> None: ...

    def failed(self, error: Error, *, asked: int) -> None: ...


class Rules(Struct, frozen=True, kw_only=True):
    """How a value is asked for.

    Attributes:
        retries: Whether to ask again when an answer does not fit.
        context: What validators get as `info.context`.
        strict: Pydantic's strict mode on or off; `None` leaves it to the type.
        token_budget: No further try is made once the tries together have used so many tokens.
        watcher: Who is told what happens.
    """

    retries: Retries = Again()
    context: Mapping[str, Any] | None = None
    strict: bool | None = None
    token_budget: int | None = None
    watcher: Watcher = Nobody()
