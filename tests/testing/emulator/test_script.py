"""Answers given in advance."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dragoman.errors import ConfigurationError, RateLimited
from dragoman.messages import LLMResponse, Reasoning, Request, Text, ToolCall, Usage
from dragoman.testing import Emulator, Fault

from .conftest import PATHS, Client

both = pytest.mark.parametrize("dialect", PATHS)
CALL = ToolCall(id="call_7", name="f", arguments={"a": [1, "é"]})


@both
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_steps_are_used_once_in_order_and_then_the_rules(
    client: Client, emulator: Emulator, dialect: str, stream: bool
) -> None:
    emulator.script("one", LLMResponse("two", finish_reason="length"), LLMResponse(parts=(Text("three"), CALL)))
    one, two, three, four = (client.ask(dialect, "Say exactly: four", stream=stream).decoded() for _ in range(4))
    assert [answer.content for answer in (one, two, three, four)] == ["one", "two", "three", "four"]
    assert two.finish_reason == "length"
    assert three.tool_calls == (CALL,)
    assert three.finish_reason == "tool_calls"


@both
def test_what_a_step_leaves_open_is_filled_in(client: Client, emulator: Emulator, dialect: str) -> None:
    emulator.script("12345")
    answer = client.ask(dialect).decoded()
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 2)
    assert answer.id
    assert answer.model


@both
def test_what_a_step_says_is_kept(client: Client, emulator: Emulator, dialect: str) -> None:
    said = LLMResponse(
        "hi", model="other-1", id="my-id", usage=Usage(input_tokens=70, output_tokens=9, total_tokens=79)
    )
    emulator.script(said, said)
    for stream in (False, True):
        answer = client.ask(dialect, stream=stream).decoded()
        assert (answer.id, answer.model) == ("my-id", "other-1")
        assert (answer.usage.input_tokens, answer.usage.output_tokens) == (70, 9)


def test_functions_are_given_the_request(client: Client, emulator: Emulator) -> None:
    def answer(request: Request) -> LLMResponse:
        return LLMResponse(f"{request.model} was asked {request.messages[-1].text}")

    emulator.script(answer, lambda request: request.messages[-1].text.upper())
    assert client.ask("openai_chat", "this").decoded().content == "gpt-4o-mini was asked this"
    assert client.ask("openai_chat", "that").decoded().content == "THAT"


def test_a_function_may_wait_while_others_are_answered(client: Client, emulator: Emulator) -> None:
    go = threading.Event()
    emulator.script(lambda _: "late" if go.wait(10) else "never", model="slow")
    said: list[str] = []

    def ask_slowly() -> None:
        slow = Client(emulator)
        said.append(slow.ask("openai_chat", model="slow").decoded().content)
        slow.connection.close()

    thread = threading.Thread(target=ask_slowly)
    thread.start()
    emulator.wait_for_requests(1)
    assert client.ask("openai_chat", "Say exactly: at once").decoded().content == "at once"
    go.set()
    thread.join()
    assert said == ["late"]


@both
def test_an_error_of_ours_is_answered_in_the_dialect(client: Client, emulator: Emulator, dialect: str) -> None:
    def refuse(_: Request) -> str:
        raise RateLimited("not so fast", http_status=429, retry_after_seconds=2)

    emulator.script(refuse)
    answer = client.ask(dialect)
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert answer.error["message"] == "not so fast"


def test_a_mistake_in_a_function_is_raised_where_the_emulator_is_used() -> None:
    def check(request: Request) -> str:
        assert request.model == "another", "another model was wanted"
        return ""

    emulator = Emulator().start()
    client = Client(emulator)
    emulator.script(check)
    answer = client.ask("openai_chat")
    client.connection.close()
    assert answer.status == 500
    assert "AssertionError" in answer.json["error"]["message"]
    with pytest.raises(AssertionError, match="another"):
        emulator.__exit__(None, None, None)


def test_an_error_in_the_block_is_not_hidden_by_a_mistake() -> None:
    def broken(_: Request) -> str:
        raise ValueError("in the function")

    emulator = Emulator().start()
    client = Client(emulator)
    emulator.script(broken)
    client.ask("openai_chat")
    client.connection.close()
    emulator.__exit__(KeyError, KeyError("in the block"), None)
    assert "stopped" in repr(emulator)


def test_steps_for_a_model_or_a_path(client: Client, emulator: Emulator) -> None:
    emulator.script("for two", model="two")
    emulator.script("for messages", path="/messages")
    emulator.script("for any")
    assert client.ask("openai_chat", model="one").decoded().content == "for any"
    assert client.ask("openai_chat", model="two").decoded().content == "for two"
    assert client.ask("anthropic_messages").decoded().content == "for messages"


def test_faults_stand_in_a_script_too(client: Client, emulator: Emulator) -> None:
    emulator.script(Fault(status=500), "hello", Fault(end_after=-1))
    assert client.ask("openai_chat").status == 500
    assert client.ask("openai_chat").decoded().content == "hello"
    assert client.ask("openai_chat", "Count to 9", stream=True).frames[-1][1] != b"[DONE]"


def test_a_fault_in_place_of_an_answer_leaves_the_script_alone(client: Client, emulator: Emulator) -> None:
    emulator.script("hello")
    emulator.fault(status=503)
    assert client.ask("openai_chat").status == 503
    emulator.fault(framing="close")
    answer = client.ask("openai_chat")
    assert (answer.decoded().content, answer.headers["connection"]) == ("hello", "close")


def test_answers_of_the_scripts_own_reasoning(client: Client, emulator: Emulator) -> None:
    emulator.script(LLMResponse(parts=(Reasoning("hm"), Text("yes"))))
    assert client.ask("openai_chat").decoded().reasoning == "hm"


def test_many_threads_share_a_script(emulator: Emulator) -> None:
    emulator.script(*map(str, range(200)))
    said: list[str] = []

    def talk() -> None:
        client = Client(emulator)
        said.extend(client.ask("openai_chat").decoded().content for _ in range(25))
        client.connection.close()

    threads = [threading.Thread(target=talk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said, key=int) == [str(n) for n in range(200)]


async def _from_a_loop(emulator: Emulator) -> Any:
    import asyncio

    client = Client(emulator)
    try:
        return await asyncio.to_thread(client.ask, "openai_chat", "Say exactly: async")
    finally:
        client.connection.close()


def test_from_async_code() -> None:
    import asyncio

    async def main() -> str:
        with Emulator() as emulator:
            return (await _from_a_loop(emulator)).decoded().content

    assert asyncio.run(main()) == "async"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (LLMResponse(parts=("text",)), "not str: a text alone is a step"),  # type: ignore[arg-type]  # callers are not type-checked
        ({"content": "Hi"}, "a step of a script is a text, an LLMResponse, a Fault or a function, not dict"),
    ],
)
def test_what_is_no_step_is_said_so_when_it_is_given(step: Any, said: str, emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match=said):
        emulator.script("Hi", step)
    assert len(emulator.requests) == 0
