"""Ids of calls that other providers made: valid and joined after translation, and valid ones left alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.messages import Message, Request, ToolCall, ToolResult

VALID = re.compile(r"^[a-zA-Z0-9_-]+$")


def turns(*ids: str) -> tuple[Message, ...]:
    """A turn that calls with each of `ids`, and the results."""
    calls = Message("assistant", [ToolCall(id=id_, name="add") for id_ in ids])
    return (Message("user", "?"), calls, Message("tool", [ToolResult(id=id_, content="5") for id_ in ids]))


def sent(*messages: Message) -> tuple[list[str], list[str]]:
    """The ids of calls and of results on the wire."""
    encoded = DIALECT.encode_request(Request(model="m", max_tokens=9, messages=messages))
    assert encoded.losses == ()
    blocks: list[dict[str, Any]] = [
        block for turn in encoded.wire["messages"] if isinstance(turn["content"], list) for block in turn["content"]
    ]
    return (
        [block["id"] for block in blocks if block["type"] == "tool_use"],
        [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"],
    )


@pytest.mark.parametrize(
    "ids",
    [
        ["functions.add:0", "functions.add:1"],  # Moonshot
        ["a:b", "a.b", "a b", "a_b"],  # alike but for what is refused
        ["", "", ""],
        ["é", "\n", "call_1\n", "toolu_1"],
        ["call/1" * 50],
    ],
)
def test_ids_become_valid_and_stay_apart_and_joined(ids: list[str]) -> None:
    calls, results = sent(*turns(*ids))
    assert all(map(VALID.match, calls))
    assert len(set(calls)) == len(ids)
    assert calls == results


@pytest.mark.parametrize("id_", ["toolu_01A", "call_abc-DEF", "0"])
def test_valid_ids_are_left_alone(id_: str) -> None:
    assert sent(*turns(id_)) == ([id_], [id_])
    assert sent(*turns(id_, "a:b"))[0][0] == id_


def test_an_id_is_spelled_the_same_in_every_request() -> None:
    """Else the prefix of a conversation that goes on would not be found in the cache."""
    first, _ = sent(*turns("a:b"))
    later, _ = sent(*turns("a:b"), *turns("c:d"))
    assert later[0] == first[0]


def test_the_callers_messages_are_not_changed() -> None:
    messages = turns("a:b")
    sent(*messages)
    assert messages == turns("a:b")


def test_reading_leaves_ids_alone() -> None:
    wire = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "assistant", "content": [{"type": "tool_use", "id": "a:b", "name": "f", "input": {}}]}],
    }
    [call] = DIALECT.decode_request(wire).messages[0].tool_calls
    assert call.id == "a:b"
