"""`LoadBalancer`: calls dealt out among targets (S2.16)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import dragoman
from dragoman import AsyncLoadBalancer, ConfigurationError, LoadBalancer, Target
from dragoman.testing import Emulator

from .stage import CLAUDE, MINI, ONCE, result

GPT = "openai/gpt-4o"


def balancer(mode: str, targets: Any, *arguments: Any, **options: Any) -> Any:
    return (LoadBalancer if mode == "sync" else AsyncLoadBalancer)(targets, *arguments, rules=ONCE, **options)


def asked(emulator: Emulator) -> list[str]:
    return [str(seen.request.model) for seen in emulator.requests if seen.request]


@pytest.mark.parametrize("policy", [None, "random", "round_robin", "weighted", "least_busy", "fastest"])
def test_all_get_some(emulator: Emulator, mode: str, policy: Any) -> None:
    llm = balancer(mode, [MINI, CLAUDE], policy)
    for _ in range(40):
        assert result(llm.generate("Say exactly: hello")).content == "hello"
    assert set(asked(emulator)) == {"gpt-4o-mini", "claude-haiku-4-5"}


def test_in_turn(emulator: Emulator, mode: str) -> None:
    llm = balancer(mode, [MINI, CLAUDE, GPT], "round_robin")
    for _ in range(6):
        result(llm.generate("Hello"))
    assert asked(emulator) == ["gpt-4o-mini", "claude-haiku-4-5", "gpt-4o"] * 2


def test_the_cheapest(emulator: Emulator, mode: str) -> None:
    result(balancer(mode, [GPT, CLAUDE, MINI], "cheapest").generate("Hello"))
    assert asked(emulator) == ["gpt-4o-mini"]


@pytest.mark.parametrize("policy", [None, "weighted", "least_busy"])
def test_weights_are_shares(emulator: Emulator, mode: str, policy: Any) -> None:
    """S3.11: two models side by side, each with its share."""
    llm = balancer(mode, [MINI, CLAUDE], policy, weights=[1, 0])
    for _ in range(10):
        result(llm.generate("Hello"))
    assert Counter(asked(emulator)) == {"gpt-4o-mini": 10}


def test_a_target_has_a_weight_of_its_own(emulator: Emulator, mode: str) -> None:
    llm = balancer(mode, [Target(MINI, weight=0), Target(CLAUDE, weight=2)], "weighted")
    for _ in range(10):
        result(llm.generate("Hello"))
    assert Counter(asked(emulator)) == {"claude-haiku-4-5": 10}


def test_one_that_fails_is_passed_over(emulator: Emulator, mode: str) -> None:
    emulator.fault(status=503, model="gpt-4o-mini", times=None)
    llm = balancer(mode, [MINI, CLAUDE], "round_robin")
    assert {result(llm.generate("Hello")).provider for _ in range(6)} == {"anthropic"}
    assert asked(emulator).count("gpt-4o-mini") == 3, "its breaker is open after the third"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a policy": ({"policy": "nearest"}, "There are: random, round_robin"),
    "weights that mean nothing": ({"policy": "random", "weights": [1, 2]}, "mean nothing"),
    "one weight too few": ({"weights": [1]}, "2 targets and 1 weights"),
    "a weight that is none": ({"weights": [1, float("nan")]}, "weight=nan must be finite"),
    "rules that are none": ({"rules": {"max_attempts": 2}}, "rules= takes RouteRules"),
    "health that is none": ({"health": 1}, "health= takes HealthRules"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_right_is_refused(what: str) -> None:
    options, why = WRONG[what]
    with pytest.raises(ConfigurationError, match=why):
        LoadBalancer([MINI, CLAUDE], **options)


def test_seed_002s_list_of_clients(emulator: Emulator) -> None:
    """S2.16: s2.16: what the page does by hand."""
    providers = [
        dragoman.create_llm("openai", model="gpt-4o-mini"),
        dragoman.create_llm("anthropic", model="claude-3-5-haiku-latest"),
    ]
    llm = LoadBalancer(providers)
    assert {llm.generate("Hello", max_tokens=50).provider for _ in range(30)} == {"openai", "anthropic"}
