"""Answers that are wrong at first, in every dialect and by every technique: what they are, and how they are asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field

import dragoman
from dragoman import Extracted, LLMResponse, Message, Mode, Reasoning, Refusal, Role, Text, Tool, ToolCall
from dragoman.testing import Emulator

DIALECTS: dict[str, tuple[str, str]] = {
    "openai_chat": ("openai", "gpt-4o-mini"),
    "openai_responses": ("openai", "gpt-4o-mini"),
    "anthropic_messages": ("anthropic", "claude-haiku-4-5"),
    "gemini": ("google", "gemini-2.5-flash"),
    "bedrock_converse": ("bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0"),
    "cohere_v2": ("cohere", "command-a-03-2025"),
    "mistral": ("mistral", "mistral-small-latest"),
    "ollama": ("ollama", "llama3.1:8b"),
}
"""A provider and a model for each dialect."""

CALLING = {Mode.TOOLS, Mode.TOOLS_STRICT, Mode.REASONING_TOOLS}
OBJECTS = {"anthropic_messages", "bedrock_converse", "gemini", "ollama"}
"""Dialects in which arguments are an object, so that they cannot be broken."""

SAYS_NOT: dict[str, set[str]] = {"refused": {"cohere_v2", "mistral", "ollama"}, "withheld": {"mistral", "ollama"}}
"""What the server of a dialect has no word for: there, it is an answer that does not fit."""

MODES = [*sorted(CALLING, key=str), Mode.JSON_SCHEMA, Mode.JSON, Mode.MD_JSON]


class Address(BaseModel):
    city: str


class Person(BaseModel):
    name: str
    age: int = Field(ge=0)
    address: Address


RIGHT = {"name": "Ada", "age": 36, "address": {"city": "London"}}
ADA = Person.model_validate(RIGHT)


def answer(mode: Mode, fields: Any, *, id: str = "call_1", **more: Any) -> LLMResponse:  # noqa: A002  # as the field is
    """`fields`, or a text that is no JSON, as `mode` has them answered."""
    text = fields if isinstance(fields, str) else json.dumps(fields)
    if mode not in CALLING:
        return LLMResponse(text, **more)
    return LLMResponse(
        parts=(ToolCall(id=id, name="Person", arguments_json=text),), **{"finish_reason": "tool_calls", **more}
    )


def _missing(mode: Mode) -> LLMResponse:
    return answer(mode, {"name": "Ada", "address": {"city": "London"}})


def _look_up(id: str = "call_9") -> ToolCall:  # noqa: A002  # as the field is
    return ToolCall(id=id, name="look_up", arguments={"name": "Ada"})


def _after_thinking(mode: Mode) -> LLMResponse:
    wrong = _missing(mode)
    return LLMResponse(parts=(Reasoning("She is 36, I think."), *wrong.parts), finish_reason=wrong.finish_reason)


FAULTS: dict[str, Callable[[Mode], LLMResponse]] = {
    "wrong type": lambda mode: answer(mode, {**RIGHT, "age": "old"}),
    "out of range": lambda mode: answer(mode, {**RIGHT, "age": -1}),
    "missing field": _missing,
    "nothing but braces": lambda mode: answer(mode, {}),
    "prose": lambda _: LLMResponse("Ada is 36 and lives in London."),
    "broken JSON": lambda mode: answer(mode, '{"name": "Ada", "age'),
    "another tool": lambda _: LLMResponse(parts=(_look_up(),), finish_reason="tool_calls"),
    "words and another tool": lambda _: LLMResponse(parts=(Text("I look."), _look_up()), finish_reason="tool_calls"),
    "two tools": lambda mode: LLMResponse(
        parts=(_look_up("call_8"), *_missing(mode).parts, _look_up()), finish_reason="tool_calls"
    ),
    "nothing": lambda _: LLMResponse(),
    "blanks": lambda _: LLMResponse("  \n"),
    "after thinking": _after_thinking,
    "nothing but thinking": lambda _: LLMResponse(parts=(Reasoning("Hm."),)),
    "a text in place of an object": lambda mode: answer(mode, {**RIGHT, "address": "London"}),
}
"""What is wrong with the first answer → that answer. The second one is right."""

MENDED: dict[str, Callable[[Mode], LLMResponse]] = {
    "stringified part": lambda mode: answer(mode, {**RIGHT, "address": json.dumps(RIGHT["address"])}),
    "stringified": lambda mode: answer(mode, json.dumps(json.dumps(RIGHT))),
    "nearly JSON": lambda mode: answer(mode, json.dumps(RIGHT)[:-1] + ",}"),
    "right, and another tool": lambda mode: LLMResponse(
        parts=(*answer(mode, RIGHT).parts, _look_up()), finish_reason="tool_calls"
    ),
}
"""What is taken as it is, with a word about it."""

FINAL: dict[str, tuple[Callable[[Mode], LLMResponse], type[dragoman.OutputError]]] = {
    "refused": (lambda _: LLMResponse(parts=(Refusal("No."),), finish_reason="refusal"), dragoman.AnswerDeclined),
    "withheld": (lambda _: LLMResponse("", finish_reason="content_filter"), dragoman.AnswerDeclined),
    "cut off": (lambda mode: answer(mode, '{"name": "Ad', finish_reason="length"), dragoman.AnswerCutOff),
}
"""What ends the call, for the next answer would be no better."""

MESSAGES = [
    {"role": "system", "content": "Be exact."},
    {"role": "user", "content": [{"type": "text", "text": "Ada Lovelace, 36, of London"}]},
]
LOOK_UP = Tool(
    name="look_up", description="Look up", parameters={"type": "object", "properties": {"name": {"type": "string"}}}
)
TOOLS = [LOOK_UP]


def ask(emulator: Emulator, face: str, dialect: str, mode: Mode, **options: Any) -> Extracted[Person]:
    """Ask for a `Person`, in one of both faces."""
    provider, model = DIALECTS[dialect]
    home = f"{emulator.url}/mistral/v1" if dialect == "mistral" else emulator.url  # else it is taken for OpenAI
    settings = {"base_url": home, "dialect": dialect, "api_key": "k", "mode": mode}
    options = {"messages": MESSAGES, "tools": TOOLS, **options}
    if face == "sync":
        with dragoman.create_llm(provider, model, **settings) as llm:
            return llm.extract(Person, **options)

    async def main() -> Extracted[Person]:
        async with dragoman.create_llm(provider, model, async_client=True, **settings) as llm:
            return await llm.extract(Person, **options)

    return asyncio.run(main())


def said(messages: tuple[Message, ...]) -> str:
    """Their texts, tools' results included."""
    return "".join(message.text + "".join(result.text for result in message.tool_results) for message in messages)


def is_valid(messages: tuple[Message, ...]) -> None:
    """What holds for a conversation in every dialect."""
    open_calls: list[str] = []
    for message in messages:
        answered = {result.id for result in message.tool_results}
        open_calls = [call for call in open_calls if call not in answered]
        assert message.role is Role.TOOL or not open_calls, "every call has its result before the next turn"
        open_calls += [call.id for call in message.tool_calls]
        assert message.parts, "no turn is empty"
        assert all(part.text.strip() for part in message.parts if isinstance(part, Text)), "nor is any text"
        if message.role is Role.ASSISTANT:
            assert not all(isinstance(part, Reasoning) for part in message.parts), "thinking does not stand alone"
