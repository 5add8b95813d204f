"""Errors, both ways.

AWS names an error in a header (`x-amzn-errortype: ValidationException:http://internal…`), some services in the body
(`__type`); inside a stream it is the frame that has the name. Names and statuses are those of the service model of
botocore 1.44.5, and of docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html (both read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.error_replies import (
    as_object,
    class_of_words,
    content_of,
    given_status,
    page_text,
    retry_after,
    text_in,
)
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
    class_of_status,
)
from dragoman.http import Frame
from dragoman.messages import encode_json

_BY_CODE: Final[dict[str, type[ProviderError]]] = {
    "ValidationException": Rejected,
    "AccessDeniedException": Unauthorized,
    "ExpiredTokenException": Unauthorized,
    "IncompleteSignature": Unauthorized,
    "IncompleteSignatureException": Unauthorized,
    "InvalidClientTokenId": Unauthorized,
    "InvalidSignatureException": Unauthorized,
    "MissingAuthenticationTokenException": Unauthorized,
    "NotAuthorized": Unauthorized,
    "UnrecognizedClientException": Unauthorized,
    "ResourceNotFoundException": UnknownModel,
    "UnknownOperationException": UnknownModel,
    "ServiceQuotaExceededException": OutOfCredit,
    "ThrottlingException": RateLimited,
    "TooManyRequestsException": RateLimited,
    "ModelNotReadyException": Overloaded,
    "ServiceUnavailableException": Overloaded,
    "InternalServerException": ProviderFailed,
    "InternalFailure": ProviderFailed,
    "ModelErrorException": ProviderFailed,
    "ModelStreamErrorException": ProviderFailed,
    "ModelTimeoutException": ProviderFailed,
    "RequestTimeoutException": ProviderFailed,
}

_FAILED_DEPENDENCY: Final = 424
"""The status of `ModelErrorException`: the model failed, the request may be fine."""

_BY_TEXT: Final[tuple[tuple[str, type[ProviderError]], ...]] = (
    ("input is too long", ContextTooLong),
    ("too many input tokens", ContextTooLong),
    ("too many tokens", ContextTooLong),
    ("prompt is too long", ContextTooLong),
    ("exceed context limit", ContextTooLong),
    ("maximum context length", ContextTooLong),
    ("exceeds the maximum number of tokens", ContextTooLong),
    ("expected maxlength:", ContextTooLong),
    ("model identifier is invalid", UnknownModel),
    ("on-demand throughput isn", UnknownModel),
    ("invalid_payment_instrument", OutOfCredit),
    ("content filtering policy", Filtered),
    ("blocked by our content filter", Filtered),
)
"""Words in the message of a rejection that no code tells apart: Bedrock's own, and those of the models behind it."""


# ---------------------------------------------------------------------- wire to canonical


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error in a reply of `status`. Any body will do: what is not Bedrock's is read as far as it goes."""
    content = content_of(body)
    wire = as_object(content)
    code = _plain_code(headers.get("x-amzn-errortype")) or _code_in(wire)
    message = _message_in(wire) or page_text(content) or code
    message = message or f"HTTP {status} without a message"
    return _class_of(status, code, message)(
        message,
        http_status=status,
        code=code,
        request_id=headers.get("x-amzn-requestid") or headers.get("x-amzn-request-id"),
        retry_after_seconds=retry_after(status, headers),
        body=content,
    )


def error_in_answer(wire: Wire) -> ProviderError:
    """The error that came in place of an answer, after status 200."""
    return _after_success(_code_in(wire), wire)


def error_in_stream(name: str, data: bytes) -> ProviderError:
    """The error in a frame that is no event: `exception:throttlingException`."""
    code = name.partition(":")[2]
    return _after_success(code[:1].upper() + code[1:], as_object(content_of(data)))


def _after_success(code: str | None, wire: Wire) -> ProviderError:
    message = _message_in(wire) or code or "the provider reported an error without a message"
    return _class_of(_STATUSES.get(code or "", 500), code, message)(message, http_status=200, code=code, body=wire)


def _class_of(status: int, code: str | None, message: str) -> type[ProviderError]:
    """The class by the most exact word there is: the code, the status; of a rejection by words in the message."""
    by_status = ProviderFailed if status == _FAILED_DEPENDENCY else class_of_status(status)
    found = _BY_CODE.get(code or "") or by_status
    if found not in (Rejected, Unauthorized, ProviderFailed):
        return found
    return class_of_words(message, _BY_TEXT) or found


def _plain_code(code: object) -> str | None:
    """The name alone: `aws.protocoltests#Name:http://…` has a place before it and an address after."""
    return code.partition(":")[0].rpartition("#")[2] or None if isinstance(code, str) else None


def _code_in(wire: Wire) -> str | None:
    inner = wire.get("Output")  # where the service itself, and no operation of it, answers
    holders = (wire, cast("Wire", inner)) if isinstance(inner, dict) else (wire,)
    codes = (_plain_code(holder.get(name)) for holder in holders for name in ("__type", "code", "Code"))
    return next(filter(None, codes), None)


def _message_in(wire: Wire) -> str | None:
    return text_in(wire, "message", "Message", "originalMessage", "errorMessage", "error")


# ---------------------------------------------------------------------- canonical to wire

_CODES: Final = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    402: "ServiceQuotaExceededException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
"""The name for a status."""

_STATUSES: Final = {code: status for status, code in _CODES.items()} | {"ModelStreamErrorException": 424}

_SENT: Final = {401: 403, 402: 400}
"""Statuses that the service does not use, and those of the same errors there. A budget is not the service's: its 402
stays.
"""

_IN_STREAMS: Final = {
    "ValidationException": "validationException",
    "ThrottlingException": "throttlingException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "InternalServerException": "internalServerException",
    "ModelErrorException": "modelStreamErrorException",
    "ModelTimeoutException": "modelStreamErrorException",
}
"""The exceptions that clients know inside a stream; every other refusal is a `validationException` there."""

_TOO_LONG: Final = "Input is too long for requested model"
"""The words by which clients tell a conversation that must be shortened."""


def encode_error(error: Error) -> tuple[int, Wire]:
    """The status and body that say `error` to a client of AWS; servers put the `__type` into the header too."""
    status, code = _said(error)
    return status, {"__type": code, "message": _message_of(error)}


def error_frame(error: Error) -> Frame:
    """The frame that says `error` inside a stream."""
    status, code = _said(error)
    name = _IN_STREAMS.get(code) or ("validationException" if status < 500 else "internalServerException")
    return f"exception:{name}", encode_json({"message": _message_of(error)})


def _said(error: Error) -> tuple[int, str]:
    """The status and the name: those of the error's class, finer where the provider was and the class is the same."""
    status = given_status(error, _CODES) or error.status
    code = _CODES.get(status) or ("ValidationException" if status < 500 else "InternalServerException")
    if isinstance(error, ProviderError) and error.code in _BY_CODE and _BY_CODE[error.code] is _BY_CODE[code]:
        code = error.code
    if isinstance(error, BudgetExceeded):
        return status, code
    return _SENT.get(status) or (status if status in _CODES else 400 if status < 500 else 500), code


def _message_of(error: Error) -> str:
    if isinstance(error, ContextTooLong) and _class_of(400, None, error.message) is not ContextTooLong:
        return f"{_TOO_LONG}: {error.message}"
    return error.message
