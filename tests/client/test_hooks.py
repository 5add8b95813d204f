"""Hooks: who is told what, when, and with what."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dragoman import LLMResponse, OutputError, RetryConfig, ToolCall, from_provider
from dragoman.client.hooks import HookName, Hooks
from dragoman.errors import ConfigurationError, Overloaded, Unauthorized
from dragoman.testing import Emulator, Fault

from ..drive import MODES, settled

both = pytest.mark.parametrize("face", MODES)


class User(BaseModel):
    name: str
    age: int


PROMPT = [{"role": "user", "content": "John is 42 years old"}]
WRONG = LLMResponse(
    parts=(ToolCall(id="call_1", name="User", arguments={"name": "John", "age": "old"}),), finish_reason="tool_calls"
)


def client(emulator: Emulator, face: str, model: str = "openai/gpt-4o-mini", **options: Any) -> Any:
    settings = {"api_key": "k", "base_url": emulator.url, "retry_config": RetryConfig(max_attempts=1)}
    return from_provider(model, async_client=face == "async", **settings, **options)


class Listener:
    """Writes down what it is told by any hook: its name, what was told, and of which attempt."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any, dict[str, Any]]] = []
        self.hooks = Hooks()
        for name in HookName:
            self.hooks.on(name, self._of(name.value))

    def _of(self, name: str) -> Any:
        def listen(*args: Any, **kwargs: Any) -> None:
            self.told.append((name, args[0] if args else None, kwargs))

        return listen

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.told]

    def attempts(self, hook: str) -> list[tuple[int, int | None, bool]]:
        each = [kwargs for name, _, kwargs in self.told if name == hook]
        return [(one["attempt_number"], one["max_attempts"], one["is_last_attempt"]) for one in each]


ANSWERED = ["completion:kwargs", "completion:response", "completion:usage"]


# ---------------------------------------------------------------------- what happens in a call


async def coroutine_function(*_: Any) -> None: ...


class Awaited:
    async def __call__(self, *_: Any) -> None: ...


@pytest.mark.parametrize("handler", [coroutine_function, Awaited(), Awaited().__call__])
@pytest.mark.parametrize("async_client", [False, True])
def test_a_handler_that_would_have_to_be_awaited_is_refused(handler: Any, async_client: bool) -> None:
    client: Any = from_provider("openai/gpt-4o-mini", api_key="k", async_client=async_client)
    with pytest.raises(ConfigurationError, match="`completion:response` is called and not awaited"):
        client.on("completion:response", handler)


@both
def test_an_answer_that_fits(emulator: Emulator, face: str) -> None:
    heard = Listener()
    settled(client(emulator, face).create(User, PROMPT, hooks=heard.hooks))
    assert heard.names == ANSWERED


@both
def test_usage_is_told_where_the_provider_adds_nothing_up(emulator: Emulator, face: str) -> None:
    heard = Listener()
    settled(client(emulator, face, "anthropic/claude-haiku-4-5").create(User, PROMPT, hooks=heard.hooks))
    assert heard.names == ANSWERED
    assert heard.told[-1][1].tokens == emulator.bill.usage.total_tokens


@both
def test_an_answer_that_does_not_fit_at_first(emulator: Emulator, face: str) -> None:
    emulator.script(WRONG)
    heard = Listener()
    settled(client(emulator, face).create(User, PROMPT, max_retries=2, hooks=heard.hooks))
    assert heard.names == [*ANSWERED, "parse:error", *ANSWERED]
    assert heard.attempts("parse:error") == [(1, 3, False)]
    usages = [told for name, told, _ in heard.told if name == "completion:usage"]
    assert usages[1].total_tokens > usages[0].total_tokens
    assert usages[1].total_tokens == emulator.bill.usage.total_tokens


@both
def test_no_answer_fits(emulator: Emulator, face: str) -> None:
    emulator.script(WRONG, WRONG)
    heard = Listener()
    with pytest.raises(OutputError):
        settled(client(emulator, face).create(User, PROMPT, max_retries=1, hooks=heard.hooks))
    assert heard.names == [*ANSWERED, "parse:error", *ANSWERED, "parse:error", "completion:last_attempt"]
    assert heard.attempts("parse:error") == [(1, 2, False), (2, 2, True)]
    assert heard.attempts("completion:last_attempt") == [(2, 2, True)]
    assert isinstance(heard.told[-1][1], ValidationError)


