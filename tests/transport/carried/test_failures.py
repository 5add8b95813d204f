"""What an SDK raises is told by its shape; no SDK is needed to say it."""

from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman.errors import ConnectFailed, ConnectionLost, DecodeError, TimedOut, UnsupportedFeature
from dragoman.transport.carried.failures import Said, raise_failure, refusal_in

ROOTS = frozenset({"sdk"})


def error_of(module: str, name: str, *bases: str, **attributes: Any) -> Exception:
    """An exception of a class of that name, which inherits from classes of the names `bases`, the nearest first."""
    kind: type = Exception
    for each in (*reversed(bases), name):
        kind = type(each, (kind,), {"__module__": module})
    error: Exception = kind("it went wrong")
    vars(error).update(attributes)
    return error


RESPONSE = SimpleNamespace(
    status_code=429,
    headers={"Retry-After": "7"},
    content=b'{"error": {}}',
    request=SimpleNamespace(headers={"x-stainless-retry-count": "2"}),
)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            error_of("sdk", "RateLimitError", response=RESPONSE),
            Said(
                429,
                {"retry-after": "7"},
                b'{"error": {}}',
                ("the SDK's client tried 3 times in this attempt",),
            ),
        ),
        (
            error_of("sdk.errors", "ApiError", status_code=401, headers={"A": "b"}, body={"message": "no"}),
            Said(401, {"a": "b"}, b'{"message":"no"}'),
        ),
        (error_of("sdk", "ApiError", status_code=500, body="no JSON"), Said(500, {}, b"no JSON")),
        (
            error_of("sdk", "APIError", code=404, details={"error": {"code": 404}}, response=None),
            Said(404, {}, b'{"error":{"code":404}}'),
        ),
        (error_of("sdk", "ApiError", status_code=503), Said(503, {}, b'{"error":{"message":"it went wrong"}}')),
        (
            error_of("sdk", "NotFoundError", "ApiError", status_code=404),
            Said(404, {}, b'{"error":{"message":"it went wrong","code":"model_not_found"}}'),
        ),
        (
            error_of(
                "sdk",
                "ThrottlingException",
                response={
                    "Error": {"Code": "ThrottlingException", "Message": "slow down"},
                    "ResponseMetadata": {"HTTPStatusCode": 429, "HTTPHeaders": {"x-amzn-requestid": "r"}},
                },
            ),
            Said(
                429,
                {"x-amzn-errortype": "ThrottlingException", "x-amzn-requestid": "r"},
                b'{"message":"slow down"}',
            ),
        ),
        (
            error_of("sdk", "EventStreamError", response={"Error": {"Code": "slowDown", "Message": "no"}}),
            Said(400, {"x-amzn-errortype": "slowDown"}, b'{"message":"no"}', event="exception:slowDown"),
        ),
        (error_of("sdk", "NoCredentialsError"), None),
        (error_of("sdk", "ParamError", response={"Error": {}}), None),
        (error_of("sdk", "Unread", status_code=200, body="<html>"), Said(200, {}, b"<html>")),
        (error_of("sdk", "Unread", status_code=200, body=""), Said(200, {}, b"")),
        (error_of("sdk", "Unread", status_code=200, body='{"data": {"a": 1}}'), Said(200, {}, b'{"a":1}')),
        (error_of("sdk", "Unread", status_code=200, body='{"data": "{oops"}'), Said(200, {}, b"{oops")),
        (error_of("sdk", "Unread", status_code=200, body='{"data": 1, "b": 2}'), Said(200, {}, b'{"data": 1, "b": 2}')),
        (
            error_of("sdk", "ServerError", code=503, response=SimpleNamespace(status_code=200), details={"a": 1}),
            Said(503, {}, b'{"a":1}'),
        ),
        (error_of("web_framework", "HTTPException", status_code=401), None),  # a hook's of the caller's
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_answer_in_an_exception(error: Exception, said: Said | None) -> None:
    assert refusal_in(error, ROOTS) == said


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "phase"),
    [
        (error_of("sdk", "APITimeoutError", "APIConnectionError"), TimedOut, "total"),
        (
            caused(error_of("sdk", "APITimeoutError"), error_of("httpx", "ConnectTimeout", "TimeoutException")),
            TimedOut,
            "connect",
        ),
        (caused(error_of("sdk", "APIConnectionError"), error_of("httpx2", "ConnectError")), ConnectFailed, None),
        (caused(error_of("sdk", "APIConnectionError"), error_of("httpx", "ReadError")), ConnectionLost, None),
        (error_of("httpx", "RemoteProtocolError", "TransportError"), ConnectionLost, None),
        (error_of("sdk", "EndpointConnectionError", "ConnectionError"), ConnectFailed, None),
        (error_of("sdk", "ReadTimeoutError"), TimedOut, "total"),
        (error_of("sdk", "Timeout", "APITimeoutError", status_code=408), TimedOut, "total"),
        (error_of("sdk", "APIConnectionError", status_code=500), ConnectionLost, None),
        (error_of("urllib3.exceptions", "ProtocolError", "HTTPError"), ConnectionLost, None),
        (error_of("sdk.errors", "UnknownApiResponseError"), DecodeError, None),
        (error_of("sdk.eventstream", "ChecksumMismatch", "ParserError"), DecodeError, None),
        (error_of("sdk.exceptions", "ParamValidationError"), UnsupportedFeature, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_on_the_way(error: Exception, kind: type[Exception], phase: str | None) -> None:
    assert refusal_in(error, ROOTS) is None
    with pytest.raises(kind) as caught:
        raise_failure(error, ROOTS)
    assert caught.value.__cause__ is error
    assert getattr(caught.value, "phase", None) == phase


@pytest.mark.parametrize(
    ("cause", "retryable"),
    [(ssl.SSLCertVerificationError(), False), (ssl.SSLEOFError(), True), (ConnectionResetError(), True)],
    ids=lambda value: type(value).__name__,
)
def test_who_is_not_trusted_is_not_asked_again(cause: Exception, retryable: bool) -> None:
    error = caused(error_of("sdk", "APIConnectionError"), caused(error_of("httpx", "ConnectError"), cause))
    with pytest.raises(ConnectFailed) as caught:
        raise_failure(error, ROOTS)
    assert caught.value.retryable is retryable


@pytest.mark.parametrize("error", [KeyError("mine"), TimeoutError("mine"), error_of("mine", "APIConnectionError")])
def test_what_is_neither_is_left_alone(error: Exception) -> None:
    raise_failure(error, ROOTS)
    assert refusal_in(error, ROOTS) is None
