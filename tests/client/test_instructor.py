"""The client in Instructor's manner: one method under four names, blocking and awaited."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationInfo, field_validator

from dragoman import (
    AsyncInstructor,
    AsyncStream,
    Instructor,
    LLMResponse,
    Mode,
    RetryConfig,
    Stream,
    exceptions,
    from_provider,
)
from dragoman.client.cache.base import AutoCache
from dragoman.client.hooks import Hooks
from dragoman.errors import ConfigurationError, OutputError
from dragoman.structured.partial import Partial
from dragoman.testing import Emulator

from ..drive import MODES, settled
from .made_up_sdk import Sdk, wrapped

both = pytest.mark.parametrize("face", MODES)
MODELS = {"openai": "openai/gpt-4o-mini", "anthropic": "anthropic/claude-haiku-4-5"}


class User(BaseModel):
    name: str
    age: int


PROMPT = [{"role": "user", "content": "John is 42 years old"}]


def client(emulator: Emulator, face: str, model: str = MODELS["openai"], **options: Any) -> Any:
    return from_provider(model, api_key="k", base_url=emulator.url, async_client=face == "async", **options)


def result(value: Any) -> Any:
    """What a call of either face gives in the end."""

    async def awaited() -> Any:
        return await value

    return asyncio.run(awaited()) if inspect.isawaitable(value) and not isinstance(value, LLMResponse) else value


@both
@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize("path", ["", "chat.completions", "messages", "responses"])
def test_four_names_for_one_method(emulator: Emulator, face: str, provider: str, path: str) -> None:
    """X2: the wire is the provider's, whichever name is used."""
    asked = client(emulator, face, MODELS[provider])
    create = asked
    for name in filter(None, path.split(".")):
        create = getattr(create, name)
    assert create.create == asked.create
    assert result(create.create(response_model=User, messages=PROMPT)) == User(name="John", age=42)
    assert emulator.requests[-1].dialect == {"openai": "openai_chat", "anthropic": "anthropic_messages"}[provider]


@both
@pytest.mark.parametrize("kind", [list[str], int, User | None])
def test_other_kinds_of_values(emulator: Emulator, face: str, kind: Any) -> None:
    from pydantic import TypeAdapter

    value = result(client(emulator, face).create(response_model=kind, messages=PROMPT))
    assert TypeAdapter(kind).validate_python(value) == value


@both
def test_without_a_response_model_it_is_the_response(emulator: Emulator, face: str) -> None:
    response = result(client(emulator, face).create(messages=PROMPT))
    assert isinstance(response, LLMResponse)
    assert "John is 42 years old" in response.content


def test_a_stream(emulator: Emulator) -> None:
    stream = client(emulator, "sync").create(input="Count to 5", stream=True)
    assert isinstance(stream, Stream)
    assert stream.drain().content == "1 2 3 4 5"
    awaited = client(emulator, "async").create(input="Count to 5", stream=True)
    assert isinstance(awaited, AsyncStream)
    assert asyncio.run(awaited.drain()).content == "1 2 3 4 5"


@both
def test_the_response_beside_the_value(emulator: Emulator, face: str) -> None:
    value, response = result(client(emulator, face).create_with_completion(response_model=User, messages=PROMPT))
    assert value == User(name="John", age=42)
    assert response.usage["total_tokens"] > 0


@both
def test_asking_again(emulator: Emulator, face: str) -> None:
    wrong = LLMResponse(parts=(_call({"name": "John", "age": "old"}),), finish_reason="tool_calls")
    emulator.script(wrong, wrong)
    assert result(client(emulator, face).create(User, messages=PROMPT, max_retries=2)).age == 42
    assert len(emulator.requests) == 3
    emulator.script(wrong, wrong)
    with pytest.raises(OutputError, match="does not fit User"):
        result(client(emulator, face).create(User, messages=PROMPT, max_retries=1))
    assert len(emulator.requests) == 5


def _call(arguments: dict[str, Any]) -> Any:
    from dragoman import ToolCall

    return ToolCall(id="call_1", name="User", arguments=arguments)


