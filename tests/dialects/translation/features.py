"""What a request or an answer can have, one thing at a time: the rows of `docs/translation.md`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from dragoman.messages import (
    Audio,
    CacheMark,
    Citation,
    Document,
    Image,
    LLMResponse,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    ServerTool,
    Text,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
    Video,
)
from dragoman.testing.emulator.customs import customs_of

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER = Tool(name="weather", description="The weather in a city", parameters=SCHEMA)
CALL = ToolCall(id="call_000001", name="weather", arguments={"city": "Paris"})
RESULT = ToolResult(id="call_000001", name="weather", content="18 degrees")

BASE = Request(model="m", max_tokens=100, messages=(Message("user", "Where do rivers end?"),))
WITH_TOOL = replace(BASE, tools=(WEATHER,))

Of = Callable[[str], Any]
"""A request or an answer as it would come from the dialect named."""


def _with(**fields: Any) -> Of:
    return lambda _: replace(BASE, **fields)


def _tooled(**fields: Any) -> Of:
    return lambda _: replace(WITH_TOOL, **fields)


def _asked(*parts: Part) -> Of:
    return lambda _: replace(BASE, messages=(Message("user", (Text("Look."), *parts)),))


def _history(*turns: Message) -> Of:
    return lambda _: replace(WITH_TOOL, messages=(*BASE.messages, *turns))


def _thought(dialect: str) -> Request:
    """The model's own thinking, as whoever speaks the dialect gives it, sent back with the call it led to."""
    thinking = customs_of(dialect).sign("Rivers run downhill.")
    turns = (Message("assistant", (thinking, CALL)), Message("tool", (RESULT,)))
    return replace(WITH_TOOL, messages=(*BASE.messages, *turns), reasoning=ReasoningOptions(effort="low"))


def _called(*parts: Part) -> tuple[Message, Message]:
    return Message("assistant", (CALL,)), Message("tool", parts)


SAID = Message("assistant", "In the sea.")

REQUESTS: dict[str, tuple[Of, Of]] = {
    "system message": (_with(messages=(Message("system", "Be brief."), *BASE.messages)), _with()),
    "system message in the middle": (
        _with(messages=(*BASE.messages, SAID, Message("system", "Be brief."), Message("user", "And then?"))),
        _with(messages=(*BASE.messages, SAID, Message("user", "And then?"))),
    ),
    "several turns": (_with(messages=(*BASE.messages, SAID, Message("user", "And then?"))), _with()),
    "the answer's beginning": (_with(messages=(*BASE.messages, SAID)), _with()),
    "image, as bytes": (_asked(Image(data=PNG, media_type="image/png")), _asked()),
    "image, by URL": (_asked(Image(url="https://host.example/a.png", media_type="image/png")), _asked()),
    "image, by file id": (_asked(Image(file_id="file-1", media_type="image/png")), _asked()),
    "sound": (_asked(Audio(data="UklGRg==", media_type="audio/wav")), _asked()),
    "film": (_asked(Video(data="AAAAGGZ0eXA=", media_type="video/mp4")), _asked()),
    "PDF, as bytes": (_asked(Document(data="JVBERi0xLjQ=", media_type="application/pdf", name="a.pdf")), _asked()),
    "PDF, by URL": (_asked(Document(url="https://host.example/a.pdf", media_type="application/pdf")), _asked()),
    "text document": (_asked(Document(text="Rivers end in the sea.")), _asked()),
    "citations asked for": (
        _asked(Document(text="Rivers end in the sea.", citations=True)),
        _asked(Document(text="Rivers end in the sea.")),
    ),
    "tools": (_tooled(), _with()),
    "strict tool": (_tooled(tools=(replace(WEATHER, strict=True),)), _tooled()),
    "free-form tool": (_tooled(tools=(WEATHER, Tool(name="sql", text_format={"type": "text"}))), _tooled()),
    "web search": (_tooled(tools=(WEATHER, ServerTool("web_search"))), _tooled()),
    "tool choice: required": (_tooled(tool_choice=ToolChoice(mode="required")), _tooled()),
    "tool choice: none": (_tooled(tool_choice=ToolChoice(mode="none")), _tooled()),
    "tool choice: one": (_tooled(tool_choice=ToolChoice(mode="required", names=("weather",))), _tooled()),
    "one call a turn": (_tooled(parallel_tool_calls=False), _tooled()),
    "tool call and result": (_history(*_called(RESULT)), _history()),
    "image in a result": (
        _history(*_called(replace(RESULT, content=(Text("see"), Image(data=PNG, media_type="image/png"))))),
        _history(*_called(replace(RESULT, content=(Text("see"),)))),
    ),
    "failed result": (_history(*_called(replace(RESULT, is_error=True))), _history(*_called(RESULT))),
    "the model's own thinking": (_thought, lambda _: _thought_less()),
    "sources of an earlier answer": (
        _history(Message("assistant", (Text("In the sea.", (Citation(url="https://host.example", title="Sea"),)),))),
        _history(Message("assistant", (Text("In the sea."),))),
    ),
    "JSON": (_with(output_format=OutputFormat(kind="json_object")), _with()),
    "JSON schema": (_with(output_format=OutputFormat(kind="json_schema", schema=SCHEMA, name="place")), _with()),
    "reasoning effort": (_with(reasoning=ReasoningOptions(effort="low")), _with()),
    "reasoning budget": (
        _with(max_tokens=5000, reasoning=ReasoningOptions(budget_tokens=2048)),
        _with(max_tokens=5000),
    ),
    "reasoning off": (_with(reasoning=ReasoningOptions(enabled=False)), _with()),
    "max_tokens": (_with(max_tokens=77), _with()),
    "temperature": (_with(temperature=0.5), _with()),
    "top_p": (_with(top_p=0.5), _with()),
    "top_k": (_with(top_k=5), _with()),
    "stop": (_with(stop=("END",)), _with()),
    "seed": (_with(seed=7), _with()),
    "frequency_penalty": (_with(frequency_penalty=0.5), _with()),
    "presence_penalty": (_with(presence_penalty=0.5), _with()),
    "n": (_with(n=2), _with()),
    "logprobs": (_with(logprobs=True), _with()),
    "top_logprobs": (_with(logprobs=True, top_logprobs=2), _with(logprobs=True)),
    "user": (_with(user="u-1"), _with()),
    "service_tier": (_with(service_tier="priority"), _with()),
    "metadata": (_with(metadata={"run": "7"}), _with()),
    "prompt-cache mark": (_asked(Text("A long text.", cache=CacheMark())), _asked(Text("A long text."))),
}
"""By name: a request that has it, and the same without it."""


