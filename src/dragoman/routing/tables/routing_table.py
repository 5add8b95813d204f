"""The document as a whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from dragoman.routing.health import HealthRules, RetryBudgetRules
from dragoman.routing.policies import Policy
from dragoman.routing.rules import RouteRules
from dragoman.routing.tables.documents import document_of
from dragoman.routing.tables.fields import mapping_at, record_at, refuse_unknown, required
from dragoman.routing.tables.policy_tree import PolicyTree

_SECTIONS: Final = ("targets", "policies", "policy", "rules", "health", "retry_budget")


class RoutingTable(Struct, frozen=True, kw_only=True, eq=False):
    """What a document says."""

    policy: Policy
    rules: RouteRules = RouteRules()
    health: HealthRules = HealthRules()
    retry_budget: RetryBudgetRules = RetryBudgetRules()


def routing_from(
    source: str | os.PathLike[str] | Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> RoutingTable:
    """A policy and its rules from a document: a file in TOML, JSON or YAML, or what stands in one.

    `environment`: what `${NAME}` stands for; the process's own when left out.

    Raises:
        ConfigurationError: A word is not known, something is missing or of the wrong kind. The message says where.
        MissingPackage: It is a YAML file, and PyYAML is not installed.
    """
    document = document_of(source)
    with document.tells():
        return _table(document.read(os.environ if environment is None else environment))


def _table(document: Any) -> RoutingTable:
    sections = mapping_at("", document)
    refuse_unknown("", sections, _SECTIONS)
    tree = PolicyTree(sections.get("targets", {}), sections.get("policies", {}))
    return RoutingTable(
        policy=tree.policy("policy", required("", sections, "policy")),
        rules=record_at("rules", sections.get("rules", {}), RouteRules),
        health=record_at("health", sections.get("health", {}), HealthRules),
        retry_budget=record_at("retry_budget", sections.get("retry_budget", {}), RetryBudgetRules),
    )