@both
def test_no_answer_at_all(emulator: Emulator, face: str) -> None:
    emulator.script(WRONG, Fault(status=503))
    heard = Listener()
    with pytest.raises(Overloaded):
        settled(client(emulator, face).create(User, PROMPT, hooks=heard.hooks))
    assert heard.names == [
        *ANSWERED,
        "parse:error",
        "completion:kwargs",
        "completion:error",
        "completion:last_attempt",
    ]
    assert heard.attempts("completion:error") == [(2, 4, True)]
    assert isinstance(heard.told[-1][1], Overloaded)


@both
def test_a_key_that_is_refused(emulator: Emulator, face: str) -> None:
    emulator.script(Fault(status=401))
    heard = Listener()
    with pytest.raises(Unauthorized):
        settled(client(emulator, face).create(User, PROMPT, hooks=heard.hooks))
    assert heard.names == ["completion:kwargs", "completion:error", "completion:last_attempt"]


@both
@pytest.mark.parametrize(
    ("max_retries", "attempts"),
    [(1, 2), (RetryConfig(max_attempts=4, initial_delay=0), 4), (0, 1)],
    ids=["1", "RetryConfig", "0"],
)
def test_how_often_it_is_asked_at_most(emulator: Emulator, face: str, max_retries: Any, attempts: int) -> None:
    emulator.script(WRONG, WRONG, WRONG, WRONG)
    heard = Listener()
    with pytest.raises(OutputError):
        settled(client(emulator, face).create(User, PROMPT, max_retries=max_retries, hooks=heard.hooks))
    assert [most for _, most, _ in heard.attempts("parse:error")] == [attempts] * attempts


# ---------------------------------------------------------------------- what is told

MODELS = {
    "openai_chat": "openai/gpt-4o-mini",
    "anthropic_messages": "anthropic/claude-haiku-4-5",
    "gemini": "google/gemini-2.5-flash",
}


@both
@pytest.mark.parametrize("dialect", MODELS)
def test_the_arguments_are_the_fields_of_the_body(emulator: Emulator, face: str, dialect: str) -> None:
    """To the last field, in the words of the provider; the model is always there."""
    heard = Listener()
    settled(client(emulator, face, MODELS[dialect]).create(User, PROMPT, temperature=0.5, hooks=heard.hooks))
    seen, (_, _, kwargs) = emulator.requests[-1], heard.told[0]
    model = {"model": MODELS[dialect].partition("/")[2]}
    assert (seen.dialect, {**model, **kwargs}) == (dialect, {**model, **seen.wire})
    assert kwargs["model"] == model["model"]


@both
def test_the_answer_is_as_the_provider_wrote_it(emulator: Emulator, face: str) -> None:
    heard = Listener()
    settled(client(emulator, face).create(User, PROMPT, hooks=heard.hooks))
    completion = heard.told[1][1]
    assert completion.choices[0].message.tool_calls[0].function.name == "User"
    assert completion.usage.total_tokens == completion.response.usage.total_tokens


# ---------------------------------------------------------------------- who is told


@both
def test_handlers_of_the_client_and_of_the_call(emulator: Emulator, face: str) -> None:
    order: list[str] = []
    asked = client(emulator, face)
    asked.on("completion:response", lambda _: order.append("client"))
    of_the_call = Hooks()
    of_the_call.on(HookName.COMPLETION_RESPONSE, lambda _: order.append("call"))
    settled(asked.create(User, PROMPT, hooks=of_the_call))
    assert order == ["client", "call"]
    settled(asked.create(User, PROMPT))
    assert order == ["client", "call", "client"]
    settled(asked.create_with_completion(PROMPT, User, hooks=of_the_call))
    assert order[3:] == ["client", "call"]


@both
def test_handlers_that_leave(emulator: Emulator, face: str) -> None:
    told: list[str] = []
    asked = client(emulator, face)

    def first(_: Any) -> None:
        told.append("first")

    asked.on("completion:response", first)
    asked.on("completion:response", lambda _: told.append("second"))
    asked.off("completion:response", first)
    asked.off("completion:response", first)  # it is gone already
    settled(asked.create(User, PROMPT))
    assert told == ["second"]
    asked.on("completion:kwargs", lambda **_: told.append("kwargs"))
    asked.clear("completion:response")
    settled(asked.create(User, PROMPT))
    assert told == ["second", "kwargs"]
    asked.clear()
    settled(asked.create(User, PROMPT))
    assert told == ["second", "kwargs"]


