"""How an answer of a form is asked for, unless the caller says."""

from __future__ import annotations

from typing import Final

from dragoman.catalog.facts import ModelFacts, Technique
from dragoman.catalog.hosts import NOBODY, Host, hosts, list_name
from dragoman.catalog.models import find_model

_USUAL: Final[Technique] = "tools"
_SUREST: Final[tuple[Technique, ...]] = ("json_schema", "json_object")


def default_technique(provider: str, model: str, *, forced: bool = True) -> Technique:
    """How `provider` is asked for structured output of `model` when nobody says how.

    Tools where the model calls them and a call can be demanded (S0.14, S0.17, S0.33), else what its provider holds it
    to, else tools that are only offered, else a plain request for JSON. Of an unknown model: what is usual at the
    provider. `forced=False`: this call can demand none, whoever answers it.
    """
    host, facts = hosts().get(list_name(provider), NOBODY), find_model(provider, model)
    forced = forced and (facts is None or facts.forced_tools)
    by_name = _by_name(host, model.lower())
    if by_name is not None and (forced or by_name != "tools"):
        return by_name
    if facts is None or facts.kind != "chat" or (facts.tools is None and not facts.formats):
        return host.technique or _USUAL
    return _of(facts, host, forced)


def _by_name(host: Host, model: str) -> Technique | None:
    return next((technique for part, technique in host.by_model if part in model), None)


def _of(facts: ModelFacts, host: Host, forced: bool) -> Technique:
    if facts.tools and forced:
        return "tools"
    for technique in _SUREST:
        if technique in facts.formats:
            return technique
    return host.technique or ("tools" if facts.tools else "json_text")
