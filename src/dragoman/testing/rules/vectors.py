"""Vectors by rule: equal texts have equal ones, texts with words in common have near ones, and nothing is random.

Each word, and each run of three letters in it, turns the vector a little into a direction of its own.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from math import sqrt
from re import findall
from typing import Final
from zlib import crc32

from dragoman.messages import EmbeddingInput, EmbeddingRequest, VectorType
from dragoman.testing.rules.tokens import MEDIA_TOKENS, count_text

DIMENSIONS: Final = {
    "text-embedding-3-large": 3072,
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
    "gemini-embedding-001": 3072,
    "nomic-embed-text": 768,
}
"""How long the vectors of models are that tests know by heart."""

_USUAL: Final = 1024
_WORD, _PART = 1.0, 0.5


def vectors_of(request: EmbeddingRequest) -> tuple[list[float], ...]:
    """A vector of length one for each input, or what `dtype` makes of it."""
    dimensions = request.dimensions or DIMENSIONS.get(request.model, _USUAL)
    return tuple(quantised(vector_of(_text(each), dimensions), request.dtype or "float") for each in request.inputs)


def count_inputs(request: EmbeddingRequest) -> int:
    """The tokens of all inputs."""
    return sum(_count(each) for each in request.inputs)


def vector_of(text: str, dimensions: int) -> list[float]:
    """The vector of `text`: of length one, and of numbers that 32 bits hold, so that base64 changes nothing."""
    vector = [0.0] * dimensions
    for feature, weight in _features(text):
        place = crc32(feature.encode("utf-8", "surrogatepass"))
        vector[place % dimensions] += weight if place & 0x80000000 else -weight
    length = sqrt(sum(number * number for number in vector))
    if not length:  # nothing in it, or nothing but what cancels out
        return [1.0, *[0.0] * (dimensions - 1)]
    return array("f", [number / length for number in vector]).tolist()


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in findall(r"\w+|[^\w\s]", text.lower()):
        yield word, _WORD
        padded = f" {word} "
        for start in range(len(padded) - 2):
            yield padded[start : start + 3], _PART


def quantised(vector: list[float], dtype: VectorType) -> list[float]:
    """`vector` in smaller numbers: a byte a dimension, or a bit."""
    match dtype:
        case "float":
            return vector
        case "int8":
            return [round(number * 127) for number in vector]
        case "uint8":
            return [round(number * 127) + 128 for number in vector]
        case "binary":
            return [byte - 128 for byte in _packed(vector)]
        case "ubinary":
            return list(_packed(vector))


def _packed(vector: list[float]) -> Iterator[int]:
    for start in range(0, len(vector), 8):
        yield sum((number > 0) << (7 - place) for place, number in enumerate(vector[start : start + 8]))


def _text(each: EmbeddingInput) -> str:
    if isinstance(each, str):
        return each
    return " ".join(map(str, each)) if isinstance(each, tuple) else each.url or each.data or each.file_id or ""


def _count(each: EmbeddingInput) -> int:
    if isinstance(each, str):
        return count_text(each)
    return len(each) if isinstance(each, tuple) else MEDIA_TOKENS
