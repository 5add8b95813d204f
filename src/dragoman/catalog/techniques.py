"""How an answer of a form is asked for, unless the caller says."""

from __future__ import annotations

from typing import Final

from dragoman.catalog.facts import ModelFacts, Technique
from dragoman.catalog.models import find
from dragoman.catalog.names import list_name

_BY_NAME: Final[dict[str, tuple[tuple[str, Technique], ...]]] = {
    "bedrock": (("claude", "tools"), ("anthropic", "tools"), ("", "json_text")),
}
"""Providers of which the founding documents say it by parts of the model's name (S4.16)."""

_OTHERWISE: Final[dict[str, Technique]] = {
    "ollama": "json_schema",
    "lmstudio": "json_schema",
    "perplexity": "json_schema",
    "mlx": "json_text",
    "huggingface": "json_text",
}
"""What is sure at a provider of whose model nothing is known, or which cannot be made to call tools."""

_USUAL: Final[Technique] = "tools"
_SUREST: Final[tuple[Technique, ...]] = ("json_schema", "json_object")


def default_technique(provider: str, model: str, *, forced: bool = True) -> Technique:
    """How `provider` is asked for structured output of `model` when nobody says how.

    Tools where the model calls them and a call can be demanded (S0.14, S0.17, S0.33), else what its provider holds it
    to, else tools that are only offered, else a plain request for JSON. Of an unknown model: what is usual at the
    provider. `forced=False`: this call can demand none, whoever answers it.
    """
    name, facts = list_name(provider), find(model, provider)
    forced = forced and (facts is None or facts.forced_tools)
    by_name = _by_name(name, model.lower())
    if by_name is not None and (forced or by_name != "tools"):
        return by_name
    if facts is None or facts.kind != "chat" or (facts.tools is None and not facts.formats):
        return _OTHERWISE.get(name, _USUAL)
    return _of(facts, name, forced)


def _by_name(provider: str, model: str) -> Technique | None:
    return next((technique for part, technique in _BY_NAME.get(provider, ()) if part in model), None)


def _of(facts: ModelFacts, name: str, forced: bool) -> Technique:
    if facts.tools and forced:
        return "tools"
    for technique in _SUREST:
        if technique in facts.formats:
            return technique
    return _OTHERWISE.get(name, "tools" if facts.tools else "json_text")
