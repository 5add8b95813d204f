"""Requests: tables of what is said how, serving both directions, and of what cannot be said."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.bedrock_converse import DIALECT
from dragoman.dialects.bedrock_converse.tools import PLACEHOLDER
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
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Video,
    decode_json,
    encode_json,
)

NAME = "bedrock_converse"
HI = Message(Role.USER, "Hi")
CLAUDE, NOVA, GPT = "us.anthropic.claude-sonnet-4-5-v1:0", "us.amazon.nova-lite-v1:0", "openai.gpt-oss-120b-1:0"


def own(**fields: Any) -> Extra:
    return Extra(fields=fields, dialect=NAME)


def sent(request: Request) -> Request:
    """The request as the other side reads it."""
    wire = decode_json(encode_json(DIALECT.encode_request(request).wire))
    return DIALECT.decode_request(wire, DIALECT.path(request))


# ---------------------------------------------------------------------- settings, both ways

SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "limits": (
        {"max_tokens": 5, "temperature": 0.5, "top_p": 1},
        {"inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 1}},
    ),
    "stop texts": ({"stop": ("a", "b")}, {"inferenceConfig": {"stopSequences": ["a", "b"]}}),
    "top_k at Anthropic's": ({"top_k": 7}, {"additionalModelRequestFields": {"top_k": 7}}),
    "top_k at Nova": (
        {"model": NOVA, "top_k": 7},
        {"additionalModelRequestFields": {"inferenceConfig": {"topK": 7}}},
    ),
    "top_k beside others of its group": (
        {"model": NOVA, "top_k": 7, "extra": (own(additionalModelRequestFields={"inferenceConfig": {"x": 1}}),)},
        {"additionalModelRequestFields": {"inferenceConfig": {"topK": 7, "x": 1}}},
    ),
    "an effort": ({"reasoning": ReasoningOptions(effort="high")}, {"outputConfig": {"effort": "high"}}),
    "an effort at gpt-oss": (
        {"model": GPT, "reasoning": ReasoningOptions(effort="low")},
        {"additionalModelRequestFields": {"reasoning_effort": "low"}},
    ),
    "a budget for thinking": (
        {"reasoning": ReasoningOptions(budget_tokens=2000)},
        {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}}},
    ),
    "thinking as the model likes, with an effort": (
        {"reasoning": ReasoningOptions(enabled=True, effort="low")},
        {
            "additionalModelRequestFields": {"thinking": {"type": "adaptive"}},
            "outputConfig": {"effort": "low"},
        },
    ),
    "no thinking": (
        {"reasoning": ReasoningOptions(enabled=False)},
        {"additionalModelRequestFields": {"thinking": {"type": "disabled"}}},
    ),
    "a schema": (
        {"output_format": OutputFormat(kind="json_schema", schema={"type": "object"}, name="n", description="d")},
        {
            "outputConfig": {
                "textFormat": {
                    "type": "json_schema",
                    "structure": {
                        "jsonSchema": {"schema": '{"type":"object"}', "name": "n", "description": "d"},
                    },
                }
            }
        },
    ),
    "metadata": ({"metadata": {"team": "a"}}, {"requestMetadata": {"team": "a"}}),
    "a tier": ({"service_tier": "flex"}, {"serviceTier": {"type": "flex"}}),
    "what only Bedrock has": (
        {"extra": (own(performanceConfig={"latency": "optimized"}, guardrailConfig={"guardrailIdentifier": "g"}),)},
        {"performanceConfig": {"latency": "optimized"}, "guardrailConfig": {"guardrailIdentifier": "g"}},
    ),
    "fields of the model's own": (
        {"top_k": 1, "extra": (own(additionalModelRequestFields={"anthropic_beta": ["x"]}),)},
        {"additionalModelRequestFields": {"top_k": 1, "anthropic_beta": ["x"]}},
    ),
}


@pytest.mark.parametrize(("fields", "wire"), SETTINGS.values(), ids=SETTINGS)
def test_settings(fields: dict[str, Any], wire: dict[str, Any]) -> None:
    request = Request(**{"model": CLAUDE, "messages": (HI,), **fields})
    encoded = DIALECT.encode_request(request)
    assert encoded.losses == ()
    assert encoded.wire == {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], **wire}
    assert sent(request) == request


PATHS = {
    "a model": (CLAUDE, False, "/model/us.anthropic.claude-sonnet-4-5-v1%3A0/converse"),
    "streamed": ("m", True, "/model/m/converse-stream"),
    "an ARN": (
        "arn:aws:bedrock:us-east-1:1:inference-profile/x",
        False,
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx/converse",
    ),
}


@pytest.mark.parametrize(("model", "stream", "path"), PATHS.values(), ids=PATHS)
def test_model_and_streaming_are_in_the_path(model: str, stream: bool, path: str) -> None:
    request = Request(model=model, messages=(HI,), stream=stream)
    assert DIALECT.path(request) == path
    assert sent(request) == request


def test_a_body_as_boto3s_callers_write_it_names_the_model() -> None:
    assert (
        DIALECT.decode_request({"modelId": "m", "messages": [{"role": "user", "content": [{"text": "a"}]}]}).model
        == "m"
    )


# ---------------------------------------------------------------------- parts, both ways

PNG = {"data": "iVBORw0KGgo=", "media_type": "image/png"}
S3 = {"s3Location": {"uri": "s3://b/k.mp4"}}
PARTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "a picture": (Image(**PNG), {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}),
    "a picture in S3": (
        Image(url="s3://b/k.png", media_type="image/png"),
        {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b/k.png"}}}},
    ),
    "a film": (Video(url="s3://b/k.mp4", media_type="video/mp4"), {"video": {"format": "mp4", "source": S3}}),
    "a sound": (
        Audio(data="AAAA", media_type="audio/mpeg"),
        {"audio": {"format": "mp3", "source": {"bytes": "AAAA"}}},
    ),
    "a document": (
        Document(data="JVBERi0=", media_type="application/pdf", title="A paper", context="c", citations=True),
        {
            "document": {
                "format": "pdf",
                "source": {"bytes": "JVBERi0="},
                "name": "A paper",
                "context": "c",
                "citations": {"enabled": True},
            }
        },
    ),
    "a text as a document": (
        Document(text="abc", media_type="text/plain", title="t"),
        {"document": {"format": "txt", "source": {"text": "abc"}, "name": "t"}},
    ),
    "guarded content": (
        Opaque(NAME, {"guardContent": {"text": {"text": "x"}}}),
        {"guardContent": {"text": {"text": "x"}}},
    ),
    "a block of next year": (Opaque(NAME, {"hologram": {"x": 1}}), {"hologram": {"x": 1}}),
    "a bucket of another account": (
        Opaque(NAME, {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b", "bucketOwner": "1"}}}}),
        {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b", "bucketOwner": "1"}}}},
    ),
    "a new field of a known block": (
        Image(**PNG, extra=own(sharpness=3)),
        {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}, "sharpness": 3}},
    ),
}


@pytest.mark.parametrize(("part", "block"), PARTS.values(), ids=PARTS)
def test_parts(part: Any, block: dict[str, Any]) -> None:
    request = Request(model="m", messages=(Message(Role.USER, (part, Text("What is it?"))),))
    encoded = DIALECT.encode_request(request)
    assert encoded.losses == ()
    assert encoded.wire["messages"][0]["content"] == [block, {"text": "What is it?"}]
    assert sent(request) == request


def test_a_document_without_a_title_gets_a_name_that_is_none() -> None:
    request = Request(model="m", messages=(Message(Role.USER, (Document(text="abc", media_type="text/plain"),)),))
    name = DIALECT.encode_request(request).wire["messages"][0]["content"][0]["document"]["name"]
    assert name.startswith("document-")
    assert sent(request) == request


def test_a_cache_mark_is_a_block_after_the_part() -> None:
    marked = (Text("a", cache=CacheMark()), Text("b"), Image(**PNG, cache=CacheMark(ttl="1h")))
    tools = (Tool(name="f", cache=CacheMark()), ServerTool("web_search", cache=CacheMark()))
    system = Message(Role.SYSTEM, (Text("Be brief.", cache=CacheMark()),))
    request = Request(model="m", messages=(system, Message(Role.USER, marked)), tools=tools)
    wire = DIALECT.encode_request(request).wire
    kinds = [next(iter(block)) for block in wire["messages"][0]["content"]]
    assert kinds == ["text", "cachePoint", "text", "image", "cachePoint"]
    assert wire["messages"][0]["content"][-1] == {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert wire["system"] == [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}]
    assert [next(iter(tool)) for tool in wire["toolConfig"]["tools"]] == [
        "toolSpec",
        "cachePoint",
        "systemTool",
        "cachePoint",
    ]
    assert sent(request) == request


# ---------------------------------------------------------------------- turns

CALL = ToolCall(id="c1", name="look", arguments={"at": 1})
RESULT = ToolResult(id="c1", content="seen")
LOOK = (Tool(name="look"),)


def test_a_loop_of_calls() -> None:
    thought = Reasoning("Hm", payload={"signature": "s"}, dialect=NAME)
    hidden = Reasoning(payload={"redactedContent": "cg=="}, dialect=NAME)
    failed = ToolResult(id="c2", content=(Text("no"), Image(**PNG)), is_error=True)
    turns = (
        HI,
        Message(Role.ASSISTANT, (thought, hidden, Text("One moment"), CALL, ToolCall(id="c2", name="look"))),
        Message(Role.TOOL, (RESULT, failed)),
    )
    request = Request(model="m", messages=turns, tools=LOOK)
    encoded = DIALECT.encode_request(request)
    assert encoded.losses == ()
    assert encoded.wire["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "cg=="}},
                {"text": "One moment"},
                {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"at": 1}}},
                {"toolUse": {"toolUseId": "c2", "name": "look", "input": {}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "c1", "content": [{"text": "seen"}]}},
                {
                    "toolResult": {
                        "toolUseId": "c2",
                        "content": [
                            {"text": "no"},
                            {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
                        ],
                        "status": "error",
                    }
                },
            ],
        },
    ]
    assert sent(request) == request


def test_turns_alternate() -> None:
    """Results and what the user says after them are one turn, and so are two turns of one speaker."""
    turns = (
        HI,
        Message(Role.ASSISTANT, (CALL,)),
        Message(Role.TOOL, (RESULT,)),
        Message(Role.USER, "And?"),
        Message(Role.USER, "Well?"),
    )
    encoded = DIALECT.encode_request(Request(model="m", messages=turns, tools=LOOK))
    assert [turn["role"] for turn in encoded.wire["messages"]] == ["user", "assistant", "user"]
    assert [next(iter(block)) for block in encoded.wire["messages"][2]["content"]] == ["toolResult", "text", "text"]
    assert [(loss.effect, loss.where) for loss in encoded.losses] == [("changed", "messages[4].role")]


def test_results_come_first() -> None:
    turn = Message(Role.USER, (Text("Look"), RESULT))
    encoded = DIALECT.encode_request(
        Request(model="m", messages=(HI, Message(Role.ASSISTANT, (CALL,)), turn), tools=LOOK)
    )
    assert [next(iter(block)) for block in encoded.wire["messages"][2]["content"]] == ["toolResult", "text"]
    assert [loss.where for loss in encoded.losses] == ["messages[2]"]


def test_json_in_a_result_is_text_elsewhere_and_goes_back_as_json() -> None:
    block = {"toolResult": {"toolUseId": "c1", "content": [{"json": {"degrees": 21}}]}}
    wire = {"messages": [{"role": "user", "content": [block]}]}
    (result,) = DIALECT.decode_request(wire).messages[0].tool_results
    assert result.text == '{"degrees":21}'
    assert DIALECT.encode_request(DIALECT.decode_request(wire)).wire["messages"] == wire["messages"]


def test_ids_of_other_providers_are_made_to_fit_the_same_way_each_time() -> None:
    long = "call|" + "x" * 80
    turns = (HI, Message(Role.ASSISTANT, (ToolCall(id=long, name="look"), CALL)))
    answered = (*turns, Message(Role.TOOL, (ToolResult(id=long, content="a"), RESULT)))
    content = DIALECT.encode_request(Request(model="m", messages=answered, tools=LOOK)).wire["messages"]
    ids = [block["toolUse"]["toolUseId"] for block in content[1]["content"]]
    assert ids == [block["toolResult"]["toolUseId"] for block in content[2]["content"]]
    assert ids[1] == "c1"
    assert len(ids[0]) <= 64
    assert "|" not in ids[0]


def test_empty_text_is_left_out() -> None:
    """The API refuses it, and models answer with it."""
    turns = (HI, Message(Role.ASSISTANT, (Text(""), CALL)), Message(Role.TOOL, (ToolResult(id="c1", content=""),)))
    encoded = DIALECT.encode_request(Request(model="m", messages=turns, tools=LOOK))
    assert [next(iter(block)) for block in encoded.wire["messages"][1]["content"]] == ["toolUse"]
    assert encoded.wire["messages"][2]["content"][0]["toolResult"]["content"] == []
    assert encoded.losses == ()


# ---------------------------------------------------------------------- tools

SPEC = {"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
CHOICES: dict[str, tuple[ToolChoice, dict[str, Any]]] = {
    "auto": (ToolChoice(), {"auto": {}}),
    "any": (ToolChoice(mode="required"), {"any": {}}),
    "one": (ToolChoice(mode="required", names=("look",)), {"tool": {"name": "look"}}),
}


@pytest.mark.parametrize(("choice", "wire"), CHOICES.values(), ids=CHOICES)
def test_choices(choice: ToolChoice, wire: dict[str, Any]) -> None:
    request = Request(model="m", messages=(HI,), tools=LOOK, tool_choice=choice)
    encoded = DIALECT.encode_request(request)
    assert encoded.losses == ()
    assert encoded.wire["toolConfig"] == {"tools": [SPEC], "toolChoice": wire}
    assert sent(request) == request


def test_no_calls_means_no_tools() -> None:
    encoded = DIALECT.encode_request(
        Request(model="m", messages=(HI,), tools=LOOK, tool_choice=ToolChoice(mode="none"))
    )
    assert "toolConfig" not in encoded.wire
    assert {loss.where for loss in encoded.losses} == {"tool_choice", "tools"}


HISTORY = (HI, Message(Role.ASSISTANT, (CALL,)), Message(Role.TOOL, (RESULT,)))


def test_no_calls_after_calls_cannot_be_said() -> None:
    encoded = DIALECT.encode_request(
        Request(model="m", messages=HISTORY, tools=LOOK, tool_choice=ToolChoice(mode="none"))
    )
    assert encoded.wire["toolConfig"] == {"tools": [SPEC]}
    assert [loss.where for loss in encoded.losses] == ["tool_choice"]


def test_history_with_calls_needs_tools() -> None:
    """Those it speaks of are named, and a reader of our request is not told of tools that nobody offers."""
    request = Request(model="m", messages=HISTORY)
    encoded = DIALECT.encode_request(request)
    (tool,) = encoded.wire["toolConfig"]["tools"]
    assert (tool["toolSpec"]["name"], tool["toolSpec"]["description"]) == ("look", PLACEHOLDER)
    assert [(loss.effect, loss.where) for loss in encoded.losses] == [("changed", "tools")]
    assert sent(request) == request


# ---------------------------------------------------------------------- what cannot be said

LOST: dict[str, tuple[Any, str]] = {
    "a picture by URL": (Image(url="https://h.example/a.png"), "messages[0].content[0]"),
    "an uploaded file": (Document(file_id="f"), "messages[0].content[0]"),
    "bytes of an unknown kind": (Image(data="AAAA"), "messages[0].content[0]"),
    "a kind without a format": (Image(data="AAAA", media_type="image/tiff"), "messages[0].content[0]"),
    "another dialect's part": (Opaque("openai_chat", {"x": 1}), "messages[0].content[0]"),
    "another dialect's field": (
        Text("a", extra=Extra(fields={"x": 1}, dialect="openai_chat")),
        "messages[0].content[0].x",
    ),
    "the detail of a picture": (Image(**PNG, detail="high"), "messages[0].content[0].detail"),
    "a name that is refused": (
        Document(text="a", title="What? Ünïcode!"),
        "messages[0].content[0].title",
    ),
    "what a model said aloud": (Audio(id="a", transcript="words"), "messages[0].content[0]"),
    "a place in the answer": (
        Text("a", (Citation(url="https://h.example", start=1, end=2),)),
        "messages[0].content[0].citations[0].start",
    ),
    "a mark inside a result": (
        ToolResult(id="c", content=(Text("a", cache=CacheMark()),)),
        "messages[0].content[0].content[0].cache",
    ),
    "a refusal": (Refusal("No."), "messages[0].content[0]"),
    "another model's thinking": (
        Reasoning("Hm", payload={"signature": "s"}, dialect="anthropic_messages"),
        "messages[0].content[0]",
    ),
    "a call cut off": (ToolCall(id="c", name="f", arguments_json='{"a'), "messages[0].content[0].arguments_json"),
    "free-form input": (ToolCall(id="c", name="f", text="go"), "messages[0].content[0].text"),
}


@pytest.mark.parametrize(("part", "where"), LOST.values(), ids=LOST)
def test_what_cannot_be_said_is_told(part: Any, where: str) -> None:
    encoded = DIALECT.encode_request(Request(model="m", messages=(Message(Role.USER, (part, Text("b"))),), tools=LOOK))
    assert where in [loss.where for loss in encoded.losses]


def test_parallel_calls_and_free_text_tools_cannot_be_said() -> None:
    tools = (*LOOK, Tool(name="free", text_format={"type": "text"}))
    request = Request(model=GPT, messages=(HI,), tools=tools, parallel_tool_calls=False)
    assert [loss.where for loss in DIALECT.encode_request(request).losses] == ["tools[1]", "parallel_tool_calls"]


def test_metadata_is_text() -> None:
    encoded = DIALECT.encode_request(Request(model="m", messages=(HI,), metadata={"team": "a", "number": 5}))
    assert encoded.wire["requestMetadata"] == {"team": "a"}
    assert [loss.where for loss in encoded.losses] == ["metadata.number"]


def test_gpt_oss_is_told_an_effort_alone() -> None:
    request = Request(model=GPT, messages=(HI,), reasoning=ReasoningOptions(effort="low", budget_tokens=5))
    assert [loss.where for loss in DIALECT.encode_request(request).losses] == ["reasoning.budget_tokens"]


# ---------------------------------------------------------------------- what is no request

TEXT = [{"text": "a"}]
SAID = [{"role": "user", "content": TEXT}]
BAD: dict[str, tuple[Any, str]] = {
    "no object": ([], "#/: expected type: object"),
    "no messages": ({}, "#/messages: required key not found"),
    "no message": ({"messages": []}, "#/messages: expected minimum item count"),
    "messages that are no list": ({"messages": "a"}, "#/messages: expected type: array"),
    "a message that is no object": ({"messages": ["a"]}, "#/messages/0: expected type: object"),
    "an unknown role": ({"messages": [{"role": "tool", "content": TEXT}]}, "#/messages/0/role"),
    "content that is text": (
        {"messages": [{"role": "user", "content": "a"}]},
        "#/messages/0/content: expected type: array",
    ),
    "text that is none": ({"messages": [{"role": "user", "content": [{"text": 5}]}]}, "`text` is no string"),
    "a call without an id": (
        {"messages": [{"role": "assistant", "content": [{"toolUse": {"name": "f", "input": {}}}]}]},
        r"required key \[toolUseId\] not found",
    ),
    "a result of what is no block": (
        {"messages": [{"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [*TEXT, "a"]}}]}]},
        "a block is no object",
    ),
    "a picture without a source": (
        {"messages": [{"role": "user", "content": [{"image": {"format": "png"}}]}]},
        r"required key \[source\] not found",
    ),
    "a limit that is text": ({"messages": SAID, "inferenceConfig": {"maxTokens": "5"}}, "#/inferenceConfig/maxTokens"),
    "stop texts that are numbers": ({"messages": SAID, "inferenceConfig": {"stopSequences": [5]}}, "stopSequences"),
    "a tool without a name": ({"messages": SAID, "toolConfig": {"tools": [{"toolSpec": {}}]}}, "#/toolConfig/tools/0"),
    "a choice of nothing": (
        {"messages": SAID, "toolConfig": {"tools": [SPEC], "toolChoice": {"tool": {}}}},
        "#/toolConfig/toolChoice/tool",
    ),
    "a schema that is no JSON": (
        {
            "messages": SAID,
            "outputConfig": {
                "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{"}}},
            },
        },
        "#/outputConfig/textFormat",
    ),
    "a system that is text": ({"messages": SAID, "system": "a"}, "#/system: expected type: array"),
}


@pytest.mark.parametrize(("body", "message"), BAD.values(), ids=BAD)
def test_what_is_no_request_is_refused_in_bedrocks_manner(body: Any, message: str) -> None:
    with pytest.raises(Rejected, match=message) as caught:
        DIALECT.decode_request(body, "/model/m/converse")
    assert (caught.value.http_status, caught.value.code) == (400, "ValidationException")