@both
def test_a_handler_that_fails_becomes_a_warning(emulator: Emulator, face: str) -> None:
    told: list[Any] = []

    def fail(_: Any) -> None:
        raise RuntimeError("of the handler's own")

    asked = client(emulator, face)
    asked.on("completion:response", fail)
    asked.on("completion:response", told.append)
    with pytest.warns(UserWarning, match=r"(?s)Error in completion:response handler:.*of the handler's own"):
        assert settled(asked.create(User, PROMPT)).age == 42
    assert len(told) == 1


def test_a_handler_gets_what_it_takes() -> None:
    got: list[Any] = []
    hooks = Hooks()
    hooks.on("parse:error", got.append)
    hooks.on("parse:error", lambda error, attempt_number: got.append(attempt_number))
    hooks.on("parse:error", lambda error, *, is_last_attempt, more=0: got.append((is_last_attempt, more)))
    hooks.on("parse:error", lambda error, **told: got.append(told))
    error, told = ValueError("no"), {"attempt_number": 1, "max_attempts": None, "is_last_attempt": False}
    hooks.emit_parse_error(error, **told)
    assert got == [error, 1, (False, 0), told]


def test_one_that_cannot_be_asked_what_it_takes_gets_the_error_alone() -> None:
    class Silent:
        __signature__ = "none"

        def __call__(self, *args: Any, **kwargs: Any) -> None:
            got.append((args, kwargs))

    got: list[Any] = []
    hooks, error = Hooks(), ValueError("no")
    hooks.on("completion:error", Silent())
    hooks.emit_completion_error(error, attempt_number=1)
    assert got == [((error,), {})]


# ---------------------------------------------------------------------- several together


def named(*names: str) -> tuple[Hooks, list[str]]:
    told: list[str] = []
    hooks = Hooks()
    for name in names:
        hooks.on("completion:response", lambda _, name=name: told.append(name))
    return hooks, told


def test_hooks_add_up() -> None:
    (a, told_a), (b, told_b) = named("a"), named("b1", "b2")
    both_of_them = a + b
    both_of_them.emit_completion_response(None)
    assert (told_a, told_b) == (["a"], ["b1", "b2"])
    a.emit_completion_response(None)
    assert (told_a, told_b) == (["a", "a"], ["b1", "b2"])
    a += b
    a.emit_completion_response(None)
    assert (told_a, told_b) == (["a"] * 3, ["b1", "b2"] * 2)


def test_hooks_added_to_themselves_are_called_twice() -> None:
    hooks, told = named("a")
    hooks += hooks
    hooks.emit_completion_response(None)
    assert told == ["a", "a"]


def test_a_copy_goes_its_own_way() -> None:
    hooks, told = named("a")
    copy = hooks.copy()
    copy.clear()
    hooks.emit_completion_response(None)
    assert (told, bool(copy), bool(hooks)) == (["a"], False, True)


def test_any_number_is_combined() -> None:
    (a, told_a), (b, told_b), (c, told_c) = named("a"), named("b"), named("c")
    Hooks.combine(a, b, c).emit_completion_response(None)
    assert told_a + told_b + told_c == ["a", "b", "c"]
    assert not Hooks.combine()
    with pytest.raises(TypeError, match="Expected Hooks instance"):
        Hooks.combine(a, object())  # type: ignore[arg-type]  # what is refused
    with pytest.raises(TypeError):
        a + 1  # type: ignore[operator]  # what is refused


@pytest.mark.parametrize("method", ["on", "off"])
def test_a_name_that_is_none_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid hook name: completion:nothing\. There are: completion:kwargs, "):
        getattr(Hooks(), method)("completion:nothing", print)
    with pytest.raises(ValueError, match="Invalid hook name"):
        Hooks().clear("nothing")


def test_it_shows_how_many_listen() -> None:
    hooks, _ = named("a", "b")
    assert repr(hooks) == "<Hooks {'completion:response': 2}>"


@both
def test_nobody_listens_at_no_cost_to_the_answer(emulator: Emulator, face: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert settled(client(emulator, face).create(User, PROMPT, hooks=Hooks())).age == 42
