"""How callers of each dialect ask, and what they look for in an answer: a row a dialect, for whoever tests them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from dragoman.transport.framing import frame_decoder

Wire = dict[str, Any]


class Surface(NamedTuple):
    """A dialect as its callers use it.

    `said` finds the text in an answer, `piece` that in one event of a stream, and `ended` whether an event is the last.
    """

    name: str
    path: Callable[[str, bool], str]
    body: Callable[[str, str, bool], Wire]
    said: Callable[[Wire], str]
    piece: Callable[[str, Wire], str]
    ended: Callable[[str, bytes], bool]
    failed: Callable[[str, Wire], bool]
    refused: Callable[[Wire], str]


def _same(path: str) -> Callable[[str, bool], str]:
    return lambda model, stream: path


def _messages(model: str, text: str, stream: bool) -> Wire:
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": stream}


def _gemini_path(model: str, stream: bool) -> str:
    return f"/v1beta/models/{model}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"


def _gemini_text(wire: Wire) -> str:
    parts = wire["candidates"][0].get("content", {}).get("parts", []) if wire.get("candidates") else []
    return "".join(part.get("text", "") for part in parts)


SURFACES = [
    Surface(
        name="openai_chat",
        path=_same("/v1/chat/completions"),
        body=_messages,
        said=lambda wire: wire["choices"][0]["message"]["content"],
        piece=lambda _, wire: (wire.get("choices") or [{"delta": {}}])[0]["delta"].get("content") or "",
        ended=lambda _, data: data == b"[DONE]",
        failed=lambda _, wire: "error" in wire,
        refused=lambda wire: wire["error"]["message"],
    ),
    Surface(
        name="openai_responses",
        path=_same("/v1/responses"),
        body=lambda model, text, stream: {"model": model, "input": text, "stream": stream},
        said=lambda wire: wire["output"][0]["content"][0]["text"],
        piece=lambda name, wire: wire["delta"] if name == "response.output_text.delta" else "",
        ended=lambda name, _: name == "response.completed",
        failed=lambda name, _: name == "response.failed",
        refused=lambda wire: wire["error"]["message"],
    ),
    Surface(
        name="anthropic_messages",
        path=_same("/v1/messages"),
        body=lambda model, text, stream: {**_messages(model, text, stream), "max_tokens": 200},
        said=lambda wire: wire["content"][0]["text"],
        piece=lambda _, wire: wire.get("delta", {}).get("text", ""),
        ended=lambda name, _: name == "message_stop",
        failed=lambda name, _: name == "error",
        refused=lambda wire: wire["error"]["message"],
    ),
    Surface(
        name="gemini",
        path=_gemini_path,
        body=lambda model, text, stream: {"contents": [{"role": "user", "parts": [{"text": text}]}]},
        said=_gemini_text,
        piece=lambda _, wire: _gemini_text(wire),
        ended=lambda _, data: b'"finishReason"' in data,
        failed=lambda _, wire: "error" in wire,
        refused=lambda wire: wire["error"]["message"],
    ),
    Surface(
        name="plain_chat",
        path=_same("/v1/chat?events=json"),
        body=_messages,
        said=lambda wire: wire["content"],
        piece=lambda _, wire: wire.get("content", ""),
        ended=lambda _, data: data == b"[DONE]",
        failed=lambda name, _: name == "error",
        refused=lambda wire: wire["error"]["message"],
    ),
]
BY_NAME = {surface.name: surface for surface in SURFACES}


class Heard(NamedTuple):
    """What a caller made of a stream."""

    text: str
    ends: int
    failures: int


def heard(surface: Surface, body: bytes) -> Heard:
    """A stream as its caller reads it."""
    decoder = frame_decoder("sse")
    frames = [*decoder.feed(body), *decoder.finish()]
    wires = [(name, json.loads(data)) for name, data in frames if data.startswith(b"{")]
    return Heard(
        text="".join(surface.piece(name, wire) for name, wire in wires if not surface.failed(name, wire)),
        ends=sum(surface.ended(name, data) for name, data in frames),
        failures=sum(surface.failed(name, wire) for name, wire in wires),
    )
