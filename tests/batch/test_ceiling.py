"""What a request may cost at worst, and a whole `Request` as a row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman.catalog import cost_of, find_model
from dragoman.catalog.day import utc_today
from dragoman.client.requests import own_request
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Extra,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Part,
    ReasoningOptions,
    Request,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    Usage,
)

HI = Message(Role.USER, "Hi")


class Contact(BaseModel):
    name: str


WORST = {  # model, options → millionths of a dollar: four times 8 tokens in, and what may come out
    "max_tokens": ("openai/gpt-4o-mini", {"max_tokens": 100}, Decimal("0.15") * 32 + Decimal("0.6") * 100),
    "as much as it writes": ("openai/gpt-4o-mini", {}, Decimal("0.15") * 32 + Decimal("0.6") * 16_384),
    "several answers": ("openai/gpt-4o-mini", {"max_tokens": 10, "n": 3}, Decimal("0.15") * 32 + Decimal("0.6") * 30),
    "the dialect's own limit": ("anthropic/claude-haiku-4-5", {}, Decimal(1) * 32 + Decimal(5) * 4096),
    "no price": ("openai/nobody-knows-1", {"max_tokens": 10}, None),
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_case(name: str) -> None:
    model, options, worst = WORST[name]
    with dragoman.create_llm(model, api_key="k") as llm:
        found = llm.plan.ceiling("Hi", options)
    assert (None if found is None else found * 1_000_000) == worst


def held(model: str, *messages: Message, **options: Any) -> Decimal | None:
    """Dollars a million, of a request with these messages."""
    with dragoman.create_llm(model, api_key="k", max_tokens=1) as llm:
        worst = llm.plan.ceiling_of(Request(model="theirs", messages=messages, max_tokens=1, **options), {})
    return None if worst is None else worst * 1_000_000


PICTURE = Image(data=b"a", media_type="image/png")
PDF = Document(data=b"a", media_type="application/pdf")
WINDOW = 128_000
"""Tokens of gpt-4o-mini; a million of them cost $0.15, and of its answers $0.60."""


@pytest.mark.parametrize("text", ["8 3 1 4 1 5 9 2 6 5 " * 50, "~!@#$%^&*" * 50, "漢字かな交じり文" * 50, "🜁🜂🜃🜄" * 50])
def test_no_text_is_more_tokens_than_are_held(text: str) -> None:
    """A tokenizer that reads bytes can make a token of each, of letters a token of each character and no more."""
    found = held("openai/gpt-4o-mini", Message(Role.USER, text))
    assert found is not None
    assert found >= Decimal("0.15") * len(text.encode())


def test_no_more_is_held_than_the_model_can_read_unless_its_window_is_known_too_small() -> None:
    found = held("openai/gpt-4o-mini", Message(Role.USER, "word " * 80_000))
    assert found == Decimal("0.15") * max(WINDOW, 2 * 100_007) + Decimal("0.6")
    assert held("openai/gpt-4o-mini", Message(Role.USER, "word " * 40_000)) == Decimal("0.15") * WINDOW + Decimal("0.6")


@pytest.mark.parametrize(
    ("part", "tokens"),
    [
        (PICTURE, 50_000),
        (PDF, WINDOW),
        (Audio(data=b"a", media_type="audio/wav"), WINDOW),
        (ToolResult(id="1", content=(PICTURE,)), 50_000),
        (ToolResult(id="1", content=(PDF,)), WINDOW),
        (Opaque("openai_chat", {"type": "file", "file": {"file_id": "f"}}), WINDOW),
    ],
    ids=["picture", "pdf", "sound", "picture of a tool", "pdf of a tool", "a kept file"],
)
def test_what_is_not_text_is_held_for(part: Part, tokens: int) -> None:
    found = held("openai/gpt-4o-mini", Message(Role.USER, (part,)))
    assert found is not None
    assert Decimal("0.15") * tokens < found <= Decimal("0.15") * (tokens + 5_000)


def test_what_the_providers_own_tools_find_is_held_for() -> None:
    found = held("openai/gpt-4o-mini", HI, tools=(ServerTool("web_search"),))
    assert found == Decimal("0.15") * WINDOW + Decimal("0.6")


HI_KEPT = Message(Role.USER, (Text("Hi", cache=CacheMark(ttl="1h")),))


def test_what_is_kept_for_an_hour_is_held_for_at_that_price() -> None:
    """$2 a million at Claude Haiku 4.5, whose input costs $1 and output $5; for the usual five minutes $1.25."""
    plain, kept = held("anthropic/claude-haiku-4-5", HI), held("anthropic/claude-haiku-4-5", HI_KEPT)
    shortly = held("anthropic/claude-haiku-4-5", Message(Role.USER, (Text("Hi", cache=CacheMark()),)))
    assert plain is not None
    assert kept == (plain - 5) * 2 + 5
    assert shortly == (plain - 5) * Decimal("1.25") + 5


def test_sound_is_held_for_at_its_own_price() -> None:
    sound = Message(Role.USER, (Audio(data=b"a", media_type="audio/wav"),))
    facts = find_model("openai", "gpt-audio")
    assert facts is not None
    dear = Usage(input_tokens=WINDOW, output_tokens=1, input_audio_tokens=WINDOW, output_audio_tokens=1)
    worst = cost_of(facts, dear, today=utc_today()).usd
    assert worst is not None
    assert held("openai/gpt-audio", sound) == worst * 1_000_000


@pytest.mark.parametrize("tier", ["batch", "default", "auto"])
def test_a_cheaper_tier_is_not_relied_on(tier: str) -> None:
    """It may be refused, dropped, or no word of the provider's."""
    usual = held("anthropic/claude-haiku-4-5", HI)
    assert held("anthropic/claude-haiku-4-5", HI, service_tier=tier) == usual


