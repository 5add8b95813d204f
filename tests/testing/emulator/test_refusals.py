"""What providers refuse: answered with a note by default, refused in the provider's words by a strict emulator."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

import dragoman
from dragoman.dialects import dialect_names, get_dialect
from dragoman.testing import Emulator
from dragoman.testing.emulator.refusals import knows, refusals_of

from ...conformance.corpus import Exchange, exchanges
from .conftest import Client, body, running

SCHEMA_WITHOUT_TYPE = {"name": "f", "input_schema": {"$ref": "x"}}
PICTURE_OF_ANOTHER_DIALECT = [{"role": "user", "content": [{"type": "image", "source": {}}]}]
SOUND = [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}]}]
STRICT_FUNCTION = {
    "type": "function",
    "name": "f",
    "strict": True,
    "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": []},
}
LOOSE_FUNCTION = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object"}}}


def strict_function(**words: Any) -> dict[str, Any]:
    """A strict tool of OpenAI's chat, with one parameter."""
    parameters = {"type": "object", "properties": {"a": words}, "required": ["a"], "additionalProperties": False}
    return {"type": "function", "function": {"name": "f", "strict": True, "parameters": parameters}}


def strict_form(schema: dict[str, Any]) -> dict[str, Any]:
    """A strict form of OpenAI's chat."""
    return {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}}


def held(schema: dict[str, Any]) -> dict[str, Any]:
    """A form of Anthropic's, with one field that a schema is for."""
    whole = {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}
    return {"output_config": {"format": {"type": "json_schema", "schema": whole}}}


CIRCLE = {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}, "additionalProperties": False}
CLAUDE_TOOL = {"name": "f", "strict": True, "input_schema": {"type": "object", "properties": {}}}
MANY = {"type": "object", "properties": {f"f{n}": {"type": "null"} for n in range(25)}, "additionalProperties": False}
FORM_OF_BEDROCK = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"type": "object"}'}}}}
AFTER_ITSELF = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hi", "reasoning_content": "…"},
    {"role": "user", "content": "Go on"},
]

REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("openai_chat", {"top_k": 40}, 400, "Unrecognized request argument supplied: top_k"),
    ("openai_chat", {"messages": PICTURE_OF_ANOTHER_DIALECT}, 400, "Invalid value: 'image'. Supported values are: 'text'"),
    ("openai_chat", {"model": "gpt-5-mini", "messages": SOUND}, 400, "Invalid 'messages[0]'. Content blocks are expected"),
    ("openai_chat", {"max_tokens": 9, "max_completion_tokens": 9}, 400, "Setting 'max_tokens' and 'max_completion_tokens'"),
    ("openai_chat", {"model": "gpt-5-mini", "stop": ["x"]}, 400, "Unsupported parameter: 'stop' is not supported"),
    ("openai_chat", {"temperature": 2.5}, 400, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2"),
    ("openai_chat", {"tools": [strict_function(default=1, type="integer")]}, 400,
     "Invalid schema for function 'f': In context=('properties', 'a'), 'default' is not permitted."),
    ("openai_chat", {"tools": [strict_function(type="string", format="uri")]}, 400, "'uri' is not a valid format."),
    ("openai_chat", {"tools": [strict_function(type="string", pattern="(?=a)")]}, 400,
     "regex lookaround is not supported. Found at $.properties.a.pattern."),
    ("openai_chat", {"tools": [strict_function(title="A")]}, 400, "schema must have a 'type' key."),
    ("openai_chat", {"tools": [strict_function(type="object")]}, 400,
     "'additionalProperties' is required to be supplied and to be false."),
    ("openai_chat", {"response_format": strict_form({"type": "array"})}, 400,
     "Invalid schema for response_format 'n': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
    ("openai_responses", {"text": {"format": {**strict_form({})["json_schema"], "type": "json_schema"}}}, 400,
     "Invalid schema for response_format 'n'"),
    ("openai_responses", {"max_tokens": 9}, 400, "Unknown parameter: 'max_tokens'."),
    ("openai_responses", {"tools": [STRICT_FUNCTION]}, 400, "Invalid schema for function 'f'"),
    ("openai_responses", {"temperature": -1}, 400, "Invalid 'temperature': decimal below minimum value."),
    ("anthropic_messages", {"seed": 1}, 400, "seed: Extra inputs are not permitted"),
    ("anthropic_messages", {"messages": [{"role": "user", "content": "Hi", "name": "Jo"}]}, 400, "messages.0.name: Extra"),
    (
        "anthropic_messages",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "Hi"}]}]},
        400,
        "messages: text content blocks must be non-empty",
    ),
    ("anthropic_messages", {"tools": [{"name": "f", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"},
      "thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}, 400,
     "Thinking may not be enabled when tool_choice forces tool use."),
    ("anthropic_messages", {"model": "claude-opus-5-5", "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}, 400,
     "messages.0: use the top-level 'system' parameter for the initial system prompt"),
    ("anthropic_messages", {"model": "claude-haiku-4-5", "messages": [
        {"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}]}, 400,
     "role 'system' is not supported on this model"),
    ("anthropic_messages", {"tools": [SCHEMA_WITHOUT_TYPE]}, 400, "tools.0.custom.input_schema.type: Field required"),
    ("anthropic_messages", held({"type": "integer", "minimum": 1}), 400,
     "output_config.format.schema: For 'integer' type, property 'minimum' is not supported"),
    ("anthropic_messages", held({"type": "integer", "minimum": 1, "maximum": 2}), 400,
     "For 'integer' type, properties maximum, minimum are not supported"),
    ("anthropic_messages", held({"type": "array", "items": {"type": "null"}, "minItems": 2}), 400,
     "For 'array' type, 'minItems' values other than 0 or 1 are not supported"),
    ("anthropic_messages", held({"type": "object", "additionalProperties": True}), 400,
     "For 'object' type, 'additionalProperties: true' is not supported."),
    ("anthropic_messages", held({"$ref": "#/$defs/B", "$defs": {}}) | {
        "output_format": {"type": "json_schema", "schema": {**CIRCLE, "$defs": {"B": CIRCLE}}}, "output_config": {},
     }, 400, "output_format.schema: Circular reference detected in schema definitions: B -> B."),
    ("anthropic_messages", {"tools": [CLAUDE_TOOL]}, 400,
     "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false"),
    ("anthropic_messages", held(MANY), 400, "Schemas contains too many optional parameters (25)"),
    ("anthropic_messages", {"temperature": 1.5}, 400, "temperature: range: 0..1"),
    ("anthropic_messages", {"thinking": {"type": "enabled", "budget_tokens": 9}}, 400, "thinking.enabled.budget_tokens"),
    (
        "anthropic_messages",
        {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 2000},
        400,
        "`max_tokens` must be greater than `thinking.budget_tokens`",
    ),
    ("gemini", {"max_tokens": 9}, 400, 'Unknown name "max_tokens": Cannot find field.'),
    ("gemini", {"generationConfig": {"max_tokens": 9}}, 400, "Unknown name \"max_tokens\" at 'generation_config'"),
    ("gemini", {"contents": [{"role": "assistant", "parts": [{"text": "Hi"}]}]}, 400, "Please use a valid role: user, model."),
    ("mistral", {"model": "mistral-small-latest", "seed": 1}, 422, "Extra inputs are not permitted"),
    ("mistral", {"model": "mistral-small-latest", "messages": AFTER_ITSELF}, 422, "reasoning_content"),
    ("cohere_v2", {"top_k": 4}, 422, "unknown field: parameter 'top_k' is not a valid field."),
    ("cohere_v2", {"tools": [LOOSE_FUNCTION]}, 422, "unknown field: parameter 'strict' is not a valid field."),
    (
        "bedrock_converse",
        {"messages": [{"role": "assistant", "content": [{"text": "Hi"}]}]},
        400,
        "A conversation must start with a user message.",
    ),
    ("bedrock_converse", {"outputConfig": FORM_OF_BEDROCK}, 400,
     "The model returned the following errors: output_config.format.schema: For 'object' type"),
    ("bedrock_converse", {"inferenceConfig": {"temperature": 1.5}}, 400, "Member must have value less than or equal to 1"),
]  # fmt: skip
"""The dialect, what is changed in a plain request, the status, the beginning or a part of the words."""

PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-flash:generateContent",
    "mistral": "/mistral/v1/chat/completions",
    "cohere_v2": "/v2/chat",
    "ollama": "/api/chat",
    "bedrock_converse": "/model/anthropic.claude-opus-5-5/converse",
}


@pytest.fixture(scope="module")
def strict() -> Any:
    with running(strict=True) as found:
        yield found


@pytest.mark.parametrize(("dialect", "changed", "status", "words"), REFUSED)
def test_a_strict_emulator_refuses_it_in_the_providers_words(
    dialect: str, changed: dict[str, Any], status: int, words: str, strict: tuple[Emulator, Client]
) -> None:
    emulator, client = strict
    answer = client.post(PATHS[dialect], body(dialect, **changed))
    assert answer.status == status
    assert words.encode() in answer.body.replace(rb"\"", b'"')
    assert emulator.requests[-1].notes
    assert emulator.bill[-1].outcome == "refused"
    error = get_dialect(dialect).decode_error(status, answer.headers, answer.body)
    assert type(error) is dragoman.Rejected


@pytest.mark.parametrize(
    ("dialect", "changed", "words"), [(dialect, changed, words) for dialect, changed, _, words in REFUSED]
)
def test_a_lenient_one_answers_it_and_says_so(
    dialect: str,
    changed: dict[str, Any],
    words: str,
    client: Client,
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "dragoman.testing"):
        answer = client.post(PATHS[dialect], body(dialect, **changed))
    assert answer.status == 200
    notes = emulator.requests[-1].notes
    assert any(words in note for note in notes)
    assert answer.headers["x-dragoman-notes"] == str(len(notes))
    assert notes[0] in caplog.text


def test_every_rule_is_tried_above() -> None:
    rules = {(dialect, rule.refuses) for dialect in dialect_names() for rule in refusals_of(dialect).rules}
    tried = set[tuple[str, str]]()
    for dialect, changed, _, _ in REFUSED:
        wire = body(dialect, **changed)
        request = get_dialect(dialect).decode_request(wire, PATHS[dialect])
        found = [rule.refuses for rule in refusals_of(dialect).rules if list(rule.find(wire, request))]
        tried.update((dialect, refuses) for refuses in found)
    assert tried == rules


@pytest.mark.parametrize("dialect", sorted(PATHS))
def test_a_plain_request_is_answered_without_a_note(dialect: str, strict: tuple[Emulator, Client]) -> None:
    emulator, client = strict
    model = {"model": "mistral-small-latest"} if dialect == "mistral" else {}
    answer = client.post(PATHS[dialect], body(dialect, **model))
    assert (answer.status, emulator.requests[-1].notes) == (200, ())
    assert "x-dragoman-notes" not in answer.headers


# ---------------------------------------------------------------------- models

UNKNOWN = [
    ("/v1/chat/completions", "openai_chat", 404, "The model `no-model` does not exist or you do not have access to it."),
    ("/v1/responses", "openai_responses", 400, "The requested model 'no-model' does not exist."),
    ("/v1/messages", "anthropic_messages", 404, "model: no-model"),
    ("/v1beta/models/no-model:generateContent", "gemini", 404, "models/no-model is not found for API version v1beta"),
    ("/mistral/v1/chat/completions", "mistral", 400, "Invalid model: no-model"),
    ("/v2/chat", "cohere_v2", 404, "model 'no-model' not found, make sure the correct model ID was used"),
    ("/model/no-model/converse", "bedrock_converse", 400, "The provided model identifier is invalid."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "dialect", "status", "words"), UNKNOWN)
def test_a_model_that_nobody_knows(
    path: str, dialect: str, status: int, words: str, strict: tuple[Emulator, Client]
) -> None:
    named = {} if dialect in ("gemini", "bedrock_converse") else {"model": "no-model"}
    answer = strict[1].post(path, body(dialect, **named))
    assert (answer.status, words.encode() in answer.body) == (status, True)
    assert type(get_dialect(dialect).decode_error(status, answer.headers, answer.body)) is dragoman.UnknownModel


@pytest.mark.parametrize(
    ("path", "dialect", "model", "status"),
    [
        ("/v1/messages", "anthropic_messages", "gpt-4o", 200),  # the emulator's own list has it
        ("/v1/messages", "anthropic_messages", "gpt-5-mini", 404),
        ("/v1/chat/completions", "openai_chat", "o1-mini", 404),  # retired in 2025
        ("/v1/chat/completions", "openai_chat", "deepseek-v4-flash", 200),  # its provider speaks this dialect
        ("/api/chat", "ollama", "my-own-model", 200),
        ("/@deepseek/v1/chat/completions", "openai_chat", "deepseek-v4-flash", 200),
        ("/@deepseek/v1/chat/completions", "openai_chat", "no-model", 404),
    ],
)
def test_which_models_there_are(
    path: str, dialect: str, model: str, status: int, strict: tuple[Emulator, Client]
) -> None:
    assert strict[1].post(path, body(dialect, model=model)).status == status


def test_the_models_that_are_set_are_all_there_are() -> None:
    with running(strict=True, models=["mine"]) as (_, client):
        assert client.post(PATHS["ollama"], body("ollama", model="mine")).status == 200
        refused = client.post(PATHS["ollama"], body("ollama", model="other"))
        assert (refused.status, refused.json) == (404, {"error": "model 'other' not found"})


# ---------------------------------------------------------------------- other hosts, and our own requests


def test_what_another_host_of_the_dialect_knows_is_its_own_affair(strict: tuple[Emulator, Client]) -> None:
    asked = body("openai_chat", model="deepseek-v4-flash", thinking={"type": "disabled"})
    emulator, client = strict
    assert client.post("/@deepseek/v1/chat/completions", asked).status == 200
    assert client.post("/v1/chat/completions", asked).status == 400
    assert "/@deepseek" in emulator.environment()["DRAGOMAN_DEEPSEEK_BASE_URL"]
    assert "/@" not in emulator.environment()["OPENAI_BASE_URL"]


OWN = [
    ("openai/gpt-4o-mini", {}),
    ("openai/gpt-5-mini", {}),
    ("anthropic/claude-sonnet-4-5", {}),
    ("anthropic/claude-opus-4-7", {}),
    ("google/gemini-2.5-flash", {}),
    ("mistral/mistral-small-latest", {}),
    ("cohere/command-a-03-2025", {}),
    ("ollama/llama3.2", {}),
    ("bedrock/amazon.nova-micro-v1:0", {}),
    ("deepseek/deepseek-chat", {}),
    ("openai/gpt-4o-mini", {"dialect": "openai_responses"}),
]
ASKED: dict[str, dict[str, Any]] = {
    "plain": {},
    "sampled": {"max_tokens": 300, "temperature": 0.7, "top_p": 0.9, "seed": 1, "frequency_penalty": 0.1, "top_k": 5},
    "tools": {"tools": [{"name": "f", "parameters": {"type": "object", "properties": {}}}]},
    "typed": {"response_model": dict[str, int]},
    "effort": {"reasoning_effort": "low"},
    "several": {"n": 2},
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(("model", "options"), OWN)
def test_nothing_that_we_send_by_ourselves_is_refused(
    model: str, options: dict[str, Any], asked: str, strict: tuple[Emulator, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in strict[0].environment().items():
        monkeypatch.setenv(name, value)
    with dragoman.create_llm(model, **options) as llm:
        llm.generate('{"a": 1}', **ASKED[asked])
    assert strict[0].requests[-1].notes == ()


def test_only_the_homes_of_dialects_are_at_plain_paths(strict: tuple[Emulator, Client]) -> None:
    addresses = " ".join(strict[0].environment().values())
    elsewhere = set(re.findall(r"/@(\w+)", addresses))
    assert {"deepseek", "groq", "together", "openrouter"} <= elsewhere
    assert not {"openai", "anthropic", "google", "mistral", "cohere", "ollama", "bedrock"} & elsewhere


# ---------------------------------------------------------------------- recorded traffic

HOMES = {
    ("openai_chat", "openai"),
    ("openai_responses", "openai"),
    ("anthropic_messages", "anthropic"),
    ("gemini", "gemini"),
    ("mistral", "mistral"),
    ("cohere_v2", "cohere"),
    ("ollama", "ollama"),
    ("bedrock_converse", "bedrock"),
}
BEFORE_ANY_RETIRED, TODAY = "2024-01-01", "2026-11-21"


def _said(exchange: Exchange, today: str) -> list[str] | None:
    """What the rules say to a recorded request, `None` when it is no request of its dialect."""
    dialect, url = get_dialect(exchange.dialect), urlsplit(exchange.request["url"])
    try:
        request = dialect.decode_request(exchange.request["body"], f"{url.path}?{url.query}")
    except dragoman.ProviderError:
        return None
    known = refusals_of(exchange.dialect)
    there = knows(exchange.dialect, request.model, today)
    unknown = [] if there else [known.unknown_model(request.model)]
    return [refusal.message for refusal in (*unknown, *known.find(exchange.request["body"], request))]


def _recorded(dialect: str, *statuses: int) -> list[Exchange]:
    found = [each for each in exchanges(dialect) if (dialect, each.provider) in HOMES]
    asked = [each for each in found if isinstance(each.request.get("body"), dict)]
    if not asked:
        pytest.skip("the recordings are not here")
    return [each for each in asked if each.response["status"] in statuses]


@pytest.mark.parametrize("dialect", sorted(dialect for dialect, _ in HOMES))
def test_nothing_that_a_provider_answered_is_refused(dialect: str) -> None:
    answered = _recorded(dialect, 200)
    assert {each.id: _said(each, BEFORE_ANY_RETIRED) for each in answered} == {each.id: [] for each in answered}


REPEATED = {
    "openai_chat": 9,
    "openai_responses": 8,
    "anthropic_messages": 8,
    "gemini": 8,
    "mistral": 2,
    "cohere_v2": 1,
    "bedrock_converse": 2,
}
"""How many of the recorded refusals the rules repeat; the others need what the emulator has not: keys, pictures, a web."""


@pytest.mark.parametrize("dialect", sorted(REPEATED))
def test_recorded_refusals_are_repeated_in_their_words(dialect: str) -> None:
    of_requests = [(each, _said(each, BEFORE_ANY_RETIRED)) for each in _recorded(dialect, 400, 422)]
    of_models = [(each, _said(each, TODAY)) for each in _recorded(dialect, 404)]
    repeated = [(each, said) for each, said in (*of_requests, *of_models) if said]
    differing = {each.id: said for each, said in repeated if said[0] != _message(each)}
    assert not differing
    assert len(repeated) == REPEATED[dialect]


def _message(exchange: Exchange) -> str:
    recorded = exchange.response["body"]
    message = recorded["message"] if "message" in recorded else recorded["error"]["message"]
    return message.replace("ModelService.ListModels", "ListModels")  # Google says it both ways
