"""litellm's function in this process: its answers, streams, tools and errors come as any provider's do.

`make test-clients` runs this in an environment that has litellm, which calls the emulator in place of OpenAI.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

import dragoman
from dragoman import LLM, LLMResponse, Refusal, RetryConfig, Text
from dragoman.errors import (
    ConfigurationError,
    ContextTooLong,
    MissingPackage,
    RateLimited,
    TimedOut,
    Unauthorized,
    UnknownModel,
)
from dragoman.testing import Emulator

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(find_spec("litellm") is None, reason="litellm is not installed here"),
    pytest.mark.filterwarnings("ignore"),  # litellm's own
]
ONCE = RetryConfig(max_attempts=1)


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    for name in ("LITELLM_PROXY_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with Emulator() as running:
        monkeypatch.setenv("OPENAI_API_BASE", running.url + "/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
        monkeypatch.setenv("LITELLM_API_KEY", "of-the-proxy")
        yield running


@pytest.fixture
def llm(emulator: Emulator) -> Iterator[LLM]:  # it must be there first
    with dragoman.create_llm("litellm/openai/gpt-4o-mini", retry_config=ONCE) as made:
        yield made


def test_a_call(llm: LLM, emulator: Emulator) -> None:
    """S4.18."""
    response = llm.generate("Say exactly: one two", max_tokens=50)
    assert (response.content, response.provider, response.finish_reason) == ("one two", "litellm", "stop")
    assert response.usage.output_tokens
    assert emulator.requests[-1].headers["authorization"] == dragoman.Secret("Bearer of-the-environment")


def test_the_cost_is_that_of_the_model_behind(llm: LLM, emulator: Emulator) -> None:
    """Its name begins with its provider's, whose prices hold; of a name alone nobody knows who answers."""
    assert llm.generate("Hi").cost == emulator.bill.cost
    with dragoman.create_llm("litellm", "gpt-4o-mini", retry_config=ONCE) as other:
        assert other.generate("Hi").cost is None


def test_claude_behind(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it reads from its cache and writes there is priced as such."""
    monkeypatch.setenv("ANTHROPIC_API_BASE", emulator.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    usage = dragoman.Usage(input_tokens=1000, output_tokens=10, cache_read_tokens=300, cache_write_tokens=200)
    emulator.script(*[LLMResponse(parts=(Text("Hi"),), usage=usage)] * 2)
    with dragoman.create_llm("litellm/anthropic/claude-sonnet-4-5", retry_config=ONCE) as llm:
        whole = llm.generate("Hi")
        streamed = llm.generate("Hi", stream=True).drain()
    assert whole.cost == streamed.cost == emulator.bill.cost / 2


def test_a_refusal_is_told(llm: LLM, emulator: Emulator) -> None:
    emulator.script(LLMResponse(parts=(Refusal("I would rather not."),), finish_reason="refusal"))
    response = llm.generate("Hi")
    assert (response.refusal, response.finish_reason) == ("I would rather not.", "refusal")


def test_a_key_given_goes_along(emulator: Emulator) -> None:
    with dragoman.create_llm("litellm/openai/gpt-4o-mini", api_key="mine") as llm:
        llm.generate("Hi")
    assert emulator.requests[-1].headers["authorization"] == dragoman.Secret("Bearer mine")


def test_a_stream(llm: LLM) -> None:
    events = list(llm.generate("Say exactly: one two three", stream=True))
    assert "".join(event.content for event in events) == "one two three"
    assert isinstance(events[-1], dragoman.Finish)


def test_a_tool(llm: LLM) -> None:
    response = llm.generate("The weather in 'Rome'?", tools=[get_weather])
    assert response.tool_calls[0].arguments == {"city": "Rome"}


def test_errors(llm: LLM, emulator: Emulator) -> None:
    for status, kind in ((401, Unauthorized), (429, RateLimited)):
        emulator.fault(status=status, message="So it goes")
        with pytest.raises(kind, match="So it goes") as caught:
            llm.generate("Hi")
        assert caught.value.http_status == status


def test_what_litellm_says_by_its_classes_alone(llm: LLM, emulator: Emulator) -> None:
    """It keeps nothing of these answers but their status."""
    emulator.fault(status=400, message="This model's maximum context length is 8 tokens")
    with pytest.raises(ContextTooLong, match="8 tokens"):
        llm.generate("Hi")
    emulator.fault(status=404)
    with pytest.raises(UnknownModel):
        llm.generate("Hi")


def test_the_time_of_a_call_is_litellms_too(llm: LLM, emulator: Emulator) -> None:
    emulator.fault(stall_at_byte=0)
    with pytest.raises(TimedOut):
        llm.generate("Hi", timeout=0.5)


def test_what_is_closed_asks_no_more(llm: LLM) -> None:
    llm.close()
    with pytest.raises(ConfigurationError, match="closed"):
        llm.generate("Hi")


def test_tasks(emulator: Emulator) -> None:  # it must be there
    async def ask() -> tuple[str, str]:
        async with dragoman.create_llm("litellm/openai/gpt-4o-mini", async_client=True) as llm:
            whole = await llm.generate("Say exactly: one")
            return whole.content, (await llm.generate("Say exactly: two", stream=True).drain()).content

    assert asyncio.run(ask()) == ("one", "two")


def test_without_litellm_the_error_says_how_to_have_it(llm: LLM, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(MissingPackage, match="pip install litellm"):
        llm.generate("Hi")
