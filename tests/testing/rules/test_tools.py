"""Which tools the model calls, how many, and with what."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.messages import LLMResponse, Message, Opaque, Request, Tool, ToolCall, ToolChoice, ToolResult
from dragoman.testing.rules import RuleModel


def tool(name: str, /, **fields: Any) -> Tool:
    return Tool(name=name, parameters={"type": "object", "properties": fields, "required": list(fields)})


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
WEATHER = tool("get_weather", city=TEXT)
FORECAST = tool("get_weather_forecast", city=TEXT, days=NUMBER)
MAGIC = tool("magic_function", input=NUMBER)
SEARCH = tool("webSearch", query=TEXT)
CLOCK = tool("current_time")
TOOLS = (WEATHER, MAGIC, SEARCH, CLOCK)


def ask(text: str, *, tools: tuple[Any, ...] = TOOLS, **options: Any) -> LLMResponse:
    return RuleModel().answer(Request(model="m", messages=(Message("user", text),), tools=tools, **options))


def called(response: LLMResponse) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for call in response.tool_calls]


AUTO: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ("Hello", []),
    ("Get me all the information you can find", []),
    ("What is the weather in Paris?", [("get_weather", {"city": "Paris"})]),
    ("magic_function(3)", [("magic_function", {"input": 3})]),
    ("What is the magic of 3?", [("magic_function", {"input": 3})]),
    ("Do a web search for 'cats'", [("webSearch", {"query": "cats"})]),
    ("Use `current_time`", [("current_time", {})]),
    ("magic_function(3) and then the weather in Rome", [("magic_function", {"input": 3}), ("get_weather", {"city": "Rome"})]),
    ("the weather in Rome, then magic_function(3)", [("get_weather", {"city": "Rome"}), ("magic_function", {"input": 3})]),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "calls"), AUTO)
def test_auto_calls_what_the_prompt_speaks_of(prompt: str, calls: list[Any]) -> None:
    answer = ask(prompt)
    assert called(answer) == calls
    assert answer.finish_reason == ("tool_calls" if calls else "stop")
    assert bool(answer.content) is not bool(calls)


@pytest.mark.parametrize(
    ("instructions", "prompt", "calls"),
    [
        ("Answer by calling `current_time`.", "Hello", ["current_time"]),
        ("Answer by calling `current_time`.", "What is the magic of 3?", ["magic_function"]),
        ("You know the weather, and the time.", "Hello", []),
    ],
)
def test_auto_calls_what_the_system_message_names_in_full(instructions: str, prompt: str, calls: list[str]) -> None:
    messages = (Message("system", instructions), Message("user", prompt))
    answer = RuleModel().answer(Request(model="m", messages=messages, tools=TOOLS))
    assert [call.name for call in answer.tool_calls] == calls


def test_a_word_stands_for_one_tool_the_one_that_fits_best() -> None:
    both = (WEATHER, FORECAST)
    assert [name for name, _ in called(ask("weather in Paris", tools=both))] == ["get_weather"]
    assert [name for name, _ in called(ask("weather forecast for Paris", tools=both))] == ["get_weather_forecast"]


def test_two_calls_share_the_facts() -> None:
    answer = ask("The weather in Paris and a web search for Rome")
    assert called(answer) == [("get_weather", {"city": "Paris"}), ("webSearch", {"query": "Rome"})]


CHOICES: list[tuple[ToolChoice, str, list[str]]] = [
    (ToolChoice(mode="none"), "weather in Paris", []),
    (ToolChoice(mode="required"), "Hello", ["get_weather"]),
    (ToolChoice(mode="required"), "weather and magic", ["get_weather"]),
    (ToolChoice(mode="required"), "Use magic_function", ["magic_function"]),
    (ToolChoice(mode="required", names=("webSearch",)), "weather", ["webSearch"]),
    (ToolChoice(mode="required", names=("webSearch", "magic_function")), "weather and magic", ["magic_function"]),
    (ToolChoice(mode="auto", names=("webSearch",)), "weather and magic", []),
]


@pytest.mark.parametrize(("choice", "prompt", "names"), CHOICES)
def test_choices(choice: ToolChoice, prompt: str, names: list[str]) -> None:
    assert [name for name, _ in called(ask(prompt, tool_choice=choice))] == names


def test_one_call_when_parallel_calls_are_off() -> None:
    assert len(called(ask("weather and magic", parallel_tool_calls=False))) == 1
    assert len(called(ask("weather and magic", parallel_tool_calls=True))) == 2


@pytest.mark.parametrize("choice", [None, ToolChoice(mode="auto"), ToolChoice(mode="none")])
def test_after_a_result_it_answers_with_it(choice: ToolChoice | None) -> None:
    messages = (
        Message("user", "What is the weather in Paris and the magic of 3?"),
        Message("assistant", (ToolCall(id="1", name="get_weather"), ToolCall(id="2", name="magic_function"))),
        Message("tool", (ToolResult(id="1", content="18 degrees"),)),
        Message("tool", (ToolResult(id="2", content="5"),)),
    )
    answer = RuleModel().answer(Request(model="m", messages=messages, tools=TOOLS, tool_choice=choice))
    assert answer.tool_calls == ()
    assert "18 degrees\n5" in answer.content


def test_a_forced_call_is_made_again_after_a_result() -> None:
    messages = (
        Message("user", "Ada is 36"),
        Message("assistant", (ToolCall(id="1", name="person"),)),
        Message("tool", (ToolResult(id="1", content="This does not fit. Name: missing. Try 99.", is_error=True),)),
    )
    person = tool("person", name=TEXT, age=NUMBER)
    forced = ToolChoice(mode="required", names=("person",))
    answer = RuleModel().answer(Request(model="m", messages=messages, tools=(person,), tool_choice=forced))
    assert called(answer) == [("person", {"name": "Ada", "age": 36})]


def test_ids_differ_and_begin_as_the_dialect_wants() -> None:
    model = RuleModel()
    request = Request(model="m", messages=(Message("user", "weather and magic"),), tools=TOOLS)
    calls = [call for _ in range(5) for call in model.answer(request, call_prefix="toolu_").tool_calls]
    assert len({call.id for call in calls}) == 10
    assert all(call.id.startswith("toolu_") for call in calls)


def test_free_form_tools_are_given_text() -> None:
    (call,) = ask("Run code 'print(1)'", tools=(Tool(name="run_code", text_format={"type": "text"}),)).tool_calls
    assert (call.text, call.arguments) == ("print(1)", {})


def test_tools_of_the_server_are_not_ours_to_call() -> None:
    assert called(ask("web search", tools=(Opaque("anthropic_messages", {"name": "web_search"}),))) == []
