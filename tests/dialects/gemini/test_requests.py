"""Requests, as tables: what the canonical language says, and what it is on Gemini's wire."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.gemini import DIALECT
from dragoman.errors import Rejected
from dragoman.messages import (
    Audio,
    CacheMark,
    Citation,
    Document,
    Extra,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
)

HI = Message("user", "Hi")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def ask(model: str = "gemini-3-flash", messages: tuple[Message, ...] = (HI,), **fields: Any) -> Request:
    return Request(model=model, messages=messages, **fields)


def kept(**fields: Any) -> Extra:
    return Extra(fields=fields, dialect="gemini")


# ---------------------------------------------------------------------- fields, both ways

FIELDS: dict[str, tuple[Request, dict[str, Any]]] = {
    "sampling": (
        ask(max_tokens=9, temperature=0.5, top_p=0.9, top_k=40, seed=7, stop=("END",), n=2),
        {
            "generationConfig": {
                "maxOutputTokens": 9,
                "temperature": 0.5,
                "topP": 0.9,
                "topK": 40,
                "seed": 7,
                "candidateCount": 2,
                "stopSequences": ["END"],
            }
        },
    ),
    "penalties and logprobs": (
        ask(frequency_penalty=0.5, presence_penalty=-0.5, logprobs=True, top_logprobs=3),
        {
            "generationConfig": {
                "frequencyPenalty": 0.5,
                "presencePenalty": -0.5,
                "responseLogprobs": True,
                "logprobs": 3,
            }
        },
    ),
    "tier": (ask(service_tier="flex"), {"serviceTier": "flex"}),
    "what only Gemini has": (
        ask(extra=(kept(safetySettings=[{"category": "C"}], cachedContent="cachedContents/1", labels={"a_b": "c"}),)),
        {"safetySettings": [{"category": "C"}], "cachedContent": "cachedContents/1", "labels": {"a_b": "c"}},
    ),
    "an option that only Gemini has, beside others": (
        ask(temperature=1.0, extra=(kept(generationConfig={"mediaResolution": "LOW"}),)),
        {"generationConfig": {"temperature": 1.0, "mediaResolution": "LOW"}},
    ),
    "a function": (
        ask(tools=(Tool(name="look", description="Looks", parameters=SCHEMA),)),
        {
            "tools": [
                {"functionDeclarations": [{"name": "look", "description": "Looks", "parametersJsonSchema": SCHEMA}]}
            ]
        },
    ),
    "a function without parameters": (
        ask(tools=(Tool(name="look"),)),
        {"tools": [{"functionDeclarations": [{"name": "look"}]}]},
    ),
    "functions beside a tool of Google's": (
        ask(tools=(Tool(name="look"), ServerTool("web_search"), Opaque("gemini", {"googleMaps": {}}))),
        {"tools": [{"functionDeclarations": [{"name": "look"}]}, {"googleSearch": {}}, {"googleMaps": {}}]},
    ),
    "the model may call": (ask(tool_choice=ToolChoice()), {"toolConfig": {"functionCallingConfig": {"mode": "AUTO"}}}),
    "it must call one of these": (
        ask(tool_choice=ToolChoice(mode="required", names=("a", "b"))),
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a", "b"]}}},
    ),
    "it may call one of these": (
        ask(tool_choice=ToolChoice(names=("a",))),
        {"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED", "allowedFunctionNames": ["a"]}}},
    ),
    "it must not call": (
        ask(tool_choice=ToolChoice(mode="none")),
        {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}},
    ),
    "arguments that fit their schema, and a setting beside": (
        ask(
            tool_choice=ToolChoice(),
            extra=(
                kept(
                    toolConfig={
                        "includeServerSideToolInvocations": True,
                        "functionCallingConfig": {"mode": "VALIDATED"},
                    }
                ),
            ),
        ),
        {
            "toolConfig": {
                "includeServerSideToolInvocations": True,
                "functionCallingConfig": {"mode": "VALIDATED"},
            }
        },
    ),
    "JSON": (
        ask(output_format=OutputFormat(kind="json_object")),
        {"generationConfig": {"responseMimeType": "application/json"}},
    ),
    "JSON by a schema": (
        ask(output_format=OutputFormat(kind="json_schema", schema=SCHEMA)),
        {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
    ),
    "text": (ask(output_format=OutputFormat(kind="text")), {"generationConfig": {"responseMimeType": "text/plain"}}),
    "an enum, which has no canonical form": (
        ask(extra=(kept(generationConfig={"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING"}}),)),
        {"generationConfig": {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING"}}},
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_written_and_read(name: str) -> None:
    request, wire = FIELDS[name]
    encoded = DIALECT.encode_request(request)
    assert encoded.wire == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], **wire}
    assert encoded.losses == ()
    assert DIALECT.decode_request(encoded.wire, DIALECT.path(request)) == request


# ---------------------------------------------------------------------- parts, both ways

PNG = "iVBORw0KGgo="
PARTS: dict[str, tuple[Part, dict[str, Any]]] = {
    "signed text": (Text("Hi", extra=kept(thoughtSignature="c2ln")), {"text": "Hi", "thoughtSignature": "c2ln"}),
    "signed nothing": (Text("", extra=kept(thoughtSignature="c2ln")), {"text": "", "thoughtSignature": "c2ln"}),
    "a thought": (Reasoning("Hm", dialect="gemini"), {"text": "Hm", "thought": True}),
    "a signed thought": (
        Reasoning("Hm", payload={"thoughtSignature": "c2ln"}, dialect="gemini"),
        {"text": "Hm", "thought": True, "thoughtSignature": "c2ln"},
    ),
    "a picture": (
        Image(data=PNG, media_type="image/png"),
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
    ),
    "a sound": (
        Audio(url="gs://b/a.mp3", media_type="audio/mpeg"),
        {"fileData": {"mimeType": "audio/mpeg", "fileUri": "gs://b/a.mp3"}},
    ),
    "a film, in part": (
        Video(url="https://youtu.be/x", extra=kept(videoMetadata={"fps": 0.2})),
        {"fileData": {"fileUri": "https://youtu.be/x"}, "videoMetadata": {"fps": 0.2}},
    ),
    "an uploaded file": (
        Document(file_id="https://generativelanguage.googleapis.com/v1beta/files/x", media_type="application/pdf"),
        {
            "fileData": {
                "mimeType": "application/pdf",
                "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x",
            }
        },
    ),
    "a text as a document": (
        Document(text="Grüße", media_type="text/plain"),
        {"inlineData": {"mimeType": "text/plain", "data": "R3LDvMOfZQ=="}},
    ),
    "a call with an id": (
        ToolCall(id="abc", name="look", arguments={"x": 1}),
        {"functionCall": {"id": "abc", "name": "look", "args": {"x": 1}}},
    ),
    "a signed call": (
        ToolCall(id="abc", name="look", extra=kept(thoughtSignature="c2ln")),
        {"functionCall": {"id": "abc", "name": "look", "args": {}}, "thoughtSignature": "c2ln"},
    ),
    "a result": (
        ToolResult(id="abc", name="look", content="sunny"),
        {"functionResponse": {"id": "abc", "name": "look", "response": {"output": "sunny"}}},
    ),
    "a failure": (
        ToolResult(id="abc", name="look", content="no such city", is_error=True),
        {"functionResponse": {"id": "abc", "name": "look", "response": {"error": "no such city"}}},
    ),
    "a result in words of its own": (
        ToolResult(
            id="abc",
            name="look",
            content='{"sky":"blue"}',
            extra=Extra(dialect="gemini", spelling={"functionResponse": {"response": {"sky": "blue"}}}),
        ),
        {"functionResponse": {"id": "abc", "name": "look", "response": {"sky": "blue"}}},
    ),
    "a result with a picture": (
        ToolResult(id="abc", name="look", content=(Text("see"), Image(data=PNG, media_type="image/png"))),
        {
            "functionResponse": {
                "id": "abc",
                "name": "look",
                "response": {"output": "see"},
                "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}],
            }
        },
    ),
    "code that runs at Google": (
        Opaque("gemini", {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "c2ln"}),
        {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "c2ln"},
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_written_and_read(name: str) -> None:
    part, wire = PARTS[name]
    request = ask("gemini-2.5-flash", (Message("user", [Text("?"), part]),))
    encoded = DIALECT.encode_request(request)
    assert encoded.wire["contents"] == [{"role": "user", "parts": [{"text": "?"}, wire]}]
    assert encoded.losses == ()
    assert DIALECT.decode_request(encoded.wire, DIALECT.path(request)) == request


# ---------------------------------------------------------------------- conversations


def test_system_messages_are_the_instruction() -> None:
    request = ask(messages=(Message("system", "Be brief."), HI))
    wire = DIALECT.encode_request(request).wire
    assert wire["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert DIALECT.decode_request(wire, DIALECT.path(request)) == request


def test_a_late_system_message_is_hoisted_and_reported() -> None:
    encoded = DIALECT.encode_request(ask(messages=(Message("system", "A"), HI, Message("system", "B"))))
    assert encoded.wire["systemInstruction"] == {"parts": [{"text": "A"}, {"text": "B"}]}
    assert [(loss.effect, loss.where) for loss in encoded.losses] == [("changed", "messages[2]")]


def test_results_of_one_turn_stand_together_and_are_named_after_their_calls() -> None:
    calls = Message("assistant", [ToolCall(id="a", name="look"), ToolCall(id="b", name="hear")])
    results = [Message("tool", [ToolResult(id=id_, content="ok")]) for id_ in "ab"]
    encoded = DIALECT.encode_request(ask("gemini-2.5-flash", (HI, calls, *results)))
    assert [part["functionResponse"]["name"] for part in encoded.wire["contents"][2]["parts"]] == ["look", "hear"]
    assert len(encoded.wire["contents"]) == 3
    assert encoded.losses == ()


def test_calls_without_ids_get_some_and_never_send_them() -> None:
    wire = {
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"n": n}}} for n in (1, 2)]},
            {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": "1"}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"output": "2"}}}]},
        ]
    }
    request = DIALECT.decode_request(wire, "/v1beta/models/m:generateContent")
    calls = request.messages[1].tool_calls
    results = [result for message in request.messages for result in message.tool_results]
    assert len({call.id for call in calls}) == 2
    assert [result.id for result in results] == [call.id for call in calls]
    assert DIALECT.decode_request(wire, "/v1beta/models/m:generateContent") == request
    again = DIALECT.encode_request(request).wire
    assert "id" not in str(again)


FOREIGN_CALLS = (HI, Message("assistant", [ToolCall(id="a", name="x"), ToolCall(id="b", name="y")]))


@pytest.mark.parametrize(
    ("model", "signatures"),
    [
        ("gemini-3-pro-preview", ["skip_thought_signature_validator", None]),
        ("models/gemini-3.5-flash", ["skip_thought_signature_validator", None]),
        ("gemini-2.5-pro", [None, None]),
        ("gemini-flash-latest", [None, None]),
    ],
)
def test_the_first_call_of_another_model_is_excused_from_signing(model: str, signatures: list[str | None]) -> None:
    request = ask(model, FOREIGN_CALLS)
    wire = DIALECT.encode_request(request).wire
    assert [part.get("thoughtSignature") for part in wire["contents"][1]["parts"]] == signatures
    assert DIALECT.decode_request(wire, DIALECT.path(request)).messages == FOREIGN_CALLS


# ---------------------------------------------------------------------- thinking

OPTIONS = ReasoningOptions
THINKING: list[tuple[str, ReasoningOptions, dict[str, Any], str | None]] = [
    ("gemini-3-flash", OPTIONS(effort="low"), {"thinkingLevel": "LOW"}, None),
    ("gemini-3-flash", OPTIONS(effort="minimal"), {"thinkingLevel": "MINIMAL"}, None),
    ("gemini-3-pro", OPTIONS(effort="minimal"), {"thinkingLevel": "LOW"}, "reasoning.effort"),
    ("gemini-3-pro", OPTIONS(effort="max"), {"thinkingLevel": "XHIGH"}, "reasoning.effort"),
    ("gemini-flash-latest", OPTIONS(effort="high"), {"thinkingLevel": "HIGH"}, None),
    ("gemini-2.5-flash", OPTIONS(effort="medium"), {"thinkingBudget": 8192}, "reasoning.effort"),
    ("gemini-2.5-flash", OPTIONS(effort="none"), {"thinkingBudget": 0}, None),
    ("gemini-2.5-flash", OPTIONS(enabled=False), {"thinkingBudget": 0}, None),
    ("gemini-2.5-pro", OPTIONS(enabled=False), {"thinkingBudget": 128}, "reasoning.enabled"),
    ("gemini-3-flash", OPTIONS(enabled=False), {"thinkingLevel": "MINIMAL"}, "reasoning.enabled"),
    ("gemini-2.5-flash", OPTIONS(budget_tokens=512), {"thinkingBudget": 512}, None),
    ("gemini-2.5-flash", OPTIONS(enabled=True), {"includeThoughts": True}, None),
    ("gemini-2.5-flash-lite", OPTIONS(enabled=True), {"includeThoughts": True, "thinkingBudget": -1}, None),
    ("gemini-3-pro", OPTIONS(enabled=True, effort="high"), {"includeThoughts": True, "thinkingLevel": "HIGH"}, None),
]


@pytest.mark.parametrize(("model", "options", "wire", "lost"), THINKING)
def test_how_hard_to_think_is_said_as_the_model_takes_it(
    model: str, options: ReasoningOptions, wire: dict[str, Any], lost: str | None
) -> None:
    request = ask(model, reasoning=options)
    encoded = DIALECT.encode_request(request)
    assert encoded.wire["generationConfig"] == {"thinkingConfig": wire}
    assert [loss.where for loss in encoded.losses] == ([lost] if lost else [])
    read = DIALECT.decode_request(encoded.wire, DIALECT.path(request))
    assert DIALECT.encode_request(read).wire == encoded.wire
    if lost is None and options.effort != "none":
        assert read == request


@pytest.mark.parametrize(
    "thinking",
    [
        {"thinkingBudget": -1},
        {"thinkingBudget": 0, "includeThoughts": True},
        {"thinkingBudget": 0, "thinkingLevel": "LOW"},
        {"thinkingLevel": "low"},
        {"includeThoughts": False},
        {"newSetting": 1},
    ],
)
@pytest.mark.parametrize("model", ["gemini-2.5-flash", "gemini-3-pro", "gemini-2.5-flash-lite"])
def test_any_thinking_config_goes_back_as_it_came(thinking: dict[str, Any], model: str) -> None:
    contents = [{"role": "user", "parts": [{"text": "Hi"}]}]
    wire = {"contents": contents, "generationConfig": {"thinkingConfig": thinking}}
    request = DIALECT.decode_request(wire, f"/v1/models/{model}:generateContent")
    encoded = DIALECT.encode_request(request)
    assert encoded.wire == wire
    assert encoded.losses == ()


# ---------------------------------------------------------------------- schemas in Google's form

GOOGLE_FORM = {
    "type": "OBJECT",
    "properties": {
        "any_of": {"type": "STRING", "nullable": True},
        "ages": {"type": "ARRAY", "items": {"type": "INTEGER"}, "min_items": "1"},
        "who": {"any_of": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": True},
        "mood": {"type": "STRING", "enum": ["glad", "sad"], "nullable": True},
    },
    "propertyOrdering": ["any_of", "ages", "who"],
}
JSON_FORM = {
    "type": "object",
    "properties": {
        "any_of": {"type": ["string", "null"]},
        "ages": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "who": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
        "mood": {"type": ["string", "null"], "enum": ["glad", "sad", None]},
    },
}


def test_a_schema_in_googles_form_is_read_as_json_schema_and_goes_back_as_it_came() -> None:
    wire = {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "tools": [{"functionDeclarations": [{"name": "look", "parameters": GOOGLE_FORM}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseSchema": GOOGLE_FORM},
    }
    request = DIALECT.decode_request(wire, "/v1beta/models/m:generateContent")
    (tool,) = request.tools
    assert isinstance(tool, Tool)
    assert tool.parameters == JSON_FORM
    assert request.output_format is not None
    assert request.output_format.schema == JSON_FORM
    assert DIALECT.encode_request(request).wire == wire


# ---------------------------------------------------------------------- paths

PATHS = [
    ("gemini-2.5-flash", "/models/gemini-2.5-flash", "gemini-2.5-flash"),
    ("models/gemini-2.5-flash", "/models/gemini-2.5-flash", "gemini-2.5-flash"),
    ("tunedModels/mine", "/tunedModels/mine", "tunedModels/mine"),
    ("projects/p/locations/l/endpoints/1", "/projects/p/locations/l/endpoints/1", "projects/p/locations/l/endpoints/1"),
    (
        "projects/p/locations/l/publishers/google/models/x",
        "/projects/p/locations/l/publishers/google/models/x",
        "x",
    ),
    ("openai/gpt-4o", "/models/openai/gpt-4o", "openai/gpt-4o"),
    ("a model?", "/models/a%20model%3F", "a model?"),
    ("tag:1", "/models/tag:1", "tag:1"),
]


@pytest.mark.parametrize(("model", "path", "read"), PATHS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("prefix", ["", "/v1", "/v1beta", "/v1beta1/projects/p/locations/l/publishers/google"])
def test_the_path_names_the_model_and_says_whether_to_stream(
    model: str, path: str, read: str, stream: bool, prefix: str
) -> None:
    request = ask(model, stream=stream)
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    assert DIALECT.path(request) == f"{path}:{method}"
    if path.startswith("/models/"):  # the others are resources of one of the two providers alone
        prefix += DIALECT.path(request)
        asked = DIALECT.decode_request(DIALECT.encode_request(request).wire, prefix)
        assert (asked.model, asked.stream) == (read, stream)


def test_a_resource_name_is_read_from_the_path_too() -> None:
    for model, path, read in PATHS:
        asked = DIALECT.decode_request(DIALECT.encode_request(ask()).wire, f"/v1beta1{path}:generateContent")
        assert asked.model == read, model


# ---------------------------------------------------------------------- what cannot be said

LOST: dict[str, tuple[Request, list[str]]] = {
    "a cache mark": (
        ask(messages=(Message("user", [Text("Hi", cache=CacheMark())]),)),
        ["messages[0].content[0].cache"],
    ),
    "another model's thinking": (
        ask(messages=(HI, Message("assistant", [Text("A"), Reasoning("Hm", payload={"s": 1}, dialect="x")]))),
        ["messages[1].content[1]"],
    ),
    "another model's refusal": (
        ask(messages=(HI, Message("assistant", [Refusal("No.")]))),
        ["messages[1].content[0]"],
    ),
    "another model's sources": (
        ask(messages=(HI, Message("assistant", [Text("A", (Citation(url="https://x"),))]))),
        ["messages[1].content[0].citations[0]"],
    ),
    "a picture of no known type": (
        ask(messages=(Message("user", [Image(url="https://x/y")]),)),
        ["messages[0].content[0]"],
    ),
    "data of no known type": (
        ask(messages=(Message("user", [Text("?"), Image(data="AAAA")]),)),
        ["messages[0].content[1]"],
    ),
    "a result of an unknown call": (
        ask(messages=(HI, Message("tool", [ToolResult(id="x", content="1")]))),
        ["messages[1].content[0].name"],
    ),
    "a free-form tool": (ask(tools=(Tool(name="t", text_format={"type": "text"}),)), ["tools[0]"]),
    "a strict tool": (ask(tools=(Tool(name="t", strict=True),)), ["tools[0].strict"]),
    "one call at a time": (ask(parallel_tool_calls=False), ["parallel_tool_calls"]),
    "who asks": (ask(user="u", metadata={"a": "b"}), ["user", "metadata"]),
    "no usage": (ask(include_usage=False), ["include_usage"]),
    "what only another dialect has": (ask(extra=(Extra(fields={"x": 1}, dialect="openai_chat"),)), ["x"]),
}


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_said_is_reported(name: str) -> None:
    request, lost = LOST[name]
    assert [loss.where for loss in DIALECT.encode_request(request).losses] == lost


# ---------------------------------------------------------------------- what is no request

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({}, "contents"),
    ({"contents": []}, "contents"),
    ({"contents": "Hi"}, "contents"),
    ({"contents": [{"role": "robot", "parts": []}]}, "contents[0].role"),
    ({"contents": [{"parts": [{"text": 5}]}]}, "contents[0].parts[0].text"),
    ({"contents": [{"parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
    ({"contents": [{"parts": [{"inlineData": {"mimeType": "a/b"}}]}]}, "contents[0].parts[0].inlineData.data"),
    ({"contents": [{"parts": []}], "generationConfig": {"topK": "x"}}, "generationConfig.topK"),
    ({"contents": [{"parts": []}], "tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
    ({"contents": [{"parts": []}], "generationConfig": {"thinkingConfig": 1}}, "generationConfig.thinkingConfig"),
]


@pytest.mark.parametrize(("wire", "where"), BROKEN)
def test_what_is_no_request_is_refused_by_the_field(wire: dict[str, Any], where: str) -> None:
    with pytest.raises(Rejected) as caught:
        DIALECT.decode_request(wire, "/v1beta/models/m:generateContent")
    assert f"'{where}'" in caught.value.message
    assert (caught.value.http_status, caught.value.code) == (400, "INVALID_ARGUMENT")


def test_names_in_snake_case_and_nulls_are_read() -> None:
    wire = {
        "contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": PNG}}, {"text": "?"}]}],
        "system_instruction": {"parts": {"text": "Be brief."}},
        "generation_config": {"max_output_tokens": 5.0, "top_k": None},
        "tools": None,
    }
    request = DIALECT.decode_request(wire, "/v1beta/models/m:generateContent")
    picture = Image(data=PNG, media_type="image/png")
    assert request.messages == (Message("system", "Be brief."), Message("user", [picture, Text("?")]))
    assert request.max_tokens == 5
    assert request.extra == ()


@pytest.mark.parametrize(
    "twice",
    [
        {"generationConfig": {"maxOutputTokens": 5}, "generation_config": {"maxOutputTokens": 9000}},
        {"generationConfig": {"maxOutputTokens": 5, "max_output_tokens": 9000}},
    ],
)
def test_a_field_in_both_spellings_is_refused(twice: dict[str, Any]) -> None:
    """Who is asked might read the other one."""
    with pytest.raises(Rejected, match="said twice"):
        DIALECT.decode_request({"contents": [{"parts": [{"text": "?"}]}], **twice}, "/v1beta/models/m:generateContent")


@pytest.mark.parametrize("system", [[], [5], {"parts": 5}])
def test_an_instruction_that_is_none_is_refused(system: object) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "systemInstruction": system}
    with pytest.raises(Rejected):
        DIALECT.decode_request(body, "/v1beta/models/m:generateContent")
