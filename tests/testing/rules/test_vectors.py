"""Vectors by rule: of length one, the same each time, near where the words are the same."""

from __future__ import annotations

from array import array
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.messages import EmbeddingRequest, Image
from dragoman.testing.rules import count_inputs, vectors_of
from dragoman.testing.rules.vectors import quantised, vector_of


def likeness(one: str, other: str, dimensions: int = 512) -> float:
    pairs = zip(vector_of(one, dimensions), vector_of(other, dimensions), strict=True)
    return sum(a * b for a, b in pairs)


@given(st.text(), st.integers(1, 300))
def test_the_length_is_one_and_32_bits_hold_every_number(text: str, dimensions: int) -> None:
    vector = vector_of(text, dimensions)
    assert len(vector) == dimensions
    assert isclose(sum(number * number for number in vector), 1, abs_tol=1e-5)
    assert array("f", vector).tolist() == vector


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("The cat sat on the mat.", "A cat sat on a mat.", "Stock markets fell on Monday."),
        ("How do I reset my password?", "password reset", "The capital of France is Paris."),
        ("Paris is the capital of France.", "What is the capital of France?", "How are engines cooled?"),
        ("die Katze schläft", "Katzen schlafen", "ein Motor brummt"),
    ],
)
def test_near_and_far(text: str, near: str, far: str) -> None:
    assert likeness(text, text) > likeness(text, near) > likeness(text, far) + 0.1
    assert likeness(text, text.upper()) > 0.99


@pytest.mark.parametrize(
    ("dtype", "numbers"),
    [
        ("float", [1.0, -1.0, 0.5, 0.0, 0.25, -0.5, 0.0, 0.75]),
        ("int8", [127, -127, 64, 0, 32, -64, 0, 95]),
        ("uint8", [255, 1, 192, 128, 160, 64, 128, 223]),
        ("ubinary", [0b10101001]),
        ("binary", [0b10101001 - 128]),
    ],
)
def test_smaller_numbers(dtype: str, numbers: list[float]) -> None:
    assert quantised([1.0, -1.0, 0.5, 0.0, 0.25, -0.5, 0.0, 0.75], dtype) == numbers


@pytest.mark.parametrize(
    ("model", "dimensions", "length"),
    [("text-embedding-3-large", None, 3072), ("text-embedding-3-large", 256, 256), ("unheard-of", None, 1024)],
)
def test_how_long_vectors_are(model: str, dimensions: int | None, length: int) -> None:
    request = EmbeddingRequest(
        model=model, inputs=("a", (1, 2), Image(url="https://x.test/a.png")), dimensions=dimensions
    )
    vectors = vectors_of(request)
    assert [len(vector) for vector in vectors] == [length] * 3
    assert len({tuple(vector) for vector in vectors}) == 3
    assert count_inputs(request) == 1 + 2 + 85
