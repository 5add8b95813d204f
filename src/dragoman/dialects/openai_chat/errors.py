"""Errors: what a provider's body means, and how ours are written.

Hosts agree on little: `error` is an object or a text, or its fields stand at the top, or there is only `detail`. The
class comes from the provider's code where it says more than the status, then from the status, then from the words
(context overflow and wrong keys hide in plain 400s).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.error_replies import number_in
from dragoman.errors import (
    BudgetExceeded,
    CallerError,
    ContextTooLong,
    Error,
    Filtered,
    KeyRefused,
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
    UnknownProvider,
    class_of_status,
)
from dragoman.messages import decode_json

# ---------------------------------------------------------------------- decode

_CODES: Final[dict[str, type[ProviderError]]] = {
    "context_length_exceeded": ContextTooLong,
    "exceed_context_size_error": ContextTooLong,  # llama.cpp
    "insufficient_quota": OutOfCredit,
    "credit_balance_exhausted": OutOfCredit,
    "billing_hard_limit_reached": OutOfCredit,
    "billing_not_active": OutOfCredit,
    "insufficient_balance": OutOfCredit,
    "usage_not_included": OutOfCredit,  # ChatGPT, without a plan that has it
    "model_not_found": UnknownModel,
    "model_not_available": UnknownModel,
    "invalid_model": UnknownModel,  # Mistral
    "model_decommissioned": UnknownModel,  # Groq
    "DeploymentNotFound": UnknownModel,  # Azure
    "content_filter": Filtered,
    "content_policy_violation": Filtered,
    "ResponsibleAIPolicyViolation": Filtered,  # Azure
    "bio_policy": Filtered,
    "misalignment_policy_violation": Filtered,
    "image_content_policy_violation": Filtered,
    "invalid_prompt": Rejected,  # of responses that fail after they have begun, as are the next
    "data_residency_mismatch": Rejected,
    "invalid_image": Rejected,
    "invalid_image_format": Rejected,
    "invalid_base64_image": Rejected,
    "invalid_image_url": Rejected,
    "invalid_image_mode": Rejected,
    "image_too_large": Rejected,
    "image_too_small": Rejected,
    "image_parse_error": Rejected,
    "image_file_too_large": Rejected,
    "image_file_not_found": Rejected,
    "empty_image_file": Rejected,
    "unsupported_image_media_type": Rejected,
    "failed_to_download_image": Rejected,
    "invalid_api_key": Unauthorized,
    "authentication_error": Unauthorized,
    "invalid_authentication_error": Unauthorized,  # Moonshot
    "rate_limit_exceeded": RateLimited,
    "rate_limit_error": RateLimited,
    "RateLimitReached": RateLimited,  # Azure
    "too_many_requests": RateLimited,
    "server_error": ProviderFailed,
    "internal_server_error": ProviderFailed,
    "server_is_overloaded": Overloaded,
    "overloaded_error": Overloaded,
    "engine_overloaded_error": Overloaded,  # Moonshot
    "service_unavailable": Overloaded,
    "unavailable_error": Overloaded,  # llama.cpp, while it loads the model
}
"""What a code, a type or an inner code means, whatever the status."""

_OVERFLOW: Final = re.compile(
    r"maximum context length|exceeds? the (available )?context|input tokens exceed the configured limit"
    r"|prompt (is )?too long|too many (input )?tokens|input is too long|too large for model"
    r"|exceeds the maximum number of tokens|longer than the model's context length|exceed context (limit|window)"
    r"|current length is .* while limit is|tokens \+ `max_new_tokens` must be <="
    r"|maximum input length is .*tokens|input too long:.* input tokens, limit is|max context length",
    re.IGNORECASE | re.DOTALL,
)
"""How hosts say that the prompt does not fit, when they have no code for it."""

_NO_OVERFLOW: Final = re.compile(r"string_above_max_length|Invalid 'user'")

_WRONG_KEY: Final = re.compile(
    r"(incorrect|invalid) api[ _-]?key|api[ _-]?key (is )?(not valid|invalid)", re.IGNORECASE
)
"""xAI and Google answer 400 to a wrong key."""

_AGAINST_RULES: Final = re.compile(r"content violates usage guidelines", re.IGNORECASE)
"""xAI answers 403, as to a key without the right, and says so in words alone."""

_AMOUNT: Final = (
    r"(\d+(?:\.\d+)?)\s*"
    r"((?:ms|millis\w*|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])|(?!\s*[a-z]|[:.-]?\d))"
)
_WAIT: Final = re.compile(rf"(?:try again|retry) (?:in|after) ((?:{_AMOUNT}\s*)+)", re.IGNORECASE)
"""`Please try again in 1m2.5s`, `… in 900ms`, `Please retry in 48.9s`, `retry after 20 seconds`."""

_SECONDS: Final = {
    "": 1, "ms": 0.001, "mil": 0.001, "s": 1, "sec": 1,
    "m": 60, "min": 60, "h": 3600, "hou": 3600, "d": 86400, "day": 86400,
}  # fmt: skip
"""Seconds in a unit, by its first three letters."""

_LONGEST_MESSAGE: Final = 2000
"""A proxy's error page is longer; `ProviderError.body` has it all."""


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error in the body of a reply with an error status."""
    try:
        decoded: Any = decode_json(body)
    except ValueError:
        decoded = body.decode("utf-8", "replace")
    return error_of(status, headers, decoded)


def is_error(body: Wire) -> bool:
    """Whether a body of status 200 without an answer is an error."""
    return any(body.get(name) for name in ("error", "errors", "detail")) or body.get("object") == "error"


def error_of(status: int, headers: Mapping[str, str], body: Any) -> ProviderError:
    """The error that `body`, decoded JSON or a text, tells of. `status` 200: it came inside a good reply."""
    details = _details(body)
    message = _message(details) or f"the provider answered {status} without a message"
    kind = _class(status, details, message)
    return kind(
        message,
        http_status=status,
        code=_code(details),
        request_id=next(filter(None, map(headers.get, _REQUEST_IDS)), None),
        retry_after_seconds=_retry_after(headers, message),
        body=body,
    )


_REQUEST_IDS: Final = ("x-request-id", "apim-request-id", "mistral-correlation-id")


def _details(body: Any) -> Wire:
    """The object that holds message and code, wherever it is in `body`."""
    if isinstance(body, list) and body:  # Google wraps the errors of its OpenAI endpoint in a list
        return _details(cast("list[Any]", body)[0])
    if isinstance(body, str):
        return {"message": body.strip()[:_LONGEST_MESSAGE]}
    if not isinstance(body, dict):
        return {}
    wire = cast("Wire", body)
    error = wire.get("error")
    if isinstance(error, dict):
        return cast("Wire", error)
    if isinstance(error, str) and error:  # xAI has `code` beside it
        return {**wire, "message": error}
    errors = wire.get("errors")
    return _details(errors) if isinstance(errors, list) and errors else wire  # Cloudflare has a list


def _message(details: Wire) -> str:
    for name in ("message", "detail", "details", "error", "title"):
        value = details.get(name)
        if isinstance(value, str) and value:
            return value
        if name == "detail" and isinstance(value, list):  # FastAPI's validation errors
            return "; ".join(map(_validation_message, cast("list[Any]", value)))
        if isinstance(value, dict) and value:  # an error in an error
            return _message(cast("Wire", value))
    return ""


def _validation_message(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    problem = cast("Wire", item)
    location = problem.get("loc")
    where = ".".join(map(str, cast("list[Any]", location))) if isinstance(location, list) else ""
    return f"{where}: {problem.get('msg')}" if where else str(problem.get("msg"))


def _code(details: Wire) -> str | None:
    """The provider's word: a code that is a word, else the type, else a number."""
    code, kind = details.get("code"), details.get("type")
    if isinstance(code, str) and code and not code.isdigit():
        return code
    if isinstance(kind, str) and kind:
        return kind
    return str(code) if isinstance(code, str | int) and code else None


