"""Which provider and model to begin with: the founding guide's decision tree (S2.14), with models of today."""

from __future__ import annotations

import os
import sys
from functools import cache

from msgspec import Struct

from dragoman.catalog.day import day_meant
from dragoman.catalog.facts import ModelFacts
from dragoman.catalog.models import find_model, models
from dragoman.catalog.retirement import successor_of
from dragoman.catalog.tables import table


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


class _Advice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `tables/recommendations.json` holds: advice by need, and the day on which it was chosen from the data."""

    as_of: str
    by_need: dict[str, Recommendation]


@cache
def _for(need: str) -> Recommendation:
    return table("recommendations", _Advice).by_need[need]


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
    return _still_served(_for("latest" if latest else "long_context" if long_context else "cheap"), day_meant(today))


def _local(*, privacy: bool, apple_silicon: bool | None, gpu: bool) -> Recommendation:
    if not privacy:
        return _for("free_on_a_gpu" if gpu else "free")
    return _for("private_on_apple_silicon" if _has_apple_silicon(apple_silicon) else "private")


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
