"""What an SDK raises, told by its shape: an answer of the provider's, a failure on the way, or neither.

No SDK is imported for it. Only exceptions of the SDK's own classes, and of the HTTP library under it, are understood;
what the caller's hooks raise passes as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from msgspec import Struct

from dragoman.errors import ConnectFailed, ConnectionLost, DecodeError, Error, TimedOut, UnsupportedFeature
from dragoman.messages import decode_json, encode_json
from dragoman.transport.failures import is_disagreement

_HTTP_LIBRARIES: Final = frozenset({"httpx", "httpx2", "httpcore", "aiohttp", "requests", "urllib3"})

_FAILURES: Final[dict[str, type[Error]]] = {
    "TimeoutException": TimedOut,
    "APITimeoutError": TimedOut,
    "Timeout": TimedOut,
    "TimeoutError": TimedOut,
    "ServerTimeoutError": TimedOut,
    "ConnectTimeoutError": TimedOut,
    "ReadTimeoutError": TimedOut,
    "ConnectError": ConnectFailed,
    "ProxyError": ConnectFailed,
    "ClientConnectorError": ConnectFailed,
    "EndpointConnectionError": ConnectFailed,
    "ProxyConnectionError": ConnectFailed,
    "SSLError": ConnectFailed,
    "ConnectionClosedError": ConnectionLost,
    "HTTPClientError": ConnectionLost,
    "EventStreamError": ConnectionLost,
    "ClientError": ConnectionLost,
    "APIConnectionError": ConnectionLost,
    "TransportError": ConnectionLost,
    "ConnectionError": ConnectionLost,
    "ProtocolError": ConnectionLost,
    "UnknownApiResponseError": DecodeError,
    "ResponseParserError": DecodeError,
    "ParserError": DecodeError,
    "ParamValidationError": UnsupportedFeature,
}
"""By the name of an exception's class, or of the nearest that it inherits from: openai's and its like, httpx's,
aiohttp's, urllib3's, google-genai's, botocore's, litellm's."""

_NO_ANSWER: Final = frozenset({"APIConnectionError", "APITimeoutError", "Timeout"})
"""Classes of exceptions that are of no answer, whatever status they say: litellm puts one on each of its own."""

_CODES: Final = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "NotFoundError": "model_not_found",
}
"""By class of litellm's: the code that says the same, for it does not keep what the provider said."""

_CONNECTING: Final = ("ConnectTimeout", "ConnectTimeoutError", "PoolTimeout", "ConnectionTimeoutError")

_OF_AN_EVENT: Final = frozenset({"event", "data", "id", "retry"})
"""The fields of a server-sent event (html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11-21)."""

_TRIES_BEFORE: Final = "x-stainless-retry-count"
"""A header of what SDKs made by Stainless send again."""


