"""Every dialect is held to the same laws; a new one is added to `DIALECTS`."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from dragoman.dialects import Dialect, dialect_names, get_dialect
from dragoman.messages import (
    Citation,
    Extra,
    FinishReason,
    Image,
    LLMResponse,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    Text,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolChoice,
    Usage,
)

from . import laws
from .telegraph import DIALECT as TELEGRAPH

DIALECTS = [*map(get_dialect, dialect_names()), TELEGRAPH]

TALK = (Message("system", "Be brief."), Message("user", "Grüße!\n\nHow are you?"))
TURNS = (*TALK, Message("assistant", "Fine — 好."), Message("user", "Good"))
REQUESTS = {
    "one turn": Request(model="m", messages=TALK[1:], max_tokens=50),
    "system and turns": Request(model="m", messages=TURNS, max_tokens=50),
}
ASKED = REQUESTS["one turn"]
STREAMED = Request(model="m", messages=TALK, max_tokens=50, stream=True, include_usage=True)
ANSWERS = {
    "short": LLMResponse("Hi", "m", Usage(input_tokens=4, output_tokens=1)),
    "long": LLMResponse("Grüße!\n\n\r\n好: {[\"'\\ end", "m", Usage(input_tokens=4, output_tokens=9)),
    "cut off": LLMResponse("And so", "m", Usage(input_tokens=4, output_tokens=2), "length"),
}
RICHER: dict[str, Part] = {
    "plain": Text(" there"),
    "signed text": Text(" there", extra=Extra(fields={"x": 1}, dialect="elsewhere")),
    "cited text": Text(" there", citations=(Citation(url="https://a.example/b", title="B"),)),
    "thought": Reasoning("Hm", payload={"signature": "s"}, dialect="elsewhere"),
    "refusal": Refusal("No."),
    "call": ToolCall(id="c", name="look", extra=Extra(fields={"x": 1}, dialect="elsewhere")),
    "picture": Image(file_id="f"),
    "what another dialect knows": Opaque("elsewhere", {"x": 1}),
}
TOLD: list[tuple[str, Any]] = [
    *(("finish_reason", reason) for reason in get_args(FinishReason)),
    *((f"usage.{name}", 1) for name in Usage.__struct_fields__ if name not in ("total_tokens", "input_tokens")),
    ("usage.input_tokens", 3),
    ("id", "resp_1"),
    ("stop_sequence", "END"),
    ("service_tier", "flex"),
    ("logprobs", (TokenLogprob(token="Hi", logprob=-0.5),)),
    ("alternatives", (LLMResponse("Ho", "m"),)),
]
"""What an answer may say beside its parts. A total that is not told adds up, and when it was made nobody asks."""
SETTINGS: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 5,
    "seed": 7,
    "n": 2,
    "stop": ("END",),
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "logprobs": True,
    "top_logprobs": 2,
    "user": "someone",
    "service_tier": "flex",
    "metadata": {"trace": "1"},
    "reasoning": ReasoningOptions(effort="high"),
    "output_format": OutputFormat(kind="json_schema", schema={"type": "object"}),
    "tool_choice": ToolChoice(mode="required"),
    "parallel_tool_calls": False,
    "tools": (Tool(name="look", parameters={"type": "object", "properties": {}}),),
}

TALK_ITSELF = {"model", "messages", "max_tokens", "stream", "include_usage", "extra"}

each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@each_dialect
@pytest.mark.parametrize("name", REQUESTS)
def test_requests_go_there_and_back(dialect: Dialect, name: str) -> None:
    laws.requests_go_there_and_back(dialect, REQUESTS[name])


@each_dialect
def test_unknown_fields_go_there_and_back(dialect: Dialect) -> None:
    laws.unknown_fields_go_there_and_back(dialect, ASKED)


def test_no_setting_is_forgotten_here() -> None:
    assert SETTINGS.keys() | TALK_ITSELF == set(Request.__struct_fields__)


@each_dialect
@pytest.mark.parametrize("name", SETTINGS)
def test_what_cannot_be_said_is_told(dialect: Dialect, name: str) -> None:
    laws.what_cannot_be_said_is_told(dialect, ASKED, name, SETTINGS[name])


@each_dialect
@pytest.mark.parametrize("name", ANSWERS)
def test_answers_go_there_and_back(dialect: Dialect, name: str) -> None:
    laws.answers_go_there_and_back(dialect, ANSWERS[name], ASKED)


@each_dialect
@pytest.mark.parametrize(("name", "value"), TOLD)
def test_what_an_answer_cannot_say_is_told(dialect: Dialect, name: str, value: Any) -> None:
    usage = {"input_tokens": 4, "output_tokens": 2}
    field, _, count = name.partition(".")
    given = {"usage": Usage(**{**usage, count: value})} if count else {"usage": Usage(**usage), field: value}
    laws.what_an_answer_cannot_say_is_told(dialect, LLMResponse("Hi", "m", **given), STREAMED, name)


@each_dialect
@pytest.mark.parametrize("name", ANSWERS)
def test_any_cut_gives_the_same_events(dialect: Dialect, name: str) -> None:
    laws.any_cut_gives_the_same_events(dialect, ANSWERS[name], STREAMED)


@each_dialect
@pytest.mark.parametrize("name", RICHER)
def test_a_stream_loses_what_an_answer_loses(dialect: Dialect, name: str) -> None:
    part = RICHER[name]
    answer = LLMResponse("Hi", "m", Usage(input_tokens=4, output_tokens=1), parts=(Text("Hi"), part))
    laws.a_stream_loses_what_an_answer_loses(dialect, answer, STREAMED)


@each_dialect
def test_a_cut_stream_is_an_error(dialect: Dialect) -> None:
    laws.a_cut_stream_is_an_error(dialect, ANSWERS["long"], STREAMED)


@each_dialect
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_errors_go_there_and_back(dialect: Dialect, status: int) -> None:
    laws.errors_go_there_and_back(dialect, status)