def _class(status: int, details: Wire, message: str) -> type[ProviderError]:
    for word in _words(details):
        known = _CODES.get(word)
        if known is not None:
            return known
    if _AGAINST_RULES.search(message):
        return Filtered
    inner = _inner_status(details) if status < 400 else status
    by_status = class_of_status(inner)
    if by_status is Rejected:
        return _class_of_words(message)
    return by_status


def _words(details: Wire) -> list[str]:
    """The codes in an error, the most telling first."""
    inner = details.get("innererror")
    metadata = details.get("metadata")
    words = [
        cast("Wire", inner).get("code") if isinstance(inner, dict) else None,  # Azure
        details.get("code"),
        details.get("type"),
        cast("Wire", metadata).get("error_type") if isinstance(metadata, dict) else None,  # OpenRouter
    ]
    return [word for word in words if isinstance(word, str)]


def _inner_status(details: Wire) -> int:
    """The status that an error inside a good reply tells itself; 500 when it does not."""
    for name in ("status_code", "code", "status"):
        value = details.get(name)
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if isinstance(number, int) and 400 <= number < 600:
            return number
    return 400 if details.get("type") == "invalid_request_error" else 500


def _class_of_words(message: str) -> type[ProviderError]:
    if _OVERFLOW.search(message) and not _NO_OVERFLOW.search(message):
        return ContextTooLong
    return Unauthorized if _WRONG_KEY.search(message) else Rejected