def test_a_dearer_tier_is_held_for() -> None:
    usual, dear = held("openai/gpt-5", HI), held("openai/gpt-5", HI, service_tier="priority")
    assert usual is not None
    assert dear is not None
    assert dear > usual
    assert held("openai/gpt-5", HI, service_tier="no such tier") is None


@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt"])
def test_a_field_that_names_nothing_is_not_held_for(name: str) -> None:
    def at(value: str | None) -> Decimal | None:
        extra = (Extra(fields={name: value}, dialect="openai_responses"),)
        with dragoman.create_llm("openai/gpt-4o-mini", api_key="k", dialect="openai_responses") as llm:
            return llm.plan.ceiling_of(Request(model="m", messages=(HI,), max_tokens=1, extra=extra), {})

    nothing, kept = at(None), at("kept")
    assert nothing is not None
    assert kept is not None
    assert nothing * 1_000_000 == held("openai/gpt-4o-mini", HI)
    assert kept > 100 * nothing


def test_a_form_of_the_answer_is_input_too() -> None:
    with dragoman.create_llm("openai/gpt-4o-mini", api_key="k", max_tokens=10) as llm:
        plain, formed = llm.plan.ceiling("Hi", {}), llm.plan.ceiling("Hi", {}, Contact)
        schema = llm.plan.ceiling("Hi", {"output_format": Contact.model_json_schema()})
    assert plain is not None
    assert formed is not None
    assert schema is not None
    assert formed > plain < schema


def test_what_a_request_says_wins_and_what_it_leaves_open_is_filled_in() -> None:
    asked = Request(model="theirs", messages=(HI,), temperature=0.0, max_tokens=5, stream=True)
    options = {"temperature": 1.0, "top_p": 0.5, "system": "Be brief", "max_tokens": 9, "stop": "x"}
    assert own_request(asked, "ours", options) == Request(
        model="ours",
        messages=(Message(Role.SYSTEM, "Be brief"), HI),
        temperature=0.0,
        max_tokens=5,
        top_p=0.5,
        stop=("x",),
    )


def test_its_own_system_message_stays_alone() -> None:
    asked = Request(model="theirs", messages=(Message(Role.SYSTEM, "Mine"), HI))
    assert own_request(asked, "ours", {"system": "Yours"}).messages == asked.messages


FIELDS: dict[str, Any] = {
    "tools": (Tool(name="f"),),
    "tool_choice": ToolChoice(mode="required"),
    "parallel_tool_calls": False,
    "output_format": OutputFormat(kind="json_object"),
    "reasoning": ReasoningOptions(effort="low"),
    "include_usage": False,
    "seed": 0,
    "n": 2,
    "logprobs": False,
    "metadata": {"a": "b"},
    "extra": (Extra(fields={"x": 1}),),
}


@pytest.mark.parametrize("name", FIELDS)
def test_nothing_of_it_is_lost(name: str) -> None:
    asked = Request(model="theirs", messages=(HI,), **{name: FIELDS[name]})
    assert getattr(own_request(asked, "ours", {}), name) == FIELDS[name]
