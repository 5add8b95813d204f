"""Providers as interchangeable objects (seed 003): the interface, three that fulfil it, the factory."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from dragoman import (
    AnthropicProvider,
    LLMProvider,
    LLMResponse,
    Message,
    OllamaProvider,
    OpenAIProvider,
    ProviderFactory,
    Role,
    Secret,
)
from dragoman.errors import CallerError, ConfigurationError, MissingKey, RateLimited, TimedOut
from dragoman.testing import Emulator

SAID = [Message(role=Role.SYSTEM, content="Be brief."), Message(role=Role.USER, content="Count to 30")]


@dataclass(frozen=True)
class Kind:
    """What is special about one of the three."""

    provider: type[Any]
    default_model: str
    dialect: str
    system: dict[str, Any]
    limits: dict[str, Any]


KINDS = {
    "openai": Kind(
        OpenAIProvider,
        "gpt-4o-mini",
        "openai_chat",
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Count to 30"}]},
        {"temperature": 0.7, "max_completion_tokens": 1024},
    ),
    "anthropic": Kind(
        AnthropicProvider,
        "claude-3-5-sonnet-20241022",
        "anthropic_messages",
        {"system": "Be brief.", "messages": [{"role": "user", "content": "Count to 30"}]},
        {"temperature": 0.7, "max_tokens": 1024},
    ),
    "ollama": Kind(
        OllamaProvider,
        "llama2",
        "ollama",
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Count to 30"}]},
        {"options": {"temperature": 0.7, "num_predict": 1024}},
    ),
}
each = pytest.mark.parametrize("name", KINDS)


def provider(name: str, emulator: Emulator, **options: Any) -> Any:
    if "api_key" in inspect.signature(KINDS[name].provider).parameters:
        options.setdefault("api_key", "k")
    return ProviderFactory.create(name, base_url=emulator.url, **options)


async def read(stream: AsyncIterator[str]) -> list[str]:
    return [text async for text in stream]


# ---------------------------------------------------------------------- the records


def test_roles_messages_and_responses() -> None:
    """S3.1-S3.3."""
    assert [role.value for role in Role] == ["system", "user", "assistant", "tool"]
    assert Role.USER == "user"
    assert isinstance(Role.USER, str)
    assert Message(Role.USER, "Hi") == Message(role=Role("user"), content="Hi")
    response = LLMResponse(content="Hi", model="m")
    assert (dict(response.usage), response.finish_reason) == ({}, "stop")
    assert LLMResponse("Hi", "m", {"prompt_tokens": 3}, "length").usage["prompt_tokens"] == 3


# ---------------------------------------------------------------------- the three


@each
def test_complete(emulator: Emulator, name: str) -> None:
    """S3.5-S3.7: the default model, the system message where it belongs, the counts under OpenAI's names."""
    kind = KINDS[name]

    async def ask() -> LLMResponse:
        async with provider(name, emulator) as asked:
            return await asked.complete(SAID)

    response = asyncio.run(ask())
    (seen,) = emulator.requests
    assert (seen.dialect, seen.wire["model"]) == (kind.dialect, kind.default_model)
    assert {field: seen.wire[field] for field in kind.system} == kind.system
    assert {field: seen.wire[field] for field in kind.limits} == kind.limits
    assert response.content == " ".join(map(str, range(1, 31)))
    assert (response.model, response.finish_reason) == (kind.default_model, "stop")
    counts = response.usage
    assert counts["total_tokens"] == counts["prompt_tokens"] + counts["completion_tokens"] > 0


@each
def test_stream(emulator: Emulator, name: str) -> None:
    """S3.13."""

    async def ask() -> None:
        async with provider(name, emulator) as asked:
            stream = asked.stream(SAID, "another-model", 0.2, 60)
            pieces = await read(stream)
            assert len(pieces) > 3
            assert all(pieces)
            assert "".join(pieces) == stream.response.content == " ".join(map(str, range(1, 31)))
            assert "".join(await read(await asked.stream(SAID))) == stream.response.content

    asyncio.run(ask())
    first = emulator.requests[0].request
    assert first is not None
    assert (first.model, first.temperature, first.max_tokens) == ("another-model", 0.2, 60)


@each
def test_leaving_a_stream_early_frees_the_connection(emulator: Emulator, name: str) -> None:
    emulator.fault(stall_after=3)

    async def leave() -> None:
        async with provider(name, emulator) as asked:
            stream = asked.stream(SAID)
            assert await anext(stream)
            with pytest.raises(CallerError, match="not ended"):
                _ = stream.response
            await stream.aclose()
            assert await read(stream) == []

    asyncio.run(leave())
    assert emulator.wait_for_bill(1)[0].outcome == "left"


@each
def test_closing(emulator: Emulator, name: str) -> None:
    """S3.7."""

    async def close() -> None:
        asked = provider(name, emulator)
        await asked.complete(SAID)
        await asked.close()
        for model in (KINDS[name].default_model, "another-model"):
            with pytest.raises(ConfigurationError, match="closed"):
                await asked.complete(SAID, model)

    asyncio.run(close())


@each
def test_one_provider_for_many_models_keeps_one_connection(emulator: Emulator, name: str) -> None:
    async def ask() -> None:
        async with provider(name, emulator) as asked:
            for model in ("a", "b", "a"):
                await asked.complete(SAID, model)

    asyncio.run(ask())
    assert [seen.wire["model"] for seen in emulator.requests] == ["a", "b", "a"]
    assert len({seen.client_port for seen in emulator.requests}) == 1