def _retry_after(headers: Mapping[str, str], message: str) -> float | None:
    """Seconds to wait. A date in `retry-after` needs a clock: whoever has one reads it."""
    milliseconds = number_in(headers, "retry-after-ms")
    if milliseconds:  # Azure sends 0 beside a real `retry-after`
        return milliseconds / 1000
    seconds = number_in(headers, "retry-after")
    return _wait_in(message) if seconds is None else seconds


def _wait_in(message: str) -> float | None:
    found = _WAIT.search(message)
    if found is None:
        return None
    amounts = re.findall(_AMOUNT, found[1], re.IGNORECASE)
    return sum(float(number) * _SECONDS[unit.lower()[:3]] for number, unit in amounts)


# ---------------------------------------------------------------------- encode

_INVALID: Final = "invalid_request_error"

_WORDS: Final[dict[type[Error], tuple[str, str | None]]] = {
    ContextTooLong: (_INVALID, "context_length_exceeded"),
    Filtered: (_INVALID, "content_filter"),
    Unauthorized: (_INVALID, "invalid_api_key"),
    KeyRefused: (_INVALID, "invalid_api_key"),
    OutOfCredit: ("insufficient_quota", "insufficient_quota"),
    BudgetExceeded: ("insufficient_quota", "insufficient_quota"),
    UnknownModel: (_INVALID, "model_not_found"),
    UnknownProvider: (_INVALID, "model_not_found"),
    RateLimited: ("rate_limit_error", "rate_limit_exceeded"),
    Overloaded: ("server_error", "server_is_overloaded"),
    NoDeployment: ("server_error", "service_unavailable"),
    NothingFits: (_INVALID, None),
    TimedOut: ("server_error", "timeout"),
    CallerError: (_INVALID, None),
    Rejected: (_INVALID, None),
    Error: ("server_error", None),
}
"""`type` and `code` for an error class; a class that is not named has those of its nearest base."""


def encode_error(error: Error) -> tuple[int, Wire]:
    """Status and body. 529 is Anthropic's own: here it is 503."""
    kind, code = next(words for base in type(error).__mro__ if (words := _WORDS.get(base)) is not None)
    details: Wire = {"message": error.message, "type": kind, "param": _param(error), "code": code or _own_code(error)}
    return (503 if error.status == 529 else error.status), {"error": details}


def _own_code(error: Error) -> str | None:
    return error.code if isinstance(error, Rejected) and error.code != _INVALID else None


def _param(error: Error) -> str | None:
    body = error.body if isinstance(error, ProviderError) else None
    param = _details(body).get("param")
    return param if isinstance(param, str) else None


def rejected(param: str, why: str, *, code: str | None = None) -> Rejected:
    """A request that is none, told in OpenAI's manner; `param` names the field."""
    message = f"Invalid '{param}': {why}."
    details = {"message": message, "type": _INVALID, "param": param, "code": code}
    return Rejected(message, http_status=400, code=code or _INVALID, body={"error": details})
