"""Inputs cut into requests: of one kind, within the provider's limits, in their order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.embeddings import Limits, batches, get_embedding_codec
from dragoman.messages import Image

PIXEL = Image(data="iVBORw0KGgo=", media_type="image/png")
LONG = "x" * 20  # counted as 11 tokens

CUTS: list[tuple[Limits, list[Any], list[int]]] = [
    (Limits(), ["a"] * 5000, [5000]),
    (Limits(inputs=2), ["a"] * 5, [2, 2, 1]),
    (Limits(inputs=2), ["a"] * 4, [2, 2]),
    (Limits(tokens=22), [LONG] * 5, [2, 2, 1]),
    (Limits(tokens=5), [LONG, LONG, "a"], [1, 1, 1]),
    (Limits(tokens=5), [(1, 2, 3), (4, 5), (6,)], [2, 1]),
    (Limits(), ["a", (1,), (2,), "b", PIXEL, PIXEL], [1, 2, 1, 2]),
    (Limits(inputs=9, images=1), ["a", "b", PIXEL, PIXEL], [2, 1, 1]),
    (Limits(), [], []),
]


@pytest.mark.parametrize(("limits", "inputs", "sizes"), CUTS, ids=range(len(CUTS)))
def test_cuts(limits: Limits, inputs: list[Any], sizes: list[int]) -> None:
    cut = list(batches(inputs, limits))
    assert [len(batch) for batch in cut] == sizes
    assert [each for batch in cut for each in batch] == inputs


inputs = st.lists(st.text(max_size=50) | st.lists(st.integers(0, 9), min_size=1, max_size=20).map(tuple), max_size=40)


@given(inputs, st.none() | st.integers(1, 9), st.none() | st.integers(1, 60))
def test_nothing_is_lost_or_moved_or_too_much(inputs: list[Any], most: int | None, tokens: int | None) -> None:
    cut = list(batches(inputs, Limits(inputs=most, tokens=tokens)))
    assert [each for batch in cut for each in batch] == inputs
    assert all(len({type(each) for each in batch}) == 1 for batch in cut)
    assert most is None or all(len(batch) <= most for batch in cut)
    ids = [batch for batch in cut if isinstance(batch[0], tuple)]
    assert tokens is None or all(len(batch) == 1 or sum(map(len, batch)) <= tokens for batch in ids)


@pytest.mark.parametrize(
    ("codec", "model", "limits"),
    [
        ("openai_embeddings", "text-embedding-3-small", Limits(inputs=2048, tokens=300_000)),
        ("mistral_embeddings", "mistral-embed", Limits(inputs=256, tokens=16_384)),
        ("voyage_embeddings", "voyage-4-lite", Limits(inputs=1000, tokens=1_000_000)),
        ("voyage_embeddings", "voyage-4", Limits(inputs=1000, tokens=320_000)),
        ("voyage_embeddings", "voyage-law-2", Limits(inputs=1000, tokens=120_000)),
        ("cohere_embed", "embed-v4.0", Limits(inputs=96, images=1)),
        ("gemini_embed", "gemini-embedding-001", Limits(inputs=100)),
        ("vertex_predict_embed", "gemini-embedding-001", Limits(inputs=1, tokens=20_000)),
        ("vertex_predict_embed", "text-embedding-005", Limits(inputs=250, tokens=20_000)),
        ("ollama_embed", "nomic-embed-text", Limits()),
    ],
)
def test_limits(codec: str, model: str, limits: Limits) -> None:
    assert get_embedding_codec(codec).limits(model) == limits
