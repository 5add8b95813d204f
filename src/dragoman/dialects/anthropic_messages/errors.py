"""Errors, both ways.

Reference: docs.claude.com/en/api/errors and the error types of anthropic 2.11.0 (both read 2026-11-20).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.error_replies import (
    as_object,
    class_of_words,
    content_of,
    error_object,
    given_status,
    page_text,
    retry_after,
    text_in,
)
from dragoman.errors import (
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

_BY_CODE: Final[dict[str, type[ProviderError]]] = {
    "enforced_spend_limit_reached": OutOfCredit,
    "contract_spend_limit_reached": OutOfCredit,
    "linked_organization_spend_limit_reached": OutOfCredit,
    "linked_organization_billing_unavailable": OutOfCredit,
    "organization_on_hold": Unauthorized,
    "ramp_limit_exceeded": RateLimited,
    "request_body_timeout": ProviderFailed,
    "file_expired": Rejected,
}
"""`error.details.error_code` where it says more than the type: a spend limit is a `rate_limit_error` by type."""

_BY_TYPE: Final[dict[str, type[ProviderError]]] = {
    "invalid_request_error": Rejected,
    "authentication_error": Unauthorized,
    "billing_error": OutOfCredit,
    "permission_error": Unauthorized,
    "not_found_error": UnknownModel,
    "request_too_large": Rejected,
    "conflict_error": ProviderFailed,
    "rate_limit_error": RateLimited,
    "api_error": ProviderFailed,
    "timeout_error": ProviderFailed,
    "overloaded_error": Overloaded,
}

_BY_TEXT: Final[tuple[tuple[str, type[ProviderError]], ...]] = (
    ("prompt is too long", ContextTooLong),
    ("prompt: length", ContextTooLong),
    ("exceed context limit", ContextTooLong),
    ("input is too long", ContextTooLong),
    ("too many input tokens", ContextTooLong),
    ("maximum context length", ContextTooLong),
    ("exceeds the available context size", ContextTooLong),
    ("credit balance is too low", OutOfCredit),
    ("content filtering policy", Filtered),
)
"""Words in the message of a rejection that no code tells apart: Anthropic's own, and those of servers that imitate it
(Bedrock, vLLM, llama.cpp).
"""


# ---------------------------------------------------------------------- wire to canonical


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error in a reply of `status`. Any body will do: what is not Anthropic's is read as far as it goes."""
    content = content_of(body)
    error, outer = error_object(content)
    kind, code = text_in(error, "type"), _code(error)
    message = _message(content, error, outer) or f"HTTP {status} without a message"
    return _class_of(status, kind, code, message)(
        message,
        http_status=status,
        code=code or kind or text_in(error, "code"),
        request_id=headers.get("request-id") or text_in(outer, "request_id") or headers.get("x-request-id"),
        retry_after_seconds=retry_after(status, headers, _RETRY_AFTER),
        body=content,
        retryable=_SHOULD_RETRY.get(headers.get("x-should-retry", "")),
    )


_RETRY_AFTER: Final = {"retry-after-ms": 0.001, "retry-after": 1.0}

_SHOULD_RETRY: Final = {"true": True, "false": False}
"""The header by which Anthropic overrules what the status would say."""


def error_in_answer(wire: Wire) -> ProviderError:
    """The error that came in place of an answer, or inside a stream, after status 200."""
    error, outer = error_object(wire)
    kind, code = text_in(error, "type"), _code(error)
    message = _message(wire, error, outer) or "the provider reported an error without a message"
    return _class_of(500, kind, code, message)(
        message, http_status=200, code=code or kind, request_id=text_in(outer, "request_id"), body=wire
    )


def _class_of(status: int, kind: str | None, code: str | None, message: str) -> type[ProviderError]:
    """The class by the most exact word there is: the code, the type, the status; then by words in the message."""
    found = _BY_CODE.get(code or "") or _BY_TYPE.get(kind or "") or class_of_status(status)
    if found is not Rejected and kind != "api_error":
        return found
    return class_of_words(message, _BY_TEXT) or found


def _code(error: Wire) -> str | None:
    return text_in(as_object(error.get("details")), "error_code")


_MESSAGES: Final = ("message", "Message", "error", "detail", "error_description", "msg")
"""Where servers put their words; gateways and proxies in front of a model have other habits."""


def _message(content: Any, error: Wire, outer: Wire) -> str | None:
    return text_in(error, *_MESSAGES) or text_in(outer, *_MESSAGES) or page_text(content)


# ---------------------------------------------------------------------- canonical to wire

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The type for a status; the API answers with these statuses and no others."""

_TOO_LONG: Final = "prompt is too long"
"""Claude Code shortens a conversation only when the message begins so."""


def encode_error(error: Error) -> tuple[int, Wire]:
    """The status and body that say `error` to an Anthropic client."""
    status = _status_of(error)
    kind = _TYPES.get(status) or ("invalid_request_error" if status < 500 else "api_error")
    described: Wire = {"type": kind, "message": _message_of(error)}
    wire: Wire = {"type": "error", "error": described}
    if isinstance(error, ProviderError) and error.code in _BY_CODE:
        described["details"] = {"error_code": error.code}
    if error.request_id is not None:
        wire["request_id"] = error.request_id
    return status, wire


def _status_of(error: Error) -> int:
    """The status of the error's class, in the provider's finer word where it has one; overload is 529 here."""
    return given_status(error, _TYPES) or (529 if error.status == 503 else error.status)


def _message_of(error: Error) -> str:
    if isinstance(error, ContextTooLong) and not error.message.startswith(_TOO_LONG):
        return f"{_TOO_LONG}: {error.message}"
    return error.message
