"""The chapter's routing (seed 000) with the library's `FallbackChain` in the place of its own, over the SDKs' clients.

Its `ProviderConfig` stays the seed's dataclass, which is known by its shape; so are raw clients of the SDKs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, Field

import dragoman
from dragoman import AsyncFallbackChain, FallbackChain, FallbackExhausted
from dragoman.testing import Emulator, Fault
from tests.markdown import run
from tests.seeds.guide import ABSENT, ported, python_blocks, seed

LONG = seed("000")

pytestmark = pytest.mark.skipif(LONG is None, reason=ABSENT)

BLOCK = "Fallback Chains 1"
OUTAGES: list[Any] = [Fault(status=503, retry_after=0)] * 3
"""As often as the SDK itself tries."""


class Contact(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)


SAID: Any = [{"role": "user", "content": "John is 42 years old"}]
JOHN = Contact(name="John", age=42)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    with Emulator(seed=7) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def with_ours(source: str) -> str:
    """The block without its class: what it imports, its dataclass, and how the chain is made and used."""
    before, own = source.split("class FallbackChain:")
    return before + "from dragoman import FallbackChain\n" + own[own.index("# Set up the fallback chain") :]


def answer(request: Any) -> dragoman.LLMResponse:
    (tool,) = request.tools
    arguments = {"name": "John", "age": 32, "interests": ["hiking", "cooking"]}
    return dragoman.LLMResponse(parts=(dragoman.ToolCall(id="call_1", name=tool.name, arguments=arguments),))


def nonsense(request: Any) -> dragoman.LLMResponse:
    (tool,) = request.tools
    return dragoman.LLMResponse(parts=(dragoman.ToolCall(id="call_1", name=tool.name, arguments={"name": "John"}),))


def test_the_chapters_chain(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """S0.35, S0.36, S0.38, S0.39: the first is down, the second answers nonsense three times, the third is right."""
    emulator.script(*OUTAGES, *[nonsense] * 3, answer)
    names: dict[str, Any] = {"__name__": "__main__"}
    source = ported(with_ours(python_blocks(LONG)[BLOCK].source))
    with caplog.at_level(logging.INFO, "dragoman"):
        printed = run(compile(source, str(LONG), "exec"), names)
    assert printed == "name='John' age=32 interests=['hiking', 'cooking']\n"
    models = [seen.request.model for seen in emulator.requests if seen.request]
    assert models == ["gpt-4o"] * 3 + ["claude-sonnet-4-20250514"] * 3 + ["gpt-4o-mini"]
    assert emulator.requests[3].wire["max_tokens"] == 1024
    said = [message for message in caplog.messages if "provider" in message.lower()]
    assert said[0] == "Trying provider: openai-primary (gpt-4o)"
    assert said[1].startswith("Provider openai-primary failed: ")
    assert said[-1] == "Success with provider: openai-fallback"
    names.clear()


def test_the_chapters_chain_when_all_fail(emulator: Emulator) -> None:
    """S0.37, X12: in its words; each error is kept, and the last is the cause."""
    emulator.fault(status=401, times=None)
    chain = FallbackChain([(OpenAI(), "gpt-4o"), (Anthropic(), "claude-haiku-4-5"), "openai/gpt-4o-mini"])
    with pytest.raises(RuntimeError, match=r"^All \d providers failed\. Last error: ") as caught:
        chain.create(messages=SAID, response_model=Contact)
    assert isinstance(caught.value, FallbackExhausted)
    assert len(caught.value.errors) >= 2
    assert caught.value.__cause__ is caught.value.errors[-1]


CLIENTS: dict[str, Any] = {
    "raw": lambda awaited: (
        (AsyncOpenAI if awaited else OpenAI)(max_retries=0),
        (AsyncAnthropic if awaited else Anthropic)(max_retries=0),
    ),
    "wrapped": lambda awaited: (
        dragoman.from_openai((AsyncOpenAI if awaited else OpenAI)(max_retries=0)),
        dragoman.from_anthropic((AsyncAnthropic if awaited else Anthropic)(max_retries=0)),
    ),
}


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("face", ["sync", "async", "sync clients awaited"])
def test_sdks_clients_in_every_way(emulator: Emulator, kind: str, face: str) -> None:
    first, second = CLIENTS[kind](face == "async")
    targets = [(first, "gpt-4o-mini"), (second, "claude-haiku-4-5")]
    emulator.fault(status=503, model="gpt-4o-mini", times=None)

    async def awaited() -> tuple[Any, ...]:
        chain = AsyncFallbackChain(targets)
        partial = [value async for value in chain.create_partial(response_model=Contact, messages=SAID)]
        text = [event.content async for event in chain.generate("Say exactly: hello", stream=True)]
        value = await chain.create(messages=SAID, response_model=Contact)
        for client in (first, second) if face == "async" else ():
            await getattr(client, "client", client).close()
        return value, partial[-1], "".join(text)

    def blocking() -> tuple[Any, ...]:
        chain = FallbackChain(targets)
        partial = list(chain.create_partial(response_model=Contact, messages=SAID))
        text = [event.content for event in chain.generate("Say exactly: hello", stream=True)]
        return chain.create(messages=SAID, response_model=Contact), partial[-1], "".join(text)

    assert (blocking() if face == "sync" else asyncio.run(awaited())) == (JOHN, JOHN, "hello")
    assert {seen.dialect for seen in emulator.requests} == {"openai_chat", "anthropic_messages"}


def test_a_refused_key_of_one_client_is_not_anothers(emulator: Emulator) -> None:
    emulator.fault(status=401, model="gpt-4o")
    chain = FallbackChain([(OpenAI(api_key="a"), "gpt-4o"), (OpenAI(api_key="b"), "gpt-4o-mini")])
    assert chain.create(messages=SAID, response_model=Contact) == JOHN
    first, second = chain.targets
    assert first.place.account != second.place.account
