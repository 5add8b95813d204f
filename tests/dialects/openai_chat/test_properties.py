"""Laws over records at random: what is held goes there and back, and what is not held is reported."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects import get_dialect
from dragoman.messages import (
    Assembler,
    Audio,
    Extra,
    Image,
    LLMResponse,
    Loss,
    Message,
    Opaque,
    Request,
    Role,
    Tool,
    ToolCall,
    decode_json,
    encode_json,
    events_of,
)
from dragoman.transport.framing import SseDecoder, encode_sse

from .strategies import any_messages, any_requests, held_requests, held_responses

CHAT = get_dialect("openai_chat")
ANY = Request(model="m", stream=True, include_usage=True)
slow = settings(
    max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None
)


def over_the_wire(wire: Any) -> Any:
    return decode_json(encode_json(wire))


# ---------------------------------------------------------------------- there and back


@slow
@given(held_requests())
def test_requests_go_there_and_back(request: Request) -> None:
    before = deepcopy(request)
    encoded = CHAT.encode_request(request)
    assert encoded.losses == ()
    assert CHAT.decode_request(over_the_wire(encoded.wire)) == request
    assert request == before


@slow
@given(held_responses())
def test_responses_go_there_and_back(response: LLMResponse) -> None:
    before = deepcopy(response)
    encoded = CHAT.encode_response(response, ANY)
    assert encoded.losses == ()
    assert replace(CHAT.decode_response(over_the_wire(encoded.wire)), raw=None) == response
    assert response == before


@slow
@given(held_responses(), st.integers(1, 30), st.data())
def test_streams_go_there_and_back_at_any_cut(response: LLMResponse, piece: int, data: st.DataObject) -> None:
    encoder = CHAT.stream_encoder(ANY)
    frames = [frame for event in events_of(response, piece=piece) for frame in encoder.feed(event)] + encoder.finish()
    body = b"".join(map(encode_sse, frames))
    assert body.count(b"[DONE]") >= 1
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    sse, decoder, assembler = SseDecoder(), CHAT.stream_decoder(), Assembler()
    for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True):
        for name, frame in sse.feed(body[start:end]):
            for event in decoder.feed(name, frame):
                assembler.add(event)
    assert decoder.finish() == []
    assert assembler.response() == response


# ---------------------------------------------------------------------- any request at all

LABELS = {
    (Image, "name"): "a label of the caller's own",
    (Audio, "name"): "a label of the caller's own",
    (Image, "media_type"): "a URL tells its type itself",
    (Tool, "parameters"): "not used by a free-form tool",
    (ToolCall, "arguments_json"): "says what `arguments` say",
}
"""What may be missing from the wire without a word, and why."""


@slow
@given(any_requests)
def test_what_is_not_on_the_wire_is_reported(request: Request) -> None:
    assert silent(request) == []


@settings(slow, max_examples=400)
@given(any_messages)
def test_what_is_not_in_a_message_is_reported(message: Message) -> None:
    assert silent(Request(model="m", messages=(message,))) == []


def silent(request: Request) -> list[str]:
    """The paths of what is neither on the wire nor reported."""
    before = deepcopy(request)
    encoded = CHAT.encode_request(request)
    assert request == before
    text = encode_json(encoded.wire).decode()
    known = replace(request, messages=tuple(map(remembered, request.messages)))
    return [path for path, tag in leaves(known) if tag not in text and not is_reported(path, encoded.losses)]


def remembered(message: Message) -> Message:
    """In history OpenAI knows its sounds by id: nothing else of them is sent again."""
    if message.role is not Role.ASSISTANT or isinstance(message.content, str):
        return message
    ids = [
        Audio(id=part.id, extra=part.extra) if isinstance(part, Audio) and part.id else part for part in message.parts
    ]
    return replace(message, content=tuple(ids))


def is_reported(path: str, losses: tuple[Loss, ...]) -> bool:
    return any(path.startswith(loss.where) for loss in losses)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every tag in a record with its path, written as losses write it: extras stand where their fields do."""
    if isinstance(value, Extra):
        yield from leaves(value.fields, path)
    elif isinstance(value, Opaque):
        yield from leaves(value.payload, path)
        yield from leaves(value.extra, path)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            if (type(value), name) not in LABELS:
                yield from leaves(getattr(value, name), path if name == "extra" else f"{path}.{name}".lstrip("."))
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]" if path else path)
    elif isinstance(value, dict):
        for name, item in value.items():
            inside = f"{path}.{name}".lstrip(".")
            yield inside, name
            yield from leaves(item, inside)
    elif isinstance(value, str) and "tag" in value:
        yield path, value.removeprefix("audio/")
    elif isinstance(value, int) and value > 10**7:
        yield path, str(value)