class Said(Struct, frozen=True):
    """What a provider said, whole.

    `notes` is for the log; `event` is the name of the event of a stream that said it, where it has one.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    notes: tuple[str, ...] = ()
    event: str = ""


def refusal_in(error: Exception, roots: frozenset[str]) -> Said | None:
    """The answer that `error` was made of. `roots` are the packages whose exceptions hold answers.

    It may be one that went well, and that the SDK could not read: its body is ours to read.
    """
    if not _is_of(error, roots) or type(error).__name__ in _NO_ANSWER:
        return None
    response = getattr(error, "response", None) or getattr(error, "raw_response", None)
    if isinstance(response, dict):  # botocore's
        return _of_parsed(cast("dict[str, Any]", response))
    status = max((each for each in _statuses(error, response) if isinstance(each, int) and each < 600), default=None)
    if status is None:
        return None
    headers: Any = getattr(response, "headers", None) or getattr(error, "headers", None) or {}
    body = _body(error, response)
    said = _data(body) if status < 400 else body or encode_json({"error": _told(error)})
    return Said(status, _lower(headers), said, tries_noted(response))


def raise_failure(error: Exception, roots: frozenset[str]) -> None:
    """Raise ours for a connection of no use, an answer that cannot be read, or what the SDK does not send.

    Others are not looked at.
    """
    for cause in _causes(error):
        kind = _failure(cause, roots | _HTTP_LIBRARIES)
        if kind is None:
            continue
        said = f"the SDK's client failed with {type(error).__name__}: {error}"
        if kind is TimedOut:
            raise TimedOut(said, phase="connect" if type(cause).__name__ in _CONNECTING else "total") from error
        failure = kind(said)
        failure.retryable = failure.retryable and not is_disagreement(cause)
        raise failure from error


def tries_noted(response: Any) -> tuple[str, ...]:
    """How often the SDK had tried, for the log, where it counts on its requests."""
    try:
        tried = int(response.request.headers.get(_TRIES_BEFORE, 0))
    except (AttributeError, RuntimeError, TypeError, ValueError):  # no response, no request, or a stranger's
        return ()
    return (f"the SDK's client tried {tried + 1} times in this attempt",) if tried else ()


def _failure(error: BaseException, roots: frozenset[str]) -> type[Error] | None:
    if not _is_of(error, roots):
        return None
    return next((_FAILURES[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _FAILURES), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What `error` came from, the innermost first: it knows best how far the call had come."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__
    return reversed(chain)


def _is_of(error: BaseException, roots: frozenset[str]) -> bool:
    return any(kind.__module__.partition(".")[0] in roots for kind in type(error).__mro__)


def _statuses(error: Exception, response: Any) -> Iterator[Any]:
    """Of an error in a stream that began well the response has 200, and the error the worse one."""
    yield getattr(error, "status_code", None)
    yield getattr(response, "status_code", None)
    yield getattr(error, "code", None)  # google-genai's; a text in others


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in dict(headers).items()}


def _body(error: Exception, response: Any) -> bytes:
    """The body as it came, else what the SDK made of it: cohere keeps `body`, google-genai `details`, some nothing."""
    content = _content(response)
    if content:
        return content
    made = next((each for each in (getattr(error, name, None) for name in ("details", "body")) if each), None)
    if isinstance(made, str):
        return made.encode()
    return encode_json(made) if isinstance(made, dict) else b""


def _data(body: bytes) -> bytes:
    """Of an event that an SDK made by Speakeasy could not read, which it tells whole, the data."""
    try:
        event: Any = decode_json(body)
    except ValueError:
        return body
    if not isinstance(event, dict) or "data" not in event or not event.keys() <= _OF_AN_EVENT:
        return body
    data: Any = cast("dict[str, Any]", event)["data"]
    return data.encode() if isinstance(data, str) else encode_json(data)


def _content(response: Any) -> bytes | None:
    try:
        content = getattr(response, "content", None)
    except Exception:  # noqa: BLE001  # httpx's `ResponseNotRead`: a stream that the SDK has read in its own way
        return None
    return content if isinstance(content, bytes) else None


def _told(error: Exception) -> dict[str, str]:
    """What there is to tell of an exception that kept no body."""
    message, code = getattr(error, "message", None), _CODES.get(type(error).__name__)
    said = message if isinstance(message, str) and message else str(error)
    return {"message": said} if code is None else {"message": said, "code": code}


def _of_parsed(response: Mapping[str, Any]) -> Said | None:
    """Botocore's exceptions hold the answer in pieces: the code, which came in a header, and the message."""
    about: dict[str, Any] = response.get("ResponseMetadata") or {}
    said: dict[str, Any] = response.get("Error") or {}
    status, code = about.get("HTTPStatusCode"), str(said.get("Code", ""))
    headers = {"x-amzn-errortype": code, **_lower(about.get("HTTPHeaders") or {})}
    body = encode_json({"message": said.get("Message", "")})
    if isinstance(status, int):
        return Said(status, headers, body)
    return Said(400, headers, body, event=f"exception:{code}") if code else None  # inside a stream
