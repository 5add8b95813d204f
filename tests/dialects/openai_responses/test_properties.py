"""Laws over records at random: what is held goes there and back, whole and streamed, cut anywhere."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.messages import Assembler, LLMResponse, Request, decode_json, encode_json, events_of
from dragoman.transport.framing import SseDecoder, encode_sse

from .strategies import held_requests, held_responses

RESPONSES = get_dialect("openai_responses")
ASKED = Request(model="m", stream=True)
slow = settings(
    max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None
)


def over_the_wire(wire: Any) -> Any:
    return decode_json(encode_json(wire))


@slow
@given(held_requests())
def test_requests_go_there_and_back(request: Request) -> None:
    before = deepcopy(request)
    encoded = RESPONSES.encode_request(request)
    assert encoded.losses == ()
    assert RESPONSES.decode_request(over_the_wire(encoded.wire)) == request
    assert request == before


@slow
@given(held_responses())
def test_responses_go_there_and_back(response: LLMResponse) -> None:
    before = deepcopy(response)
    encoded = RESPONSES.encode_response(response, ASKED)
    assert encoded.losses == ()
    assert replace(RESPONSES.decode_response(over_the_wire(encoded.wire)), raw=None) == response
    assert response == before


@slow
@given(held_responses())
def test_an_answer_goes_back_as_history(response: LLMResponse) -> None:
    """And is read again as the turn it was, but for sources and the shape of pictures, which a result holds too."""
    encoded = RESPONSES.encode_request(Request(model="m", messages=(response.message,)))
    assert encoded.losses == ()
    (turn,) = RESPONSES.decode_request(over_the_wire(encoded.wire)).messages
    assert turn == response.message


@slow
@given(held_responses(), st.integers(1, 30), st.data())
def test_streams_go_there_and_back_at_any_cut(response: LLMResponse, piece: int, data: st.DataObject) -> None:
    encoder = RESPONSES.stream_encoder(ASKED)
    frames = [frame for event in events_of(response, piece=piece) for frame in encoder.feed(event)] + encoder.finish()
    assert encoder.losses == ()
    body = b"".join(map(encode_sse, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    sse, decoder, assembler = SseDecoder(), RESPONSES.stream_decoder(), Assembler()
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        for name, frame in sse.feed(body[start:end]):
            for event in decoder.feed(name, frame):
                assembler.add(event)
    assert decoder.finish() == []
    assert assembler.response() == response


@slow
@given(held_responses(), st.integers(1, 30))
def test_events_are_consistent(response: LLMResponse, piece: int) -> None:
    """As OpenAI's clients need them: numbered without a gap, and each of an item that was added and not yet done."""
    encoder = RESPONSES.stream_encoder(ASKED)
    frames = [frame for event in events_of(response, piece=piece) for frame in encoder.feed(event)]
    events = [decode_json(data) for _, data in frames]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events] == [name for name, _ in frames]
    open_items: dict[int, str] = {}
    places: list[int] = []
    for event in events:
        place = event.get("output_index")
        if event["type"] == "response.output_item.added":
            open_items[place] = event["item"]["id"]
            places.append(place)
        elif event["type"] == "response.output_item.done":
            assert open_items.pop(place) == event["item"]["id"]
        elif place is not None and event["type"] != "response.output_text.annotation.added":
            assert open_items[place] == event["item_id"]
    assert open_items == {}
    final = events[-1]["response"]
    assert places == list(range(len(final["output"])))
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert sorted(item["id"] for item in done) == sorted(item["id"] for item in final["output"])
