"""Errors: the bodies are those of OpenAI's chat API. Only responses can fail after a good start: that is here."""

from __future__ import annotations

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.errors import decode_error, encode_error, error_of
from dragoman.errors import Error, ProviderError

__all__ = ["decode_error", "encode_error", "error_event", "error_in_stream", "failed", "failure", "failure_fields"]

# ---------------------------------------------------------------------- decode


def failed(body: Wire) -> bool:
    """Whether a response, whole or at the end of a stream, has failed."""
    return bool(body.get("error")) or body.get("status") == "failed"


def failure(body: Wire) -> ProviderError:
    """The error that a failed response tells of."""
    error = body.get("error")
    return error_of(200, {}, {"error": error} if error else {"message": "the response failed without saying why"})


def error_in_stream(event: Wire) -> ProviderError:
    """The error in an `error` event, which has its fields at the top or, as OpenAI sends it, in `error`."""
    return error_of(200, {}, event)


# ---------------------------------------------------------------------- encode

_UNNAMED = "server_error"
"""The code of an error that has none: clients want one."""


def error_event(error: Error) -> Wire:
    """The fields of an `error` event, in both places where clients look for them."""
    details: Wire = encode_error(error)[1]["error"]
    return {**details, "code": details["code"] or _UNNAMED, "error": details}


def failure_fields(error: Error) -> Wire:
    """What the body of a failed response says of it."""
    details: Wire = encode_error(error)[1]["error"]
    return {"status": "failed", "error": {"code": details["code"] or _UNNAMED, "message": details["message"]}}
