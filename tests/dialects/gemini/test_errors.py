"""Errors: Google's words, and the classes they mean."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.gemini import DIALECT
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
)
from dragoman.messages import encode_json


def body(code: int, status: str, message: str = "It went wrong.", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
CLASSES: list[tuple[int, dict[str, Any], type[ProviderError]]] = [
    (400, body(400, "INVALID_ARGUMENT"), Rejected),
    (400, body(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."), Unauthorized),
    (400, body(400, "INVALID_ARGUMENT", "Bad", REASON), Unauthorized),
    (
        400,
        body(400, "INVALID_ARGUMENT", "The input token count (1) exceeds the maximum number of tokens allowed (0)."),
        ContextTooLong,
    ),
    (400, body(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."), ContextTooLong),
    (400, body(400, "FAILED_PRECONDITION", "Please enable billing on your project."), OutOfCredit),
    (400, body(400, "INVALID_ARGUMENT", "The prompt has prohibited content."), Filtered),
    (401, body(401, "UNAUTHENTICATED"), Unauthorized),
    (403, body(403, "PERMISSION_DENIED"), Unauthorized),
    (403, body(403, "PERMISSION_DENIED", "No", {"reason": "BILLING_DISABLED"}), OutOfCredit),
    (404, body(404, "NOT_FOUND"), UnknownModel),
    (429, body(429, "RESOURCE_EXHAUSTED"), RateLimited),
    (429, body(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), OutOfCredit),
    (499, body(499, "CANCELLED"), ProviderFailed),
    (500, body(500, "INTERNAL"), ProviderFailed),
    (501, body(501, "UNIMPLEMENTED"), Rejected),
    (503, body(503, "UNAVAILABLE"), Overloaded),
    (504, body(504, "DEADLINE_EXCEEDED"), ProviderFailed),
]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(("status", "wire", "kind"), CLASSES)
def test_the_class_by_the_most_exact_word(status: int, wire: Any, kind: type, wrapped: bool) -> None:
    error = DIALECT.decode_error(status, {}, encode_json([wire] if wrapped else wire))
    assert type(error) is kind
    assert (error.message, error.http_status) == (wire["error"]["message"], status)


WAITS = [
    ({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}, "", {}, 17.0),
    ({"retryDelay": "48.939935699s"}, "", {}, 48.939935699),
    ({}, "Please retry in 48.9s.", {}, 48.9),
    ({}, "Please retry in 120.5ms.", {}, 0.1205),
    ({"retryDelay": "17s"}, "", {"retry-after": "3"}, 3.0),
    ({"retryDelay": "soon"}, "", {"retry-after": "later"}, None),
    ({}, "", {}, None),
]


@pytest.mark.parametrize(("detail", "words", "headers", "seconds"), WAITS)
def test_how_long_to_wait(detail: Any, words: str, headers: dict[str, str], seconds: float | None) -> None:
    wire = body(429, "RESOURCE_EXHAUSTED", f"Quota exceeded. {words}", detail)
    error = DIALECT.decode_error(429, headers, encode_json(wire))
    assert error.retry_after_seconds == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"", "HTTP 502 without a message"),
        (b'{"error": "plain"}', "plain"),
        (b'{"message": "from a proxy"}', "from a proxy"),
        (b"[]", "HTTP 502 without a message"),
        (b'{"error": {"message": null, "details": 5}}', "HTTP 502 without a message"),
    ],
)
def test_any_body_will_do(content: bytes, message: str) -> None:
    error = DIALECT.decode_error(502, {}, content)
    assert (type(error), error.message) == (ProviderFailed, message)


SENT: list[tuple[Error, int, str]] = [
    (Rejected("no", http_status=422), 400, "INVALID_ARGUMENT"),
    (Unauthorized("no", http_status=403), 403, "PERMISSION_DENIED"),
    (Unauthorized("no"), 401, "UNAUTHENTICATED"),
    (OutOfCredit("no"), 403, "PERMISSION_DENIED"),
    (OutOfCredit("no", http_status=402), 403, "PERMISSION_DENIED"),
    (BudgetExceeded("spent"), 402, "FAILED_PRECONDITION"),
    (UnknownModel("no"), 404, "NOT_FOUND"),
    (RateLimited("no"), 429, "RESOURCE_EXHAUSTED"),
    (Overloaded("no", http_status=529), 503, "UNAVAILABLE"),
    (ProviderFailed("no"), 500, "INTERNAL"),
    (ContextTooLong("too long"), 400, "INVALID_ARGUMENT"),
    (Error("ours"), 500, "INTERNAL"),
]


@pytest.mark.parametrize(("error", "status", "word"), SENT, ids=lambda value: type(value).__name__)
def test_an_error_is_said_in_googles_words(error: Error, status: int, word: str) -> None:
    sent, wire = DIALECT.encode_error(error)
    assert (sent, wire["error"]["code"], wire["error"]["status"]) == (status, status, word)
    read = DIALECT.decode_error(sent, {}, encode_json(wire))
    assert type(read) is type(error) or not isinstance(error, ProviderError)
    assert read.message.endswith(error.message)


def test_a_budget_that_is_spent_is_read_as_that() -> None:
    sent, wire = DIALECT.encode_error(BudgetExceeded("spent"))
    assert type(DIALECT.decode_error(sent, {}, encode_json(wire))) is OutOfCredit


def test_how_long_to_wait_goes_there_and_back() -> None:
    sent, wire = DIALECT.encode_error(RateLimited("Slow down.", retry_after_seconds=1.5))
    assert DIALECT.decode_error(sent, {}, encode_json(wire)).retry_after_seconds == 1.5
