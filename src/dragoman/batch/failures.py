"""Why a row came to nothing, as it is written down and read again."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from dragoman import errors
from dragoman.errors import CallFailed, Error, LossRefused, OutcomeUnknown, ProviderError

_MOST_CHARACTERS: Final = 2000


class Failure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error's class, words and status. Never a prompt or a key: our errors have none."""

    type: str
    message: str
    status: int | None = None


def failure_of(error: Exception) -> Failure:
    """What is kept of `error`."""
    text = str(error.message if isinstance(error, Error) and error.message else error)
    status = error.http_status if isinstance(error, ProviderError) else None
    return Failure(type=type(error).__name__, message=text[:_MOST_CHARACTERS], status=status)


def error_of(failure: Failure | None) -> Error:
    """The error again, as far as it was kept; one of a class that is not ours is a `CallFailed` that names it."""
    if failure is None:
        return OutcomeUnknown()
    kind: Any = getattr(errors, failure.type, None)
    if not (isinstance(kind, type) and issubclass(kind, Error)) or issubclass(kind, LossRefused):
        return CallFailed(f"{failure.type}: {failure.message}")
    if issubclass(kind, ProviderError):
        return kind(failure.message, http_status=failure.status)
    return kind(failure.message)
