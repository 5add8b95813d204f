"""What this dialect can hold comes back the same: requests, answers and streams, over real JSON and real framing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.messages import (
    Assembler,
    Event,
    LLMResponse,
    Reasoning,
    Request,
    decode_json,
    encode_json,
    events_of,
)
from dragoman.transport.framing import SseDecoder, encode_sse

from .strategies import held_requests, held_responses, held_streams

PLAIN = Request(model="claude-sonnet-4-5")
thorough = settings(max_examples=80, deadline=None, derandomize=True)


def sent(wire: dict[str, Any]) -> dict[str, Any]:
    """`wire` as the other side sees it."""
    return decode_json(encode_json(wire))


@thorough
@given(held_requests())
def test_requests(request: Request) -> None:
    before = deepcopy(request)
    encoded = DIALECT.encode_request(request)
    assert encoded.losses == ()
    assert DIALECT.decode_request(sent(encoded.wire)) == request
    assert request == before, "encoding must not change what it encodes"


@thorough
@given(held_responses())
def test_responses(response: LLMResponse) -> None:
    before = deepcopy(response)
    encoded = DIALECT.encode_response(response, PLAIN)
    decoded = DIALECT.decode_response(sent(encoded.wire))
    assert replace(decoded, raw=None) == response
    assert response == before


def body_of(events: list[Event]) -> bytes:
    encoder = DIALECT.stream_encoder(PLAIN)
    frames = [frame for event in events for frame in encoder.feed(event)] + encoder.finish()
    return b"".join(map(encode_sse, frames))


def events_in(pieces: list[bytes]) -> list[Event]:
    decoder, framing = DIALECT.stream_decoder(), SseDecoder()
    frames = [frame for piece in pieces for frame in framing.feed(piece)] + framing.finish()
    return [event for frame in frames for event in decoder.feed(*frame)] + decoder.finish()


@thorough
@given(held_streams(), st.data())
def test_streams_at_any_cut(events: list[Event], data: st.DataObject) -> None:
    body = body_of(events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert events_in(pieces) == events


@thorough
@given(held_responses())
def test_a_response_streamed_is_the_response(response: LLMResponse) -> None:
    assembler = Assembler()
    for event in events_in([body_of(list(events_of(response)))]):
        assembler.add(event)
    assert comparable(assembler.response()) == comparable(response)


def comparable(response: LLMResponse) -> LLMResponse:
    """Without what only a whole body holds, and with redacted thinking as the part it is."""
    parts = tuple(replace(part, text="") if is_redacted(part) else part for part in response.parts)
    return replace(response, raw=None, parts=parts)


def is_redacted(part: object) -> bool:
    return isinstance(part, Reasoning) and (part.payload or {}).get("type") == "redacted_thinking"
