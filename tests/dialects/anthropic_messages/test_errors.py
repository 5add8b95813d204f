"""Errors, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.errors import (
    BudgetExceeded,
    ConnectFailed,
    ContextTooLong,
    Error,
    Filtered,
    LossRefused,
    MissingKey,
    NoDeployment,
    NothingFits,
    OutOfCredit,
    Overloaded,
    ProviderError,
    ProviderFailed,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorized,
    UnknownModel,
)
from dragoman.messages import Loss, encode_json

from .strategies import json_values


def body(kind: str, message: str, **error: Any) -> bytes:
    return encode_json({"type": "error", "error": {"type": kind, "message": message, **error}, "request_id": "req_1"})


CLASSES: list[tuple[int, str, str, type[ProviderError]]] = [
    (400, "invalid_request_error", "max_tokens: Field required", Rejected),
    (401, "authentication_error", "invalid x-api-key", Unauthorized),
    (402, "billing_error", "pay", OutOfCredit),
    (403, "permission_error", "not yours", Unauthorized),
    (404, "not_found_error", "model: claude-9", UnknownModel),
    (409, "conflict_error", "another request is at it", ProviderFailed),
    (413, "request_too_large", "Request exceeds the maximum size", Rejected),
    (429, "rate_limit_error", "too many", RateLimited),
    (500, "api_error", "Internal server error", ProviderFailed),
    (504, "timeout_error", "too slow", ProviderFailed),
    (529, "overloaded_error", "Overloaded", Overloaded),
    (400, "invalid_request_error", "prompt is too long: 3333404 tokens > 200000 maximum", ContextTooLong),
    (400, "invalid_request_error", "input length and `max_tokens` exceed context limit: 9 + 9 > 10", ContextTooLong),
    (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API.", OutOfCredit),
    (400, "invalid_request_error", "Output blocked by content filtering policy", Filtered),
    (503, "error_of_next_year", "later", Overloaded),
    (418, "error_of_next_year", "no", Rejected),
]


@pytest.mark.parametrize(("status", "kind", "message", "expected"), CLASSES)
def test_class(status: int, kind: str, message: str, expected: type[ProviderError]) -> None:
    error = DIALECT.decode_error(status, {}, body(kind, message))
    assert type(error) is expected
    assert (error.http_status, error.message, error.code, error.request_id) == (status, message, kind, "req_1")


CODES = {
    "enforced_spend_limit_reached": (429, "rate_limit_error", OutOfCredit),
    "linked_organization_billing_unavailable": (402, "billing_error", OutOfCredit),
    "organization_on_hold": (400, "invalid_request_error", Unauthorized),
    "ramp_limit_exceeded": (429, "rate_limit_error", RateLimited),
    "file_expired": (404, "not_found_error", Rejected),
}


@pytest.mark.parametrize("code", CODES)
def test_the_code_knows_better_than_the_type(code: str) -> None:
    status, kind, expected = CODES[code]
    error = DIALECT.decode_error(status, {}, body(kind, "words", details={"error_code": code}))
    assert (type(error), error.code) == (expected, code)
    assert DIALECT.encode_error(error)[1]["error"]["details"] == {"error_code": code}


FOREIGN_BODIES = {
    "nothing": (b"", "HTTP 502 without a message"),
    "HTML": (b"<html><h1>Bad Gateway</h1></html>", "<html><h1>Bad Gateway</h1></html>"),
    "OpenAI": (b'{"error": {"message": "no", "type": "server_error", "code": null}}', "no"),
    "text as error": (b'{"error": "no such model"}', "no such model"),
    "AWS": (b'{"Message": "denied"}', "denied"),
    "FastAPI": (b'{"detail": "Not Found"}', "Not Found"),
    "Google, in a list": (b'[{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}}]', "quota"),
    "a number": (b"5", "HTTP 502 without a message"),
    "no text at all": (b"\xff\xfe", "\ufffd\ufffd"),
    "nested beyond reading": (b"[" * 9000, "[" * 500),
}


@pytest.mark.parametrize("name", FOREIGN_BODIES)
def test_foreign_bodies(name: str) -> None:
    content, message = FOREIGN_BODIES[name]
    error = DIALECT.decode_error(502, {"request-id": "req_h"}, content)
    assert (type(error), error.message, error.request_id) == (ProviderFailed, message, "req_h")


HEADERS: list[tuple[int, dict[str, str], float | None, bool]] = [
    (429, {"retry-after": "7"}, 7.0, True),
    (429, {"retry-after": "1.5", "x-should-retry": "false"}, 1.5, False),
    (529, {"retry-after-ms": "250", "retry-after": "7"}, 0.25, True),
    (500, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None, True),
    (429, {"retry-after": "nan"}, None, True),
    (429, {"retry-after": "-3"}, None, True),
    (400, {"retry-after": "7"}, None, False),
    (400, {"x-should-retry": "true"}, None, True),
    (401, {"x-should-retry": "perhaps"}, None, False),
]


@pytest.mark.parametrize(("status", "headers", "seconds", "retryable"), HEADERS)
def test_when_to_try_again(status: int, headers: dict[str, str], seconds: float | None, retryable: bool) -> None:
    error = DIALECT.decode_error(status, headers, b"{}")
    assert (error.retry_after_seconds, error.retryable) == (seconds, retryable)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.integers(400, 599),
    st.dictionaries(st.sampled_from(["retry-after", "request-id", "x-should-retry"]), st.text(max_size=5)),
    json_values.map(encode_json) | st.binary(max_size=40) | json_values.map(lambda junk: encode_json({"error": junk})),
)
def test_any_reply_becomes_a_provider_error(status: int, headers: dict[str, str], content: bytes) -> None:
    error = DIALECT.decode_error(status, headers, content)
    assert error.message
    assert error.http_status == status


# ---------------------------------------------------------------------- the way back

SAID: list[tuple[Error, int, str]] = [
    (Rejected("max_tokens: Field required", http_status=400), 400, "invalid_request_error"),
    (Rejected("unprocessable", http_status=422), 400, "invalid_request_error"),
    (Rejected("big", http_status=413), 413, "request_too_large"),
    (Unauthorized("key", http_status=401), 401, "authentication_error"),
    (Unauthorized("not yours", http_status=403), 403, "permission_error"),
    (OutOfCredit("quota", http_status=429), 402, "billing_error"),
    (UnknownModel("which?", http_status=404), 404, "not_found_error"),
    (RateLimited("slow down", http_status=429), 429, "rate_limit_error"),
    (ProviderFailed("broken", http_status=500), 500, "api_error"),
    (ProviderFailed("broken", http_status=502), 502, "api_error"),
    (ProviderFailed("late", http_status=504), 504, "timeout_error"),
    (Overloaded("busy", http_status=503), 529, "overloaded_error"),
    (Overloaded("busy", http_status=200), 529, "overloaded_error"),
    (Filtered("blocked", http_status=400), 400, "invalid_request_error"),
    (MissingKey("no key"), 401, "authentication_error"),
    (LossRefused([Loss(effect="dropped", where="seed", why="no")]), 400, "invalid_request_error"),
    (BudgetExceeded("spent"), 402, "billing_error"),
    (NoDeployment("none is healthy"), 529, "overloaded_error"),
    (NothingFits("it reads no images"), 400, "invalid_request_error"),
    (ConnectFailed("refused"), 502, "api_error"),
    (TimedOut("60 s"), 504, "timeout_error"),
    (Error("a bug"), 500, "api_error"),
]


@pytest.mark.parametrize(("error", "status", "kind"), SAID, ids=lambda value: str(value)[:30])
def test_said_to_a_client(error: Error, status: int, kind: str) -> None:
    assert DIALECT.encode_error(error) == (
        status,
        {"type": "error", "error": {"type": kind, "message": error.message}},
    )


def test_the_id_of_the_request_goes_along() -> None:
    assert DIALECT.encode_error(Rejected("no", request_id="req_1"))[1]["request_id"] == "req_1"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("prompt is too long: 9 tokens > 8 maximum", "prompt is too long: 9 tokens > 8 maximum"),
        ("maximum context length is 8 tokens", "prompt is too long: maximum context length is 8 tokens"),
    ],
)
def test_the_words_that_make_claude_code_shorten(message: str, said: str) -> None:
    status, wire = DIALECT.encode_error(ContextTooLong(message, http_status=400))
    assert (status, wire["error"]["message"]) == (400, said)


READ_AGAIN = [error for error, _, _ in SAID if not isinstance(error, Filtered)]  # told apart by Anthropic's words alone


@pytest.mark.parametrize("error", READ_AGAIN, ids=lambda error: error.message[:30])
def test_read_again_it_means_the_same(error: Error) -> None:
    status, wire = DIALECT.encode_error(error)
    again = DIALECT.decode_error(status, {}, encode_json(wire))
    assert again.message == error.message
    if isinstance(error, ProviderError):
        assert type(again) is type(error)
