"""Requests as tables: what is written, what is read, what is lost, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import Rejected
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

RESPONSES = get_dialect("openai_responses")
NAME = "openai_responses"
Wire = dict[str, Any]


def spelled(**spelling: Any) -> Extra:
    return Extra(dialect=NAME, spelling=spelling)


def headed(**header: Any) -> Extra:
    return spelled(message={"type": "message", **header})


# ---------------------------------------------------------------------- the conversation

SCHEMA = {"type": "object", "properties": {}}
SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}

CONVERSATIONS: dict[str, tuple[list[Wire], tuple[Message, ...]]] = {
    "user": ([{"role": "user", "content": "Hi"}], (Message("user", "Hi"),)),
    "system": ([{"role": "system", "content": "Hi"}], (Message("system", "Hi"),)),
    "developer": ([{"role": "developer", "content": "Hi"}], (Message("system", "Hi", extra=spelled(role="developer")),)),
    "with its type": (
        [{"type": "message", "role": "user", "content": "Hi"}],
        (Message("user", "Hi", extra=spelled(type="message")),),
    ),
    "picture and file": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": "https://a", "detail": "low"},
                    {"type": "input_image", "file_id": "file_1"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"},
                    {"type": "input_file", "file_url": "https://b"},
                    {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
                ],
            }
        ],
        (
            Message(
                "user",
                [
                    Image(url="https://a", detail="low"),
                    Image(file_id="file_1"),
                    Document(data="QUJD", media_type="application/pdf", name="a.pdf"),
                    Document(url="https://b"),
                    Audio(data="QUJD", media_type="audio/mpeg"),
                ],
            ),
        ),
    ),
    "cache mark": (
        [{"role": "user", "content": [{"type": "input_text", "text": "Hi", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}]}],
        (Message("user", [Text("Hi", cache=CacheMark(ttl="30m"))]),),
    ),
    "the assistant's own words": ([{"role": "assistant", "content": "Hi"}], (Message("assistant", "Hi"),)),
    "an answer": (
        [
            SEALED,
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "phase": "final_answer",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hi", "annotations": []}, {"type": "refusal", "refusal": "No"}],
            },
        ],
        (
            Message(
                "assistant",
                [
                    Reasoning("", payload={"summary": None, "encrypted_content": "x"}, dialect=NAME, extra=spelled(id="rs_1")),
                    Text("Hi", extra=headed(id="msg_1", status="completed", phase="final_answer")),
                    Refusal("No", extra=headed(id="msg_1", status="completed", phase="final_answer")),
                ],
            ),
        ),
    ),
    "calls and results": (
        [
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
            {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"},
            {"type": "function_call_output", "call_id": "c1", "output": "18"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_image", "image_url": "https://a"}]},
        ],
        (
            Message(
                "assistant",
                [
                    ToolCall(id="c1", name="f", arguments_json='{"a":1}', extra=spelled(id="fc_1")),
                    ToolCall(id="c2", name="g", text="x"),
                ],
            ),
            Message("tool", [ToolResult(id="c1", content="18")]),
            Message("tool", [ToolResult(id="c2", content=(Image(url="https://a"),), extra=spelled(type="custom_tool_call_output"))]),
        ),
    ),
    "what OpenAI's own tools did, in its place": (
        [
            {"type": "web_search_call", "id": "ws_1", "status": "completed"},
            {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},
            {"type": "item_reference", "id": "msg_1"},
            {"type": "computer_call_output", "call_id": "c", "output": {}},
        ],
        (
            Message(
                "assistant",
                [
                    Opaque(NAME, {"type": "web_search_call", "id": "ws_1", "status": "completed"}),
                    Opaque(NAME, {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"}),
                    Opaque(NAME, {"type": "item_reference", "id": "msg_1"}),
                ],
            ),
            Message("tool", [Opaque(NAME, {"type": "computer_call_output", "call_id": "c", "output": {}})]),
        ),
    ),
    "two messages of one turn": (
        [{"role": "assistant", "content": "A"}, {"role": "assistant", "content": "B"}],
        (Message("assistant", "A"), Message("assistant", "B")),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("items", "messages"), CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_conversations(items: list[Wire], messages: tuple[Message, ...]) -> None:
    request = RESPONSES.decode_request({"model": "m", "input": items})
    assert request.messages == messages
    encoded = RESPONSES.encode_request(Request(model="m", messages=messages))
    assert encoded.losses == ()
    assert encoded.wire["input"] == items


def test_a_result_of_a_free_form_tool_is_known_by_its_call() -> None:
    """A result that came from elsewhere does not say so itself."""
    turns = (
        Message("assistant", [ToolCall(id="c", name="g", text="x")]),
        Message("tool", [ToolResult(id="c", content="1")]),
    )
    encoded = RESPONSES.encode_request(Request(model="m", messages=turns))
    assert encoded.wire["input"][1] == {"type": "custom_tool_call_output", "call_id": "c", "output": "1"}


def test_instructions_are_a_system_message_that_goes_back_beside_the_input() -> None:
    wire = {"model": "m", "instructions": "Be brief.", "input": [{"role": "user", "content": "Hi"}]}
    request = RESPONSES.decode_request(wire)
    assert [(message.role, message.text) for message in request.messages] == [("system", "Be brief."), ("user", "Hi")]
    assert RESPONSES.encode_request(request).wire == wire


# ---------------------------------------------------------------------- settings

FIELDS: dict[str, tuple[Wire, dict[str, Any]]] = {
    "limit": ({"max_output_tokens": 5}, {"max_tokens": 5}),
    "stream": ({"stream": True}, {"stream": True}),
    "tools": (
        {
            "tools": [
                {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True},
                {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}},
                {"type": "web_search", "search_context_size": "low"},
                {"type": "code_interpreter", "container": "cntr_1"},
                {"type": "code_interpreter"},
            ]
        },
        {
            "tools": (
                Tool(name="f", description="d", parameters=SCHEMA, strict=True),
                Tool(name="g", text_format={"type": "grammar", "syntax": "lark", "definition": "x"}),
                ServerTool("web_search", {"search_context_size": "low"}, NAME),
                ServerTool("code_execution", {"container": "cntr_1"}, NAME),
                Opaque(NAME, {"type": "code_interpreter"}),
            )
        },
    ),
    "choice of one": ({"tool_choice": {"type": "function", "name": "f"}}, {"tool_choice": ToolChoice(mode="required", names=("f",))}),
    "choice among some": (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}},
        {"tool_choice": ToolChoice(mode="auto", names=("f",))},
    ),
    "schema": (
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}},
        {"output_format": OutputFormat(kind="json_schema", name="n", schema=SCHEMA, strict=True)},
    ),
    "effort": ({"reasoning": {"effort": "low"}}, {"reasoning": ReasoningOptions(effort="low")}),
    "summary": (
        {"reasoning": {"effort": "low", "summary": "auto"}},
        {"reasoning": ReasoningOptions(effort="low", extra=Extra(fields={"summary": "auto"}, dialect=NAME))},
    ),
    "log probabilities": ({"include": ["message.output_text.logprobs"], "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
    "what only this dialect knows": (
        {
            "previous_response_id": "resp_1", "store": False, "include": ["reasoning.encrypted_content"],
            "truncation": "auto", "text": {"verbosity": "low"}, "tool_choice": {"type": "file_search"},
        },
        {
            "extra": (
                Extra(
                    fields={
                        "previous_response_id": "resp_1", "store": False, "include": ["reasoning.encrypted_content"],
                        "truncation": "auto", "text": {"verbosity": "low"}, "tool_choice": {"type": "file_search"},
                    },
                    dialect=NAME,
                ),
            )
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "fields"), FIELDS.values(), ids=FIELDS)
def test_settings(wire: Wire, fields: dict[str, Any]) -> None:
    body = {"model": "m", "input": [{"role": "user", "content": "Hi"}], **wire}
    request = Request(model="m", messages=(Message("user", "Hi"),), **fields)
    assert RESPONSES.decode_request(body) == request
    encoded = RESPONSES.encode_request(request)
    assert encoded.losses == ()
    assert encoded.wire == body


def test_what_is_included_for_other_reasons_stays() -> None:
    wire = {"model": "m", "input": [], "include": ["reasoning.encrypted_content", "message.output_text.logprobs"]}
    assert RESPONSES.encode_request(RESPONSES.decode_request(wire)).wire == wire


def test_a_stored_prompt_needs_neither_model_nor_input() -> None:
    wire = {"prompt": {"id": "pmpt_1", "version": "2"}}
    assert RESPONSES.encode_request(RESPONSES.decode_request(wire)).wire == wire


# ---------------------------------------------------------------------- losses

LOST: dict[str, tuple[str, Part, str]] = {
    "thinking of others": ("assistant", Reasoning("Hm", payload={"signature": "s"}, dialect="anthropic_messages"), "messages[0].content[0]"),
    "thinking of nobody": ("assistant", Reasoning("Hm"), "messages[0].content[0]"),
    "what others know": ("user", Opaque("gemini", {"x": 1}), "messages[0].content[0]"),
    "a field that others know": ("user", Text("Hi", extra=Extra(fields={"x": 1}, dialect="gemini")), "messages[0].content[0].x"),
    "a film": ("user", Video(url="https://a"), "messages[0].content[0]"),
    "a sound by its address": ("user", Audio(url="https://a"), "messages[0].content[0]"),
    "the title of a file": ("user", Document(file_id="f", title="T"), "messages[0].content[0].title"),
    "a mark of Anthropic's": ("user", Text("Hi", cache=CacheMark(ttl="5m")), "messages[0].content[0].cache"),
    "the mark of a failure": ("tool", ToolResult(id="c", content="x", is_error=True), "messages[0].content[0].is_error"),
    "a picture of the assistant's": ("assistant", Image(url="https://a"), "messages[0].content[0]"),
}  # fmt: skip


@pytest.mark.parametrize(("role", "part", "where"), LOST.values(), ids=LOST)
def test_what_cannot_be_said_is_reported(role: str, part: Part, where: str) -> None:
    losses = RESPONSES.encode_request(Request(model="m", messages=(Message(role, [part]),))).losses
    assert where in [loss.where for loss in losses]


# ---------------------------------------------------------------------- bad requests

BAD: list[tuple[Wire, str]] = [
    ({"model": None}, "model"),
    ({"input": None}, "input"),
    ({"input": 5}, "input"),
    ({"input": ["Hi"]}, "input[0]"),
    ({"input": [{"content": "Hi"}]}, "input[0].type"),
    ({"input": [{"role": "nobody", "content": "Hi"}]}, "input[0].role"),
    ({"input": [{"role": "user"}]}, "input[0].content"),
    ({"input": [{"role": "user", "content": [5]}]}, "input[0].content[0]"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
    ({"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id"),
    ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name"),
    ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0].call_id"),
    ({"instructions": 5}, "instructions"),
    ({"temperature": "warm"}, "temperature"),
    ({"max_output_tokens": True}, "max_output_tokens"),
    ({"stream": "yes"}, "stream"),
    ({"reasoning": "much"}, "reasoning"),
    ({"text": "json"}, "text"),
    ({"text": {"format": "json"}}, "text.format"),
    ({"tools": {}}, "tools"),
    ({"tools": [{"name": "f"}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].name"),
]


@pytest.mark.parametrize(("fields", "param"), BAD)
def test_what_is_no_request_is_refused_in_openais_manner(fields: Wire, param: str) -> None:
    with pytest.raises(Rejected) as caught:
        RESPONSES.decode_request({"model": "m", "input": "Hi", **fields})
    status, body = RESPONSES.encode_error(caught.value)
    assert (status, body["error"]["type"], body["error"]["param"]) == (400, "invalid_request_error", param)
