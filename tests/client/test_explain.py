"""`explain_schema`: what becomes of a type at a provider, told before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import ConfigurationError, Mode, explain_schema
from dragoman.client.explain import SchemaExplanation, target_in_mind
from dragoman.errors import UnsupportedFeature
from dragoman.http import HttpRequest, Origin
from dragoman.providers import built_in_names, get_spec

from ..structured.zoo import ZOO, Constrained, Counts, Empty, Node, Priority, Thirty


def test_what_is_enforced_and_what_is_left_to_validation() -> None:
    told = explain_schema(Constrained, "anthropic/claude-haiku-4-5", mode=Mode.JSON_SCHEMA)
    assert (told.technique, told.enforced, told.refused) == ("json_schema", True, ())
    assert told.schema["properties"]["price"] == {
        "type": "number",
        "description": "(exclusiveMinimum: 0, maximum: 1000, multipleOf: 0.5)",
    }
    assert {f"{loss.where} {loss.word}" for loss in told.unenforced} >= {
        "price maximum",
        "code pattern",
        "parts[] minimum",
    }
    assert "`maximum` of `price` is not enforced there; validation holds it" in str(told)
    assert told.limits == {"optional": (0, 24), "unions": (0, 16)}


@pytest.mark.parametrize(
    ("wanted", "model", "mode", "technique", "enforced"),
    [
        (Constrained, "openai/gpt-4o-mini", None, "tools", False),
        (Constrained, "openai/gpt-4o-mini", Mode.JSON_SCHEMA, "json_schema", True),
        (Constrained, "openai/gpt-4o-mini", Mode.TOOLS_STRICT, "tools_strict", True),
        (Constrained, "openai/gpt-4o-mini", Mode.MD_JSON, "json_text", False),
        (Constrained, "ollama/llama3.1:8b", None, "json_schema", True),
        (Constrained, "mlx/any", None, "grammar", True),
        (Node, "anthropic/claude-haiku-4-5", Mode.JSON_SCHEMA, "tools", False),
        (Thirty, "anthropic/claude-haiku-4-5", Mode.JSON_SCHEMA, "tools", False),
        (Empty, "cohere/command-a-03-2025", Mode.JSON_SCHEMA, "tools", False),
        (Counts, "openai/gpt-4o-mini", Mode.JSON_SCHEMA, "json_schema", False),
        (Priority, "google/gemini-2.5-flash", None, "tools", True),
    ],
)
def test_the_way_it_is_asked_for(wanted: Any, model: str, mode: Mode | None, technique: str, enforced: bool) -> None:
    told = explain_schema(wanted, model, mode=mode)
    assert (told.technique, told.enforced) == (technique, enforced)
    assert told.model == model
    assert (told.first_choice == technique) is (mode is not Mode.JSON_SCHEMA or technique == "json_schema")


def test_what_is_refused_and_what_to_do() -> None:
    told = explain_schema(Node, "anthropic/claude-haiku-4-5", mode=Mode.JSON_SCHEMA)
    text = str(told)
    assert "not by `json_schema`, for it would be refused:\n    `$ref` of `Node` leads back to itself" in text
    assert "advice: a type that does not contain itself can be enforced" in text
    loose = str(explain_schema(Counts, "openai/gpt-4o-mini", mode=Mode.JSON_SCHEMA))
    assert "not enforced, for it would be refused so:\n    `additionalProperties` of `by_word`" in loose


def test_its_repr_is_a_line() -> None:
    told = explain_schema(Priority, "openai/gpt-4o-mini", mode=Mode.JSON_SCHEMA)
    cost = told.tokens.tokens
    assert repr(told) == (
        f"<SchemaExplanation Priority at openai/gpt-4o-mini by json_schema, about {cost} tokens, 0 words left to validation>"
    )
    assert repr(explain_schema(Priority, "openai/gpt-4o-mini")).endswith(", left to validation>")


def test_what_it_costs() -> None:
    """S0.21: about a token for four characters, as estimates of prompts are."""
    small = explain_schema(Priority, "openai/gpt-4o-mini").tokens
    large = explain_schema(ZOO["a hundred fields"][0], "openai/gpt-4o-mini")
    assert not small.exact
    assert 0 < small.tokens < 50 < 700 < large.tokens.tokens < 2_000
    assert "the schema is long" in " ".join(large.advice)


def test_many_optional_fields_are_slow_at_first() -> None:
    from pydantic import create_model

    dozen = create_model("Dozen", **{f"f{n}": (int, n) for n in range(12)})
    told = explain_schema(dozen, "anthropic/claude-haiku-4-5", mode=Mode.JSON_SCHEMA)
    assert told.limits["optional"] == (12, 24)
    assert any("12 optional fields make the first request slow" in each for each in told.advice)


@pytest.mark.parametrize("name", [name for name in built_in_names() if get_spec(name).chats])
def test_every_provider_can_be_asked_about(name: str) -> None:
    """S0.24: before anything is sent; without a key, an address or settings."""
    told = explain_schema(Constrained, f"{name}/any-model")
    assert isinstance(told, SchemaExplanation)
    assert str(told).startswith(f"Constrained at {name}/any-model: asked by `")


def test_a_dialect_may_be_named() -> None:
    told = explain_schema(Constrained, "ollama/llama3.1:8b", dialect="openai_chat", mode=Mode.TOOLS)
    assert told.technique == "tools_offered"


def test_what_cannot_be_explained() -> None:
    with pytest.raises(ConfigurationError, match=r"Mode\.JSON_SCHEMA not supported by deepseek"):
        explain_schema(Constrained, "deepseek/deepseek-v4-pro", mode=Mode.JSON_SCHEMA)
    with pytest.raises(ConfigurationError, match="response_model"):
        explain_schema(object(), "openai/gpt-4o-mini")


def test_nothing_is_sent() -> None:
    target = target_in_mind(get_spec("openai"), "gpt-4o-mini")
    request = HttpRequest(origin=Origin("http", "localhost", 80), target="/", method="GET")
    with pytest.raises(UnsupportedFeature, match="nothing is sent"):
        target.transport.open(request)
    target.transport.release()
    target.transport.close()
