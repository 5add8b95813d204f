"""Errors, both ways.

Reference: cloud.google.com/apis/design/errors and the errors of google-genai 3.4.0 (both read 2026-11-20). Google says
what happened in a word (`status`), and at times more exactly in `details` (a reason; how long to wait).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.error_replies import (
    class_of_words,
    content_of,
    error_object,
    given_status,
    page_text,
    retry_after,
    text_in,
)
from dragoman.dialects.gemini.extras import objects_in
from dragoman.errors import (
    BudgetExceeded,
    ContextTooLong,
    Error,
    Filtered,
    OutOfCredit,
    Overloaded,
    ProviderError,
    ProviderFailed,
    RateLimited,
    Rejected,
    Unauthorized,
    UnknownModel,
    class_of_status,
)

_BY_REASON: Final[dict[str, type[ProviderError]]] = {
    "API_KEY_INVALID": Unauthorized,
    "API_KEY_SERVICE_BLOCKED": Unauthorized,
    "API_KEY_EXPIRED": Unauthorized,
    "ACCESS_TOKEN_EXPIRED": Unauthorized,
    "SERVICE_DISABLED": Unauthorized,
    "BILLING_DISABLED": OutOfCredit,
}
"""`reason` of an `ErrorInfo`, where it says more than the status: a wrong key is a 400 here."""

_BY_STATUS_WORD: Final[dict[str, type[ProviderError]]] = {
    "INVALID_ARGUMENT": Rejected,
    "FAILED_PRECONDITION": Rejected,
    "OUT_OF_RANGE": Rejected,
    "UNAUTHENTICATED": Unauthorized,
    "PERMISSION_DENIED": Unauthorized,
    "NOT_FOUND": UnknownModel,
    "ALREADY_EXISTS": ProviderFailed,
    "ABORTED": ProviderFailed,
    "RESOURCE_EXHAUSTED": RateLimited,
    "CANCELLED": ProviderFailed,
    "UNKNOWN": ProviderFailed,
    "INTERNAL": ProviderFailed,
    "DATA_LOSS": ProviderFailed,
    "UNIMPLEMENTED": Rejected,
    "UNAVAILABLE": Overloaded,
    "DEADLINE_EXCEEDED": ProviderFailed,
}

_BY_TEXT: Final[tuple[tuple[str, type[ProviderError]], ...]] = (
    ("exceeds the maximum number of tokens allowed", ContextTooLong),
    ("exceeds the maximum number of input tokens", ContextTooLong),
    ("exceeds the context window", ContextTooLong),
    ("token limit", ContextTooLong),
    ("request payload size exceeds", ContextTooLong),
    ("api key not valid", Unauthorized),
    ("api key expired", Unauthorized),
    ("api key not found", Unauthorized),
    ("please enable billing", OutOfCredit),
    ("requires billing to be enabled", OutOfCredit),
    ("credits are depleted", OutOfCredit),
    ("prohibited content", Filtered),
)
"""Words in the message that no code tells apart."""

_MAY_BE_REFINED: Final = (Rejected, RateLimited, Unauthorized)

# ---------------------------------------------------------------------- wire to canonical


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error in a reply of `status`. Any body will do: what is not Google's is read as far as it goes."""
    content = content_of(body)
    error, _ = error_object(content)
    found = _class_of(status, error)
    waits = status == 429 or status >= 500
    return found(
        _message(content, error) or f"HTTP {status} without a message",
        http_status=status,
        code=_code(error),
        request_id=headers.get("x-goog-request-id") or headers.get("x-request-id"),
        retry_after_seconds=(retry_after(status, headers) or _retry_delay(error)) if waits else None,
        body=content,
    )


def error_in_answer(wire: Any) -> ProviderError:
    """The error that came in place of an answer, or inside a stream, after status 200."""
    error, _ = error_object(wire)
    code = error.get("code")
    return _class_of(code if type(code) is int else 500, error)(
        _message(wire, error) or "the provider reported an error without a message",
        http_status=200,
        code=_code(error),
        retry_after_seconds=_retry_delay(error),
        body=wire,
    )


def _class_of(status: int, error: Wire) -> type[ProviderError]:
    """The class by the most exact word there is: the reason, the status's name, its number; then words."""
    by_reason = _BY_REASON.get(_reason(error) or "")
    if by_reason is not None:
        return by_reason
    found = _BY_STATUS_WORD.get(text_in(error, "status") or "") or class_of_status(status)
    if found not in _MAY_BE_REFINED:
        return found
    return class_of_words(text_in(error, "message") or "", _BY_TEXT) or found


def _message(content: Any, error: Wire) -> str | None:
    return text_in(error, "message", "error", "error_description", "detail", "msg") or page_text(content)


def _code(error: Wire) -> str | None:
    reason = _reason(error)
    return reason if reason in _BY_REASON else text_in(error, "status")


def _reason(error: Wire) -> str | None:
    return next((reason for each in objects_in(error.get("details")) if (reason := text_in(each, "reason"))), None)


_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s")
_PLEASE_RETRY: Final = re.compile(r"retry in (\d+(?:\.\d+)?)(ms|s)\b")


def _retry_delay(error: Wire) -> float | None:
    """How long to wait, as a `RetryInfo` among the details says, or the message."""
    for detail in objects_in(error.get("details")):
        found = _SECONDS.fullmatch(str(detail.get("retryDelay")))
        if found is not None:
            return float(found[1])
    found = _PLEASE_RETRY.search(text_in(error, "message") or "")
    if found is None:
        return None
    return float(found[1]) * (0.001 if found[2] == "ms" else 1.0)


# ---------------------------------------------------------------------- canonical to wire

_STATUS_WORDS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The word for a status; Google answers with these and no others. That of 402, which it has not, is of unpaid bills."""

_ERROR_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"
_RETRY_INFO: Final = "type.googleapis.com/google.rpc.RetryInfo"


def encode_error(error: Error) -> tuple[int, Wire]:
    """The status and body that say `error` to a Google client."""
    status = _status_of(error)
    described: Wire = {"code": status, "message": _message_of(error), "status": _STATUS_WORDS[status]}
    details = list(_details_of(error))
    if details:
        described["details"] = details
    return status, {"error": described}


def _status_of(error: Error) -> int:
    if isinstance(error, OutOfCredit):
        return 403
    given = given_status(error, _STATUS_WORDS)
    if given is not None:
        return given
    return error.status if error.status in _STATUS_WORDS else (400 if error.status < 500 else 500)


def _details_of(error: Error) -> list[Wire]:
    details: list[Wire] = []
    reason = _reason_of(error)
    if reason is not None:
        details.append({"@type": _ERROR_INFO, "reason": reason, "domain": "googleapis.com"})
    if isinstance(error, ProviderError) and error.retry_after_seconds is not None:
        details.append({"@type": _RETRY_INFO, "retryDelay": f"{error.retry_after_seconds:.9g}s"})
    return details


def _reason_of(error: Error) -> str | None:
    if isinstance(error, OutOfCredit | BudgetExceeded):
        return "BILLING_DISABLED"
    return error.code if isinstance(error, ProviderError) and error.code in _BY_REASON else None


_TOO_LONG: Final = "The input token count exceeds the maximum number of tokens allowed"


def _message_of(error: Error) -> str:
    if isinstance(error, ContextTooLong) and _class_of(400, {"message": error.message}) is not ContextTooLong:
        return f"{_TOO_LONG}: {error.message}"
    return error.message