@each
def test_errors_are_those_of_the_library(emulator: Emulator, name: str) -> None:
    emulator.fault(status=429, times=None, retry_after=0)
    with pytest.raises(RateLimited, match=f"`{name}/{KINDS[name].default_model}`"):
        asyncio.run(provider(name, emulator).complete(SAID))


@pytest.mark.parametrize("key", [None, ""])
def test_a_key_that_is_empty_or_absent_is_looked_for(
    emulator: Emulator, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X5: `os.getenv("OPENAI_API_KEY", "")` gives no key, and says so at the first call."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = OpenAIProvider(api_key=key, base_url=emulator.url)
    with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
        asyncio.run(asked.complete(SAID))
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    asyncio.run(asked.complete(SAID))
    assert emulator.requests[-1].headers["authorization"] == Secret("Bearer from-the-environment")
    assert "from-the-environment" not in repr(asked)


def test_where_ollama_is_and_how_long_it_may_take() -> None:
    """S3.7."""
    parameters = inspect.signature(OllamaProvider).parameters
    assert parameters["base_url"].default == "http://localhost:11434"
    assert OllamaProvider()._options == {"base_url": "http://localhost:11434", "timeout": 60.0}
    assert OllamaProvider("http://h", timeout=5)._options == {"base_url": "http://h", "timeout": 5}


def test_ollama_is_given_up_on(emulator: Emulator) -> None:
    """S3.7."""
    emulator.fault(stall_at_byte=0)
    with pytest.raises(TimedOut):
        asyncio.run(OllamaProvider(emulator.url, timeout=0.2).complete(SAID))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_parameters_are_those_of_the_interface(kind: Kind) -> None:
    """S3.4."""
    for method in ("complete", "stream"):
        wanted = inspect.signature(getattr(LLMProvider, method)).parameters
        given = inspect.signature(getattr(kind.provider, method)).parameters
        assert list(given) == list(wanted)
        defaults = {name: each.default for name, each in given.items() if each.default is not each.empty}
        assert defaults == {"model": kind.default_model, "temperature": 0.7, "max_tokens": 1024}
        assert {name: each.default for name, each in wanted.items() if each.default is not each.empty} == {
            "temperature": 0.7,
            "max_tokens": 1024,
        }


# ---------------------------------------------------------------------- providers of others


class Parrot(LLMProvider):
    """`stream` as an async generator, as most are written."""

    @property
    def name(self) -> str:
        return "parrot"

    async def complete(self, messages: Any, model: str, temperature: float = 0.7, max_tokens: int = 1024) -> Any:
        return LLMResponse(messages[-1].text, model)

    async def stream(self, messages: Any, model: str, temperature: float = 0.7, max_tokens: int = 1024) -> Any:
        for word in messages[-1].text.split():
            yield word


class SlowParrot(Parrot):
    """`stream` as the seed's interface has it: a coroutine that gives an iterator."""

    opened = 0

    async def stream(self, messages: Any, model: str, temperature: float = 0.7, max_tokens: int = 1024) -> Any:  # type: ignore[override]  # both manners are taken
        self.opened += 1
        return Parrot.stream(self, messages, model)


@pytest.mark.parametrize("kind", [Parrot, SlowParrot])
def test_both_shapes_of_stream_are_read_alike(kind: type[LLMProvider]) -> None:
    """X23."""
    said = [Message("user", "polly wants a cracker")]
    assert asyncio.run(read(kind().stream(said, "m"))) == ["polly", "wants", "a", "cracker"]


def test_a_stream_that_must_be_awaited_still_can_be() -> None:
    async def awaited() -> None:
        parrot = SlowParrot()
        stream = parrot.stream([Message("user", "hello there")], "m")
        assert parrot.opened == 0
        assert await read(await stream) == ["hello", "there"]
        assert await read(stream) == []
        assert parrot.opened == 1

    asyncio.run(awaited())


@pytest.mark.parametrize("missing", ["name", "complete", "stream"])
def test_all_of_the_interface_must_be_there(missing: str) -> None:
    """S3.4."""
    members = {name: vars(Parrot)[name] for name in ("name", "complete", "stream") if name != missing}
    with pytest.raises(TypeError, match=missing):
        type("Unfinished", (LLMProvider,), members)()


# ---------------------------------------------------------------------- the factory


def test_the_factory_knows_three() -> None:
    """S3.8."""
    assert ProviderFactory.available_providers() == ["openai", "anthropic", "ollama"]
    for name, kind in KINDS.items():
        made = ProviderFactory.create(name)
        assert type(made) is kind.provider
        assert made.name == name


def test_an_unknown_name() -> None:
    """S3.8."""
    with pytest.raises(ValueError, match=r"^Unknown provider: nobody\. Available: openai, anthropic, ollama$"):
        ProviderFactory.create("nobody", api_key="k")


def test_registering(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3.8."""
    monkeypatch.setattr(ProviderFactory, "_providers", dict(ProviderFactory._providers))
    ProviderFactory.register("parrot", Parrot)
    assert ProviderFactory.available_providers()[-1] == "parrot"
    assert isinstance(ProviderFactory.create("parrot"), Parrot)
