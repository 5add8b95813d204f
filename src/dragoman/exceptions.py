"""Exceptions under the names that Instructor has for them, for code that was written for it.

Some are other names of ours, so that the same `except` catches either way; the rest is what only that interface tells
apart. Which is which, and why, is in docs/decisions/0018-what-instructors-exceptions-are.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.errors import (
    AnswerCutOff,
    CallerError,
    CallFailed,
    ConfigurationError,
    Error,
    FailedAttempt,
    OutputError,
    ProviderError,
    RetriesExhausted,
)

InstructorError = Error
InstructorRetryException = CallFailed
IncompleteOutputException = AnswerCutOff
ValidationError = OutputError


class ModeError(ConfigurationError):
    """The provider does not have this `mode`; `valid_modes` are those it has."""

    def __init__(self, mode: str, provider: str, valid_modes: Sequence[str], **where: Any) -> None:
        valid = ", ".join(valid_modes)
        super().__init__(f"Invalid mode '{mode}' for provider '{provider}'. Valid modes: {valid}", **where)
        self.provider = provider
        self.mode = mode
        self.valid_modes = list(valid_modes)

    @property
    def target(self) -> str | None:
        """Not said again before the message, which names the provider."""
        return None


class ClientError(ConfigurationError):
    """What was given as a client is none, or none of that kind."""


class ResponseParsingError(Error, ValueError):
    """There is nothing in the answer to read a value from: no call of the tool, no text."""

    def __init__(self, message: str = "", *, mode: str | None = None, raw_response: Any = None, **where: Any) -> None:
        super().__init__(f"{message} (mode: {mode})" if mode else message, **where)
        self.mode = mode
        self.raw_response = raw_response


class AsyncValidationError(Error, ValueError):
    """What async validators found wrong. `errors` has what each raised, `places` the path to each value."""

    def __init__(
        self, message: str = "", *, errors: Sequence[Exception] | None = None, places: Sequence[str] = (), **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.errors = list(errors or ())
        self.places = list(places)


class MultimodalError(CallerError, ValueError):
    """A picture, sound or file cannot be used."""

    def __init__(
        self, message: str = "", *, content_type: str | None = None, file_path: str | None = None, **where: Any
    ) -> None:
        named = {"content_type": content_type, "file": file_path}
        known = ", ".join(f"{name}: {value}" for name, value in named.items() if value)
        super().__init__(f"{message} ({known})" if known else message, **where)
        self.content_type = content_type
        self.file_path = file_path


class TokenBudgetError(RetriesExhausted):
    """The tries ended because of `token_budget=`, which was `budget`."""

    def __init__(self, message: str = "", *, budget: int, **where: Any) -> None:
        super().__init__(message, **where)
        self.budget = budget


class TokenBudgetExceeded(TokenBudgetError):
    """The answers that did not fit have used the budget up, so the model is not asked again."""

    hint = "Raise token_budget=."


class TokenUsageUnavailableError(TokenBudgetError):
    """The provider does not say what an answer used, so the budget cannot be kept."""

    hint = "Leave token_budget= out, and limit max_retries= and max_tokens= instead."


__all__ = [
    "AsyncValidationError",
    "ClientError",
    "ConfigurationError",
    "FailedAttempt",
    "IncompleteOutputException",
    "InstructorError",
    "InstructorRetryException",
    "ModeError",
    "MultimodalError",
    "ProviderError",
    "ResponseParsingError",
    "TokenBudgetError",
    "TokenBudgetExceeded",
    "TokenUsageUnavailableError",
    "ValidationError",
]
