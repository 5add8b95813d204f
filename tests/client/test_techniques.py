"""Values of the caller's types, by every technique in every dialect, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field

import dragoman
from dragoman import (
    ConfigurationError,
    Extracted,
    LLMResponse,
    Message,
    Mode,
    OutputError,
    Refusal,
    Request,
    Role,
    ToolCall,
    from_provider,
)
from dragoman.client.technique import usual_mode
from dragoman.dialects import dialect_names
from dragoman.providers import get_spec
from dragoman.testing import Emulator

from ..drive import MODES as FACES
from .wrong_answers import DIALECTS

faces = pytest.mark.parametrize("face", FACES)
dialects = pytest.mark.parametrize("dialect", DIALECTS)


class Contact(BaseModel):
    name: str
    age: int = Field(ge=0)


PROMPT = "John Smith is 42 years old"
JOHN = Contact(name="John Smith", age=42)


def extract(emulator: Emulator, face: str, dialect: str, wanted: Any = Contact, /, **options: Any) -> Extracted[Any]:
    provider, model = DIALECTS[dialect]
    model = options.pop("model", model)
    home = f"{emulator.url}/mistral/v1" if dialect == "mistral" else emulator.url  # else it is taken for OpenAI
    settings = {"base_url": home, "dialect": dialect, "api_key": "k"}
    if face == "sync":
        with dragoman.create_llm(provider, model, **settings) as llm:
            return llm.extract(wanted, PROMPT, **options)

    async def main() -> Extracted[Any]:
        async with dragoman.create_llm(provider, model, async_client=True, **settings) as llm:
            return await llm.extract(wanted, PROMPT, **options)

    return asyncio.run(main())


# ---------------------------------------------------------------------- what is asked, and where the answer is read


def says_schema(request: Request) -> bool:
    """Whether the system message holds the schema."""
    return any('"properties"' in message.text for message in request.messages if message.role is Role.SYSTEM)


def demands_call(request: Request) -> bool:
    return bool(request.tools) and request.tool_choice is not None and request.tool_choice.mode == "required"


def offers_tool(request: Request) -> bool:
    return bool(request.tools) and not demands_call(request) and "`Contact`" in request.messages[0].text


def demands_schema(request: Request) -> bool:
    form = request.output_format
    return form is not None and form.kind == "json_schema" and form.schema is not None and not says_schema(request)


def demands_json(request: Request) -> bool:
    form = request.output_format
    return form is not None and form.kind == "json_object" and says_schema(request)


def asks_in_words(request: Request) -> bool:
    return request.output_format is None and not request.tools and says_schema(request)


SHAPES: dict[Mode, Callable[[Request], bool]] = {
    Mode.TOOLS: demands_call,
    Mode.REASONING_TOOLS: offers_tool,
    Mode.JSON_SCHEMA: demands_schema,
    Mode.JSON: demands_json,
    Mode.MD_JSON: asks_in_words,
}
ELSE: dict[tuple[str, Mode], Callable[[Request], bool]] = {
    ("ollama", Mode.TOOLS): offers_tool,
    ("anthropic_messages", Mode.JSON): asks_in_words,
    ("bedrock_converse", Mode.JSON): asks_in_words,
}
"""What a mode becomes in a dialect that has no words for it."""


def test_every_dialect_is_tried() -> None:
    assert DIALECTS.keys() == {*dialect_names()}


@faces
@dialects
@pytest.mark.parametrize("mode", SHAPES, ids=str)
@pytest.mark.parametrize("wanted", [Contact, list[Contact]])
def test_every_technique_in_every_dialect(emulator: Emulator, face: str, dialect: str, mode: Mode, wanted: Any) -> None:
    """S0.17: nothing of it shows, and nothing of the request is lost."""
    found = extract(emulator, face, dialect, wanted, mode=mode)
    assert found.value == (JOHN if wanted is Contact else [JOHN])
    assert found.response.warnings == ()
    seen = emulator.requests[-1]
    assert seen.dialect == dialect
    if wanted is Contact:
        assert ELSE.get((dialect, mode), SHAPES[mode])(seen.request)


@faces
@dialects
def test_every_dialect_by_default(emulator: Emulator, face: str, dialect: str) -> None:
    """S0.14, S0.17: by a call that is demanded, where it can be; no configuration."""
    assert extract(emulator, face, dialect).value == JOHN
    assert (demands_schema if dialect == "ollama" else demands_call)(emulator.requests[-1].request)


@dialects
@pytest.mark.parametrize("mode", [Mode.JSON, Mode.MD_JSON, Mode.REASONING_TOOLS])
def test_the_system_message_keeps_what_it_says(emulator: Emulator, dialect: str, mode: Mode) -> None:
    extract(emulator, "sync", dialect, mode=mode, system="Be brief.")
    systems = [message.text for message in emulator.requests[-1].request.messages if message.role is Role.SYSTEM]
    assert len(systems) == 1
    assert systems[0].startswith("Be brief.\n\n")


def test_a_schema_is_sent_in_words_that_are_enforced(emulator: Emulator) -> None:
    extract(emulator, "sync", "openai_chat", mode=Mode.JSON_SCHEMA)
    form = emulator.requests[-1].wire["response_format"]["json_schema"]
    assert (form["name"], form["strict"]) == ("Contact", True)
    assert form["schema"]["additionalProperties"] is False
    assert form["schema"]["properties"]["age"] == {"type": "integer", "minimum": 0}


def test_among_other_tools_it_is_named(emulator: Emulator) -> None:
    def look_up(name: str) -> str:
        return name

    extract(emulator, "sync", "openai_chat", tools=[look_up])
    assert emulator.requests[-1].wire["tool_choice"]["function"] == {"name": "Contact"}


# ---------------------------------------------------------------------- asking again


def said(mode: Mode, **fields: Any) -> LLMResponse:
    if mode in (Mode.TOOLS, Mode.REASONING_TOOLS):
        return LLMResponse(parts=(ToolCall(id="call_1", name="Contact", arguments=fields),))
    return LLMResponse(json.dumps(fields))


@faces
@dialects
@pytest.mark.parametrize("mode", SHAPES, ids=str)
def test_what_does_not_fit_is_asked_for_again(emulator: Emulator, face: str, dialect: str, mode: Mode) -> None:
    """Told what is wrong, after what it said; usage and cost are those of all that was asked."""
    emulator.script(said(mode, name="Ada"), said(mode, name="Ada", age=36))
    found = extract(emulator, face, dialect, mode=mode)
    assert found.value == Contact(name="Ada", age=36)
    assert len(found.response.attempts) == len(emulator.requests) == 2
    assert found.response.cost == emulator.bill.cost
    assert found.response.usage.input_tokens == emulator.bill.usage.input_tokens
    assert found.response.usage.output_tokens == emulator.bill.usage.output_tokens
    *_, answer, correction = emulator.requests[1].request.messages
    assert answer.role is Role.ASSISTANT
    assert "Ada" in (answer.tool_calls[0].arguments_json if answer.tool_calls else answer.text)
    assert "age: Field required" in _all_text(correction)


def _all_text(message: Message) -> str:
    return message.text + "".join(result.text for result in message.tool_results)


NOT_YET: dict[str, tuple[Mode, LLMResponse, str]] = {
    "text in place of a call": (Mode.TOOLS, LLMResponse("John Smith, 42"), "the tool `Contact` was not called"),
    "another tool": (
        Mode.REASONING_TOOLS,
        LLMResponse(parts=(ToolCall(id="c", name="look_up", arguments={"name": "a"}),)),
        "the tool `Contact` was not called",
    ),
    "a call in place of text": (
        Mode.MD_JSON,
        LLMResponse(parts=(ToolCall(id="c", name="look_up", arguments={"name": "a"}),)),
        "the answer has no text",
    ),
    "prose": (Mode.JSON_SCHEMA, LLMResponse("John Smith is 42."), "JSON Schema"),
    "out of range": (Mode.JSON, LLMResponse('{"name": "John", "age": -1}'), "greater than or equal to 0"),
}


@faces
@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages", "gemini"])
@pytest.mark.parametrize(("mode", "answer", "told"), NOT_YET.values(), ids=NOT_YET)
def test_what_is_no_answer_is_asked_for_again(
    emulator: Emulator, face: str, dialect: str, mode: Mode, answer: LLMResponse, told: str
) -> None:
    def look_up(name: str) -> str:
        return name

    emulator.script(answer, said(mode, name="John Smith", age=42))
    assert extract(emulator, face, dialect, mode=mode, tools=[look_up]).value == JOHN
    correction = emulator.requests[1].request.messages[-1]
    assert told in _all_text(correction)
    assert bool(correction.tool_results) is bool(answer.tool_calls)


def test_arguments_that_are_no_json_are_asked_for_again(emulator: Emulator) -> None:
    broken = ToolCall(id="call_1", name="Contact", arguments_json='{"name": "John')
    emulator.script(LLMResponse(parts=(broken,), finish_reason="tool_calls"), said(Mode.TOOLS, name="Jo", age=1))
    assert extract(emulator, "sync", "openai_chat").value == Contact(name="Jo", age=1)
    *_, call, correction = emulator.requests[1].request.messages
    assert "Invalid JSON" in _all_text(correction)
    assert 'The arguments were: {"name": "John' in _all_text(correction)
    assert call.tool_calls[0].arguments_json == "{}"  # what is no JSON is no argument


@pytest.mark.parametrize(
    "text",
    ['```json\n{"name": "John Smith", "age": 42}\n```', 'Sure: {"name": "John Smith", "age": 42}. Anything else?'],
)
@pytest.mark.parametrize("mode", [Mode.JSON_SCHEMA, Mode.JSON, Mode.MD_JSON], ids=str)
def test_words_around_the_json_are_passed_over(emulator: Emulator, mode: Mode, text: str) -> None:
    emulator.script(LLMResponse(text))
    assert extract(emulator, "sync", "openai_chat", mode=mode).value == JOHN
    assert len(emulator.requests) == 1


@faces
@pytest.mark.parametrize("mode", SHAPES, ids=str)
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (LLMResponse(parts=(Refusal("No."),), finish_reason="refusal"), "the model declined"),
        (LLMResponse('{"name": "Jo', finish_reason="length"), "Raise max_tokens"),
    ],
)
def test_what_would_end_the_same_is_not_asked_again(
    emulator: Emulator, face: str, mode: Mode, answer: LLMResponse, says: str
) -> None:
    emulator.script(answer)
    with pytest.raises(OutputError, match=says):
        extract(emulator, face, "openai_chat", mode=mode)
    assert len(emulator.requests) == 1


@faces
@pytest.mark.parametrize("mode", SHAPES, ids=str)
def test_when_none_fits(emulator: Emulator, face: str, mode: Mode) -> None:
    emulator.script(*[said(mode, name="Ada")] * 2)
    with pytest.raises(OutputError, match="does not fit Contact") as caught:
        extract(emulator, face, "openai_chat", mode=mode, max_retries=1)
    assert len(caught.value.responses) == len(caught.value.attempts) == 2
    assert caught.value.cost == emulator.bill.cost


# ---------------------------------------------------------------------- which one

OPUS = "anthropic.claude-opus-5-5"
USUAL = [
    # provider, model, mode
    ("openai", "gpt-4o", Mode.TOOLS),
    ("openai", "gpt-of-tomorrow", Mode.TOOLS),
    ("anthropic", "claude-haiku-4-5", Mode.TOOLS),
    ("anthropic", "claude-opus-5-5", Mode.JSON_SCHEMA),
    ("bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0", Mode.TOOLS),
    ("bedrock", "eu.anthropic.claude-next-v1:0", Mode.TOOLS),
    ("bedrock", OPUS, Mode.TOOLS),
    ("bedrock", "amazon.nova-pro-v1:0", Mode.JSON),
    ("bedrock", "some.model", Mode.JSON),
    ("ollama", "llama3.1:8b", Mode.JSON_SCHEMA),  # it has tools, but no call can be demanded
    ("ollama", "llama2", Mode.JSON_SCHEMA),
    ("ollama", "my-own-model", Mode.JSON_SCHEMA),
    ("deepseek", "deepseek-v4-pro", Mode.JSON),
    ("perplexity", "sonar", Mode.JSON_SCHEMA),
    ("vertex", "gemini-2.5-pro", Mode.TOOLS),
    ("vertex", "claude-opus-5-5", Mode.JSON_SCHEMA),
    ("lmstudio", "whatever-is-loaded", Mode.JSON_SCHEMA),
    ("openai_compatible", "any", Mode.TOOLS),
]


@pytest.mark.parametrize(("provider", "model", "mode"), USUAL, ids=[f"{row[0]}-{row[1]}" for row in USUAL])
def test_the_mode_of_a_model(provider: str, model: str, mode: Mode) -> None:
    """S0.14, S4.16, S4.17: by the model, where the provider has several ways."""
    spec = get_spec(provider)
    assert usual_mode(spec, spec.dialect_for(model), model) is mode


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        ("anthropic.claude-3-5-haiku-20241022-v1:0", demands_call),
        ("amazon.nova-pro-v1:0", asks_in_words),
        (OPUS, offers_tool),
    ],
)
def test_bedrock_by_model(emulator: Emulator, model: str, shape: Callable[[Request], bool]) -> None:
    """S4.16: Claude by tools, others by JSON; tools are only offered where a call cannot be demanded."""
    with from_provider(f"bedrock/{model}", base_url=emulator.url, api_key="k") as client:
        assert client.create(Contact, input=PROMPT) == JOHN
    assert shape(emulator.requests[-1].request)


@pytest.mark.parametrize("dialect", ["ollama", "openai_chat"])
@pytest.mark.parametrize("model", ["llama3.1:8b", "llama2", "my-own-model"])
def test_ollama_by_model(emulator: Emulator, model: str, dialect: str) -> None:
    """S4.17: what holds each of its models to a form, in whichever dialect."""
    assert extract(emulator, "sync", "ollama", model=model).value == JOHN
    assert demands_schema(emulator.requests[-1].request)
    with dragoman.create_llm("ollama", model, base_url=emulator.url, dialect=dialect) as llm:
        assert llm.generate(PROMPT, response_model=Contact) == JOHN
    assert demands_schema(emulator.requests[-1].request)


THINK = {"type": "enabled", "budget_tokens": 1024}
THINKING = [
    ("anthropic_messages", "claude-haiku-4-5", {"reasoning_budget": 1024}, demands_schema),
    ("anthropic_messages", "claude-of-tomorrow", {"reasoning_budget": 1024}, offers_tool),
    ("anthropic_messages", "claude-of-tomorrow", {"reasoning_budget": 1024, "mode": Mode.TOOLS}, offers_tool),
    ("anthropic_messages", "claude-of-tomorrow", {"reasoning_effort": "none"}, demands_call),
    ("anthropic_messages", "claude-of-tomorrow", {"extra_body": {"thinking": THINK}}, offers_tool),
    ("anthropic_messages", "claude-of-tomorrow", {"extra_body": {"thinking": {"type": "disabled"}}}, demands_call),
    ("bedrock_converse", "anthropic.claude-3-7-sonnet-20250219-v1:0", {"reasoning_budget": 1024}, offers_tool),
    (
        "bedrock_converse",
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        {"extra_body": {"additionalModelRequestFields": {"thinking": THINK}}},
        offers_tool,
    ),
    ("gemini", "gemini-2.5-flash", {"reasoning_budget": 1024}, demands_call),
]


@faces
@pytest.mark.parametrize(("dialect", "model", "options", "shape"), THINKING)
def test_a_call_is_not_demanded_of_claude_while_it_thinks(
    emulator: Emulator, face: str, dialect: str, model: str, options: dict[str, Any], shape: Callable[[Request], bool]
) -> None:
    found = extract(emulator, face, dialect, model=model, max_tokens=4000, **options)
    assert found.value == JOHN
    assert shape(emulator.requests[-1].request)


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-of-tomorrow"])
@pytest.mark.parametrize("budget", [1024, 20_000])
def test_thinking_in_anthropic_s_own_words(model: str, budget: int) -> None:
    """Instructor's programs say it so; nothing of it is what Anthropic refuses."""
    with Emulator(strict=model == "claude-haiku-4-5") as emulator:
        client = from_provider(f"anthropic/{model}", api_key="k", base_url=emulator.url, mode=Mode.TOOLS)
        thinking = {"type": "enabled", "budget_tokens": budget}
        assert client.create(Contact, input=PROMPT, thinking=thinking) == JOHN
        asked = emulator.requests[-1]
    assert offers_tool(asked.request)
    assert asked.wire["thinking"] == thinking
    assert asked.wire["max_tokens"] > budget


