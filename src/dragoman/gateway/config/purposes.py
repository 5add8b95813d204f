"""The sections `tenants` and `purpose`."""

from __future__ import annotations

from typing import Any

from dragoman.client.routers.purpose import Purpose
from dragoman.gateway.config.records import Conditions, HeaderNames, PurposeRule, PurposeRules, Tenant
from dragoman.routing.tables.fields import list_at, mapping_at, record_at, refuse_unknown, required
from dragoman.routing.tables.places import below, item


def tenants_at(place: str, given: Any) -> dict[str, Tenant]:
    """Tenants by name; a text is the tier."""
    return {str(name): _tenant(below(place, name), said) for name, said in mapping_at(place, given).items()}


def _tenant(place: str, given: Any) -> Tenant:
    return record_at(place, {"tier": given} if isinstance(given, str) else given, Tenant)


def purpose_at(place: str, given: Any) -> PurposeRules:
    sections = mapping_at(place, given)
    refuse_unknown(place, sections, PurposeRules.__struct_fields__)
    where = below(place, "rules")
    rules = list_at(where, sections["rules"]) if "rules" in sections else []
    return PurposeRules(
        headers=record_at(below(place, "headers"), sections.get("headers", {}), HeaderNames),
        rules=tuple(_rule(item(where, number), rule) for number, rule in enumerate(rules)),
    )


def _rule(place: str, given: Any) -> PurposeRule:
    rule = mapping_at(place, given)
    refuse_unknown(place, rule, ("if", "say"))
    return PurposeRule(
        when=record_at(below(place, "if"), rule.get("if", {}), Conditions),
        say=record_at(below(place, "say"), required(place, rule, "say"), Purpose),
    )
