"""Models in this process through the same faces as every provider. The libraries themselves run in `tests/local`."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import PosixPath
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

import dragoman
from dragoman import ConfigurationError, StreamInterrupted, create_llm
from dragoman.engines import residency, transport

from .scripted import Paused, ScriptedEngine

PROVIDERS = ("mlx", "huggingface")
MODES = ("sync", "async")
both = pytest.mark.parametrize("mode", MODES)


class City(BaseModel):
    name: Annotated[str, Field(max_length=12)]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEngine]:
    """What stands in the place of both libraries; what is left in memory goes."""
    scripted = ScriptedEngine(city='{"name": "Paris"}')
    monkeypatch.setattr(transport, "get_engine", lambda _: scripted)
    yield scripted
    gc.collect()
    residency.sweep()


def ask(mode: str, provider: str, model: str, *prompt: str, **options: Any) -> Any:
    if mode == "sync":
        with create_llm(provider, model) as llm:
            return llm.generate(*prompt, **options)

    async def main() -> Any:
        async with create_llm(provider, model, async_client=True) as llm:
            return await llm.generate(*prompt, **options)

    return asyncio.run(main())


@both
def test_a_question(mode: str, provider: str, engine: ScriptedEngine) -> None:
    """S2.1"""
    response = ask(mode, provider, "a", "Hi", system="Be brief.", temperature=0, seed=1)
    assert (response.content, response.provider, response.model) == ("Hello.", provider, "a")
    assert response.usage["completion_tokens"] == 7
    assert response.warnings == ()
    assert response.extra.fields["load_duration"] > 0
    assert engine.loaded[0].asked[0][0].messages[0] == {"role": "system", "content": "Be brief."}


def test_a_stream(provider: str, engine: ScriptedEngine) -> None:
    """S2.32"""
    llm = create_llm(provider, "a")
    with llm.generate("Hi", stream=True) as stream:
        assert "".join(event.content for event in stream) == "Hello."
    assert stream.response.first_token_seconds is not None
    llm.unload()
    assert engine.loaded[0].closed


def test_a_stream_of_a_task(provider: str, engine: ScriptedEngine) -> None:
    async def main() -> str:
        async with create_llm(provider, "a", async_client=True) as llm:
            return "".join([event.content async for event in llm.generate("Hi", stream=True)])

    assert asyncio.run(main()) == "Hello."


@both
def test_a_value(mode: str, provider: str, engine: ScriptedEngine) -> None:
    """The schema goes to the model, which can write nothing else."""
    assert ask(mode, provider, "city", "Where?", response_model=City) == City(name="Paris")
    schema = engine.loaded[0].asked[0][2]
    assert schema is not None
    assert schema["additionalProperties"] is False
    assert schema["properties"]["name"] == {"maxLength": 12, "type": "string"}


@both
def test_unloading(mode: str, provider: str, engine: ScriptedEngine) -> None:
    """S2.24, S2.26, S2.27: memory is free at the return, and the next call loads anew."""

    async def main() -> list[bool]:
        llm = create_llm(provider, "a", async_client=True)
        await llm.generate("Hi")
        await llm.unload()
        freed = engine.loaded[0].closed
        await llm.generate("Hi")
        await llm.close()
        return [freed]

    if mode == "async":
        assert asyncio.run(main()) == [True]
    else:
        llm = create_llm(provider, "a")
        llm.generate("Hi")
        llm.unload()
        assert engine.loaded[0].closed
        llm.generate("Hi")
        llm.close()
    assert len(engine.loaded) == 2


def settled(returned: Any) -> None:
    """Have a call of either face done, in whichever thread."""
    if inspect.isawaitable(returned):
        asyncio.run(_awaited(returned))


async def _awaited(returned: Any) -> Any:
    return await returned


def read(mode: str, llm: Any, stream: bool) -> str:
    """The answer's text; of tasks, on a loop in this thread."""
    if mode == "sync":
        return (llm.generate("Hi", stream=True).drain() if stream else llm.generate("Hi")).content
    asking = llm.generate("Hi", stream=True).drain() if stream else llm.generate("Hi")
    return asyncio.run(_awaited(asking)).content


