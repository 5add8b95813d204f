"""Answers of real models in this process, through the faces that every provider has."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from dragoman import LLM, AsyncLLM, create_llm, from_provider
from dragoman.errors import ConfigurationError, ContextTooLong, Rejected, UnsupportedFeature

from .conftest import ENGINES, Local, Make, need
from .tiny import LESSONS, WEATHER

pytestmark = [pytest.mark.local, pytest.mark.timeout(600)]


class Nest(BaseModel):
    of: Literal["twigs", "mud"]
    is_high: bool


class Bird(BaseModel):
    """Without strings or numbers: random weights would not come to an end of one."""

    color: Literal["red", "green", "blue"]
    flies: bool
    nest: Nest


class Bounded(BaseModel):
    """With them, and with bounds, that the grammar holds to."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=8)
    code: str = Field(pattern="^[A-F]{3}$")
    eggs: int = Field(ge=0, le=20)
    songs: list[Literal["tweet", "caw"]] = Field(min_length=1, max_length=3)


@pytest.fixture
def llm(engine: Local, random_model: str) -> Any:
    with create_llm(engine.provider, model=random_model, temperature=0, max_tokens=24) as made:
        yield made


@pytest.fixture
def taught(engine: Local, taught_model: str) -> Any:
    with create_llm(engine.provider, model=taught_model, temperature=0, max_tokens=60) as made:
        yield made


def test_an_answer_says_what_it_took(llm: LLM) -> None:
    first, second = llm.generate("Hello"), llm.generate("Hello")
    assert first.content == second.content != ""
    assert first.finish_reason == "length"
    assert first.usage.output_tokens == 24
    assert first.usage.input_tokens > 4
    load, prompt, answer, total = (first.raw[f"{name}_duration"] for name in ("load", "prompt_eval", "eval", "total"))
    assert min(load, prompt, answer) > 0
    assert total >= load + prompt + answer - 3  # nanoseconds, each rounded down
    assert second.raw["load_duration"] == 0


def test_a_stream_is_the_answer_in_pieces(llm: LLM) -> None:
    whole = llm.generate("Hello")
    with llm.generate("Hello", stream=True) as stream:
        pieces = [event.content for event in stream]
    assert "".join(pieces) == whole.content
    assert len([piece for piece in pieces if piece]) > 4
    assert stream.response.usage == whole.usage


def test_tasks_get_the_same_as_threads(engine: Local, random_model: str, llm: LLM) -> None:
    async def ask() -> tuple[str, str]:
        asynchronous: AsyncLLM = create_llm(
            engine.provider, model=random_model, temperature=0, max_tokens=24, async_client=True
        )
        async with asynchronous:
            whole = await asynchronous.generate("Hello")
            stream = await asynchronous.generate("Hello", stream=True)
            return whole.content, "".join([event.content async for event in stream])

    expected = llm.generate("Hello").content
    assert asyncio.run(ask()) == (expected, expected)


def test_a_seed_repeats_a_choice(llm: LLM) -> None:
    texts = [llm.generate("Hello", temperature=1.0, seed=seed).content for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    "narrow", [{"top_k": 1}, {"top_p": 1e-6}, {"extra_body": {"options": {"min_p": 0.999}}}], ids=str
)
def test_a_choice_of_one_is_the_likeliest(llm: LLM, narrow: dict[str, Any]) -> None:
    assert llm.generate("Hello", temperature=1.0, **narrow).content == llm.generate("Hello").content


def test_what_is_out_of_range_is_said(llm: LLM) -> None:
    with pytest.raises(ConfigurationError, match="min_p must be from 0 to less than 1, not 2"):
        llm.generate("Hello", extra_body={"options": {"min_p": 2}})


def test_a_stop_sequence_ends_the_answer(taught: LLM) -> None:
    response = taught.generate("What is a dragoman?", stop=["preter at"])
    assert (response.content, response.finish_reason) == ("An inter", "stop")


def test_an_end_token_ends_the_answer(taught: LLM) -> None:
    response = taught.generate("What is a dragoman?")
    assert (response.content, response.finish_reason) == ("An interpreter at court.", "stop")


def test_thinking_is_apart(taught: LLM) -> None:
    response = taught.generate("Do you think?")
    assert (response.reasoning, response.content) == ("I do.", "Therefore I am.")


def test_a_tool_is_called_and_its_result_is_answered(taught: LLM) -> None:
    asked = [{"role": "user", "content": "How is the weather in Paris?"}]
    called = taught.generate(messages=asked, tools=[WEATHER])
    assert called.finish_reason == "tool_calls"
    assert [(call.name, call.arguments) for call in called.tool_calls] == [("weather", {"city": "Paris"})]
    result = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "sunny"}
    assert taught.generate(messages=[*asked, called.message, result], tools=[WEATHER]).content == "It is sunny."


def test_a_tool_call_streams(taught: LLM) -> None:
    stream = taught.generate("How is the weather in Paris?", tools=[WEATHER], stream=True)
    assert "".join(event.content for event in stream) == ""
    assert [call.name for call in stream.response.tool_calls] == ["weather"]


