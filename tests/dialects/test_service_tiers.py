"""Service tiers, asked for in one dialect's words and told in another's."""

from __future__ import annotations

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import LLMResponse, Message, Request, Usage

ASKED = [
    ("anthropic_messages", "default", "standard_only"),
    ("anthropic_messages", "auto", "auto"),
    ("anthropic_messages", "flex", None),
    ("openai_chat", "standard_only", "default"),
    ("openai_chat", "on_demand", "on_demand"),
    ("openai_responses", "standard", "default"),
    ("openai_responses", "priority", "priority"),
    ("mistral", "default", "standard_only"),
    ("gemini", "default", "standard"),
    ("gemini", "scale", None),
    ("bedrock_converse", "standard", {"type": "default"}),
    ("anthropic_messages", "a host's own", "a host's own"),
]


@pytest.mark.parametrize(("dialect", "tier", "sent"), ASKED)
def test_a_tier_is_asked_for_in_the_dialects_words(dialect: str, tier: str, sent: object) -> None:
    request = Request(model="m", messages=(Message("user", "Hi"),), max_tokens=9, service_tier=tier)
    encoded = get_dialect(dialect).encode_request(request)
    assert encoded.wire.get("service_tier", encoded.wire.get("serviceTier")) == sent
    assert [loss.where for loss in encoded.losses] == ([] if sent is not None else ["service_tier"])


@pytest.mark.parametrize("dialect", ["gemini", "bedrock_converse"])
def test_what_leaves_it_to_the_provider_is_said_by_saying_nothing(dialect: str) -> None:
    request = Request(model="m", messages=(Message("user", "Hi"),), service_tier="auto")
    encoded = get_dialect(dialect).encode_request(request)
    assert encoded.wire.keys().isdisjoint({"service_tier", "serviceTier"})
    assert encoded.losses == ()


TOLD = [
    ("openai_chat", "standard", "default"),
    ("openai_responses", "on_demand", "default"),
    ("anthropic_messages", "default", "standard"),
    ("anthropic_messages", "flex", None),
    ("anthropic_messages", "provisioned", None),
    ("gemini", "default", "standard"),
    ("bedrock_converse", "standard", {"type": "default"}),
]


@pytest.mark.parametrize(("dialect", "tier", "told"), TOLD)
def test_a_tier_is_told_in_the_words_that_its_clients_take(dialect: str, tier: str, told: object) -> None:
    response = LLMResponse("Hi", "m", Usage(input_tokens=1, output_tokens=1), service_tier=tier)
    encoded = get_dialect(dialect).encode_response(response, Request(model="m"))
    places = [encoded.wire, encoded.wire.get("usage") or {}, encoded.wire.get("usageMetadata") or {}]
    found = [place[name] for place in places for name in ("service_tier", "serviceTier") if name in place]
    assert found == ([] if told is None else [told])
    assert ("service_tier" in [loss.where for loss in encoded.losses]) == (told is None)
