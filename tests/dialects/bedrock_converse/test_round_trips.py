"""What this dialect can hold comes back the same: requests, answers and streams, over real JSON and real framing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects.bedrock_converse import DIALECT
from dragoman.messages import Assembler, LLMResponse, Request, decode_json, encode_json, events_of
from dragoman.transport.event_stream import EventStreamDecoder, encode_event_stream

from .strategies import answer_parts, held_requests, held_responses, sources_alone

ANSWERS = held_responses(answer_parts | sources_alone)

PLAIN = Request(model="m")
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
    assert DIALECT.decode_request(sent(encoded.wire), DIALECT.path(request)) == request
    assert request == before, "encoding must not change what it encodes"


@thorough
@given(ANSWERS)
def test_responses(response: LLMResponse) -> None:
    before = deepcopy(response)
    encoded = DIALECT.encode_response(response, PLAIN)
    assert encoded.losses == ()
    assert replace(DIALECT.decode_response(sent(encoded.wire)), raw=None) == response
    assert response == before


@thorough
@given(ANSWERS, st.integers(1, 9), st.data())
def test_a_response_streamed_is_the_response_at_any_cut(response: LLMResponse, piece: int, data: st.DataObject) -> None:
    encoder = DIALECT.stream_encoder(PLAIN)
    frames = [frame for event in events_of(response, piece=piece) for frame in encoder.feed(event)] + encoder.finish()
    assert encoder.losses == ()
    body = b"".join(map(encode_event_stream, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert answer_in(pieces) == response


def answer_in(pieces: list[bytes]) -> LLMResponse:
    decoder, framing, assembler = DIALECT.stream_decoder(), EventStreamDecoder(), Assembler()
    for piece in pieces:
        for frame in framing.feed(piece):
            for event in decoder.feed(*frame):
                assembler.add(event)
    assert framing.finish() == []
    assert decoder.finish() == []
    return assembler.response()
