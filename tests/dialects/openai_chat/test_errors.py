"""Errors: what bodies mean, and how ours are written."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import errors as e
from dragoman.dialects import get_dialect
from dragoman.messages import Loss, encode_json

CHAT = get_dialect("openai_chat")


def told(code: Any = None, message: str = "m", kind: str | None = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


def understood(status: int, body: Any, headers: dict[str, str] | None = None) -> e.ProviderError:
    return CHAT.decode_error(status, headers or {}, body if isinstance(body, bytes) else encode_json(body))


# ---------------------------------------------------------------------- the class

CLASSES: dict[str, tuple[int, Any, type[e.ProviderError]]] = {
    "overflow by code": (400, told("context_length_exceeded"), e.ContextTooLong),
    "overflow of llama.cpp": (400, told(400, kind="exceed_context_size_error"), e.ContextTooLong),
    "overflow in words": (
        400,
        told(message="This endpoint's maximum context length is 200000 tokens."),
        e.ContextTooLong,
    ),
    "overflow of Ollama": (
        400,
        told(message="prompt too long; exceeded max context length by 9 tokens"),
        e.ContextTooLong,
    ),
    "overflow of Cerebras": (400, told(message="Current length is 9 while limit is 8"), e.ContextTooLong),
    "overflow of Together": (422, told(message="`inputs` tokens + `max_new_tokens` must be <= 8193"), e.ContextTooLong),
    "overflow of bytes": (413, told(message="Input is too long"), e.ContextTooLong),
    "no overflow": (400, told(message="Invalid 'user': prompt is too long: string_above_max_length"), e.Rejected),
    "no money": (429, told("insufficient_quota", kind="insufficient_quota"), e.OutOfCredit),
    "no balance": (402, told(), e.OutOfCredit),
    "too fast": (429, told("rate_limit_exceeded", kind="tokens"), e.RateLimited),
    "too fast, without words": (429, told(429), e.RateLimited),
    "unknown model": (404, told("model_not_found"), e.UnknownModel),
    "unknown model, as a bad request": (400, told("model_not_found"), e.UnknownModel),
    "a model that is no more, at Groq": (400, told("model_decommissioned"), e.UnknownModel),
    "no deployment": (404, told("DeploymentNotFound"), e.UnknownModel),
    "filter": (400, told("content_filter"), e.Filtered),
    "filter of Azure": (400, told("x", innererror={"code": "ResponsibleAIPolicyViolation"}), e.Filtered),
    "filter of xAI": (
        403,
        {"code": "The caller does not have permission", "error": "Content violates usage guidelines. Team: t"},
        e.Filtered,
    ),
    "wrong key": (401, told("invalid_api_key"), e.Unauthorized),
    "wrong key of xAI": (
        400,
        {"code": "invalid-argument", "error": "Incorrect API key provided: xa***"},
        e.Unauthorized,
    ),
    "wrong key of Google": (400, [told(400, "API key not valid. Please pass a valid API key.")], e.Unauthorized),
    "forbidden": (403, told(), e.Unauthorized),
    "bad request": (400, told("unsupported_parameter"), e.Rejected),
    "broken": (500, told("server_error"), e.ProviderFailed),
    "loading": (503, told(503, kind="unavailable_error"), e.Overloaded),
    "overloaded": (529, told(), e.Overloaded),
    "teapot": (418, told(), e.Rejected),
}


@pytest.mark.parametrize(("status", "body", "kind"), CLASSES.values(), ids=CLASSES)
def test_class(status: int, body: Any, kind: type[e.ProviderError]) -> None:
    error = understood(status, body)
    assert type(error) is kind
    assert error.http_status == status


# ---------------------------------------------------------------------- message and code

SHAPES: dict[str, tuple[Any, str, str | None]] = {
    "OpenAI": (told("c", "Bad"), "Bad", "c"),
    "number as code": (told(429, "Bad"), "Bad", "429"),
    "number as text": (told("404", "Bad"), "Bad", "404"),
    "type in place of a code": (told(401, "Bad", kind="invalid_api_key"), "Bad", "invalid_api_key"),
    "text": ({"error": "Bad"}, "Bad", None),
    "xAI": ({"code": "invalid-argument", "error": "Bad"}, "Bad", "invalid-argument"),
    "top level": ({"object": "error", "message": "Bad", "type": "t", "code": "3051"}, "Bad", "t"),
    "detail": ({"detail": "Bad"}, "Bad", None),
    "validation": (
        {"detail": [{"loc": ["body", "model"], "msg": "field required", "type": "missing"}, {"msg": "bad"}, "odd"]},
        "body.model: field required; bad; odd",
        None,
    ),
    "Cloudflare": ({"success": False, "errors": [{"code": 7000, "message": "Bad"}]}, "Bad", "7000"),
    "Google": ([told(400, "Bad")], "Bad", "400"),
    "error in an error": ({"error": {"message": {"message": "Bad"}}}, "Bad", None),
    "not JSON": (b"<html>Bad Gateway</html>", "<html>Bad Gateway</html>", None),
    "empty": (b"", "the provider answered 400 without a message", None),
    "null": (b"null", "the provider answered 400 without a message", None),
}


@pytest.mark.parametrize(("body", "message", "code"), SHAPES.values(), ids=SHAPES)
def test_shape(body: Any, message: str, code: str | None) -> None:
    error = understood(400, body)
    assert (error.message, error.code) == (message, code)


def test_the_body_and_the_id_are_kept() -> None:
    body = told("c", "Bad", metadata={"raw": "upstream says no"})
    error = understood(400, body, {"x-request-id": "req_1"})
    assert error.body == body
    assert error.request_id == "req_1"


def test_a_long_page_is_cut_in_the_message_only() -> None:
    error = understood(502, b"<" + b"x" * 9000)
    assert len(error.message) == 2000
    assert len(error.body) == 9001


# ---------------------------------------------------------------------- how long to wait

WAITS: dict[str, tuple[dict[str, str], str, float | None]] = {
    "milliseconds": ({"retry-after-ms": "1500", "retry-after": "9"}, "", 1.5),
    "seconds": ({"retry-after": "9"}, "", 9),
    "no milliseconds (Azure)": ({"retry-after-ms": "0", "retry-after": "1"}, "", 1),
    "at once": ({"retry-after": "0"}, "", 0),
    "a date is for who has a clock": ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "", None),
    "in words": ({}, "Rate limit reached. Please try again in 1.2s. Visit …", 1.2),
    "in words, short": ({}, "Please try again in 900ms.", 0.9),
    "in words, long": ({}, "Please try again in 1h2m3.5s.", 3723.5),
    "in long words": ({}, "Retry after 5 minutes", 300),
    "of Google": ({}, "Please retry in 48.939935699s.", 48.939935699),
    "no words": ({}, "Please wait a moment and try again.", None),
    "no number": ({"retry-after": "soon"}, "try again in a while", None),
    "never": ({"retry-after": "inf"}, "", None),
    "a date in words": ({}, "try again after 2026-11-20", None),
}


@pytest.mark.parametrize(("headers", "message", "seconds"), WAITS.values(), ids=WAITS)
def test_wait(headers: dict[str, str], message: str, seconds: float | None) -> None:
    assert understood(429, told(message=message), headers).retry_after_seconds == seconds


# ---------------------------------------------------------------------- errors of ours

WRITTEN: list[tuple[e.Error, int, str, str | None]] = [
    (e.Rejected("m"), 400, "invalid_request_error", None),
    (e.Rejected("m", code="unsupported_parameter"), 400, "invalid_request_error", "unsupported_parameter"),
    (e.ContextTooLong("m"), 400, "invalid_request_error", "context_length_exceeded"),
    (e.Filtered("m"), 400, "invalid_request_error", "content_filter"),
    (e.Unauthorized("m"), 401, "invalid_request_error", "invalid_api_key"),
    (e.OutOfCredit("m"), 402, "insufficient_quota", "insufficient_quota"),
    (e.KeyRefused("m"), 401, "invalid_request_error", "invalid_api_key"),
    (e.BudgetExceeded("m"), 402, "insufficient_quota", "insufficient_quota"),
    (e.UnknownModel("m"), 404, "invalid_request_error", "model_not_found"),
    (e.UnknownProvider("m"), 404, "invalid_request_error", "model_not_found"),
    (e.RateLimited("m"), 429, "rate_limit_error", "rate_limit_exceeded"),
    (e.ProviderFailed("m"), 502, "server_error", None),
    (e.Overloaded("m", http_status=529), 503, "server_error", "server_is_overloaded"),
    (e.StreamInterrupted("m"), 502, "server_error", None),
    (e.TimedOut("m"), 504, "server_error", "timeout"),
    (e.FallbackExhausted("m"), 503, "server_error", None),
    (e.LossRefused([Loss(effect="dropped", where="seed", why="no")]), 400, "invalid_request_error", None),
    (e.Error("m"), 500, "server_error", None),
]


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"), WRITTEN, ids=lambda value: getattr(type(value), "__name__", None)
)
def test_written(error: e.Error, status: int, kind: str, code: str | None) -> None:
    assert CHAT.encode_error(error) == (
        status,
        {"error": {"message": error.message, "type": kind, "param": None, "code": code}},
    )


PROVIDERS = [(error, status) for error, status, *_ in WRITTEN if isinstance(error, e.ProviderError)]


@pytest.mark.parametrize(("error", "status"), PROVIDERS, ids=lambda value: type(value).__name__)
def test_what_is_written_is_read_as_the_same_class(error: e.Error, status: int) -> None:
    assert type(understood(status, CHAT.encode_error(error)[1])) is type(error)


def test_the_parameter_of_a_provider_is_passed_on() -> None:
    error = understood(400, {"error": {"message": "m", "param": "stop", "code": "unsupported_parameter"}})
    assert CHAT.encode_error(error)[1]["error"]["param"] == "stop"
