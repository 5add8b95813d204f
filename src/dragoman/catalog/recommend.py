"""Which provider and model to begin with: the founding guide's decision tree (S2.14), with models of today."""

from __future__ import annotations

import os
import sys
from typing import Final

from msgspec import Struct

from dragoman.catalog.day import utc_today
from dragoman.catalog.facts import ModelFacts
from dragoman.catalog.models import find_model, models
from dragoman.catalog.retirement import successor_of

AS_OF: Final = "2026-11-21"
"""The day on which the models below were chosen from the data."""


class Recommendation(Struct, frozen=True, kw_only=True):
    """Where to begin.

    Attributes:
        reason: Why, in one sentence.
        guide_model: What the founding guide named in 2024; it may be retired by now.
    """

    provider: str
    model: str
    reason: str
    guide_model: str

    @property
    def name(self) -> str:
        """`provider/model`, for `create_llm`."""
        return f"{self.provider}/{self.model}"


_LATEST: Final = Recommendation(
    provider="openai",
    model="gpt-6.1-sol",
    reason="there is a budget and the latest models are wanted",
    guide_model="gpt-4o",
)
_LONG: Final = Recommendation(
    provider="anthropic",
    model="claude-sonnet-5-5",
    reason="there is a budget and long texts have to fit: a window of a million tokens",
    guide_model="claude-3-5-sonnet-latest",
)
_CHEAP: Final = Recommendation(
    provider="openai",
    model="gpt-6-luna",
    reason="there is a budget, and neither the latest model nor a long window is needed: this one is cheap",
    guide_model="gpt-4o-mini",
)
_APPLE: Final = Recommendation(
    provider="mlx",
    model="mlx-community/Qwen2.5-Coder-7B-Instruct-4bit",
    reason="nothing may leave the machine, which has Apple silicon: MLX is the fastest there",
    guide_model="mlx-community/Qwen2.5-Coder-7B-Instruct-4bit",
)
_PRIVATE: Final = Recommendation(
    provider="ollama",
    model="llama3.1:8b",
    reason="nothing may leave the machine: Ollama runs on any processor",
    guide_model="llama3.1:8b",
)
_GPU: Final = Recommendation(
    provider="ollama",
    model="qwen2.5-coder:14b",
    reason="there is no budget, but a GPU: Ollama runs larger models on it",
    guide_model="qwen2.5-coder:14b",
)
_CPU: Final = Recommendation(
    provider="ollama",
    model="llama3.1:8b",
    reason="there is neither budget nor GPU: Ollama runs small models on any processor",
    guide_model="llama3.1:8b",
)


def recommend(
    *,
    budget: bool,
    latest: bool = False,
    long_context: bool = False,
    privacy: bool = False,
    apple_silicon: bool | None = None,
    gpu: bool = False,
    memory_gb: int | None = None,
    today: str | None = None,
) -> Recommendation:
    """A provider and a model to begin with, and why.

    Args:
        budget: Whether calls may cost money.
        latest: Whether the newest models are wanted.
        long_context: Whether long texts have to fit.
        privacy: Whether everything must stay on the machine.
        apple_silicon: Whether the machine has it; this one is looked at unless said.
        gpu: Whether the machine has a GPU.
        memory_gb: Its memory: then the largest local model that fits is named.
        today: The day for retirement, ISO; today unless given.
    """
    if privacy or not budget:
        chosen = _local(privacy=privacy, apple_silicon=apple_silicon, gpu=gpu)
        return chosen if memory_gb is None else _fitting(chosen, memory_gb)
    return _still_served(_LATEST if latest else _LONG if long_context else _CHEAP, today or utc_today())


def _local(*, privacy: bool, apple_silicon: bool | None, gpu: bool) -> Recommendation:
    if not privacy:
        return _GPU if gpu else _CPU
    return _APPLE if _has_apple_silicon(apple_silicon) else _PRIVATE


def _has_apple_silicon(said: bool | None) -> bool:
    if said is not None:
        return said
    return sys.platform == "darwin" and os.uname().machine == "arm64"


def _fitting(chosen: Recommendation, memory_gb: int) -> Recommendation:
    """The same provider's largest model that fits the memory; the first of several."""
    needs = {facts.id: facts.local.memory_gb for facts in models(chosen.provider) if facts.local and _chats(facts)}
    fitting = {model: need for model, need in needs.items() if need <= memory_gb}
    if not fitting:
        smallest = min(needs, key=lambda model: needs[model])
        reason = f"{chosen.reason}; none fits {memory_gb} GB, and this one needs the least: {needs[smallest]} GB"
        return _with_model(chosen, smallest, reason)
    if needs.get(chosen.model) == max(fitting.values()):
        return chosen
    largest = max(fitting, key=lambda model: fitting[model])
    return _with_model(chosen, largest, f"{chosen.reason}; this is the largest that fits {memory_gb} GB")


def _chats(facts: ModelFacts) -> bool:
    return facts.kind == "chat"


def _still_served(chosen: Recommendation, day: str) -> Recommendation:
    facts = find_model(chosen.provider, chosen.model)
    then = successor_of(facts, day) if facts and facts.retired(day) else None
    return chosen if then is None else _with_model(chosen, then.id, chosen.reason)


def _with_model(chosen: Recommendation, model: str, reason: str) -> Recommendation:
    return Recommendation(provider=chosen.provider, model=model, reason=reason, guide_model=chosen.guide_model)
