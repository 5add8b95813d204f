"""Vectors as base64, both ways: little-endian, as every provider sends them."""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, Final

from dragoman.messages import VectorType

_CODES: Final[dict[VectorType, str]] = {"float": "f", "int8": "b", "uint8": "B", "binary": "b", "ubinary": "B"}
"""The machine's type for each number; only floats have more than one byte."""


def numbers_of(text: str, dtype: VectorType) -> list[float]:
    """The numbers in base64 `text`. Raises `ValueError` for what is not base64 of whole numbers."""
    numbers: array[Any] = array(_CODES[dtype])
    numbers.frombytes(b64decode(text, validate=True))
    return _turned(numbers).tolist()


def text_of(numbers: Sequence[float], dtype: VectorType) -> str:
    """`numbers` as base64."""
    given: array[Any] = array(_CODES[dtype], numbers if dtype == "float" else map(int, numbers))
    return b64encode(_turned(given).tobytes()).decode("ascii")


def _turned(numbers: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def byte_count(text: str) -> int:
    """How many bytes base64 `text` holds."""
    return len(text) * 3 // 4 - text.count("=", -2)
