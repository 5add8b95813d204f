"""Errors, both ways. A body is `{"error": "text"}` and the status says the rest, but for what only the words tell.

Reference: docs.ollama.com/api/errors (read 2026-11-21), and the words of the server's own sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.error_replies import class_of_words, content_of, deepest_text, retry_after
from dragoman.errors import (
    ContextTooLong,
    Error,
    ProviderError,
    ProviderFailed,
    Rejected,
    Unauthorized,
    UnknownModel,
    class_of_status,
)

_BY_TEXT: Final[tuple[tuple[str, type[ProviderError]], ...]] = (
    ("exceeds the context length", ContextTooLong),
    ("exceeds maximum context length", ContextTooLong),
    ("exceeds the available context size", ContextTooLong),
    ("prompt is too long", ContextTooLong),
    ("does not support", Rejected),
    ("unauthorized", Unauthorized),
)
"""Words that say more than a status of 400 or 500."""

_NO_MEMORY: Final = ("more system memory", "out of memory", "not enough memory")
_HOPELESS: Final = (*_NO_MEMORY, "does not support")
"""Failures that another try meets again."""

_SMALLER: Final = "Choose a smaller model, or first `unload()` another that the server holds."


# ---------------------------------------------------------------------- decode


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error in a reply of `status`, which a proxy in front of the server may have written."""
    content = content_of(body)
    message = deepest_text(content, _MESSAGES) or f"HTTP {status} without a message"
    seconds = retry_after(status, headers)
    return _error(status, message, content, request_id=headers.get("x-request-id"), retry_after_seconds=seconds)


_MESSAGES: Final = ("error", "message", "detail")
"""Where the text stands; behind an OpenAI-compatible proxy `error` is an object."""


def error_in_answer(wire: Wire) -> ProviderError:
    """The error in a body or a line of a stream after status 200. Some servers tell a status of its own."""
    status = wire.get("status_code") or wire.get("status")
    inner = status if isinstance(status, int) and 400 <= status < 600 else 500
    error = _error(inner, deepest_text(wire, _MESSAGES) or "the server reported an error without a message", wire)
    error.http_status = 200
    return error


def _error(status: int, message: str, body: Any, **fields: Any) -> ProviderError:
    lower = message.lower()
    retryable = False if any(words in lower for words in _HOPELESS) else None
    error = _class_of(status, lower)(message, http_status=status, body=body, retryable=retryable, **fields)
    if any(words in lower for words in _NO_MEMORY):
        error.hint = _SMALLER
    return error


def _class_of(status: int, message: str) -> type[ProviderError]:
    found = class_of_status(status)
    if found is not Rejected and found is not ProviderFailed:
        return found
    if message.startswith("model ") and "not found" in message:
        return UnknownModel
    return class_of_words(message, _BY_TEXT) or found


# ---------------------------------------------------------------------- encode

_TOO_LONG: Final = "the input length exceeds the context length"


def encode_error(error: Error) -> tuple[int, Wire]:
    """The status and body that say `error` to a client of Ollama."""
    message = error.message
    if isinstance(error, ContextTooLong) and _class_of(400, message.lower()) is not ContextTooLong:
        message = f"{_TOO_LONG}: {message}"
    return error.status, {"error": message}
