"""Answers that are not what their dialect says.

Decoders look where they need to and check nothing before: what that raises is one of `BROKEN`.
"""

from __future__ import annotations

from typing import Final

from dragoman.dialects.base import Wire
from dragoman.errors import DecodeError
from dragoman.messages import Event, encode_json

BROKEN: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What walking a body raises when it is not shaped as it should be."""


def broken_answer(wire: Wire, error: Exception, what: str) -> DecodeError:
    """The error for a whole body that is not `what` it should be."""
    return DecodeError(f"the body is no {what}: {type(error).__name__} {error}", data=encode_json(wire))


def broken_event(data: bytes, error: Exception, what: str = "an event") -> DecodeError:
    """The error for one of a stream's events, whose JSON is not shaped as it should be."""
    why = f"{what} of the stream is not shaped as it should be: {type(error).__name__} {error}"
    return DecodeError(why, data=data)


def events_without_json(data: bytes, error: ValueError) -> list[Event]:
    """None, of a frame that gateways in between add: empty, or another dialect's `[DONE]`. Raises `DecodeError`."""
    if data.strip() in (b"", b"[DONE]"):
        return []
    raise DecodeError("a frame of the stream is not JSON", data=data) from error
