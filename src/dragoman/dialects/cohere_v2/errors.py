"""Errors, both ways. A body is `{"message": "text"}`, with an `id` and at times an `error_type`.

Reference: docs.cohere.com/reference/errors (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.error_replies import as_object, content_of, deepest_text, retry_after, text_in
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
    content = content_of(body)
    wire = as_object(content)
    message = deepest_text(content, _MESSAGES) or f"HTTP {status} without a message"
    code = text_in(wire, "error_type", "code")
    return _class_of(status, code, message)(
        message,
        http_status=status,
        code=code,
        request_id=headers.get("x-request-id") or text_in(wire, "id"),
        retry_after_seconds=retry_after(status, headers),
        body=content,
    )


def error_in_answer(message: str | None, body: Wire, code: str | None = None) -> ProviderError:
    """The error that came after status 200."""
    message = message or "the provider reported an error without a message"
    return _class_of(500, code, message)(message, http_status=200, code=code, body=body)


_MESSAGES: Final = ("message", "data", "error", "detail")
"""Where a server, or a proxy before it, puts its words."""


def message_of(wire: Wire) -> str | None:
    return deepest_text(wire, _MESSAGES)


def _class_of(status: int, code: str | None, message: str) -> type[ProviderError]:
    found = _BY_CODE.get(code or "") or _BY_STATUS.get(status) or class_of_status(status)
    lower = message.lower()
    return next((better for kind, words, better in _BY_TEXT if kind is found and words in lower), found)


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
