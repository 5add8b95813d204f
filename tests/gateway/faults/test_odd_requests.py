"""Requests in which one thing is not what it should be: refused in the caller's dialect, or answered; never a 500."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dragoman.dialects import dialect_names, get_dialect
from dragoman.dialects.embeddings import embedding_codec_names, get_embedding_codec
from dragoman.dialects.serving import serving_of
from dragoman.messages import (
    Audio,
    Document,
    EmbeddingRequest,
    Image,
    Message,
    OutputFormat,
    Reasoning,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    encode_json,
)
from dragoman.testing import Emulator

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"where": {"type": "string"}}, "required": ["where"]}

RICH = Request(
    model="up-openai",
    messages=(
        Message(Role.SYSTEM, "Be brief."),
        Message(Role.USER, (Text("Look."), Image(data=PIXEL, media_type="image/png"))),
        Message(Role.USER, (Document(data="JVBERi0=", media_type="application/pdf", name="a.pdf"),)),
        Message(Role.USER, (Audio(data="UklGRg==", media_type="audio/wav"),)),
        Message(
            Role.ASSISTANT, (Reasoning("Hm."), Text("Well,"), ToolCall(id="c1", name="look", arguments={"where": "up"}))
        ),
        Message(Role.TOOL, (ToolResult(id="c1", content="Sky."),)),
        Message(Role.USER, "And?"),
    ),
    tools=(Tool(name="look", description="Look.", parameters=SCHEMA),),
    tool_choice=ToolChoice(),
    output_format=OutputFormat(kind="json_schema", schema=SCHEMA, name="answer"),
    max_tokens=50,
    temperature=0.5,
    stop=("END",),
)
"""A request that has something of everything."""

ODD: list[Any] = [None, True, -1, 5, 1.5, 10**40, "", "x", "\x00\r\n", [], [None], [[]], {}, {"type": "x"}, {"type": 5}]

HONEST = ("does not fit output",)
"""Why a request may come to nothing with a status above 499: the model did not do as the schema says."""


def places(wire: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a body: what it is in, and where."""
    pairs = wire.items() if isinstance(wire, dict) else enumerate(wire) if isinstance(wire, list) else ()
    for place, value in list(pairs):
        yield wire, place
        yield from places(value)


def varied(wire: dict[str, Any], every: int) -> Iterator[tuple[str, bytes]]:
    """The body with one odd thing in it, at every place, and without each; of the odd things one in `every`."""
    for number, (owner, place) in enumerate(places(wire)):
        value = owner[place]
        for odd in ODD[number % every :: every]:
            owner[place] = odd
            yield f"{place}={odd!r}", encode_json(wire)
        if isinstance(owner, dict):
            del owner[place]
            yield f"no {place}", encode_json(wire)
        owner[place] = value


def check(client: httpx.Client, path: str, wire: dict[str, Any], *, every: int = 1) -> None:
    wrong: list[str] = []
    for name, body in varied(wire, every):
        reply = client.post(path, content=body, headers={"content-type": "application/json"})
        if reply.status_code >= 500 and not any(reason in reply.text for reason in HONEST):
            wrong.append(f"{name}: {reply.status_code} {reply.text[:200]}")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("name", dialect_names())
def test_of_an_answer(client: httpx.Client, emulator: Emulator, name: str) -> None:
    dialect = get_dialect(name)
    check(client, dialect.path(RICH), dialect.encode_request(RICH).wire, every=5)


@pytest.mark.parametrize("name", [name for name in dialect_names() if serving_of(name).counting is not None])
def test_of_a_count(client: httpx.Client, emulator: Emulator, name: str) -> None:
    counting = serving_of(name).counting
    assert counting is not None
    check(
        client, counting.path.replace("MODEL-NAME", "up-openai"), get_dialect(name).encode_request(RICH).wire, every=15
    )


@pytest.mark.parametrize("name", embedding_codec_names())
def test_of_vectors(client: httpx.Client, emulator: Emulator, name: str) -> None:
    codec = get_embedding_codec(name)
    request = EmbeddingRequest(model="openai/text-embedding-3-small", inputs=("a", "b"), dimensions=4)
    check(client, codec.path(request), codec.encode_request(request).wire)
