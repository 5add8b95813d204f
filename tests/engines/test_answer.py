"""From a request to a model's answer, as events: prompts, limits, stops, thinking, tool calls, cancelling."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dragoman.engines.answer import Answer
from dragoman.errors import ConfigurationError, ContextTooLong, UnsupportedFeature
from dragoman.messages import (
    Assembler,
    Extra,
    Image,
    LLMResponse,
    Message,
    OutputFormat,
    ReasoningOptions,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)

from .scripted import ScriptedModel

HERMES = "{% if tools %}<tool_call>"
WEATHER = Tool(name="weather", description="Tell it", parameters={"type": "object"})
CALL = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris"}}\n</tool_call>'


def request(*messages: Message, **fields: Any) -> Request:
    return Request(model="m", messages=messages or (Message("user", "Hi"),), **fields)


def answered(model: ScriptedModel, asked: Request) -> LLMResponse:
    whole = Assembler()
    for event in Answer(model, asked, cancelled=lambda: False).events():
        whole.add(event)
    assert whole.finished
    return whole.response()


def test_text_and_usage() -> None:
    model = ScriptedModel("Hello.")
    response = answered(model, request())
    assert (response.content, response.finish_reason) == ("Hello.", "stop")
    assert (response.usage.input_tokens, response.usage.output_tokens) == (2, 7)
    assert model.stopped == 1


@pytest.mark.parametrize(
    ("fields", "text", "reason"),
    [
        ({"max_tokens": 3}, "Hel", "length"),
        ({"stop": ("lo",)}, "Hel", "stop"),
        ({"stop": ("zzz", ".")}, "Hello", "stop"),
        ({}, "Hello.", "stop"),
    ],
)
def test_where_an_answer_ends(fields: dict[str, Any], text: str, reason: str) -> None:
    response = answered(ScriptedModel("Hello."), request(**fields))
    assert (response.content, response.finish_reason) == (text, reason)


def test_an_answer_ends_with_the_context() -> None:
    model = ScriptedModel("Hello.")
    model.context_tokens = 5
    assert answered(model, request(max_tokens=100)).content == "Hel"
    model.context_tokens = 2
    with pytest.raises(ContextTooLong, match="the prompt is 2 tokens"):
        Answer(model, request(), cancelled=lambda: False)


def test_thinking_is_told_from_text() -> None:
    response = answered(ScriptedModel("<think>\nHm.\n</think>\n\nHello."), request())
    assert response.content.strip() == "Hello."
    assert response.reasoning is not None
    assert response.reasoning.strip() == "Hm."
    opened = answered(ScriptedModel("Hm.</think>Hello.", opening="<think>\n"), request())
    assert (opened.content, opened.reasoning) == ("Hello.", "Hm.")


def test_tool_calls() -> None:
    response = answered(ScriptedModel("I look. " + CALL + CALL, HERMES), request(tools=(WEATHER,)))
    assert response.content == "I look. "
    assert [(call.name, call.arguments) for call in response.tool_calls] == [("weather", {"city": "Paris"})] * 2
    assert len({call.id for call in response.tool_calls}) == 2
    assert response.finish_reason == "tool_calls"


def test_marks_are_text_where_no_tools_are_given() -> None:
    assert answered(ScriptedModel(CALL, HERMES), request()).content == CALL


def test_a_call_that_cannot_be_read_is_text() -> None:
    response = answered(ScriptedModel("<tool_call>oh</tool_call>", HERMES), request(tools=(WEATHER,)))
    assert (response.content, response.tool_calls) == ("oh", ())


def test_a_conversation_with_tools_as_templates_take_it() -> None:
    call = ToolCall(id="c1", name="weather", arguments={"city": "Paris"})
    model = ScriptedModel("Fine.", HERMES)
    answered(
        model,
        request(
            Message("system", "Be short."),
            Message("user", [Text("What is "), Text("it?")]),
            Message("assistant", [call]),
            Message("tool", [ToolResult(id="c1", name="weather", content="18")]),
            tools=(WEATHER,),
        ),
    )
    prompt = model.asked[0][0]
    assert prompt.messages == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"type": "function", "id": "c1", "function": {"name": "weather", "arguments": {"city": "Paris"}}}]},
        {"role": "tool", "name": "weather", "content": "18"},
    ]  # fmt: skip
    assert prompt.tools == [
        {
            "type": "function",
            "function": {"name": "weather", "description": "Tell it", "parameters": {"type": "object"}},
        }
    ]


@pytest.mark.parametrize(
    ("model", "asked", "why"),
    [
        (ScriptedModel("x", template=""), request(), "no chat template"),
        (ScriptedModel("x"), request(tools=(WEATHER,)), "has no tools"),
        (ScriptedModel("x"), request(Message("user", [Image(data=b"x", media_type="image/png")])), "no image part"),
    ],
)
def test_what_a_model_cannot_take_is_refused(model: ScriptedModel, asked: Request, why: str) -> None:
    with pytest.raises(UnsupportedFeature, match=why):
        Answer(model, asked, cancelled=lambda: False)


def test_how_tokens_are_chosen() -> None:
    model = ScriptedModel("Hello.")
    extra = Extra(fields={"options": {"min_p": 0.1, "repeat_penalty": 1.2}})
    answered(model, request(temperature=0.5, top_p=0.9, top_k=7, seed=3, presence_penalty=0.3, extra=(extra,)))
    sampling = model.asked[0][1]
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed) == (0.5, 0.9, 7, 3)
    assert (sampling.min_p, sampling.repetition_penalty, sampling.presence_penalty) == (0.1, 1.2, 0.3)
    with pytest.raises(ConfigurationError, match="min_p must be a number"):
        answered(model, request(extra=(Extra(fields={"min_p": "high"}),)))


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        (None, None),
        (OutputFormat(kind="text"), None),
        (OutputFormat(kind="json_object"), {"type": "object"}),
        (OutputFormat(kind="json_schema", schema={"type": "array"}), {"type": "array"}),
    ],
)
def test_the_schema_goes_to_the_model(form: OutputFormat | None, schema: Any) -> None:
    model = ScriptedModel("{}")
    answered(model, request(output_format=form))
    assert model.asked[0][2] == schema


@pytest.mark.parametrize(
    ("options", "thinking"),
    [
        (None, None),
        (ReasoningOptions(enabled=False), False),
        (ReasoningOptions(effort="none"), False),
        (ReasoningOptions(effort="high"), True),
    ],
)
def test_whether_to_think(options: ReasoningOptions | None, thinking: bool | None) -> None:
    model = ScriptedModel("Hello.")
    answered(model, request(reasoning=options))
    assert model.asked[0][0].thinking is thinking


def test_a_cancelled_answer_computes_at_most_one_token_more() -> None:
    model = ScriptedModel("Hello, and much more to say.")
    cancelled = threading.Event()
    for number, _ in enumerate(Answer(model, request(), cancelled=cancelled.is_set).events()):
        if number == 4:
            cancelled.set()
            at = model.written
    assert model.written <= at + 1
    assert model.stopped == 1


def test_an_answer_that_is_left_stops_its_model() -> None:
    model = ScriptedModel("Hello, and much more to say.")
    events = Answer(model, request(), cancelled=lambda: False).events()
    for _ in range(4):
        next(events)
    events.close()
    assert model.stopped == 1
    assert model.written < 6


def test_the_time_to_load_is_told_apart() -> None:
    """S0.29"""
    whole = Assembler()
    for event in Answer(ScriptedModel("Hi"), request(), cancelled=lambda: False, load_seconds=2.0).events():
        whole.add(event)
    extra = whole.response().extra
    assert extra is not None
    assert extra.fields["load_duration"] == 2_000_000_000
    assert extra.fields["total_duration"] == pytest.approx(
        2_000_000_000 + extra.fields["prompt_eval_duration"] + extra.fields["eval_duration"]
    )