@both
@pytest.mark.parametrize(("stream", "expected"), [(False, ConfigurationError), (True, StreamInterrupted)])
def test_closing_ends_a_call(
    mode: str, stream: bool, expected: type[Exception], provider: str, engine: ScriptedEngine
) -> None:
    """As of a hosted provider: a call is not tried again, and a stream that has begun is interrupted."""
    model = Paused("Hello.")
    engine.made["a"] = lambda: model
    llm = create_llm(provider, "a", async_client=mode == "async")
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read, mode, llm, stream)
        assert model.reached.wait(10)
        closing = pool.submit(lambda: settled(llm.close()))
        with pytest.raises(expected):
            reading.result(10)
        model.go_on.set()
        closing.result(10)
    assert model.freed.wait(10)
    assert len(engine.loaded) == 1


@both
def test_unloading_lets_a_call_end(mode: str, provider: str, engine: ScriptedEngine) -> None:
    """S2.24: the memory is free at the return, and not before."""
    model = Paused("Hello.")
    engine.made["a"] = lambda: model
    llm = create_llm(provider, "a", async_client=mode == "async")
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read, mode, llm, True)
        assert model.reached.wait(10)
        unloading = pool.submit(lambda: settled(llm.unload()))
        model.go_on.set()
        assert reading.result(10) == "Hello."
        unloading.result(10)
    assert model.closed
    settled(llm.close())


def test_two_clients_share_a_model(provider: str, engine: ScriptedEngine) -> None:
    first, second = create_llm(provider, "a"), create_llm(provider, "a")
    assert first.generate("Hi").content == second.generate("Hi").content
    assert len(engine.loaded) == 1
    first.unload()
    assert not engine.loaded[0].closed
    second.unload()
    assert engine.loaded[0].closed


def test_a_client_that_is_dropped_frees_its_model(provider: str, engine: ScriptedEngine) -> None:
    """S2.24: `del llm`, and `gc.collect()` if one likes."""
    llm = create_llm(provider, "a")
    llm.generate("Hi")
    del llm
    gc.collect()
    assert [model.files.name for model in residency.models()] == []


@pytest.mark.parametrize(
    "option",
    [
        {"base_url": "http://h"},
        {"api_key": "k"},
        {"dialect": "openai_chat"},
        {"transport": dragoman.TransportOptions()},
    ],
    ids=lambda option: next(iter(option)),
)
def test_what_would_have_no_use_is_refused(provider: str, option: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="no use"):
        create_llm(provider, "a", **option)


@both
@pytest.mark.parametrize(
    ("options", "lost"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"reasoning_effort": "low"}, "reasoning.effort"),
        ({"n": 1, "logprobs": False, "reasoning_effort": "none"}, None),
    ],
    ids=str,
)
def test_what_models_in_this_process_have_not_is_said(
    mode: str, options: dict[str, Any], lost: str | None, provider: str, engine: ScriptedEngine
) -> None:
    response = ask(mode, provider, "a", "Hi", **options)
    assert [loss.where for loss in response.warnings] == ([] if lost is None else [lost])
    assert response.content == "Hello."


@pytest.mark.parametrize("body", [{"keep_alive": 0}, {"options": {"keep_alive": 0, "min_p": 0.1}}], ids=str)
def test_a_field_that_nobody_knows_is_refused(body: dict[str, Any], provider: str, engine: ScriptedEngine) -> None:
    with pytest.raises(ConfigurationError, match="`keep_alive` has no use for a model in this process"):
        ask("sync", provider, "a", "Hi", extra_body=body)


def test_a_path_is_text(provider: str) -> None:
    with pytest.raises(dragoman.errors.ModelStringError, match=r"not by PosixPath: pass str\(\.\.\.\)"):
        create_llm(provider, PosixPath("/models/a"))  # type: ignore[arg-type]  # what is refused


def test_nothing_is_loaded_before_the_first_call(provider: str, engine: ScriptedEngine) -> None:
    assert repr(create_llm(provider, "a")) == f"<LLM {provider}/a in this process>"
    assert engine.loaded == []


def test_what_was_chosen_is_said(provider: str, engine: ScriptedEngine, caplog: pytest.LogCaptureFixture) -> None:
    """X31: once for a client, where a name stands for several files."""
    engine.note = "of 2 GGUF files, `a-Q4_K_M.gguf` is taken: name another as `a:a-Q4_K_M.gguf`"
    with create_llm(provider, "a") as llm:
        llm.generate("Hi")
        llm.generate("Hi")
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [f"`a`: {engine.note}"]


def test_what_a_machine_could_run_is_no_list(provider: str) -> None:
    with create_llm(provider, "a") as llm, pytest.raises(dragoman.UnsupportedFeature, match="no list of its models"):
        llm.models()
