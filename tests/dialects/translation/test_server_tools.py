"""Tools that providers run: asked for in each dialect's own words, and what is told of them in answers."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import Message, Request, ServerTool, ServerToolCall, ServerToolName

MESSAGES = (Message("user", "Who won?"),)

WRITTEN: dict[tuple[ServerToolName, str], dict[str, Any]] = {
    ("web_search", "anthropic_messages"): {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    ("web_search", "openai_responses"): {"tools": [{"type": "web_search"}]},
    ("web_search", "openai_chat"): {"web_search_options": {}},
    ("web_search", "gemini"): {"tools": [{"googleSearch": {}}]},
    ("web_search", "bedrock_converse"): {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}},
    ("code_execution", "anthropic_messages"): {
        "tools": [{"type": "code_execution_20250825", "name": "code_execution"}]
    },
    ("code_execution", "openai_responses"): {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
    ("code_execution", "gemini"): {"tools": [{"codeExecution": {}}]},
    ("code_execution", "bedrock_converse"): {
        "toolConfig": {"tools": [{"systemTool": {"name": "nova_code_interpreter"}}]}
    },
    ("url_context", "anthropic_messages"): {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]},
    ("url_context", "gemini"): {"tools": [{"urlContext": {}}]},
    ("file_search", "openai_responses"): {"tools": [{"type": "file_search"}]},
    ("file_search", "gemini"): {"tools": [{"fileSearch": {}}]},
}
NAMES: tuple[ServerToolName, ...] = ("web_search", "code_execution", "url_context", "file_search")
DIALECTS = (
    *("openai_chat", "openai_responses", "anthropic_messages", "gemini", "bedrock_converse"),
    *("mistral", "cohere_v2", "ollama"),
)


def _asking(tool: ServerTool) -> Request:
    return Request(model="m", max_tokens=9, messages=MESSAGES, tools=(tool,))


@pytest.mark.parametrize(("name", "dialect"), WRITTEN)
def test_a_tool_in_the_words_of_a_dialect(name: ServerToolName, dialect: str) -> None:
    codec, request = get_dialect(dialect), _asking(ServerTool(name))
    encoded = codec.encode_request(request)
    assert {field: encoded.wire[field] for field in WRITTEN[name, dialect]} == WRITTEN[name, dialect]
    assert not encoded.losses
    assert codec.decode_request(encoded.wire, codec.path(request)).tools == request.tools


@pytest.mark.parametrize(
    ("name", "dialect"), [(name, dialect) for name in NAMES for dialect in DIALECTS if (name, dialect) not in WRITTEN]
)
def test_a_dialect_without_the_tool_says_so(name: ServerToolName, dialect: str) -> None:
    encoded = get_dialect(dialect).encode_request(_asking(ServerTool(name)))
    assert not encoded.wire.get("tools")
    assert [(loss.effect, loss.where) for loss in encoded.losses] == [("dropped", "tools[0]")]
    assert f"no `{name}`" in encoded.losses[0].why


@pytest.mark.parametrize(("owner", "lost"), [(None, []), ("gemini", []), ("cohere_v2", ["tools[0].options.size"])])
@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages", "gemini"])
def test_options_are_written_for_their_dialect_or_whatever_it_is(
    dialect: str, owner: str | None, lost: list[str]
) -> None:
    owner = dialect if owner == "gemini" else owner
    encoded = get_dialect(dialect).encode_request(_asking(ServerTool("web_search", {"size": "low"}, owner)))
    assert [loss.where for loss in encoded.losses] == lost
    assert ("'size': 'low'" in str(encoded.wire)) is not bool(lost)


def test_a_newer_version_is_asked_for_by_its_type() -> None:
    newer = ServerTool("web_search", {"type": "web_search_20260209"})
    wire = get_dialect("anthropic_messages").encode_request(_asking(newer)).wire
    assert wire["tools"] == [{"type": "web_search_20260209", "name": "web_search"}]


def test_the_old_name_of_a_search_means_the_same_elsewhere() -> None:
    body = {"model": "m", "input": "Who won?", "tools": [{"type": "web_search_preview"}]}
    codec = get_dialect("openai_responses")
    request = codec.decode_request(body, "")
    assert codec.encode_request(request).wire["tools"] == body["tools"]
    assert get_dialect("gemini").encode_request(request).wire["tools"] == [{"googleSearch": {}}]


def test_a_server_side_tool_may_be_the_one_choice() -> None:
    from msgspec.structs import replace

    from dragoman.messages import ToolChoice

    request = replace(
        _asking(ServerTool("code_execution")), tool_choice=ToolChoice(mode="required", names=("code_execution",))
    )
    wire = get_dialect("openai_responses").encode_request(request).wire
    assert wire["tool_choice"] == {"type": "code_interpreter"}


# ---------------------------------------------------------------------- answers

CODE = {"language": "PYTHON", "code": "print(6 * 7)"}
PRINTED = {"outcome": "OUTCOME_OK", "output": "42"}
FOUND = [{"type": "web_search_result", "url": "https://host.example"}]


def _of_anthropic(*blocks: dict[str, Any]) -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"}
    return {**head, "content": list(blocks), "usage": usage}


def _of_openai(*items: dict[str, Any]) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": list(items)}


def _of_gemini(*parts: dict[str, Any]) -> dict[str, Any]:
    content = {"role": "model", "parts": list(parts)}
    return {"candidates": [{"content": content, "finishReason": "STOP"}], "modelVersion": "m"}


ANSWERED: dict[str, tuple[str, dict[str, Any], list[ServerToolCall]]] = {
    "a call and its result, joined by id": (
        "anthropic_messages",
        _of_anthropic(
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "a"}},
            {"type": "server_tool_use", "id": "s2", "name": "web_search", "input": {"query": "b"}},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": FOUND},
        ),
        [
            ServerToolCall(name="web_search", input={"query": "a"}, id="s1", result=FOUND),
            ServerToolCall(name="web_search", input={"query": "b"}, id="s2"),
        ],
    ),
    "call and result in one item": (
        "openai_responses",
        _of_openai(
            {"type": "code_interpreter_call", "id": "ci_1", "code": "{}", "outputs": [], "status": "completed"},
            {"type": "mcp_call", "id": "mcp_1", "name": "ask", "arguments": '{"q": 1}', "output": "yes"},
        ),
        [
            ServerToolCall(name="code_interpreter", input="{}", id="ci_1", result=[]),
            ServerToolCall(name="ask", input={"q": 1}, id="mcp_1", result="yes"),
        ],
    ),
    "a result without an id answers the latest call of its tool": (
        "openai_responses",
        _of_openai(
            {"type": "tool_search_call", "id": "tsc_1", "execution": "server", "arguments": {"paths": ["f"]}},
            {"type": "tool_search_output", "call_id": None, "execution": "server", "tools": []},
        ),
        [ServerToolCall(name="tool_search", input={"paths": ["f"]}, id="tsc_1", result=[])],
    ),
    "what the caller has to run is none": (
        "openai_responses",
        _of_openai(
            {"type": "tool_search_call", "id": "tsc_1", "execution": "client", "arguments": {}},
            {"type": "computer_call", "id": "cu_1", "call_id": "c", "action": {"type": "wait"}},
        ),
        [],
    ),
    "code that ran at Google": (
        "gemini",
        _of_gemini({"executableCode": CODE}, {"codeExecutionResult": PRINTED}, {"text": "It is 42."}),
        [ServerToolCall(name="codeExecution", input=CODE, result=PRINTED)],
    ),
    "a search among the parts": (
        "gemini",
        _of_gemini(
            {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["a"]}, "id": "t1"}},
            {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "response": {"n": 1}, "id": "t1"}},
        ),
        [ServerToolCall(name="GOOGLE_SEARCH_WEB", input={"queries": ["a"]}, id="t1", result={"n": 1})],
    ),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_what_tools_of_the_provider_did(case: str) -> None:
    dialect, wire, calls = ANSWERED[case]
    response = get_dialect(dialect).decode_response(wire)
    assert response.server_tool_calls == tuple(calls)
    assert response.tool_calls == ()
