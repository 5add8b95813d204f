"""What the model made of rules answers, option by option."""

from __future__ import annotations

import json
from base64 import b64encode
from math import exp
from typing import Any

import pytest

from dragoman.errors import Rejected
from dragoman.messages import (
    CacheMark,
    Image,
    LLMResponse,
    Message,
    OutputFormat,
    Reasoning,
    ReasoningOptions,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from dragoman.testing.emulator.customs import customs_of
from dragoman.testing.rules import RuleModel, count_request

SIGN = customs_of("anthropic_messages").sign


def request(text: str = "Hello", **options: Any) -> Request:
    return Request(**{"model": "gpt-4o-mini", "messages": (Message("user", text),), **options})


def ask(text: str = "Hello", **options: Any) -> LLMResponse:
    return RuleModel().answer(request(text, **options), sign=SIGN)


TEXTS = [
    ("Say exactly: pong-42", "pong-42"),
    ('Please reply with exactly: "two words"', "two words"),
    ("Count to 5", "1 2 3 4 5"),
    ("count from 1 to 3", "1 2 3"),
]


@pytest.mark.parametrize(("prompt", "answer"), TEXTS)
def test_documented_sentences(prompt: str, answer: str) -> None:
    assert ask(prompt).content == answer
    assert ask(prompt).finish_reason == "stop"


def test_anything_else_is_echoed_by_the_model_that_was_asked() -> None:
    answer = ask("What is 日本?")
    assert "gpt-4o-mini" in answer.content
    assert "What is 日本?" in answer.content
    assert answer.model == "gpt-4o-mini"


def test_there_is_an_answer_to_nothing_but_a_picture() -> None:
    picture = Message("user", (Image.from_bytes(b"...", "image/png"),))
    assert RuleModel().answer(Request(model="m", messages=(picture,))).content


def test_a_refusal_is_one_in_kind_and_reason() -> None:
    answer = ask("Now please refuse.")
    assert answer.refusal
    assert (answer.content, answer.finish_reason) == ("", "refusal")


# ---------------------------------------------------------------------- the same every time


def test_the_seed_decides_everything() -> None:
    def run(seed: int) -> list[LLMResponse]:
        model = RuleModel(seed)
        weather = Tool(name="weather")
        return [model.answer(request(f"weather {n}", tools=(weather,), logprobs=True)) for n in range(9)] + [
            model.answer(request(f"Hello {n}", logprobs=True)) for n in range(9)
        ]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_forgetting_begins_anew() -> None:
    model = RuleModel(3)
    weather = Tool(name="weather")
    first = model.answer(request("weather", tools=(weather,)))
    assert model.answer(request("weather", tools=(weather,))) != first, "ids are never the same"
    model.forget()
    assert model.answer(request("weather", tools=(weather,))) == first


# ---------------------------------------------------------------------- stop and limit


def test_a_stop_text_ends_the_answer_and_is_named() -> None:
    answer = ask("Count to 9", stop=("7", "4"))
    assert (answer.content, answer.finish_reason, answer.stop_sequence) == ("1 2 3 ", "stop", "4")


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_limit_counts_tokens_of_four_characters(limit: int) -> None:
    answer = ask("Count to 20", max_tokens=limit)
    whole = ask("Count to 20")
    assert answer.content == whole.content[: 4 * limit]
    assert answer.finish_reason == ("length" if limit < 50 else "stop")
    assert answer.usage.output_tokens == min(limit, whole.usage.output_tokens or 0)


def test_the_limit_counts_thinking_too() -> None:
    answer = ask("Hello", max_tokens=5, reasoning=ReasoningOptions(effort="low"))
    assert [type(part) for part in answer.parts] == [Reasoning]
    assert (answer.finish_reason, answer.usage.reasoning_tokens) == ("length", 5)


def test_a_call_is_cut_inside_its_arguments() -> None:
    tool = Tool(name="book", parameters={"type": "object", "properties": {"t": {"type": "string"}}, "required": ["t"]})
    (call,) = ask("book 'Emma'", tools=(tool,), max_tokens=3).tool_calls
    assert (call.arguments_json, call.complete, call.arguments) == ('{"t":"Em', False, {})
    assert ask("book 'Emma'", tools=(tool,), max_tokens=1).tool_calls == ()


# ---------------------------------------------------------------------- alternatives, probabilities, thinking


def test_alternatives_differ_and_are_counted() -> None:
    answer = ask("Hello", n=4)
    texts = [answer.content, *(other.content for other in answer.alternatives)]
    assert len(set(texts)) == 4
    assert answer.usage.output_tokens == sum(-(-len(text) // 4) for text in texts)


def test_probabilities_spell_the_text() -> None:
    answer = ask("Ça va?", logprobs=True, top_logprobs=3)
    assert answer.logprobs is not None
    assert "".join(token.token for token in answer.logprobs) == answer.content
    for token in answer.logprobs:
        assert bytes(token.bytes or ()) == token.token.encode()
        assert token.top[0].token == token.token
        assert [p.logprob for p in token.top] == sorted((p.logprob for p in token.top), reverse=True)
        assert sum(exp(p.logprob) for p in token.top) <= 1.0000001
    assert ask("Hello").logprobs is None


@pytest.mark.parametrize(
    ("options", "thinks"),
    [
        (None, False),
        (ReasoningOptions(effort="high"), True),
        (ReasoningOptions(budget_tokens=1024), True),
        (ReasoningOptions(enabled=False), False),
        (ReasoningOptions(effort="none"), False),
    ],
)
def test_thinking_comes_when_asked_for(options: ReasoningOptions | None, thinks: bool) -> None:
    answer = ask("Hello", reasoning=options)
    assert (answer.reasoning is not None) is thinks
    assert (answer.usage.reasoning_tokens is not None) is thinks


def test_thinking_is_signed_where_the_dialect_signs() -> None:
    wanted = request("Hello", reasoning=ReasoningOptions(effort="low"))
    signed, unsigned = (
        RuleModel().answer(wanted, sign=customs_of(name).sign).parts[0]
        for name in ("anthropic_messages", "openai_chat")
    )
    assert isinstance(signed, Reasoning)
    assert signed.payload is not None
    assert isinstance(unsigned, Reasoning)
    assert unsigned.payload is None


def test_a_changed_thought_is_refused_and_a_true_one_is_not() -> None:
    thought = ask("Hello", reasoning=ReasoningOptions(effort="low")).parts[0]
    assert isinstance(thought, Reasoning)

    def again(part: Reasoning) -> Request:
        return request(
            messages=(Message("user", "Hello"), Message("assistant", (part, Text("Hi"))), Message("user", "?"))
        )

    customs_of("anthropic_messages").check_reasoning(again(thought))
    customs_of("openai_chat").check_reasoning(again(Reasoning("mine")))
    real = b64encode(b"\x12" + bytes(200)).decode()
    customs_of("anthropic_messages").check_reasoning(again(Reasoning("from the real API", payload={"signature": real})))
    for forged in (
        Reasoning("mine", payload=thought.payload, dialect=thought.dialect),
        Reasoning(thought.text, payload={"signature": "c2lnbmVk"}, dialect=thought.dialect),
        Reasoning(thought.text, payload={"signature": "not base64"}, dialect=thought.dialect),
        Reasoning(thought.text),
    ):
        with pytest.raises(Rejected, match=r"messages\.1\.content\.0: Invalid `signature`"):
            customs_of("anthropic_messages").check_reasoning(again(forged))


# ---------------------------------------------------------------------- values that fit a schema

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


def test_an_answer_by_schema() -> None:
    form = OutputFormat(kind="json_schema", name="person", schema=PERSON)
    assert json.loads(ask("Ada is 36", output_format=form).content) == {"name": "Ada", "age": 36}


def test_a_schema_that_stands_in_the_prompt() -> None:
    system = Message("system", f"Answer by this schema: {json.dumps(PERSON)}")
    answer = ask(messages=(system, Message("user", "Ada is 36")))
    assert json.loads(answer.content) == {"name": "Ada", "age": 36}


def test_a_schema_of_a_mapping_that_stands_in_the_prompt() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert json.loads(ask(f"Ada is 36. Answer by {json.dumps(schema)}").content) == {"key1": 36}


def test_a_schema_in_the_prompt_with_a_code_block() -> None:
    answer = ask(f"Ada is 36. Answer in a ```json code block that fits {json.dumps(PERSON)}")
    assert answer.content == '```json\n{"name": "Ada", "age": 36}\n```'


@pytest.mark.parametrize(
    ("prompt", "keys"),
    [
        ("A joke with 'setup' and 'punchline' keys as JSON", {"setup", "punchline"}),
        ("JSON with the keys: city and country.", {"city", "country"}),
        ("Any JSON", {"answer"}),
    ],
)
def test_any_object_has_the_keys_asked_for(prompt: str, keys: set[str]) -> None:
    assert set(json.loads(ask(prompt, output_format=OutputFormat(kind="json_object")).content)) == keys


def test_an_object_by_the_schema_in_the_prompt() -> None:
    answer = ask(f"Ada is 36. {json.dumps(PERSON)}", output_format=OutputFormat(kind="json_object"))
    assert json.loads(answer.content) == {"name": "Ada", "age": 36}


def test_braces_alone_are_no_schema() -> None:
    assert "gpt-4o-mini" in ask('What does {"properties": 3} or {broken "items" mean?').content


@pytest.mark.parametrize(
    "options",
    [
        {"output_format": OutputFormat(kind="json_schema", schema={"type": "integer", "minimum": 2, "maximum": 1})},
        {"tools": (Tool(name="hello", parameters={"type": "object", "required": ["a"], "properties": {"a": False}}),)},
        {"tools": (Tool(name="hello", parameters={"type": "string"}),)},
    ],
    ids=["format", "tool", "no object"],
)
def test_a_schema_that_nothing_fits_is_refused(options: Any) -> None:
    with pytest.raises(Rejected, match="Invalid schema"):
        ask("hello", **options)


# ---------------------------------------------------------------------- usage


def test_tokens_can_be_counted_by_hand() -> None:
    tool = Tool(name="abcd", description="efgh", parameters={})
    messages = (
        Message("system", "x" * 8),
        Message("user", (Text("y" * 5), Image(url="https://example.org/a.png"))),
        Message("assistant", (ToolCall(id="1", name="abcd", arguments={"a": 1}),)),
        Message("tool", (ToolResult(id="1", content=(Text("z" * 4),)),)),
    )
    by_hand = 3 + (3 + 2) + (3 + 2 + 85) + (3 + 3) + (3 + 1)
    assert count_request(request(messages=messages, tools=(tool,))) == by_hand
    usage = ask(messages=messages, tools=(tool,)).usage
    assert (usage.input_tokens, usage.total_tokens) == (by_hand, by_hand + (usage.output_tokens or 0))
    assert usage.cache_read_tokens is usage.cache_write_tokens is usage.reasoning_tokens is None


def test_a_marked_prefix_is_written_once_and_read_then() -> None:
    model = RuleModel()

    def used(*texts: str, ttl: str | None = None) -> tuple[int | None, ...]:
        parts = [Text(text, cache=CacheMark(ttl=ttl)) for text in texts]
        messages = (Message("system", tuple(parts)), Message("user", "Hello"))
        usage = model.answer(request(messages=messages)).usage
        return usage.cache_read_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens

    assert used("a" * 40) == (0, 13, None)
    assert used("a" * 40) == (13, 0, None)
    assert used("a" * 40, "b" * 40) == (13, 10, None)
    assert used("a" * 40, "b" * 40) == (23, 0, None)
    assert used("c" * 40, ttl="1h") == (0, 13, 13)
    assert used("a" * 40, "c" * 40, ttl="1h") == (13, 10, 10)
    model.forget()
    assert used("a" * 40) == (0, 13, None)
