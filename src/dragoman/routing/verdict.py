"""What an error says about where to go next, and who is to blame. One table."""

from __future__ import annotations

from math import inf
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from dragoman import errors, exceptions

Failure = Literal[
    "network", "slow", "server", "overloaded", "rate", "auth", "credit", "model", "malformed", "foreign",
    "invalid", "declined", "window", "unfit", "caller", "deadline",
]  # fmt: skip
"""What went wrong, as breakers tell failures apart. From `invalid` on it says nothing about the target's health."""

Elsewhere = Literal["yes", "larger_window", "if_declined_may", "if_invalid_may", "no"]
"""Whether another target may be asked: `if_…` where the router's rules allow it."""

Blame = Literal["target", "account", "nobody"]

LASTING: Final[frozenset[Failure]] = frozenset({"auth", "credit", "model", "unfit", "window"})
"""What the same call meets at the same target again, however long it waits."""


class Verdict(Struct, frozen=True):
    """What follows from an error.

    Attributes:
        failure: What went wrong.
        here: Whether the same target may be asked again, after a pause.
        elsewhere: Whether another may be asked, and which.
        blame: Whose health it counts against: the target's, or that of every target with its key.
    """

    failure: Failure
    here: bool
    elsewhere: Elsewhere
    blame: Blame


_GIVE_UP: Final = Verdict("caller", False, "no", "nobody")
_INVALID: Final = Verdict("invalid", False, "if_invalid_may", "nobody")
_FOREIGN: Final = Verdict("foreign", True, "yes", "target")
_REDIRECTED: Final = Verdict("malformed", False, "yes", "target")
_DEADLINE: Final = Verdict("deadline", False, "no", "nobody")

_VERDICTS: Final[dict[type[BaseException], Verdict]] = {
    errors.CallerError: _GIVE_UP,
    errors.ConfigurationError: _GIVE_UP,
    errors.MissingKey: Verdict("auth", False, "yes", "account"),
    errors.MissingPackage: Verdict("unfit", False, "yes", "nobody"),
    errors.NotEnoughMemory: Verdict("unfit", False, "yes", "nobody"),
    errors.UnsupportedFeature: Verdict("unfit", False, "yes", "nobody"),
    errors.LossRefused: Verdict("unfit", False, "yes", "nobody"),
    errors.ConnectFailed: Verdict("network", True, "yes", "target"),
    errors.TimedOut: Verdict("slow", True, "yes", "target"),
    errors.TransportError: Verdict("network", True, "yes", "target"),
    errors.StreamInterrupted: Verdict("malformed", True, "yes", "target"),
    errors.DecodeError: Verdict("malformed", True, "yes", "target"),
    errors.Rejected: _GIVE_UP,
    errors.ContextTooLong: Verdict("window", False, "larger_window", "nobody"),
    errors.Filtered: Verdict("declined", False, "if_declined_may", "nobody"),
    errors.Unauthorized: Verdict("auth", False, "yes", "account"),
    errors.OutOfCredit: Verdict("credit", False, "yes", "account"),
    errors.UnknownModel: Verdict("model", False, "yes", "target"),
    errors.RateLimited: Verdict("rate", True, "yes", "target"),
    errors.Overloaded: Verdict("overloaded", True, "yes", "target"),
    errors.ProviderFailed: Verdict("server", True, "yes", "target"),
    errors.RetriesExhausted: _INVALID,
    errors.AnswerDeclined: Verdict("declined", False, "if_declined_may", "nobody"),
    errors.AnswerCutOff: _GIVE_UP,
    errors.BudgetExceeded: _GIVE_UP,
    errors.FallbackExhausted: Verdict("server", False, "yes", "target"),
    errors.NoDeployment: Verdict("overloaded", False, "yes", "nobody"),
    exceptions.ResponseParsingError: _INVALID,
    exceptions.AsyncValidationError: _INVALID,
    TypeError: _GIVE_UP,
    NameError: _GIVE_UP,
    AttributeError: _GIVE_UP,
    AssertionError: _GIVE_UP,
    MemoryError: _GIVE_UP,
    TimeoutError: Verdict("slow", True, "yes", "target"),
    ConnectionError: Verdict("network", True, "yes", "target"),
}
"""By class; the nearest class of an error that is here decides. Of exceptions that are not ours, those that stand for a
mistake in the program are given up on, and the rest may be whatever a provider of the application's own raises.
"""