@pytest.mark.parametrize("seed", range(5))
def test_random_weights_keep_to_a_schema(engine: Local, random_model: str, seed: int) -> None:
    with create_llm(engine.provider, model=random_model, temperature=1.0, max_tokens=200) as llm:
        extracted = llm.extract(Bird, "A bird?", seed=seed)
    assert isinstance(extracted.value, Bird)
    assert extracted.response.finish_reason == "stop"
    assert len(extracted.response.attempts) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_grammar_holds_to_bounds(engine: Local, random_model: str, seed: int) -> None:
    with create_llm(engine.provider, model=random_model, temperature=1.0, max_tokens=200) as llm:
        response = llm.generate("A bird?", seed=seed, extra_body={"format": Bounded.model_json_schema()})
    assert Bounded.model_validate_json(response.content)


def test_a_value_under_a_grammar_is_seen_growing(engine: Local, random_model: str) -> None:
    with from_provider(f"{engine.provider}/{random_model}", temperature=0) as client:
        stream = client.create_partial(Bird, "A bird?")
        seen = list(stream)
    assert_grown(seen)
    assert stream.response.warnings == ()


def test_tasks_see_a_value_growing(engine: Local, random_model: str) -> None:
    async def ask() -> list[Bird]:
        async with from_provider(f"{engine.provider}/{random_model}", temperature=0, async_client=True) as client:
            return [bird async for bird in client.create_partial(Bird, "A bird?")]

    assert_grown(asyncio.run(ask()))


def assert_grown(seen: list[Bird]) -> None:
    """What has come stays, and the rest comes after it, in what is a `Bird` throughout."""
    assert all(isinstance(bird, Bird) for bird in seen)
    told = [(bird.color, bird.flies, bird.nest.of, bird.nest.is_high) for bird in seen]
    come = [sum(value is not None for value in values) for values in told]
    assert (come, set(come)) == (sorted(come), {0, 1, 2, 3, 4})
    assert all(values[:count] == told[-1][:count] for values, count in zip(told, come, strict=True))
    assert (type(seen[-1]), Bird.model_validate(seen[-1].model_dump())) == (Bird, seen[-1])


def test_the_likeliest_tokens_keep_to_a_schema_too(llm: LLM) -> None:
    assert isinstance(llm.generate("A bird?", response_model=Bird, max_tokens=200), Bird)


def test_a_schema_that_makes_no_grammar_is_refused(llm: LLM) -> None:
    with pytest.raises(UnsupportedFeature, match="no grammar can be made of the schema"):
        llm.generate("A bird?", extra_body={"format": {"$ref": "https://elsewhere.example/schema"}})


def test_what_the_template_refuses_is_refused(llm: LLM) -> None:
    with pytest.raises(Rejected, match="the user speaks first"):
        llm.generate(messages=[{"role": "assistant", "content": "Hello"}])


def test_a_prompt_longer_than_the_context_is_refused(llm: LLM) -> None:
    with pytest.raises(ContextTooLong, match="the model's context is 512"):
        llm.generate("Hello " * 600)


def test_the_context_bounds_an_answer(llm: LLM) -> None:
    response = llm.generate("x" * 503, max_tokens=5000)
    assert (response.usage.input_tokens, response.usage.output_tokens) == (507, 5)
    assert response.finish_reason == "length"


@pytest.mark.parametrize(("messages", "tools", "answer"), LESSONS, ids=lambda value: "")
def test_all_engines_write_the_same(
    make_taught: Make, messages: list[Any], tools: list[Any] | None, answer: str
) -> None:
    """Of the same weights, in three libraries."""
    said = {name: _said(need(name), make_taught, messages, tools) for name in ENGINES if _is_here(name)}
    assert len(said) > 1
    assert len(set(said.values())) == 1, said


def test_mlx_and_transformers_write_the_same_from_random_weights(make_random: Make) -> None:
    engines = [need("mlx"), need("transformers")]
    texts = []
    for engine in engines:
        with create_llm(engine.provider, model=str(make_random(engine)), temperature=0, max_tokens=64) as llm:
            texts.append(llm.generate("The quick brown fox").content)
    assert texts[0] == texts[1] != ""


def _is_here(name: str) -> bool:
    try:
        need(name)
    except pytest.skip.Exception:
        return False
    return True


def _said(engine: Local, make: Make, messages: list[Any], tools: list[Any] | None) -> tuple[Any, ...]:
    with create_llm(engine.provider, model=str(make(engine)), temperature=0, max_tokens=60) as llm:
        response = llm.generate(messages=[_public(each) for each in messages], tools=tools or [])
    calls = [(call.name, call.arguments_json) for call in response.tool_calls]
    return response.content, response.reasoning, str(calls), response.usage.input_tokens, response.usage.output_tokens


def _public(message: dict[str, Any]) -> dict[str, Any]:
    """A lesson's message as a caller has it."""
    if "tool_calls" in message:
        call = {**message["tool_calls"][0]["function"]}
        function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
        return {**message, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    return {**message, "tool_call_id": "call_1"} if message["role"] == "tool" else message
