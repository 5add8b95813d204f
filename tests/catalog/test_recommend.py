"""`recommend`: the decision tree (S2.14) and the tables it stands on (S0.33, S2.9, S2.10)."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.catalog import COMPARISON, HARDWARE, SPEEDS, find, recommend

TODAY = "2026-11-21"

TREE: list[tuple[dict[str, Any], str, str]] = [
    # answers, provider, what the guide named
    ({"budget": True, "latest": True}, "openai", "gpt-4o"),
    ({"budget": True, "latest": True, "long_context": True}, "openai", "gpt-4o"),
    ({"budget": True, "long_context": True}, "anthropic", "claude-3-5-sonnet-latest"),
    ({"budget": True}, "openai", "gpt-4o-mini"),
    ({"budget": False, "privacy": True, "apple_silicon": True}, "mlx", "mlx-community/Qwen2.5-Coder-7B-Instruct-4bit"),
    ({"budget": False, "privacy": True, "apple_silicon": False}, "ollama", "llama3.1:8b"),
    ({"budget": False, "gpu": True}, "ollama", "qwen2.5-coder:14b"),
    ({"budget": False}, "ollama", "llama3.1:8b"),
    ({"budget": True, "privacy": True, "apple_silicon": False}, "ollama", "llama3.1:8b"),
]


@pytest.mark.parametrize(("answers", "provider", "guide_model"), TREE, ids=[f"S2.14-{row[0]}" for row in TREE])
def test_the_tree(answers: dict[str, Any], provider: str, guide_model: str) -> None:
    advice = recommend(**answers, today=TODAY)
    assert (advice.provider, advice.guide_model) == (provider, guide_model)
    assert advice.reason
    facts = find(advice.model, provider=advice.provider)
    assert facts is not None
    assert advice.name == facts.name
    assert not facts.retired(TODAY)
    assert find(guide_model, provider=provider) is not None


def test_the_long_one_is_long_and_the_cheap_one_cheap() -> None:
    long, cheap, latest = (
        find(recommend(budget=True, today=TODAY, **answers).name)
        for answers in ({"long_context": True}, {}, {"latest": True})
    )
    assert long is not None
    assert cheap is not None
    assert latest is not None
    assert (long.context_tokens or 0) >= 1_000_000
    assert (cheap.price("input", TODAY) or 0) * 10 <= (latest.price("input", TODAY) or 0)


MEMORY = [
    # gigabytes, and the largest that fits; at 2 there is none
    (8, {"gpu": True}, "llama3.1:8b"),
    (16, {"gpu": True}, "qwen2.5-coder:14b"),
    (32, {"gpu": True}, "mixtral:8x7b"),
    (64, {}, "llama3.1:70b"),
    (8, {}, "llama3.1:8b"),
    (2, {}, "qwen2.5-coder:1.5b"),
]


@pytest.mark.parametrize(("memory_gb", "answers", "model"), MEMORY)
def test_memory_says_which_local_model(memory_gb: int, answers: dict[str, Any], model: str) -> None:
    assert recommend(budget=False, memory_gb=memory_gb, **answers).model == model


def test_none_fitting_is_said() -> None:
    assert "none fits 2 GB" in recommend(budget=False, memory_gb=2).reason


def test_s0_33_the_comparison() -> None:
    """S0.33."""
    windows = {row.provider: (row.context_tokens, row.technique) for row in COMPARISON[:4]}
    assert windows == {
        "openai": (128_000, "function calling"),
        "anthropic": (200_000, "tool use"),
        "google": (1_000_000, "function calling"),
        "ollama": (None, "JSON mode or function calling"),
    }
    for row in COMPARISON:
        facts = find(row.model, provider=row.provider)
        assert facts is not None
        assert row.context_tokens is None or facts.context_tokens == row.context_tokens


def test_s2_9_and_s2_10_the_machines() -> None:
    """S2.9, S2.10."""
    assert [(row.least_billions, row.memory_gb, row.or_gpu) for row in HARDWARE] == [
        (7, 8, False),
        (13, 16, False),
        (30, 32, True),
    ]
    assert [(row.chip, row.least, row.most) for row in SPEEDS] == [
        ("M4 Max", 50, None),
        ("M3 Pro", 20, 30),
        ("M2", 10, 15),
    ]
    assert all("not measured" in row.source for row in SPEEDS)
