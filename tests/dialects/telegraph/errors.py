"""Errors: what a provider's body means, and how ours are written."""

from __future__ import annotations

from dragoman.dialects import Wire
from dragoman.errors import Error, ProviderError, class_of_status
from dragoman.messages import decode_json


def decode_error(status: int, body: bytes) -> ProviderError:
    """The error in the body of a reply with an error status, which a proxy may have written."""
    try:
        wire = decode_json(body)
    except ValueError:
        wire = None
    return error_in(status, wire if isinstance(wire, dict) else {"trouble": body.decode("utf-8", "replace")})


def error_in(status: int, wire: Wire) -> ProviderError:
    """The error that `wire` tells of; `status` is 200 for one inside a good reply."""
    kind = class_of_status(status if status >= 400 else 500)
    return kind(str(wire.get("trouble") or f"status {status}"), http_status=status, body=wire)


def encode_error(error: Error) -> tuple[int, Wire]:
    return error.status, {"trouble": error.message}