@both
@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"messages": PROMPT, "system": "Be brief."}, {"system": "Be brief."}),
        ({"input": "John is 42 years old", "instructions": "Be brief."}, {"system": "Be brief."}),
        ({"input": PROMPT, "max_output_tokens": 70}, {"max_tokens": 70}),
        ({"messages": PROMPT, "max_completion_tokens": 70}, {"max_tokens": 70}),
        ({"messages": PROMPT, "max_tokens": 70, "temperature": None}, {"max_tokens": 70}),
        ({"messages": PROMPT}, {"max_tokens": 4096}),
    ],
)
def test_names_that_the_sdks_have(emulator: Emulator, face: str, options: dict[str, Any], sent: dict[str, Any]) -> None:
    """X2, X3: on any client, with or without `max_tokens`."""
    result(client(emulator, face, MODELS["anthropic"]).create(**options))
    wire = emulator.requests[-1].wire
    assert wire["messages"][-1]["content"] in (PROMPT[0]["content"], [{"type": "text", "text": PROMPT[0]["content"]}])
    assert {name: wire[name] for name in sent} == sent


@both
def test_another_model_for_one_call(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face)
    for model in ("gpt-4o", None, "gpt-4o"):
        result(asked.create(input="Hi", model=model))
    assert [seen.wire["model"] for seen in emulator.requests] == ["gpt-4o", "gpt-4o-mini", "gpt-4o"]


@both
def test_options_of_the_client_hold_for_its_calls(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face, retry_config=RetryConfig(max_attempts=1), temperature=0.1)
    result(asked.create(input="Hi", temperature=0.9))
    result(asked.create(input="Hi", model="gpt-4o"))
    assert [seen.wire["temperature"] for seen in emulator.requests] == [0.9, 0.1]


