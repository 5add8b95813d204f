"""Bedrock's `InvokeModelWithResponseStream`, which is how Anthropic's SDK streams there: events of the model's own
dialect, each in base64 inside a frame `chunk` (docs.aws.amazon.com/bedrock/latest/APIReference/
API_runtime_InvokeModelWithResponseStream.html, read 2026-11-21).
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any, cast

from dragoman.http import Frame
from dragoman.messages import decode_json, encode_json


def unwrapped(frames: list[Frame]) -> list[Frame]:
    """The frames inside. One that says an error becomes the dialect's own."""
    return [_inner(name, data) for name, data in frames]


def _inner(name: str, data: bytes) -> Frame:
    kind, colon, code = name.partition(":")
    if colon:
        said = decode_json(data)
        message = cast("dict[str, Any]", said).get("message", "") if isinstance(said, dict) else ""
        return "error", encode_json({"type": "error", "error": {"type": code or kind, "message": message}})
    event = b64decode(decode_json(data)["bytes"])
    return decode_json(event).get("type", ""), event
