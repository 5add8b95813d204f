"""Seed 000, the tutorial's chapter on several providers, as far as the clients that `from_provider` makes carry it.

The clients that wrap an SDK's own (`from_openai` and its like) come with structured output.
"""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, Field

import dragoman
from dragoman import Instructor, LLMResponse, Mode, RetryConfig, ToolCall, from_provider
from dragoman.catalog import find, recommend
from dragoman.providers import built_in_names
from dragoman.testing import Emulator, Fault


class Contact(BaseModel):
    """Who someone is."""

    name: str
    age: int = Field(description="in years", ge=0, le=150)


ASKED: list[Any] = [{"role": "user", "content": "John is 42 years old"}]
JOHN = Contact(name="John", age=42)

PROXIES = {
    "LiteLLM": "litellm/anthropic/claude-sonnet-4-20250514",
    "vLLM": "vllm/meta-llama/Llama-3.1-8B-Instruct",
    "Ollama": "openai_compatible/llama3.1",
    "any": "openai_compatible/m",
}


@pytest.mark.parametrize("model", PROXIES.values(), ids=PROXIES)
def test_one_adapter_for_all_that_speak_openais_wire(emulator: Emulator, model: str) -> None:
    """S0.2."""
    with from_provider(model, base_url=f"{emulator.url}/v1", api_key="anything") as client:
        assert client.create(response_model=Contact, messages=ASKED) == JOHN
    (seen,) = emulator.requests
    assert (seen.path, seen.wire["model"]) == ("/v1/chat/completions", model.partition("/")[2])


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-20250514", "gemini/gemini-1.5-pro"])
@pytest.mark.parametrize("provider", ["litellm", "openai"])
def test_a_proxy_gets_slashes_as_they_are(emulator: Emulator, provider: str, model: str) -> None:
    """S0.30: LiteLLM's is named without a path; whoever calls it by OpenAI's name gets OpenAI's path."""
    with from_provider(f"{provider}/{model}", base_url=emulator.url, api_key="anything") as client:
        assert client.chat.completions.create(response_model=Contact, messages=ASKED) == JOHN
    (seen,) = emulator.requests
    assert seen.wire["model"] == model
    assert seen.path == {"litellm": "/chat/completions", "openai": "/v1/chat/completions"}[provider]
    assert seen.headers["authorization"] == dragoman.Secret("Bearer anything")


# ---------------------------------------------------------------------- OpenAI


def wrong(age: object) -> LLMResponse:
    return LLMResponse(parts=(ToolCall(id="call_1", name="Contact", arguments={"name": "John", "age": age}),))


def test_two_kinds_of_retries(emulator: Emulator) -> None:
    """S0.11: tries of a call and questions anew are counted apart, and what was wrong is said."""
    emulator.script(wrong("old"), Fault(status=503), wrong(-1), wrong("very old"))
    with from_provider("openai/gpt-4o", retry_config=RetryConfig(max_attempts=2, initial_delay=0)) as client:
        value, completion = client.create_with_completion(response_model=Contact, messages=ASKED, max_retries=3)
    assert value == JOHN
    assert [attempt.outcome for attempt in completion.response.attempts] == ["ok", "Overloaded", "ok", "ok", "ok"]
    last = emulator.requests[-1].request
    assert last is not None
    assert [what in str(last.messages) for what in ("a valid integer", "greater than or equal to 0")] == [True, True]
    emulator.script(*[wrong("old")] * 4)
    asked = len(emulator.requests)
    with from_provider("openai/gpt-4o") as client, pytest.raises(dragoman.OutputError):
        client.create(Contact, messages=ASKED, max_retries=3)
    assert len(emulator.requests) - asked == 4


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-20250514", "google/gemini-2.5-pro"])
def test_the_temperature_of_one_call(emulator: Emulator, model: str) -> None:
    """S0.12."""
    with from_provider(model, temperature=0.7) as client:
        client.create(response_model=Contact, messages=ASKED, temperature=0.0)
        client.create(messages=ASKED)
    assert [seen.request.temperature for seen in emulator.requests if seen.request] == [0.0, 0.7]


def test_openai_is_made_to_call_a_function(emulator: Emulator) -> None:
    """S0.14: nothing is configured."""
    with from_provider("openai/gpt-4o-mini") as client:
        assert client.mode is Mode.TOOLS
        assert client.create(response_model=Contact, messages=ASKED) == JOHN
    wire = emulator.requests[-1].wire
    assert [tool["function"]["name"] for tool in wire["tools"]] == ["Contact"]
    assert wire["tool_choice"] in ("required", {"type": "function", "function": {"name": "Contact"}})


def test_a_pinned_snapshot_is_asked_for_as_it_is_written(emulator: Emulator) -> None:
    """S0.15: its alias is not put in its place."""
    for model in ("openai/gpt-4o-2024-08-06", "anthropic/claude-sonnet-4-20250514"):
        dragoman.create_llm(model).generate("Hi")
    assert [seen.wire["model"] for seen in emulator.requests] == ["gpt-4o-2024-08-06", "claude-sonnet-4-20250514"]


# ---------------------------------------------------------------------- Anthropic


def test_claude_is_made_to_use_a_tool_that_the_caller_does_not_see(emulator: Emulator) -> None:
    """S0.17, X31: Claude's tools are JSON."""
    with from_provider("anthropic/claude-sonnet-4-20250514") as client:
        value = client.messages.create(response_model=Contact, messages=ASKED, max_tokens=1024)
    assert value == JOHN
    wire = emulator.requests[-1].wire
    (tool,) = wire["tools"]
    assert (tool["name"], tool["input_schema"]["properties"]["age"]["description"]) == ("Contact", "in years")
    assert wire["tool_choice"]["type"] in ("any", "tool")
    assert repr(value) == "Contact(name='John', age=42)"


