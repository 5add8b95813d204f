"""Chats against the emulator: what is remembered, and what is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import dragoman
from dragoman import AsyncChat, Chat, ConfigurationError, Message, RetryConfig, StreamInterrupted, Text
from dragoman.testing import Emulator, Fault

providers = pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "anthropic/claude-3-5-haiku-latest"])
PIXEL = dragoman.Image(data="iVBORw0KGgo=", media_type="image/png")
ONCE = RetryConfig(max_attempts=1)


def client(emulator: Emulator, model: str = "openai/gpt-4o-mini", **options: Any) -> dragoman.LLM:
    return dragoman.create_llm(model, base_url=emulator.url, api_key="k", retry_config=ONCE, **options)


def sent(emulator: Emulator) -> list[list[tuple[str, str]]]:
    """For each request, who said what."""
    requests = [seen.request for seen in emulator.requests if seen.request]
    return [[(message.role, message.text) for message in request.messages] for request in requests]


@providers
def test_each_turn_is_sent_with_those_before_it(emulator: Emulator, model: str) -> None:
    emulator.script("Ada.", "1815.")
    chat = client(emulator, model).chat(system="Be brief")
    assert chat.generate("Who wrote the first program?").content == "Ada."
    assert chat.generate("When was she born?").content == "1815."
    before = [("system", "Be brief"), ("user", "Who wrote the first program?")]
    assert sent(emulator) == [before, [*before, ("assistant", "Ada."), ("user", "When was she born?")]]
    assert [message.role for message in chat.messages] == ["user", "assistant", "user", "assistant"]


@providers
def test_the_async_face_remembers_too(emulator: Emulator, model: str) -> None:
    emulator.script("one", "two")

    async def main() -> AsyncChat:
        chat = dragoman.create_llm(model, base_url=emulator.url, api_key="k", async_client=True).chat()
        await chat.generate("a")
        async for _ in chat.generate("b", stream=True):
            pass
        return chat

    assert [message.text for message in asyncio.run(main()).messages] == ["a", "one", "b", "two"]


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


@providers
def test_tools_of_a_chat_and_the_turn_that_answers_them(emulator: Emulator, model: str) -> None:
    """S3.15."""
    llm = client(emulator, model)
    chat = llm.chat(tools=[get_weather])
    answer = chat.generate("What is the weather in 'Paris'?")
    assert [call.arguments for call in answer.tool_calls] == [{"city": "Paris"}]
    answer = chat.generate(llm.run_tools(answer, [get_weather]))
    assert "18 degrees in Paris" in answer.content
    assert [message.role for message in chat.messages] == ["user", "assistant", "tool", "assistant"]


def test_a_stream_is_remembered_at_its_end(emulator: Emulator) -> None:
    emulator.script("one two three four five six seven")
    chat = client(emulator).chat()
    stream = chat.generate("Count", stream=True)
    next(stream)
    assert chat.messages == []
    stream.drain()
    assert chat.messages == [Message("user", "Count"), stream.response.message]


def test_what_failed_or_was_left_is_not_remembered(emulator: Emulator) -> None:
    chat = client(emulator).chat()
    with chat.generate("Hi", stream=True) as stream:
        next(stream)
    emulator.script(Fault(status=500), "one two three four five six seven")
    with pytest.raises(dragoman.ProviderFailed):
        chat.generate("Hi")
    emulator.fault(cut_after=4)
    with pytest.raises(StreamInterrupted):
        chat.generate("Hi", stream=True).drain()
    assert chat.messages == []


def test_pictures_are_sent_with_their_own_turn_only(emulator: Emulator) -> None:
    chat = client(emulator).chat()
    chat.generate("What is it?", images=[PIXEL])
    chat.generate("Are you sure?")
    assert [isinstance(message.content, str) for message in chat.messages] == [False, False, True, False]
    assert chat.messages[0].parts == (PIXEL, Text("What is it?"))


def test_a_chat_goes_on_from_messages_and_may_branch(emulator: Emulator) -> None:
    llm = client(emulator, messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}])
    first = llm.chat()
    second = llm.chat(messages=first.messages)
    first.generate("c")
    assert [len(chat.messages) for chat in (first, second)] == [4, 2]
    assert sent(emulator)[0] == [("user", "a"), ("assistant", "b"), ("user", "c")]


def test_options_of_the_chat_win_over_the_clients_and_those_of_a_call_over_both(emulator: Emulator) -> None:
    chat = client(emulator, temperature=0, max_tokens=10).chat(temperature=1, max_tokens=20)
    chat.generate("a")
    chat.generate("b", max_tokens=30)
    bodies = [seen.request for seen in emulator.requests if seen.request]
    assert [(body.temperature, body.max_tokens) for body in bodies] == [(1, 20), (1, 30)]


def test_what_makes_no_sense_is_refused_at_once(emulator: Emulator) -> None:
    llm = client(emulator)
    with pytest.raises(ConfigurationError, match="did you mean"):
        llm.chat(temprature=1)  # type: ignore[call-arg]  # the slip that is refused
    with pytest.raises(ConfigurationError, match="nothing was asked"):
        llm.chat(system="Be brief").generate()


def test_a_chat_shows_itself_in_a_line(emulator: Emulator) -> None:
    chat: Chat = client(emulator).chat()
    chat.generate("Hi")
    assert repr(chat) == f"<Chat openai/gpt-4o-mini at {emulator.url}/v1, 2 messages>"
