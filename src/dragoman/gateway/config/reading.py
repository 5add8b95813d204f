"""From a document to a `GatewayConfig`: each section by a function of its own, and what is not known is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from dragoman.client.options import check_client_option, check_options
from dragoman.gateway.config.purposes import purpose_at, tenants_at
from dragoman.gateway.config.records import (
    GatewayConfig,
    KeyRules,
    LogRules,
    MetricsRules,
    ModelRoute,
    ServerRules,
    TracingRules,
)
from dragoman.providers import get_spec
from dragoman.routing.health import HealthRules, RetryBudgetRules
from dragoman.routing.rules import RouteRules
from dragoman.routing.tables.client_words import options_at
from dragoman.routing.tables.documents import Document, document_of
from dragoman.routing.tables.fields import located, mapping_at, record_at, refuse_unknown
from dragoman.routing.tables.places import below, refused
from dragoman.routing.tables.policy_tree import POLICY_WORDS, PolicyTree

_DEFAULTS: Final = {"rules": RouteRules, "health": HealthRules, "retry_budget": RetryBudgetRules}
"""What a model may have of its own, and is the document's otherwise, word by word."""

_OF_MODELS: Final = ("policy", "params", *_DEFAULTS)
"""What may stand beside the words of a policy or target, where a model is said by a mapping."""

_ON_LOSS: Final = ("warn", "error")


def load_config(
    source: str | os.PathLike[str] | Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> GatewayConfig:
    """What a file in YAML, TOML or JSON says, or a mapping in its place; without either, what holds by itself.

    `environment`: what `${NAME}` stands for; the process's own when left out.

    Raises:
        ConfigurationError: A word is not known, something is missing or of the wrong kind. The message says where.
        MissingPackage: It is a YAML file, and PyYAML is not installed.
    """
    document = document_of({} if source is None else source)
    with document.tells():
        return _config(document, document.read(os.environ if environment is None else environment))


def _config(document: Document, value: Any) -> GatewayConfig:
    sections = mapping_at("", value if value is not None else {})
    refuse_unknown("", sections, [*_SECTIONS, "targets", "policies", "models"])
    said = {name: read(name, sections[name]) for name, read in _SECTIONS.items() if name in sections}
    tree = PolicyTree(sections.get("targets", {}), sections.get("policies", {}))
    models = _models("models", sections.get("models", {}), tree, sections)
    config = GatewayConfig(**said, models=models, places=tree.places, document=document)
    _check_aliases(config)
    return config


# ---------------------------------------------------------------------- models


def _models(place: str, given: Any, tree: PolicyTree, sections: Mapping[str, Any]) -> dict[str, ModelRoute]:
    models = mapping_at(place, given)
    return {str(name): _model(below(place, name), str(name), said, tree, sections) for name, said in models.items()}


def _model(place: str, name: str, given: Any, tree: PolicyTree, sections: Mapping[str, Any]) -> ModelRoute:
    """A policy or target, and what the model has of its own beside it."""
    if not name.strip():
        raise refused(place, "a model needs a name")
    said, given = _taken_apart(place, given)
    records = {word: _with_defaults(place, word, said, sections) for word in _DEFAULTS}
    where = below(place, "policy") if "policy" in said else place
    return ModelRoute(name=name, policy=tree.policy(where, given), params=_params(place, said), **records)


def _taken_apart(place: str, given: Any) -> tuple[Mapping[str, Any], Any]:
    """What a model has of its own, and what it is answered by."""
    if not isinstance(given, Mapping):
        return {}, given
    node = mapping_at(place, given)
    if "model" not in node:
        refuse_unknown(place, node, ["model", *_OF_MODELS, *POLICY_WORDS])
    said = {word: node[word] for word in _OF_MODELS if word in node}
    rest = {word: value for word, value in node.items() if word not in said}
    if "policy" not in said:
        return said, rest
    if rest:
        raise refused(place, f"`policy` says it all: `{next(iter(rest))}` does not stand beside it")
    return said, said["policy"]


def _with_defaults(place: str, word: str, said: Mapping[str, Any], sections: Mapping[str, Any]) -> Any:
    """A record of the model's own words, over the document's."""
    usual = mapping_at(word, sections.get(word, {}))
    if word not in said:
        return record_at(word, usual, _DEFAULTS[word])
    own = mapping_at(below(place, word), said[word])
    return record_at(below(place, word), {**usual, **own}, _DEFAULTS[word])


def _params(place: str, said: Mapping[str, Any]) -> dict[str, Any]:
    where = below(place, "params")
    params = options_at(where, said.get("params", {}))
    with located(where):
        check_options(params)
    return params


# ---------------------------------------------------------------------- the other sections


def _providers(place: str, given: Any) -> dict[str, dict[str, Any]]:
    """Options of clients, by the name of their provider."""
    found: dict[str, dict[str, Any]] = {}
    for name, options in mapping_at(place, given).items():
        where = below(place, name)
        with located(where):
            spec = get_spec(str(name))
            for option in mapping_at(where, options):
                check_client_option(str(option))
        found[spec.name] = options_at(where, options)
    return found


def _aliases(place: str, given: Any) -> dict[str, str]:
    aliases = mapping_at(place, given)
    for name, model in aliases.items():
        if not isinstance(model, str) or not model:
            raise refused(below(place, name), f"here stands the name of a model, not {model!r}")
    return {str(name): model for name, model in aliases.items()}


def _check_aliases(config: GatewayConfig) -> None:
    """Raises `DocumentError` for an alias that leads nowhere, or hides a model."""
    for alias, model in config.aliases.items():
        place = below("aliases", alias)
        if alias in config.models:
            raise refused(place, "a model has this name already")
        if model not in config.models and not config.takes_any_model:
            raise refused(place, f"`{model}` is no model of this document: {', '.join(config.models)}")


def _switch(place: str, given: Any) -> bool:
    word = {"true": True, "false": False}.get(str(given).lower())
    if word is None:
        raise refused(place, f"here stands true or false, not {given!r}")
    return word


def _on_loss(place: str, given: Any) -> Any:
    if given not in _ON_LOSS:
        raise refused(place, f"here stands {' or '.join(_ON_LOSS)}, not {given!r}")
    return given


def _record_of(kind: type[Struct]) -> Callable[[str, Any], Any]:
    return lambda place, given: record_at(place, given, kind)


_SECTIONS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "aliases": _aliases,
    "allow_any_model": _switch,
    "providers": _providers,
    **{word: _record_of(kind) for word, kind in _DEFAULTS.items()},
    "tenants": tenants_at,
    "purpose": purpose_at,
    "server": _record_of(ServerRules),
    "keys": _record_of(KeyRules),
    "on_loss": _on_loss,
    "log": _record_of(LogRules),
    "metrics": _record_of(MetricsRules),
    "tracing": _record_of(TracingRules),
}
"""By section of the document that is a field of the configuration: how it is read."""
