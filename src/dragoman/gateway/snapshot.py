"""`Snapshot`: one configuration at work. It never changes; another configuration is another snapshot."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import translate
from functools import cached_property
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from dragoman.client.routers.purpose import Purpose
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.errors import UnknownModel, UnsupportedFeature
from dragoman.gateway.any_model import AnyModel
from dragoman.gateway.config import GatewayConfig, ModelRoute
from dragoman.gateway.deployments import Deployments
from dragoman.gateway.plans import boards_of, plan_of
from dragoman.gateway.purposes import ANYONE, Purposes
from dragoman.routing.policies import Ordered

K = TypeVar("K")
V = TypeVar("V")

_MOST_KEPT: Final = 1024
"""Plans that are kept of what callers choose the words of: models that are not configured, and purposes."""

_MOST_NAMED: Final = 30
"""Models that an error names. Of more, those that are configured, and the nearest to what was asked for."""

_NEAREST: Final = 3

_LONGEST: Final = 500
"""Characters of a name that may be a model's, without being configured."""

_SHOWN: Final = 100
"""Characters of an unknown name that are repeated to whoever sent it."""


class Snapshot:
    """How each model is answered, by one configuration.

    What is known of the targets' health is shared by all models, and taken over from the snapshot before. A call keeps
    the plan it was given: its targets are there until it ends, whatever is configured meanwhile.

    Attributes:
        config: What was configured.
        generation: How many snapshots there have been, this one included.
        deployments: The targets and their clients.
        boards: What is known of their health.
        purpose_of: Tells whom a call is for.
    """

    def __init__(self, config: GatewayConfig, before: Snapshot | None = None) -> None:
        """Raises `ConfigurationError`, with its place in the document, for a target that cannot be."""
        self.config = config
        self.generation = 1 if before is None else before.generation + 1
        self.deployments = Deployments(config, None if before is None else before.deployments)
        routes = [replace(route, policy=route.policy.mapped(self.deployments)) for route in config.models.values()]
        self.deployments.forget_those_before()
        self.boards = boards_of(routes, () if before is None else before.boards)
        self._plans = {route.name: plan_of(config, route, self.boards, self.deployments.servers) for route in routes}
        self._aliases = Aliases(config.aliases)
        self._own = dict.fromkeys([*config.models, *self._aliases.names])
        self._any = AnyModel(config)
        self.purpose_of = Purposes(config).of
        self._others: dict[str, RoutedPlan] = {}
        self._told: dict[tuple[Any, ...], RoutedPlan] = {}

    def close(self) -> None:
        """Close all clients at once; calls under way end with an error."""
        for plan in (*self._plans.values(), *self._others.values()):
            plan.close()
        self.deployments.close()

    def models(self) -> list[str]:
        """What callers may name: the models, their other names, and those of every provider whose key is found."""
        return list(self._models)

    def names(self, model: str) -> bool:
        """Whether `model` is one of `models`, and not a name that a caller may have made up."""
        return model in self._names

    def counted_as(self, model: str) -> str:
        """The name under which calls of `model` are counted: where it but fits a pattern, whatever fits is one."""
        return model if model in self._plans else self._aliases.counted_as(model)

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self._models)

    @cached_property
    def _models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self._own, *self._any.models()] if self.config.takes_any_model else self._own))

    def plan_for(
        self, model: str, purpose: Purpose = ANYONE, allows: Callable[[str], bool] | None = None
    ) -> RoutedPlan:
        """How `model` is answered for `purpose`.

        Raises `UnknownModel`, which names what there is: of that, what `allows` says may be shown.
        """
        plan = self._plans.get(model) or self._others.get(model) or self._other(model, allows)
        return plan if purpose is ANYONE else self._told_of(model, plan, purpose)

    def _told_of(self, model: str, plan: RoutedPlan, purpose: Purpose) -> RoutedPlan:
        """The plan, told whom its calls are for. There are too many sessions to keep one for each."""
        if purpose.session is not None:
            return plan.with_purpose(purpose)
        words = (model, purpose.tenant, purpose.task, purpose.tier, *purpose.labels.items())
        told = self._told.get(words)
        return _kept(self._told, words, plan.with_purpose(purpose)) if told is None else told

    def _other(self, name: str, allows: Callable[[str], bool] | None) -> RoutedPlan:
        """The plan of what is named otherwise than a model, or not configured."""
        if len(name) > _LONGEST:
            raise self._unknown(name, allows)
        meant = self._aliases.meant(name) or name
        plan = self._plans.get(meant) or self._unnamed(meant)
        if plan is None:
            raise self._unknown(name, allows)
        return _kept(self._others, name, plan)

    def _unnamed(self, name: str) -> RoutedPlan | None:
        """The plan of a model that the configuration does not name."""
        config = self.config
        served = self._any.meant(name) if config.takes_any_model else None
        if served is None:
            return None
        target, server, llm = self.deployments.lone(served)
        route = ModelRoute(
            name=name,
            policy=Ordered(target),
            rules=config.rules,
            health=config.health,
            retry_budget=config.retry_budget,
        )
        return plan_of(config, route, self.boards, {target: server}, [llm])

    def _unknown(self, name: str, allows: Callable[[str], bool] | None) -> UnknownModel:
        known = self._models if allows is None else tuple(filter(allows, self._models))
        meant = get_close_matches(_short(name), known, n=_NEAREST if len(known) > _MOST_NAMED else 1)
        guess = f" Did you mean {' or '.join(f'`{each}`' for each in meant)}?" if meant else ""
        error = UnknownModel(f"there is no model `{_short(name)}` here.{guess}{self._those_there_are(known)}")
        error.hint = ""  # it is about providers
        return error

    def no_vectors(self, name: str, allows: Callable[[str], bool] | None) -> UnsupportedFeature:
        """Of a call for vectors of a model that has none. It names those that have: of them, what `allows` says may be
        shown.
        """
        plans = {each: self._plans.get(self._aliases.meant(each) or each) for each in self._own}
        those = [each for each, plan in plans.items() if plan is not None and plan.embeds]
        if self.config.takes_any_model:
            those += self._any.embedding_models()
        shown = [each for each in dict.fromkeys(those) if allows is None or allows(each)]
        more = " and more" if len(shown) > _MOST_NAMED else ""
        have = f"These have: {', '.join(shown[:_MOST_NAMED])}{more}." if shown else "No model here has."
        return UnsupportedFeature(f"`{_short(name)}` has no embeddings: no model that answers for it embeds. {have}")

    def _those_there_are(self, known: Sequence[str]) -> str:
        many = len(known) > _MOST_NAMED
        named = [name for name in known if name in self._own] if many else known
        said = f" There are: {', '.join(named)}{' and more' if many else ''}." if 0 < len(named) <= _MOST_NAMED else ""
        if many:
            said = f"{said} `GET /v1/models` lists all {len(known):,}."
        if not self.config.takes_any_model:
            return said
        providers = self._any.providers
        reached = f"of {', '.join(providers)}" if providers else "but no provider's key is found"
        return f"{said} Any model may be named as provider/model, {reached}."

    def __repr__(self) -> str:
        return f"<Snapshot {self.generation} of {self.config!r}>"


class Aliases:
    """Other names of models.

    Attributes:
        names: Those that stand for themselves, and are no patterns.
    """

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._meant = {name: model for name, model in aliases.items() if not _PATTERN.search(name)}
        self._patterns = [
            (re.compile(translate(name)), model) for name, model in aliases.items() if name not in self._meant
        ]
        self.names = tuple(self._meant)

    def meant(self, name: str) -> str | None:
        """The model that `name` stands for, by itself or by the first pattern that it fits."""
        return self._meant.get(name) or self._fitted(name)

    def counted_as(self, name: str) -> str:
        """`name`; where it fits a pattern and is not written down, the model that the pattern stands for."""
        return name if name in self._meant else self._fitted(name) or name

    def _fitted(self, name: str) -> str | None:
        return next((model for pattern, model in self._patterns if pattern.match(name)), None)


_PATTERN: Final = re.compile(r"[*?\[]")


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"


def _kept(those: dict[K, V], key: K, value: V) -> V:
    """`value`, kept among as many as may be; the one that came first goes."""
    if len(those) >= _MOST_KEPT:
        del those[next(iter(those))]
    those[key] = value
    return value
