"""Errors, both ways. A body is `{"message": "text"}`, with an `id` and at times an `error_type`.

Reference: docs.cohere.com/reference/errors (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.errors import (
    ContextTooLong,
    Error,
    OutOfCredit,
    ProviderError,
    ProviderFailed,
    RateLimited,
    Rejected,
    Unauthorized,
    class_of_status,
)
from dragoman.messages import decode_json

_BY_STATUS: Final[dict[int, type[ProviderError]]] = {498: Unauthorized, 499: ProviderFailed, 501: Rejected}
"""Statuses that mean something else here: 498 a bad token, 499 a call that was given up, 501 no such function."""

_BY_CODE: Final[dict[str, type[ProviderError]]] = {
    "TOO_MANY_TOKENS": ContextTooLong,
    "INVALID_TOOL_GENERATION": ProviderFailed,
}
"""`error_type` where it says more than the status. A tool call gone wrong may go right at the next try."""

_BY_TEXT: Final[tuple[tuple[type[ProviderError], str, type[ProviderError]], ...]] = (
    (Rejected, "too many tokens", ContextTooLong),
    (Rejected, "size limit exceeded", ContextTooLong),
    (Rejected, "invalid api token", Unauthorized),
    (RateLimited, "calls / month", OutOfCredit),
    (RateLimited, "billing", OutOfCredit),
)
"""Words that say more than the class of the status: a trial key that is used up waits for the next month."""

# ---------------------------------------------------------------------- decode


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error in a reply of `status`, which a proxy may have written."""
    content = _content(body)
    wire = cast("Wire", content) if isinstance(content, dict) else {}
    message = _message(content) or f"HTTP {status} without a message"
    code = _text(wire, "error_type") or _text(wire, "code")
    return _class_of(status, code, message)(
        message,
        http_status=status,
        code=code,
        request_id=headers.get("x-request-id") or _text(wire, "id"),
        retry_after_seconds=_retry_after(headers) if status == 429 or status >= 500 else None,
        body=content,
    )


def error_in_answer(message: str | None, body: Wire, code: str | None = None) -> ProviderError:
    """The error that came after status 200."""
    message = message or "the provider reported an error without a message"
    return _class_of(500, code, message)(message, http_status=200, code=code, body=body)


def message_of(wire: Wire) -> str | None:
    return _message(wire)


def _class_of(status: int, code: str | None, message: str) -> type[ProviderError]:
    found = _BY_CODE.get(code or "") or _BY_STATUS.get(status) or class_of_status(status)
    lower = message.lower()
    return next((better for kind, words, better in _BY_TEXT if kind is found and words in lower), found)


def _content(body: bytes) -> Any:
    try:
        return decode_json(body)
    except ValueError:
        return body.decode("utf-8", "replace").strip()


def _message(content: Any) -> str | None:
    """The text, wherever a server or a proxy before it has put it."""
    if isinstance(content, str):
        return content[:500] or None
    wire = cast("Wire", content) if isinstance(content, dict) else {}
    for name in ("message", "data", "error", "detail"):
        value = wire.get(name)
        if isinstance(value, dict):
            return _message(value)
        if isinstance(value, str) and value:
            return value
    return None


def _text(wire: Wire, name: str) -> str | None:
    value = wire.get(name)
    return value if isinstance(value, str) and value else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """How long to wait, where the header says it in numbers. Dates are read by those who have a clock."""
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return seconds if isfinite(seconds) and seconds >= 0 else None


# ---------------------------------------------------------------------- encode

_TOO_LONG: Final = "TOO_MANY_TOKENS"


def encode_error(error: Error) -> tuple[int, Wire]:
    """The status and body that say `error` to a client of Cohere's."""
    wire: Wire = {"message": error.message}
    if isinstance(error, ContextTooLong):
        wire["error_type"] = _TOO_LONG
    elif isinstance(error, ProviderError) and error.code in _BY_CODE:
        wire["error_type"] = error.code
    if isinstance(error, ProviderError) and error.request_id is not None:
        wire["id"] = error.request_id
    return error.status, wire