def _thought_less() -> Request:
    turns = (Message("assistant", (CALL,)), Message("tool", (RESULT,)))
    return replace(WITH_TOOL, messages=(*BASE.messages, *turns), reasoning=ReasoningOptions(effort="low"))


ANSWER = LLMResponse(
    id="id-1", model="m", parts=(Text("In the sea."),), usage=Usage(input_tokens=10, output_tokens=5), created_at=1
)


def _answer(**fields: Any) -> Of:
    return lambda _: replace(ANSWER, content="", **fields)


def _used(**counts: int) -> Of:
    return _answer(usage=replace(ANSWER.usage, **counts))


TWO_CALLS = (CALL, ToolCall(id="call_000002", name="weather", arguments={"city": "Rome"}))

ANSWERS: dict[str, tuple[Of, Of]] = {
    "text": (_answer(), _answer(parts=())),
    "thinking": (_answer(parts=(Reasoning("Hm."), Text("In the sea."))), _answer()),
    "thinking, with its proof": (
        lambda dialect: replace(ANSWER, content="", parts=(customs_of(dialect).sign("Hm."), Text("In the sea."))),
        _answer(),
    ),
    "tool call": (_answer(parts=(CALL,), finish_reason="tool_calls"), _answer(parts=())),
    "two calls at once": (_answer(parts=TWO_CALLS, finish_reason="tool_calls"), _answer(parts=())),
    "arguments cut off": (
        _answer(
            parts=(ToolCall(id="call_000001", name="weather", arguments_json='{"city": "Par'),), finish_reason="length"
        ),
        _answer(parts=(), finish_reason="length"),
    ),
    "refusal": (_answer(parts=(Refusal("I would rather not."),), finish_reason="refusal"), _answer(parts=())),
    "sources": (
        _answer(parts=(Text("In the sea.", (Citation(url="https://host.example", title="Sea", start=0, end=11),)),)),
        _answer(),
    ),
    "picture": (_answer(parts=(Image(data=PNG, media_type="image/png"),)), _answer(parts=())),
    **{
        f"finish: {reason}": (_answer(finish_reason=reason), _answer(finish_reason=None))
        for reason in ("length", "content_filter", "pause", "error")
    },
    "stop sequence": (_answer(stop_sequence="END"), _answer()),
    "alternatives": (_answer(alternatives=(LLMResponse(parts=(Text("In a lake."),)),)), _answer()),
    "log probabilities": (_answer(logprobs=(TokenLogprob(token="In", logprob=-0.5),)), _answer()),
    "cached input": (_used(cache_read_tokens=4), _answer()),
    "input written to the cache": (_used(cache_write_tokens=4), _answer()),
    "thinking tokens": (_used(reasoning_tokens=3), _answer()),
}
"""By name: an answer that has it, and the same without it."""
