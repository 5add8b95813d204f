"""Errors: from AWS's names and words to classes, and back."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.bedrock_converse import DIALECT
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
    TimedOut,
    Unauthorized,
    UnknownModel,
)
from dragoman.messages import Request, encode_json

ASKED = Request(model="m")

NAMED: list[tuple[int, str, str, type[ProviderError]]] = [
    (400, "ValidationException", "it is wrong", Rejected),
    (400, "ValidationException", "The provided model identifier is invalid.", UnknownModel),
    (
        400,
        "ValidationException",
        "Invocation of model ID m with on-demand throughput isn\u2019t supported. Retry with an inference profile.",
        UnknownModel,
    ),
    (400, "ValidationException", "Input is too long for requested model.", ContextTooLong),
    (
        400,
        "ValidationException",
        "The model returned the following errors: prompt is too long: 9 tokens",
        ContextTooLong,
    ),
    (400, "ValidationException", "expected maxLength: 10000, actual: 20000", ContextTooLong),
    (400, "ValidationException", "Output blocked by content filtering policy", Filtered),
    (400, "ServiceQuotaExceededException", "over", OutOfCredit),
    (403, "AccessDeniedException", "You don't have access to the model", Unauthorized),
    (403, "AccessDeniedException", "Model access is denied due to INVALID_PAYMENT_INSTRUMENT", OutOfCredit),
    (403, "ExpiredTokenException", "expired", Unauthorized),
    (403, "InvalidSignatureException", "mismatch", Unauthorized),
    (403, "UnrecognizedClientException", "invalid", Unauthorized),
    (404, "ResourceNotFoundException", "gone", UnknownModel),
    (408, "ModelTimeoutException", "slow", ProviderFailed),
    (424, "ModelErrorException", "broken", ProviderFailed),
    (429, "ThrottlingException", "Too many tokens, please wait before trying again.", RateLimited),
    (429, "ModelNotReadyException", "warming up", Overloaded),
    (500, "InternalServerException", "oops", ProviderFailed),
    (503, "ServiceUnavailableException", "busy", Overloaded),
]


@pytest.mark.parametrize(("status", "code", "message", "kind"), NAMED)
def test_the_name_is_in_the_header(status: int, code: str, message: str, kind: type[ProviderError]) -> None:
    headers = {"x-amzn-errortype": f"{code}:http://internal.amazon.com/coral/", "x-amzn-requestid": "r"}
    error = DIALECT.decode_error(status, headers, encode_json({"message": message}))
    assert type(error) is kind
    assert (error.http_status, error.code, error.message, error.request_id) == (status, code, message, "r")


BODIES: list[tuple[int, dict[str, str], bytes, type[ProviderError], str | None, str]] = [
    (400, {}, b'{"message":"m"}', Rejected, None, "m"),
    (400, {}, b'{"__type":"com.amazon#ThrottlingException","Message":"m"}', RateLimited, "ThrottlingException", "m"),
    (403, {}, b'{"Message":"no key"}', Unauthorized, None, "no key"),
    (404, {}, b'{"Output":{"__type":"a#UnknownOperationException"},"Version":"1.0"}', UnknownModel,
     "UnknownOperationException", "UnknownOperationException"),
    (424, {}, b'{"message":"m"}', ProviderFailed, None, "m"),
    (500, {}, b"<html>", ProviderFailed, None, "<html>"),
    (503, {}, b"", Overloaded, None, "HTTP 503 without a message"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "headers", "body", "kind", "code", "message"), BODIES)
def test_other_bodies(
    status: int, headers: dict[str, str], body: bytes, kind: type[ProviderError], code: str | None, message: str
) -> None:
    error = DIALECT.decode_error(status, headers, body)
    assert (type(error), error.code, error.message) == (kind, code, message)


@pytest.mark.parametrize(("given", "seconds"), [("3", 3.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("soon", None)])
def test_when_to_try_again(given: str, seconds: float | None) -> None:
    assert DIALECT.decode_error(429, {"retry-after": given}, b"{}").retry_after_seconds == seconds


ANSWERED: list[tuple[dict[str, Any], type[ProviderError], str]] = [
    ({"message": "m", "__type": "ThrottlingException"}, RateLimited, "m"),
    (
        {"Output": {"__type": "a#UnknownOperationException"}, "Version": "1.0"},
        UnknownModel,
        "UnknownOperationException",
    ),
]


@pytest.mark.parametrize(("wire", "kind", "message"), ANSWERED)
def test_an_error_in_place_of_an_answer(wire: dict[str, Any], kind: type[ProviderError], message: str) -> None:
    with pytest.raises(kind) as caught:
        DIALECT.decode_response(wire)
    assert (caught.value.http_status, caught.value.message) == (200, message)


SAID: list[tuple[Error, int, str, str]] = [
    (Rejected("m", http_status=422), 400, "ValidationException", "validationException"),
    (ContextTooLong("too much"), 400, "ValidationException", "validationException"),
    (Unauthorized("m", http_status=401), 403, "UnrecognizedClientException", "validationException"),
    (
        Unauthorized("m", http_status=403, code="ExpiredTokenException"),
        403,
        "ExpiredTokenException",
        "validationException",
    ),
    (BudgetExceeded("m"), 402, "ServiceQuotaExceededException", "validationException"),
    (OutOfCredit("m"), 400, "ServiceQuotaExceededException", "validationException"),
    (UnknownModel("m"), 404, "ResourceNotFoundException", "validationException"),
    (RateLimited("m"), 429, "ThrottlingException", "throttlingException"),
    (ProviderFailed("m", http_status=408), 408, "ModelTimeoutException", "modelStreamErrorException"),
    (ProviderFailed("m", http_status=500), 500, "InternalServerException", "internalServerException"),
    (Overloaded("m", http_status=529), 503, "ServiceUnavailableException", "serviceUnavailableException"),
    (TimedOut("m"), 500, "InternalServerException", "internalServerException"),
]


@pytest.mark.parametrize(("error", "status", "code", "in_stream"), SAID)
def test_the_way_back(error: Error, status: int, code: str, in_stream: str) -> None:
    sent, wire = DIALECT.encode_error(error)
    assert (sent, wire["__type"]) == (status, code)
    assert wire["message"].endswith(error.message)
    ((name, _),) = DIALECT.stream_encoder(ASKED).fail(error)
    assert name == f"exception:{in_stream}"
    if isinstance(error, ProviderError):
        assert type(DIALECT.decode_error(sent, {}, encode_json(wire))) is type(error)


def test_a_long_prompt_is_told_in_the_words_that_clients_look_for() -> None:
    assert DIALECT.encode_error(ContextTooLong("9 > 5"))[1]["message"] == "Input is too long for requested model: 9 > 5"
