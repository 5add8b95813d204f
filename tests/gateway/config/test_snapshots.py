"""Snapshots: which plan a name gets, what a name that is none is told, and what one snapshot leaves to the next."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.errors import UnknownModel
from dragoman.gateway.config import load_config
from dragoman.gateway.snapshot import Snapshot
from dragoman.providers import built_in_names, get_spec

MODELS = {"fast": "openai/gpt-4o-mini", "smart": ["anthropic/claude-sonnet-4-5", "openai/gpt-4o"]}


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in map(get_spec, built_in_names()):
        for name in filter(None, spec.auth.variables):
            monkeypatch.delenv(name, raising=False)


def snapshot(document: dict[str, Any] | None = None, before: Snapshot | None = None) -> Snapshot:
    return Snapshot(load_config(document, {}), before)


def asked_by(plan: RoutedPlan) -> list[str]:
    return [target.title for target in plan.behind.servers]


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("document", "name", "asked"),
    [
        ({"models": MODELS}, "fast", ["openai/gpt-4o-mini"]),
        ({"models": MODELS}, "smart", ["anthropic/claude-sonnet-4-5", "openai/gpt-4o"]),
        ({"models": MODELS, "aliases": {"gpt-4": "fast"}}, "gpt-4", ["openai/gpt-4o-mini"]),
        ({"models": MODELS, "aliases": {"gpt-*": "fast", "*": "smart"}}, "gpt-5", ["openai/gpt-4o-mini"]),
        ({"models": MODELS, "aliases": {"gpt-*": "fast", "*": "smart"}}, "o3", ["anthropic/claude-sonnet-4-5", "openai/gpt-4o"]),
        ({"models": {"openai/gpt-4o": "groq/llama-3.3-70b-versatile"}}, "openai/gpt-4o", ["groq/llama-3.3-70b-versatile"]),
        ({}, "openai/gpt-4o", ["openai/gpt-4o"]),
        ({}, "openai/nobody-knows-it", ["openai/nobody-knows-it"]),
        ({}, "openrouter/openai/gpt-4o", ["openrouter/openai/gpt-4o"]),
        ({}, "gpt-4o", ["openai/gpt-4o"]),
        ({}, "claude-sonnet-4-5", ["anthropic/claude-sonnet-4-5"]),
        ({"aliases": {"best": "anthropic/claude-sonnet-4-5"}}, "best", ["anthropic/claude-sonnet-4-5"]),
        ({"models": MODELS, "allow_any_model": True}, "ollama/llama3.1", ["ollama/llama3.1"]),
    ],
)  # fmt: skip
def test_a_name_and_who_is_asked(document: dict[str, Any], name: str, asked: list[str]) -> None:
    found = snapshot(document)
    assert asked_by(found.plan_for(name)) == asked
    assert found.plan_for(name) is found.plan_for(name)


@pytest.mark.parametrize(
    ("document", "name", "said"),
    [
        ({"models": MODELS}, "fsat", "there is no model `fsat` here. Did you mean `fast`? There are: fast, smart."),
        ({"models": MODELS}, "openai/gpt-4o", "there is no model `openai/gpt-4o` here. There are: fast, smart."),
        ({"models": MODELS}, "", "there is no model `` here. There are: fast, smart."),
        ({"models": MODELS}, "x" * 999, f"there is no model `{'x' * 100}…` here. There are: fast, smart."),
        ({"models": {f"m{number}": "groq/b" for number in range(40)}}, "x", "there is no model `x` here. `GET /v1/models` lists all 40."),
        ({"models": {f"m{number}": "groq/b" for number in range(2000)}}, "m1000x", "there is no model `m1000x` here. Did you mean `m1000` or `m100` or `m1900`? `GET /v1/models` lists all 2,000."),
        ({"models": MODELS, "aliases": {"a": "fast", "b-*": "fast"}}, "c", "there is no model `c` here. There are: fast, smart, a."),
        ({"allow_any_model": False}, "gpt-4o", "there is no model `gpt-4o` here."),
        ({"providers": {"groq": {}}, "models": MODELS, "allow_any_model": True}, "nobody/x", "there is no model `nobody/x` here. There are: fast, smart and more. `GET /v1/models` lists all "),
        ({}, "nobody/x", "there is no model `nobody/x` here. Any model may be named as provider/model, but no provider's key is found."),
        ({}, "mlx/some-weights", "there is no model `mlx/some-weights` here. Any"),
        ({}, "huggingface/org/weights", "there is no model `huggingface/org/weights` here. Any"),
        ({}, f"openai/{'x' * 500}", f"there is no model `openai/{'x' * 93}…` here. Any"),
        ({}, "openai/", "there is no model `openai/` here. Any"),
        ({}, "openai", "there is no model `openai` here. Any"),
    ],
)  # fmt: skip
def test_a_name_that_is_none(document: dict[str, Any], name: str, said: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        snapshot(document).plan_for(name)
    assert caught.value.status == 404
    assert str(caught.value) == said or (not said.endswith((".", "…")) and str(caught.value).startswith(said))


def test_a_caller_is_told_of_the_models_it_may_ask() -> None:
    found = snapshot({"models": MODELS})
    with pytest.raises(UnknownModel) as caught:
        found.plan_for("fas", allows=lambda name: name.startswith("s"))
    assert caught.value.message == "there is no model `fas` here. There are: smart."