@both
@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"input": "a", "messages": PROMPT}, ConfigurationError, "`input` and `messages` say the same"),
        ({"input": "a", "max_tokens": 1, "max_output_tokens": 1}, ConfigurationError, "say the same: pass one"),
        (
            {"input": "a", "max_completion_tokens": 1, "max_output_tokens": 2},
            ConfigurationError,
            "say the same: pass one",
        ),
        ({"input": "a", "modle": "m"}, ConfigurationError, "did you mean `model`|there is no option `modle`"),
        ({"messages": ...}, ConfigurationError, "placeholder"),
        ({"input": "a", "mode": "json"}, ConfigurationError, r"mode must be a Mode such as Mode\.TOOLS, not 'json'"),
        (
            {"input": "a", "response_model": User, "mode": Mode.PARALLEL_TOOLS},
            ConfigurationError,
            r"ask for response_model=Iterable\[A \| B\]",
        ),
        (
            {"response_model": "User", "messages": PROMPT},
            ConfigurationError,
            "a type is wanted.* not an object of `str`",
        ),
        (
            {"response_model": [User], "messages": PROMPT},
            ConfigurationError,
            "a type is wanted.* not an object of `list`",
        ),
        ({"input": "a", "response_model": User, "max_retries": object()}, ConfigurationError, "RetryConfig"),
        ({"input": "a", "response_model": User, "max_retries": -1}, ConfigurationError, "at least 0, not -1"),
    ],
)
def test_what_is_refused(
    emulator: Emulator, face: str, options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        result(client(emulator, face).create(**options))
    assert emulator.requests == []


@both
def test_what_will_never_be_there(emulator: Emulator, face: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute `craete`"):
        client(emulator, face).craete  # noqa: B018  # to be looked up is all it is for


def test_closing(emulator: Emulator) -> None:
    with client(emulator, "sync") as asked:
        asked.create(input="Hi")
    for model in ("gpt-4o-mini", "gpt-4o"):
        with pytest.raises(ConfigurationError, match="closed"):
            asked.create(input="Hi", model=model)

    async def leave() -> None:
        async with client(emulator, "async") as awaited:
            await awaited.create(input="Hi")
        with pytest.raises(ConfigurationError, match="closed"):
            awaited.create(input="Hi")

    asyncio.run(leave())


def test_it_shows_who_it_asks_and_no_key(emulator: Emulator) -> None:
    asked = from_provider("openai/gpt-4o-mini", api_key="key-of-the-test")
    assert repr(asked) == "<Instructor openai/gpt-4o-mini in Mode.TOOLS>"
    assert (asked.provider, asked.model, asked.mode) == ("openai", "gpt-4o-mini", Mode.TOOLS)


@both
def test_a_closed_client_closes_those_of_all_its_models(emulator: Emulator, face: str) -> None:
    made = client(emulator, face)
    settled(made.close())
    for model in (None, "another-model"):
        with pytest.raises(ConfigurationError, match="closed"):
            settled(made.create(messages=PROMPT, model=model))
    assert emulator.requests == []


# ---------------------------------------------------------------------- attributes, and arguments by position


@both
def test_the_attributes_that_instructor_has(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face)
    assert (asked.client, asked.provider, asked.default_model) == (None, "openai", "gpt-4o-mini")
    assert (asked.mode, asked.kwargs, bool(asked.hooks)) == (Mode.TOOLS, {"model": "gpt-4o-mini"}, False)
    assert callable(asked.create_fn)
    assert asked.handle_kwargs({"temperature": 1}) == {"temperature": 1, "model": "gpt-4o-mini"}
    assert asked.handle_kwargs({"model": "gpt-4o"}) == {"model": "gpt-4o"}


@both
def test_the_function_behind_it_can_be_called(emulator: Emulator, face: str) -> None:
    create = client(emulator, face).create_fn
    assert result(create(response_model=User, messages=PROMPT, model="gpt-4o")) == User(name="John", age=42)


@both
def test_arguments_by_position(emulator: Emulator, face: str) -> None:
    """In Instructor's order, and the type and the conversation in either."""
    asked, john = client(emulator, face), User(name="John", age=42)
    assert result(asked.create(User, PROMPT)) == john
    assert result(asked.create(PROMPT, User)) == john
    assert result(asked.create(User, PROMPT, 2, {"a": 1}, False, Hooks(), 10_000)) == john
    assert result(asked.responses.create("John is 42 years old", User)) == john
    assert result(asked.create_with_completion(PROMPT, User, 2, {"a": 1}, False, Hooks()))[0] == john
    assert result(asked.create_with_completion(User, PROMPT))[0] == john


# ---------------------------------------------------------------------- how a value is asked for


class Checked(BaseModel):
    name: str
    age: int

    @field_validator("age")
    @classmethod
    def within(cls, age: int, info: ValidationInfo) -> int:
        assert age <= (info.context or {}).get("most", 100), "too old"
        return age


@both
@pytest.mark.parametrize("name", ["context", "validation_context"])
def test_validators_get_the_context(emulator: Emulator, face: str, name: str) -> None:
    asked = client(emulator, face)
    assert result(asked.create(Checked, PROMPT)).age == 42
    with pytest.raises(OutputError, match="too old"):
        result(asked.create(Checked, PROMPT, max_retries=0, **{name: {"most": 10}}))


@both
@pytest.mark.parametrize(("strict", "fits"), [(None, True), (False, True), (True, False)])
def test_strictness(emulator: Emulator, face: str, strict: bool | None, fits: bool) -> None:
    """Pydantic's; on unless the call says otherwise, as in Instructor."""
    emulator.script(LLMResponse(parts=(_call({"name": "John", "age": "7"}),), finish_reason="tool_calls"))
    value = result(client(emulator, face).create(User, PROMPT, strict=strict))
    assert (value.age, len(emulator.requests)) == ((7, 1) if fits else (42, 2))


@both
def test_strict_unless_the_call_says_otherwise(emulator: Emulator, face: str) -> None:
    emulator.script(LLMResponse(parts=(_call({"name": "John", "age": "7"}),), finish_reason="tool_calls"))
    assert result(client(emulator, face).create(User, PROMPT)).age == 42


@both
def test_a_budget_of_tokens(emulator: Emulator, face: str) -> None:
    wrong = LLMResponse(parts=(_call({"name": "John"}),), finish_reason="tool_calls")
    emulator.script(wrong, wrong)
    with pytest.raises(exceptions.TokenBudgetExceeded):
        result(client(emulator, face).create(User, PROMPT, token_budget=1))
    assert len(emulator.requests) == 1


# ---------------------------------------------------------------------- defaults of the client's


@both
def test_defaults_of_the_client(emulator: Emulator, face: str) -> None:
    made = client(emulator, face)
    asked = type(made)(None, made.create_fn, Mode.JSON, "openai", model="gpt-4o", temperature=0.5)
    result(asked.create(User, PROMPT))
    result(asked.create(User, PROMPT, temperature=0.1, model=None))
    assert [seen.wire["temperature"] for seen in emulator.requests] == [0.5, 0.1]
    assert {seen.wire["model"] for seen in emulator.requests} == {"gpt-4o"}


@pytest.mark.parametrize("kind", [Instructor, AsyncInstructor])
@pytest.mark.parametrize("name", ["max_retries", "strict", "context", "response_model", "token_budget"])
def test_what_belongs_to_a_call_is_no_default(kind: Any, name: str) -> None:
    """It would never count: each call says it, by its own default if not otherwise."""
    with pytest.raises(ConfigurationError, match=f"{name}= belongs to a call, not to the client"):
        kind(None, print, **{name: 1})


@both
def test_without_a_model(emulator: Emulator, face: str) -> None:
    made = client(emulator, face)
    asked = type(made)(None, made.create_fn)
    with pytest.raises(ConfigurationError, match="which model"):
        result(asked.create(User, PROMPT))
    assert result(asked.create(User, PROMPT, model="gpt-4o")).age == 42
    assert repr(asked).endswith("/? in Mode.TOOLS>")


# ---------------------------------------------------------------------- fields of the body


class Setting(BaseModel):
    level: str
    depth: int | None = None


@both
@pytest.mark.parametrize("wanted", [None, User])
def test_what_is_no_option_goes_into_the_body(emulator: Emulator, face: str, wanted: Any) -> None:
    """As it would through the provider's SDK."""
    own = {
        "store": True,
        "logit_bias": {"50256": -100},
        "prediction": Setting(level="low"),
        "extra_body": {"min_p": 0.1},
    }
    result(client(emulator, face).create(wanted, PROMPT, **own))
    wire = emulator.requests[-1].wire
    assert {name: wire[name] for name in ("store", "logit_bias", "prediction", "min_p")} == {
        "store": True,
        "logit_bias": {"50256": -100},
        "prediction": {"level": "low"},
        "min_p": 0.1,
    }


@both
def test_names_that_anthropics_sdk_has(emulator: Emulator, face: str) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    own = {
        "thinking": thinking,
        "stop_sequences": ["END"],
        "extra_headers": {"anthropic-beta": "x"},
        "max_tokens": 2000,
    }
    result(client(emulator, face, MODELS["anthropic"]).create(messages=PROMPT, **own))
    seen = emulator.requests[-1]
    assert (seen.wire["thinking"], seen.wire["stop_sequences"]) == (thinking, ["END"])
    assert seen.headers["anthropic-beta"] == "x"


@both
@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"temprature": 1}, "did you mean `temperature`"),
        ({"max_token": 5}, "did you mean `max_tokens`"),
        ({"respone_model": User}, "did you mean `response_model`"),
        ({"api_key": "k"}, "`api_key` belongs to the client"),
        ({"http_client": object()}, "`http_client` belongs to the client"),
        ({"colour": object()}, "`colour` would go into the body, which has no object"),
    ],
)
def test_what_cannot_be_meant_is_refused(emulator: Emulator, face: str, option: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        result(client(emulator, face).create(User, PROMPT, **option))
    assert emulator.requests == []


# ---------------------------------------------------------------------- what the provider answered


@dataclass(frozen=True)
class Point:
    name: str
    age: int


class Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    age: int


@both
@pytest.mark.parametrize("kind", [User, Point, Closed])
def test_a_value_remembers_its_answer_and_shows_nothing_of_it(emulator: Emulator, face: str, kind: Any) -> None:
    """S0.6."""
    value = result(client(emulator, face).create(kind, PROMPT))
    fresh = kind(name="John", age=42)
    assert (value, repr(value), type(value)) == (fresh, repr(fresh), kind)
    if isinstance(value, BaseModel):
        assert value.model_dump() == fresh.model_dump()
    assert value._raw_response.choices[0].message.tool_calls[0].function.name == kind.__name__
    assert value._total_usage.total_tokens == emulator.bill.usage.total_tokens


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@both
@pytest.mark.parametrize("kind", [int, str, bool, list[User], Colour, Literal["a", "b"], User | None, tuple[int, str]])
def test_the_answer_beside_a_value_of_any_kind(emulator: Emulator, face: str, kind: Any) -> None:
    value, completion = result(client(emulator, face).create_with_completion(PROMPT, kind))
    assert TypeAdapter(kind).validate_python(value) == value
    assert completion.model_dump()["object"] == "chat.completion"
    assert completion.response.usage.total_tokens == completion.usage.total_tokens


def test_what_is_shared_remembers_nothing(emulator: Emulator) -> None:
    client(emulator, "sync").create(Colour, PROMPT)
    assert not any(hasattr(colour, "_raw_response") for colour in Colour)


@both
def test_a_failure_tells_what_was_asked_and_what_came_last(emulator: Emulator, face: str) -> None:
    wrong = LLMResponse(parts=(_call({"name": "John", "age": "old"}),), finish_reason="tool_calls")
    emulator.script(wrong, wrong)
    with pytest.raises(exceptions.InstructorRetryException) as failed:
        result(client(emulator, face).create(User, PROMPT, max_retries=1, temperature=0.5))
    error = failed.value
    assert error.n_attempts == 2
    assert error.last_completion.choices[0].message.tool_calls[0].id == "call_1"
    asked = error.create_kwargs
    assert (asked["model"], asked["messages"], asked["temperature"]) == ("gpt-4o-mini", PROMPT, 0.5)
    assert [attempt.attempt_number for attempt in error.failed_attempts] == [1, 2]
    assert [attempt.completion.response for attempt in error.failed_attempts] == list(error.responses)


# ---------------------------------------------------------------------- an SDK's client behind it


@both
@pytest.mark.parametrize("path", ["", "chat.completions", "responses"])
def test_without_a_response_model_the_sdks_own_method_is_called(emulator: Emulator, face: str, path: str) -> None:
    sdk = Sdk(face)
    create: Any = wrapped(client(emulator, face), sdk, temperature=0.5)
    for name in filter(None, path.split(".")):
        create = getattr(create, name)
    told: list[Any] = []
    hooks = Hooks()
    hooks.on("completion:kwargs", lambda **given: told.append(given))
    hooks.on("completion:response", told.append)
    asked = {"messages": PROMPT, "top_p": 0.1}
    given = {**asked, "model": "gpt-4o", "temperature": 0.5}
    assert result(create.create(**asked, hooks=hooks)) == "answer of chat"
    assert (sdk.calls, told) == ([("chat", given)], [given, "answer of chat"])
    assert result(create.create(messages=PROMPT, stream=True)) == "answer of chat"
    assert sdk.calls[1][1]["stream"] is True
    assert emulator.requests == []
    assert result(create.create(User, PROMPT)).age == 42


@both
def test_what_is_not_ours_is_the_sdks(emulator: Emulator, face: str) -> None:
    sdk = Sdk(face)
    asked = wrapped(client(emulator, face), sdk)
    assert (asked.client, asked.models.list()) == (sdk, ["a", "b"])
    assert asked.responses.retrieve("r1") == "response r1"
    assert asked.chat.completions.parse() == "parsed"
    assert asked.chat.completions.create == asked.create
    assert asked.chat.completions.on == asked.on
    assert asked.messages is asked  # this SDK has no such path
    for path in (asked, asked.chat, asked.chat.completions, asked.responses):
        with pytest.raises(AttributeError, match="no attribute"):
            path.craete  # noqa: B018  # to be looked up is all it is for


def test_a_client_is_looked_into_before_it_is_made() -> None:
    """As `copy` and `pickle` do."""
    with pytest.raises(AttributeError, match="has no attribute `anything`"):
        Instructor.__new__(Instructor).anything  # noqa: B018  # to be looked up is all it is for


# ---------------------------------------------------------------------- values that grow, and values one by one


def read(stream: Any) -> list[Any]:
    """All that comes of a stream of either face."""
    if hasattr(stream, "__aiter__"):

        async def awaited() -> list[Any]:
            return [each async for each in stream]

        return asyncio.run(awaited())
    return list(stream)


JOHN = User(name="John", age=42)

GROWING: dict[str, Any] = {
    "create_partial": lambda asked: asked.create_partial(User, PROMPT),
    "create_partial by name": lambda asked: asked.create_partial(response_model=User, messages=PROMPT),
    "create of a Partial": lambda asked: asked.create(Partial[User], PROMPT, stream=True),
    "create of the type": lambda asked: asked.chat.completions.create(User, PROMPT, stream=True),
}


@both
@pytest.mark.parametrize("ask", GROWING.values(), ids=GROWING)
def test_a_value_that_grows(emulator: Emulator, face: str, ask: Any) -> None:
    seen = read(ask(client(emulator, face)))
    assert seen[0].age is None
    assert (seen[-1], type(seen[-1])) == (JOHN, User)
    assert all(isinstance(each, User) for each in seen)
    assert emulator.requests[-1].wire["stream"] is True


MANY: dict[str, Any] = {
    "create_iterable": lambda asked: asked.create_iterable(PROMPT, User),
    "create_iterable by name": lambda asked: asked.create_iterable(response_model=User, messages=PROMPT),
    "create of an Iterable": lambda asked: asked.create(Iterable[User], PROMPT, stream=True),
    "create of a list": lambda asked: asked.create(list[User], PROMPT, stream=True),
}


@both
@pytest.mark.parametrize("ask", MANY.values(), ids=MANY)
def test_values_one_by_one(emulator: Emulator, face: str, ask: Any) -> None:
    assert read(ask(client(emulator, face))) == [JOHN]
    assert emulator.requests[-1].wire["stream"] is True


@both
def test_a_list_of_values(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face)
    assert result(asked.create_list(User, PROMPT, max_retries=1)) == [JOHN]
    assert result(asked.create_list(PROMPT, User)) == [JOHN]
    assert "stream" not in emulator.requests[-1].wire


@both
def test_hooks_hear_of_a_stream_when_it_is_read(emulator: Emulator, face: str) -> None:
    told: list[str] = []
    asked = client(emulator, face)
    asked.on("completion:kwargs", lambda **body: told.append(f"asked, stream={body['stream']}"))
    asked.on("completion:response", lambda completion: told.append(completion.response.finish_reason))
    asked.on("completion:usage", lambda usage: told.append(f"{usage.total_tokens > 0}"))
    stream = asked.create_partial(User, PROMPT)
    assert told == []
    assert len(read(stream)) > 1
    assert told == ["asked, stream=True", "tool_calls", "True"]


@both
@pytest.mark.parametrize("method", ["create_partial", "create_iterable"])
@pytest.mark.parametrize(
    ("option", "said"),
    [({"token_budget": 5}, "token_budget"), ({"cache_ttl": 5}, "a stream is not kept"), ({"temprature": 1}, "did you")],
)
def test_what_a_stream_of_values_cannot_do(
    emulator: Emulator, face: str, method: str, option: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        getattr(client(emulator, face), method)(response_model=User, messages=PROMPT, **option)
    assert emulator.requests == []


STREAMED: dict[str, Any] = {
    **GROWING,
    **MANY,
    "no value": lambda asked: asked.create(messages=PROMPT, stream=True),
}


@both
@pytest.mark.parametrize("ask", STREAMED.values(), ids=STREAMED)
def test_a_client_that_keeps_answers_keeps_no_streams(emulator: Emulator, face: str, ask: Any) -> None:
    cache = AutoCache()
    asked = client(emulator, face, cache=cache, cache_ttl=60)
    for _ in range(2):
        assert read(ask(asked))
    assert (len(emulator.requests), len(cache)) == (2, 0)


@both
@pytest.mark.parametrize("option", [{"cache": AutoCache()}, {"cache_ttl": 5}], ids=["cache", "cache_ttl"])
@pytest.mark.parametrize("path", ["", "chat.completions", "messages", "responses"])
def test_a_stream_of_values_is_kept_nowhere(emulator: Emulator, face: str, path: str, option: dict[str, Any]) -> None:
    asked = client(emulator, face, cache=AutoCache())
    for name in filter(None, path.split(".")):
        asked = getattr(asked, name)
    for ask in (asked.create_partial, asked.create_iterable, lambda **given: asked.create(**given, stream=True)):
        with pytest.raises(ConfigurationError, match="are of use for whole values: a stream is not kept"):
            ask(response_model=User, messages=PROMPT, **option)
    assert emulator.requests == []


# ---------------------------------------------------------------------- a function of another's behind it


@both
def test_any_function_with_instructors_arguments_will_do(face: str) -> None:
    """As code has it that makes an `Instructor` of a patched function."""
    calls: list[dict[str, Any]] = []
    john = User(name="John", age=42)
    object.__setattr__(john, "_raw_response", "what came")

    def create(**arguments: Any) -> Any:
        calls.append(arguments)
        return john if not arguments.get("stream") else iter([john])

    async def later(**arguments: Any) -> Any:
        return create(**arguments)

    asked: Any = Instructor(None, create, model="m") if face == "sync" else AsyncInstructor(None, later, model="m")
    assert asked.create_fn is (create if face == "sync" else later)
    assert result(asked.create(User, PROMPT)) is john
    hooks = calls[0].pop("hooks")
    assert isinstance(hooks, Hooks)
    said = {"max_retries": 3, "strict": True, "model": "m", "messages": PROMPT}
    assert calls[0] == {"response_model": User, **said}
    assert result(asked.create_with_completion(PROMPT, User)) == (john, "what came")
    assert list(result(asked.create_partial(User, PROMPT))) == [john]
    assert calls[2]["response_model"] == Partial[User]
    assert list(result(asked.create_iterable(PROMPT, User))) == [john]
    assert (calls[3]["response_model"], calls[3]["stream"]) == (Iterable[User], True)
    settled(asked.close())


# ---------------------------------------------------------------------- what a prompt may hold


@both
@pytest.mark.parametrize("method", ["create", "create_partial", "create_with_completion"])
def test_templates_in_a_prompt(emulator: Emulator, face: str, method: str) -> None:
    pytest.importorskip("jinja2")
    asked = [{"role": "user", "content": "{{ who }} is 42 years old"}]
    options = {"system": "It is {{ day }}.", "context": {"who": "John", "day": "Monday"}}
    answer = getattr(client(emulator, face), method)(response_model=User, messages=asked, **options)
    read(answer) if method == "create_partial" else result(answer)
    sent = emulator.requests[-1].wire["messages"]
    assert [message["content"] for message in sent] == ["It is Monday.", "John is 42 years old"]
    assert asked == [{"role": "user", "content": "{{ who }} is 42 years old"}]


@both
def test_addresses_in_a_prompt(emulator: Emulator, face: str) -> None:
    asked = [{"role": "user", "content": ["What is it?", "https://example.com/x.png"]}]
    for detect in (True, False):
        result(client(emulator, face).create(messages=asked, autodetect_images=detect))
    kinds = [[part["type"] for part in seen.wire["messages"][0]["content"]] for seen in emulator.requests]
    assert kinds == [["text", "image_url"], ["text", "text"]]


@both
def test_a_list_remembers_too(emulator: Emulator, face: str) -> None:
    users = result(client(emulator, face).create(list[User], PROMPT))
    assert (users, users == [JOHN]) == ([JOHN], True)
    assert users.get_raw_response().choices[0].message.tool_calls[0].function.name
    assert users.get_total_usage().total_tokens == emulator.bill.usage.total_tokens
