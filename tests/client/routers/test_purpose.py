"""Whom a call is for, and what policies know of it."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import AsyncRouter, ConfigurationError, NoDeployment, Router, TaskType, Tier
from dragoman.client.routers.features import features_of
from dragoman.client.routers.purpose import Purpose
from dragoman.messages import Audio, Document, Image, Message, OutputFormat, Role, Text, ToolChoice, ToolResult
from dragoman.routing.policies import Sticky, Table, When
from dragoman.testing import Emulator

from .stage import CLAUDE, JOHN, MINI, SAID, Contact, chain, result, router

GPT = "openai/gpt-4o"

BY_WORD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "tenant": (Table("tenant", {"acme": CLAUDE}, MINI), {"tenant": "acme"}, "claude-haiku-4-5"),
    "another tenant": (Table("tenant", {"acme": CLAUDE}, MINI), {"tenant": "globex"}, "gpt-4o-mini"),
    "an enum": (
        Table("task", {TaskType.SUMMARIZATION: CLAUDE}, MINI),
        {"task": TaskType.SUMMARIZATION},
        "claude-haiku-4-5",
    ),
    "tier": (When([({"tier": "free"}, MINI)], GPT), {"tier": Tier.FREE}, "gpt-4o-mini"),
    "label": (Table("region", {"eu": CLAUDE}, MINI), {"labels": {"region": "eu"}}, "claude-haiku-4-5"),
    "nothing": (Table("tenant", {"acme": CLAUDE}, MINI), {}, "gpt-4o-mini"),
}


@pytest.mark.parametrize("case", BY_WORD)
def test_policies_go_by_its_words(emulator: Emulator, mode: str, case: str) -> None:
    policy, words, model = BY_WORD[case]
    llm = router(mode, policy).with_purpose(**words)
    assert result(llm.create(response_model=Contact, messages=SAID)) == JOHN
    assert result(llm.generate("Hello")).model == model
    assert llm.explain("Hello").target.place.model == model
    assert {seen.request.model for seen in emulator.requests if seen.request} == {model}


def test_words_add_up_and_views_share_health(emulator: Emulator, mode: str) -> None:
    llm = chain(mode, MINI, CLAUDE)
    view = llm.with_purpose(tenant="acme", labels={"a": "1"}).with_purpose(task="x", labels={"b": "2"})
    assert view.purpose == Purpose(tenant="acme", task="x", labels={"a": "1", "b": "2"})
    assert llm.purpose == Purpose()
    emulator.fault(status=401, model="gpt-4o-mini")
    result(view.generate("Hello"))
    assert llm.health().standings[0].refused is not None
    assert isinstance(view, Router if mode == "sync" else AsyncRouter)


def test_a_session_stays_where_it_is(emulator: Emulator, mode: str) -> None:
    llm = router(mode, Sticky(MINI, GPT, CLAUDE)).with_purpose(session="s1")
    assert len({result(llm.generate("Hello")).model for _ in range(5)}) == 1


@pytest.mark.parametrize("wrong", [7, object(), ["acme"]])
def test_words_are_texts(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="tenant= must be text"):
        chain("sync", MINI).with_purpose(tenant=wrong)


# ---------------------------------------------------------------------- S2.17 to S2.19: what the page does by hand


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


CAPABLE = When(
    [({"needs": "tools"}, MINI), ({"prompt_characters_above": 50000}, "anthropic/claude-haiku-4-5")],
    default="ollama/qwen2.5-coder:7b",
)
CHEAP = When([({"prompt_characters_below": 100}, MINI)], default=GPT)

BY_CALL: dict[str, tuple[Any, str, dict[str, Any], str]] = {
    "S2.17 short": (CHEAP, "short", {}, "gpt-4o-mini"),
    "S2.17 long": (CHEAP, "a long question " * 10, {}, "gpt-4o"),
    "S2.18 tools": (CAPABLE, "The weather in 'Rome'?", {"tools": [get_weather]}, "gpt-4o-mini"),
    "S2.18 long": (CAPABLE, "word " * 12_000, {}, "claude-haiku-4-5"),
    "S2.18 else": (CAPABLE, "Hello", {}, "qwen2.5-coder:7b"),
}


@pytest.mark.parametrize("case", BY_CALL)
def test_by_what_the_call_is(emulator: Emulator, mode: str, case: str) -> None:
    policy, prompt, options, model = BY_CALL[case]
    assert result(router(mode, policy).generate(prompt, **options)).model == model


@pytest.mark.parametrize(
    ("task", "model"), [("coding", "qwen2.5-coder:7b"), ("analysis", "claude-haiku-4-5"), ("chat", "gpt-4o-mini")]
)
def test_s2_19_by_task(emulator: Emulator, mode: str, task: str, model: str) -> None:
    policy = Table("task", {"coding": "ollama/qwen2.5-coder:7b", "analysis": CLAUDE}, MINI)
    assert result(router(mode, policy).with_purpose(task=task).generate("Hello")).model == model


# ---------------------------------------------------------------------- what is found out of a call

PIXEL = Image.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
NEEDS: dict[str, tuple[list[Any], dict[str, Any], set[str]]] = {
    "text": ([Text("hi")], {}, set()),
    "a picture": ([Text("hi"), PIXEL], {}, {"vision"}),
    "sound": ([Audio.from_bytes(b"RIFF", "audio/wav")], {}, {"audio"}),
    "a document": ([Document.from_bytes(b"%PDF-1.4", "application/pdf")], {}, {"documents"}),
    "a picture in a tool's result": ([ToolResult(id="c1", content=[PIXEL])], {}, {"vision"}),
    "tools": ([Text("hi")], {"tools": [get_weather]}, {"tools"}),
    "tools that must be called": (
        [Text("hi")],
        {"tools": [get_weather], "tool_choice": "required"},
        {"tools", "forced_tools"},
    ),
    "a tool that must be called, as OpenAI says it": (
        [Text("hi")],
        {"tools": [get_weather], "tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
        {"tools", "forced_tools"},
    ),
    "tools that may be called, as Anthropic says it": (
        [Text("hi")],
        {"tools": [get_weather], "tool_choice": {"type": "auto"}},
        {"tools"},
    ),
    "tools that may be called, canonical": (
        [Text("hi")],
        {"tools": [get_weather], "tool_choice": ToolChoice(mode="auto")},
        {"tools"},
    ),
    "a schema": (
        [Text("hi")],
        {"output_format": OutputFormat(kind="json_schema", schema={"type": "object"})},
        {"json_schema"},
    ),
    "thought": ([Text("hi")], {"reasoning_effort": "high"}, {"reasoning"}),
    "no thought": ([Text("hi")], {"reasoning_effort": "none"}, set()),
}


@pytest.mark.parametrize("case", NEEDS)
def test_what_a_call_needs(case: str) -> None:
    parts, options, needs = NEEDS[case]
    message = Message(Role.USER, parts)
    found = features_of(Purpose(), None, (message,), options, stream=False, value=False)
    assert found.needs == needs


def test_how_long_it_is_and_how_it_is_answered() -> None:
    """S2.17, S2.18."""
    messages = (Message(Role.USER, "x" * 400), Message(Role.ASSISTANT, [Text("y" * 100), PIXEL]))
    found = features_of(Purpose(tenant="t"), "m", messages, {"max_tokens": 7}, stream=True, value=True)
    assert (found.tenant, found.model, found.prompt_characters, found.output_tokens) == ("t", "m", 500, 7)
    assert found.needs == {"vision", "stream", "value"}
    assert found.input_tokens > 800


@pytest.mark.parametrize(
    ("words", "said"),
    [({}, "a call of no purpose"), ({"tier": "pro", "labels": {"region": "eu"}}, "tier 'pro', region 'eu'")],
)
def test_a_table_without_a_row_says_what_it_was_asked_for(
    emulator: Emulator, mode: str, words: dict[str, Any], said: str
) -> None:
    llm = router(mode, Table("tier", {"free": MINI})).with_purpose(**words)
    with pytest.raises(NoDeployment, match=f"<Table <Target {MINI}>> names none for {said}"):
        result(llm.generate("Hello"))
