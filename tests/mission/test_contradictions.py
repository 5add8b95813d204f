"""Where the founding documents contradict each other: the one answer, held here where no other test holds it."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import dragoman
from dragoman import (
    ClientFactory,
    LLMResponse,
    Message,
    ProviderConfig,
    ProviderFactory,
    Reasoning,
    Text,
    ToolCall,
    from_provider,
    provider_registry,
)
from dragoman.testing import Emulator

EVERYWHERE = ("openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "google/gemini-2.5-flash", "ollama/llama3.1")
everywhere = pytest.mark.parametrize("model", EVERYWHERE)


def test_one_name_means_one_thing() -> None:
    """X1: but for the targets of a chain, which come with routing."""
    assert {"package_name", "default_mode", "supported_modes"} <= inspect.signature(ProviderConfig).parameters.keys()
    assert ProviderFactory.available_providers()
    assert not hasattr(ProviderFactory, "create_client")
    wanted, made = (
        inspect.signature(kind.create_client).parameters.keys()
        for kind in (ClientFactory, type(provider_registry.get_factory("openai")))
    )
    assert wanted == made


# ---------------------------------------------------------------------- system messages

TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "First."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "system", "content": "Last."},
    {"role": "user", "content": "Well?"},
]
WHOLE = ["Before.", "First.", "Hi", "Hello", "Last.", "Well?"]
JOINED = ["Before.First.Last.", "Hi", "Hello", "Well?"]
ONE_PLACE = {"anthropic/claude-haiku-4-5", "google/gemini-2.5-flash"}
"""Models whose wire has one place for all that the system says."""


@everywhere
def test_no_system_message_is_lost(emulator: Emulator, model: str) -> None:
    """X4: `system=` goes before those in the list; where they have one place only, they are joined there, and it is said."""
    with dragoman.create_llm(model) as llm:
        response = llm.generate(messages=TALK, system="Before.")
    seen = emulator.requests[-1]
    assert seen.request is not None
    assert [message.text for message in seen.request.messages] == (JOINED if model in ONE_PLACE else WHOLE)
    said = [(loss.effect, loss.where) for loss in response.warnings]
    assert said == ([("changed", "messages[4]")] if model in ONE_PLACE else [])


def test_in_the_canonical_request_they_keep_their_places(emulator: Emulator) -> None:
    """X4."""
    with dragoman.create_llm("anthropic/claude-haiku-4-5") as llm:
        planned = llm._plan._request(None, {"messages": TALK, "system": "Before."})
    assert [message.text for message in planned.messages] == WHOLE


# ---------------------------------------------------------------------- faces


def test_a_blocking_call_runs_no_event_loop(emulator: Emulator) -> None:
    """X6: `asyncio` is not even imported for it."""
    program = """
import sys, dragoman
with dragoman.create_llm("openai/gpt-4o-mini") as llm:
    llm.generate("Hi"), llm.generate("Hi", stream=True).drain()
print("asyncio" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert len(emulator.requests) == 2


def test_a_blocking_call_works_where_a_loop_runs(emulator: Emulator) -> None:
    """X6."""

    async def main() -> str:
        with dragoman.create_llm("openai/gpt-4o-mini") as llm:
            return llm.generate("Say exactly: hello").content

    assert asyncio.run(main()) == "hello"


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "make",
    [
        lambda: dragoman.create_llm("bedrock/amazon.nova-pro-v1:0", region="eu-west-1"),
        lambda: dragoman.create_llm("bedrock/amazon.nova-pro-v1:0", region_name="eu-west-1"),
    ],
)
def test_a_region_by_either_name(make: Callable[[], dragoman.LLM], monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.16, X16: and no boto3 is asked; nor, to make a client, for a key."""
    for name in ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    assert repr(make()).endswith(" at https://bedrock-runtime.eu-west-1.amazonaws.com>")
    assert provider_registry.get_config("bedrock").requires_auth is False
    assert from_provider("bedrock/amazon.nova-pro-v1:0", region_name="eu-west-1").provider == "bedrock"


@pytest.mark.parametrize(
    ("old", "live", "given"),
    [("generative-ai", "google", {}), ("vertexai", "vertex", {"project": "p", "api_key": lambda: "token"})],
)
def test_old_names_work_and_warn(emulator: Emulator, old: str, live: str, given: dict[str, Any]) -> None:
    """S4.2, X30."""
    with pytest.warns(DeprecationWarning, match=f"write `{live}`"):
        llm = dragoman.create_llm(old, model="gemini-2.5-flash", base_url=emulator.url, **given)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        now = dragoman.create_llm(live, model="gemini-2.5-flash", base_url=emulator.url, **given)
    assert repr(llm).partition(" at ")[2] == repr(now).partition(" at ")[2]
    assert provider_registry.get_config(old).deprecated
    assert not provider_registry.get_config(live).deprecated


# ---------------------------------------------------------------------- answers


@everywhere
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_text_is_found_among_other_parts(emulator: Emulator, model: str, streamed: bool) -> None:
    """X24: what was thought and what tools are called does not hide it."""
    call = ToolCall(id="call_1", name="get_weather", arguments={"city": "Rome"})
    emulator.script(LLMResponse(parts=(Reasoning("Rome, then."), Text("A moment."), call), finish_reason="tool_calls"))
    with dragoman.create_llm(model) as llm:
        answer = llm.generate("The weather in Rome?", stream=streamed)
        response = answer.drain() if isinstance(answer, dragoman.Stream) else answer
    assert (response.content, response.finish_reason) == ("A moment.", "tool_calls")
    assert [(each.name, each.arguments) for each in response.tool_calls] == [("get_weather", {"city": "Rome"})]


ENDS = {
    "openai/gpt-4o-mini": ("stop", "length"),
    "anthropic/claude-haiku-4-5": ("end_turn", "max_tokens"),
    "google/gemini-2.5-flash": ("STOP", "MAX_TOKENS"),
    "ollama/llama3.1": ("stop", "length"),
}


@everywhere
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_why_it_ended_has_one_name_and_the_raw_one_is_kept(emulator: Emulator, model: str, streamed: bool) -> None:
    """X24: also from Ollama; usage comes with a stream too."""
    with dragoman.create_llm(model) as llm:
        for limit, why, raw in ((500, "stop", ENDS[model][0]), (2, "length", ENDS[model][1])):
            answer = llm.generate("Count to 60", max_tokens=limit, stream=streamed)
            response = answer.drain() if isinstance(answer, dragoman.Stream) else answer
            assert (response.finish_reason, response.raw_finish_reason) == (why, raw)
            assert response.usage.output_tokens


def test_no_empty_system_prompt_is_sent(emulator: Emulator) -> None:
    """X24."""
    provider = dragoman.AnthropicProvider(base_url=emulator.url)
    asyncio.run(provider.complete([Message("user", "Hi")]))
    assert "system" not in emulator.requests[-1].wire