def test_claudes_system_prompt_is_a_parameter(emulator: Emulator) -> None:
    """S0.19: and no message; how a value is asked for is no `response_format`."""
    with from_provider("anthropic/claude-sonnet-4-20250514") as client:
        client.create(response_model=Contact, messages=ASKED, system="You are exact.")
        client.create(response_model=Contact, messages=[{"role": "system", "content": "You are exact."}, *ASKED])
    for seen in emulator.requests:
        assert seen.wire["system"] in ("You are exact.", [{"type": "text", "text": "You are exact."}])
        assert [message["role"] for message in seen.wire["messages"]] == ["user"]
        assert "response_format" not in seen.wire


# ---------------------------------------------------------------------- configuration and costs

EVERYWHERE = ("openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "google/gemini-2.5-flash", "ollama/llama3.1")


def test_usage_over_providers_named_by_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """S0.32."""
    counts: Counter[str] = Counter()
    for model in EVERYWHERE:
        monkeypatch.setenv("MODEL", model)
        with dragoman.create_llm(os.environ["MODEL"]) as llm:
            counts.update(llm.generate("Count to 9").usage)
    billed = emulator.bill.usage
    assert counts["prompt_tokens"] == billed.input_tokens
    assert counts["completion_tokens"] == billed.output_tokens
    assert {"azure_openai", "bedrock", "vertex", "litellm"} < set(built_in_names())
    assert len(built_in_names()) > 24


def create_client() -> Instructor:
    """The seed's function of that name, of which three lines are left."""
    provider, model = os.getenv("LLM_PROVIDER", "openai"), os.getenv("LLM_MODEL", "gpt-4o-mini")
    return from_provider(f"{provider}/{model}")


CONFIGURED = {
    "nothing": ({}, "openai/gpt-4o-mini"),
    "a model": ({"LLM_MODEL": "gpt-4o"}, "openai/gpt-4o"),
    "Claude": ({"LLM_PROVIDER": "anthropic", "LLM_MODEL": "claude-haiku-4-5"}, "anthropic/claude-haiku-4-5"),
    "local": ({"LLM_PROVIDER": "ollama", "LLM_MODEL": "llama3.1"}, "ollama/llama3.1"),
}


@pytest.mark.parametrize(("variables", "model"), CONFIGURED.values(), ids=CONFIGURED)
def test_configured_by_the_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], model: str
) -> None:
    """S0.44, S0.46: the code does not change; Ollama's address may end in `/v1`."""
    for name in ("LLM_PROVIDER", "LLM_MODEL", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_BASE_URL", f"{emulator.url}/v1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with create_client() as client:
        assert client.create(input="Say exactly: hello").content == "hello"
        assert f"{client.provider}/{client.model}" == model
    assert f"{client.provider}/{emulator.requests[-1].wire['model']}" == model


def test_configured_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    """S0.44."""
    monkeypatch.setenv("LLM_PROVIDER", "nobody")
    with pytest.raises(ValueError, match=r"^Unknown provider: nobody"):
        create_client()


def test_ollama_is_on_this_machine_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """S0.44."""
    for name in ("OLLAMA_HOST", "OLLAMA_BASE_URL", "OLLAMA_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    assert repr(dragoman.create_llm("ollama/llama3.1")) == "<LLM ollama/llama3.1 at http://localhost:11434>"


STATUSES = {400: "Rejected", 401: "Unauthorized", 404: "UnknownModel", 429: "RateLimited", 500: "ProviderFailed"}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("model", EVERYWHERE)
def test_what_went_wrong_has_one_name_everywhere(emulator: Emulator, model: str, status: int) -> None:
    """S0.45, S1.9."""
    emulator.fault(status=status, times=None)
    llm = dragoman.create_llm(model, retry_config=RetryConfig(max_attempts=1))
    with llm, pytest.raises(getattr(dragoman, STATUSES[status])) as caught:
        llm.generate("Hi")
    assert (f"{caught.value.provider}/{caught.value.model}", caught.value.http_status) == (model, status)


def test_the_cheapest_first() -> None:
    """S0.47: the model advised to those who want neither the latest nor a long window costs the least of the three."""
    advised = [recommend(budget=True, **wish).name for wish in ({}, {"latest": True}, {"long_context": True})]
    prices = [found.price("input", "2026-11-21") for found in map(find, advised) if found]
    assert len(prices) == 3
    assert min(price for price in prices if price is not None) == prices[0]


def test_what_each_request_and_each_provider_costs(emulator: Emulator) -> None:
    """S0.48: as billed; what is not known is not free."""
    spent: dict[str, Decimal] = {}
    for model in (*EVERYWHERE[:3], *EVERYWHERE[:2]):
        with dragoman.create_llm(model) as llm:
            response = llm.generate("Count to 9")
        assert response.cost is not None
        assert response.cost == emulator.bill[-1].cost
        spent[llm.provider] = spent.get(llm.provider, Decimal(0)) + response.cost
    assert sum(spent.values()) == emulator.bill.cost
    assert min(spent.values()) > 0
    with dragoman.create_llm("openai_compatible/my-own", base_url=emulator.url) as llm:
        unknown = llm.generate("Hi")
    assert unknown.cost is None
    assert unknown.cost_note
