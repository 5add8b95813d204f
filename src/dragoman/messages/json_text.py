"""JSON as it is met: fast when it is right, still read when a provider bends a rule."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def decode_json(text: bytes | str) -> Any:
    """The value in `text`. Raises `ValueError` when it is not JSON, or nested beyond what can be read.

    Lone surrogates, `NaN`, `Infinity` and control characters inside strings are read too: servers written in
    languages that allow them send them.
    """
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:  # msgspec.DecodeError is one
        return _decode_leniently(text)


def _decode_leniently(text: bytes | str) -> Any:
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode_json(value: Any) -> bytes:
    """A value as compact JSON bytes; text that UTF-8 cannot hold is escaped."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