_BY_CODE: Final[dict[str, type[BaseException]]] = {
    "context_length_exceeded": errors.ContextTooLong,
    "content_filter": errors.Filtered,
    "content_policy_violation": errors.Filtered,
    "insufficient_quota": errors.OutOfCredit,
    "model_not_found": errors.UnknownModel,
}
"""The words of OpenAI's API, which many repeat, that say more than their status."""

_FITS_NOT: Final = frozenset({("pydantic_core", "ValidationError"), ("pydantic", "ValidationError")})
"""Exceptions of other packages that say that an answer did not fit, by package and name."""

_WRAPPER: Final = ("instructor", "InstructorRetryException")
_CUT_OFF: Final = ("instructor", "IncompleteOutputException")


def verdict_of(error: BaseException, *, time_left: bool = False) -> Verdict:
    """What follows from an error, ours or not.

    `time_left`: the router's own deadline has not passed. Then a `TimedOut` of a whole call was a limit of the
    target's, and the target is slow; else it was the caller's, and nobody is.
    """
    if isinstance(error, errors.TimedOut) and error.phase == "total" and not time_left:
        return _DEADLINE
    if isinstance(error, errors.Error):
        return _of_ours(error)
    return _of_foreign(error)


def retry_after_of(error: BaseException) -> float | None:
    """How many seconds the provider asks to wait, where the error says so as a number."""
    if isinstance(error, errors.Error):
        return error.retry_after_seconds
    inner = _wrapped(error) if _WRAPPER in _names(error) else error
    headers: Any = getattr(getattr(inner, "response", None), "headers", None)
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < inf else None


def _of_ours(error: errors.Error) -> Verdict:
    """Its class says what follows, and it may say of itself that the same would come again. A `CallFailed` that is
    nothing more is what it came from, where it came from something.
    """
    if 300 <= (getattr(error, "http_status", None) or 0) < 400:
        return _REDIRECTED  # not followed: another address would answer it, this one never
    found = _by_class(type(error))
    if found is not None:
        return replace(found, here=False) if found.here and not error.retryable else found
    cause = error.__cause__
    return _FOREIGN if cause is None or cause is error else verdict_of(cause)


def _by_class(kind: type[BaseException]) -> Verdict | None:
    return next((_VERDICTS[base] for base in kind.__mro__ if base in _VERDICTS), None)


# ---------------------------------------------------------------------- exceptions of other packages


def _of_foreign(error: BaseException) -> Verdict:
    names = _names(error)
    if names & _FITS_NOT:
        return _INVALID
    if _CUT_OFF in names:
        return _GIVE_UP  # as AnswerCutOff: the caller's limit, which would cut off the next one too
    if _WRAPPER in names:
        return _of_wrapped(_wrapped(error))
    kind = _class_by_answer(error)
    if kind is not None:
        return _by_class(kind) or _FOREIGN
    known = _by_class(type(error))
    if known is None and not isinstance(error, Exception):
        return _GIVE_UP  # the caller has gone, or the program ends
    return known or _FOREIGN


def _names(error: BaseException) -> set[tuple[str, str]]:
    """The package and name of each of its classes: of packages that may not be here."""
    return {(base.__module__.partition(".")[0], base.__name__) for base in type(error).__mro__}


def _wrapped(error: BaseException) -> Exception | None:
    """What Instructor's exception wraps: an argument of it, up to 1.16, and its cause."""
    return next((each for each in (*error.args, error.__cause__) if isinstance(each, Exception)), None)


def _of_wrapped(inner: Exception | None) -> Verdict:
    """Instructor raises one class for answers that did not fit and for calls that failed: what it wraps tells which.

    Whatever it finds wrong with an answer is a `ValueError`, or fails an assertion.
    """
    if inner is None or (isinstance(inner, ValueError | AssertionError) and _class_by_answer(inner) is None):
        return _INVALID
    return _of_foreign(inner)


def _class_by_answer(error: BaseException) -> type[BaseException] | None:
    """Which of our errors a provider's answer would have been, by the code or status that SDKs keep of it."""
    code = getattr(error, "code", None)
    if isinstance(code, str) and code in _BY_CODE:
        return _BY_CODE[code]
    statuses = (getattr(error, "status_code", None), code)
    status = next((each for each in statuses if isinstance(each, int) and 300 <= each < 600), None)
    return None if status is None else errors.class_of_status(status)