def test_the_mode_of_a_client_and_of_a_call(emulator: Emulator) -> None:
    asked = from_provider("openai/gpt-4o", api_key="k", base_url=emulator.url, mode=Mode.JSON)
    assert asked.create(Contact, input=PROMPT) == JOHN
    assert demands_json(emulator.requests[-1].request)
    assert asked.create(Contact, input=PROMPT, mode=Mode.MD_JSON) == JOHN
    assert asks_in_words(emulator.requests[-1].request)
    asked.create(input=PROMPT)  # no value is asked for, so in no mode
    assert emulator.requests[-1].request == Request(model="gpt-4o", messages=(Message("user", PROMPT),))


def test_another_model_of_a_client_is_asked_in_its_own_way(emulator: Emulator) -> None:
    asked = from_provider("anthropic/claude-haiku-4-5", api_key="k", base_url=emulator.url)
    assert asked.create(Contact, input=PROMPT, model="claude-opus-5-5") == JOHN
    assert demands_schema(emulator.requests[-1].request)


def test_a_mode_that_a_provider_has_not(emulator: Emulator) -> None:
    with pytest.raises(
        ConfigurationError, match=r"Mode\.JSON_SCHEMA not supported by deepseek\. Supported modes: Mode"
    ):
        dragoman.create_llm("deepseek/deepseek-v4-pro", api_key="k", mode=Mode.JSON_SCHEMA).extract(Contact, PROMPT)
