"""Providers, machines and speeds compared, as the founding guides have them (2024), for questions of choice.

Prices of models, which changed since, are not here but in the data files.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

_GUIDE: Final = "provider guide, 2024 (S2)"
_CHAPTER: Final = "provider comparison, 2024 (S0.33)"


class ProviderComparison(Struct, frozen=True, kw_only=True):
    """What a provider is like, with the model the comparison was made with."""

    provider: str
    model: str
    cost: Literal["$$$", "$$", "free"]
    runs: Literal["cloud", "local"]
    technique: str
    context_tokens: int | None
    best_for: str
    set_up: Literal["easy", "medium", "hard"]
    source: str


COMPARISON: Final = (
    ProviderComparison(
        provider="openai",
        model="gpt-4o",
        cost="$$$",
        runs="cloud",
        technique="function calling",
        context_tokens=128_000,
        best_for="production, general extraction, a broad ecosystem of tools",
        set_up="easy",
        source=_CHAPTER,
    ),
    ProviderComparison(
        provider="anthropic",
        model="claude-3-5-sonnet",
        cost="$$$",
        runs="cloud",
        technique="tool use",
        context_tokens=200_000,
        best_for="following instructions, long documents",
        set_up="easy",
        source=_CHAPTER,
    ),
    ProviderComparison(
        provider="google",
        model="gemini-1.5-pro",
        cost="$$",
        runs="cloud",
        technique="function calling",
        context_tokens=1_000_000,
        best_for="very long documents, many modalities",
        set_up="easy",
        source=_CHAPTER,
    ),
    ProviderComparison(
        provider="ollama",
        model="llama3.1:8b",
        cost="free",
        runs="local",
        technique="JSON mode or function calling",
        context_tokens=None,
        best_for="development, privacy, no costs",
        set_up="medium",
        source=_CHAPTER,
    ),
    ProviderComparison(
        provider="mlx",
        model="mlx-community/Qwen2.5-Coder-7B-Instruct-4bit",
        cost="free",
        runs="local",
        technique="prompted JSON",
        context_tokens=None,
        best_for="Apple silicon",
        set_up="medium",
        source=_GUIDE,
    ),
    ProviderComparison(
        provider="lmstudio",
        model="local-model",
        cost="free",
        runs="local",
        technique="JSON schema",
        context_tokens=None,
        best_for="a window to manage models in",
        set_up="easy",
        source=_GUIDE,
    ),
    ProviderComparison(
        provider="huggingface",
        model="microsoft/DialoGPT-medium",
        cost="free",
        runs="local",
        technique="prompted JSON",
        context_tokens=None,
        best_for="research, the most models",
        set_up="hard",
        source=_GUIDE,
    ),
)


class Machine(Struct, frozen=True, kw_only=True):
    """What a model of `least_billions` parameters and more needs."""

    least_billions: int
    memory_gb: int
    or_gpu: bool = False
    source: str = _GUIDE


HARDWARE: Final = (
    Machine(least_billions=7, memory_gb=8),
    Machine(least_billions=13, memory_gb=16),
    Machine(least_billions=30, memory_gb=32, or_gpu=True),
)


class Speed(Struct, frozen=True, kw_only=True):
    """Tokens a second of a model with 7 billion parameters in 4 bits; `most` is `None` where no end is given."""

    chip: str
    least: int
    most: int | None = None
    source: str = "provider guide, 2024 (S2.10); not measured again"


SPEEDS: Final = (
    Speed(chip="M4 Max", least=50),
    Speed(chip="M3 Pro", least=20, most=30),
    Speed(chip="M2", least=10, most=15),
)
