"""Whatever a document says, it is read or refused: nothing else is raised, and every refusal has a place."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from dragoman.errors import ConfigurationError
from dragoman.gateway.config import GatewayConfig, load_config
from dragoman.gateway.config.records import Conditions, HeaderNames, ServerRules, Tenant
from dragoman.gateway.snapshot import Snapshot
from dragoman.http import Timeouts
from dragoman.routing.health import HealthRules, RetryBudgetRules, Trip
from dragoman.routing.rules import Hedge, RouteRules
from dragoman.routing.tables.policy_tree import POLICY_WORDS
from dragoman.routing.target import Limits, Target

RECORDS = [Conditions, HeaderNames, ServerRules, Tenant, Timeouts, HealthRules, RetryBudgetRules, Trip, Hedge, RouteRules, Limits, Target, GatewayConfig]  # fmt: skip
SECTIONS = [*GatewayConfig.__struct_fields__, "targets", "policies"]
WORDS = some.sampled_from(
    sorted(
        {word for record in RECORDS for word in record.__struct_fields__}
        | {*POLICY_WORDS, "model", "policy", "params", "if", "use", "say", "by", "rows", "default", "cases", "members"}
        | {"network", "rules", "headers", "api_key", "base_url", "timeout", "transport", "retry", "a", "b", "openai"}
    )
)
TEXTS = some.sampled_from(
    [
        "",
        "a",
        "b",
        "openai/gpt-4o",
        "anthropic/x",
        "nobody/x",
        "warn",
        "auto",
        "tier",
        "1",
        "${A}",
        "${NONE}",
        "${",
        "*",
    ]
)
PLAIN = some.none() | some.booleans() | some.integers(-2, 10**6) | some.floats() | TEXTS
VALUES = some.recursive(
    PLAIN,
    lambda inside: some.lists(inside, max_size=3) | some.dictionaries(WORDS, inside, max_size=4),
    max_leaves=12,
)
DOCUMENTS = some.dictionaries(some.sampled_from(SECTIONS), VALUES, max_size=6)


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
def test_it_is_read_or_refused(document: dict[str, Any]) -> None:
    read_or_refused(document)


def read_or_refused(document: Any) -> None:
    try:
        Snapshot(load_config(document, {"A": "a"}))
    except ConfigurationError as error:
        place = error.message.partition(":")[0]
        assert place == "the document" or any(place.startswith(section) for section in SECTIONS)


WHOLE = json.loads(
    """
    {
      "models": {"a": "t", "b": ["t", "u"], "c": {"weighted": {"t": 1, "u": 2}, "params": {"temperature": 1}},
                 "d": {"table": {"by": "tier", "rows": {"x": "p"}, "default": "t"}},
                 "e": {"when": {"cases": [{"if": {"task": "x", "needs": ["tools"]}, "use": "t"}], "default": "u"}},
                 "f": {"sticky": {"by": "session", "balance": 2, "members": ["t"]}, "rules": {"allow": ["openai"]}},
                 "g": {"policy": {"model": "openai/x", "name": "n", "weight": 2}, "health": {"window_seconds": 5}}},
      "aliases": {"x": "a", "y-*": "b"},
      "providers": {"openai": {"api_key": "k", "timeout": {"total": 5}, "headers": {"h": "v"}, "transport": {"max_idle": 1}}},
      "targets": {"t": "openai/gpt-4o",
                  "u": {"model": "vllm/x", "limits": {"concurrency": 1}, "labels": {"l": "m"}, "client": {"base_url": "http://h"}}},
      "policies": {"p": {"cheapest": ["t", "u"], "name": "thrifty"}},
      "rules": {"max_attempts": 2, "retry": {"initial_delay": 1}, "hedge": {"max_share": 0.1}},
      "health": {"trips": {"network": {"consecutive": 1}}},
      "retry_budget": {"share": 0.1},
      "tenants": {"acme": {"tier": "pro", "labels": {"l": "m"}}, "other": "free"},
      "purpose": {"headers": {"tenant": "x-t", "labels": {"l": "x-l"}},
                  "rules": [{"if": {"headers": {"h": "*"}, "key": "k*"}, "say": {"task": "t", "labels": {"l": "m"}}}]},
      "server": {"port": 1, "timeouts": {"total": 5}},
      "keys": {"required": true},
      "log": {"format": "json"}
    }
    """
)


def mutated(value: Any, change: Any, at: int) -> tuple[Any, int]:
    """`value` with its `at`-th place, counted in depth, made `change`; and how far the count is then."""
    if at == 0:
        return change, -1
    at -= 1
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    found: list[tuple[Any, Any]] = []
    for key, each in items:
        new, at = mutated(each, change, at) if at >= 0 else (each, at)
        found.append((key, new))
    if isinstance(value, dict):
        return dict(found), at
    return ([each for _, each in found] if isinstance(value, list) else value), at


def test_the_whole_is_read() -> None:
    assert Snapshot(load_config(WHOLE)).models() == ["a", "b", "c", "d", "e", "f", "g", "x"]


@settings(max_examples=200, deadline=None)
@given(some.integers(1, 130), PLAIN | VALUES)
def test_whatever_one_of_its_places_becomes(at: int, change: Any) -> None:
    read_or_refused(mutated(WHOLE, change, at)[0])
