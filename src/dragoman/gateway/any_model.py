"""Models that no configuration names: `provider/model`, and a model's name alone where it is clear whose it is."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import Final

from dragoman.catalog import ModelFacts, ModelList, has_list, models, providers_of
from dragoman.catalog.day import utc_today
from dragoman.client.routers.vectors import models_of
from dragoman.client.target import Access, target_of
from dragoman.errors import ConfigurationError
from dragoman.gateway.config import GatewayConfig
from dragoman.providers import ProviderSpec, built_in_names, get_spec, normal_name, provider_names

_FIT: Final = re.compile(r"(?:(?!\.{1,2}(?:/|$))[^\s\x00-\x1f\x7f?%\\/]+(?:/|$))+", re.ASCII)
"""A model that a caller may make up. Some providers have its name in the path of their address, where `..` or `?` would
lead somewhere else, with the key of whoever runs this.
"""


class AnyModel:
    """What callers may name beside a configuration's own models.

    Models in this process are never among them: a caller would have weights loaded, or fetched.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._configured = config.providers

    def meant(self, name: str) -> str | None:
        """`provider/model` for what a caller names; `None` where it is nobody's, or it is not clear whose."""
        provider, slash, model = name.partition("/")
        if slash:
            return name if provider and _FIT.fullmatch(model) and self._is_reached(provider) else None
        having = [each for each in providers_of(name) if self._is_reached(each)]
        reached = [each for each in having if each in self.providers] or having
        return f"{reached[0]}/{name}" if len(reached) == 1 else None

    def models(self) -> list[str]:
        """The models of all providers whose keys are found, as the catalog knows them."""
        return [f"{name}/{facts.id}" for name in self.providers for facts in _listed(get_spec(name))]

    def embedding_models(self) -> list[str]:
        """Those of `models` that give vectors here."""
        return [model for name in self.providers for model in models_of(get_spec(name))]

    @cached_property
    def providers(self) -> list[str]:
        """Those whose keys are found, or who are configured."""
        specs = [get_spec(name) for name in built_in_names()]
        return [spec.name for spec in specs if spec.deprecated is None and self._is_ready(spec)]

    @cached_property
    def _names(self) -> frozenset[str]:
        """Everybody's. Looked for once, for plugins are slow to be found."""
        return frozenset(provider_names())

    def _is_reached(self, provider: str) -> bool:
        return normal_name(provider) in self._names and get_spec(provider).engine is None

    def _is_ready(self, spec: ProviderSpec) -> bool:
        if spec.name in self._configured:
            return True
        has_key = any(os.environ.get(name, "").strip() for name in spec.auth.variables)
        return has_key and spec.engine is None and _has_address(spec)


def _has_address(spec: ProviderSpec) -> bool:
    """Whether all is known that its address is made of, such as a project."""
    try:
        target_of(spec, "", Access(asynchronous=True), {})
    except ConfigurationError:
        return False
    return True


def _listed(spec: ProviderSpec) -> list[ModelFacts]:
    """What the catalog knows of its models that answer here, and will tomorrow."""
    today = utc_today()
    found = models(spec.catalog_list) if has_list(spec.catalog_list) else ModelList()
    return [facts for facts in found if facts.kind in _KINDS and not facts.retired(today)]


_KINDS: Final = frozenset({"chat", "embedding"})
