"""The laws that hold for every dialect, each as one function that a test calls.

They use only what `Dialect` promises, so a new dialect is held to them by one line in `test_laws.py`. What a dialect
can hold beyond plain talk (tools, pictures, reasoning) is its own folder's to test.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.dialects import Dialect
from dragoman.errors import StreamInterrupted, class_of_status
from dragoman.messages import (
    Assembler,
    Event,
    LLMResponse,
    Part,
    Request,
    ToolCall,
    decode_json,
    encode_json,
    events_of,
)
from dragoman.transport.framing import FRAME_ENCODERS, frame_decoder


def over_the_wire(wire: Any) -> Any:
    """`wire` as the other side sees it."""
    return decode_json(encode_json(wire))


def sent_over(dialect: Dialect, request: Request, wire: Any) -> Request:
    """The request that the other side reads in `wire`, which comes to where the dialect sends it."""
    return dialect.decode_request(over_the_wire(wire), dialect.path(request))


def requests_go_there_and_back(dialect: Dialect, request: Request) -> None:
    """What is asked arrives as it was asked, and nothing is lost on the way."""
    encoded = dialect.encode_request(request)
    assert encoded.losses == ()
    assert sent_over(dialect, request, encoded.wire) == request


def unknown_fields_go_there_and_back(dialect: Dialect, request: Request) -> None:
    """A field that the dialect does not know is not dropped when its own request passes through."""
    wire = {**dialect.encode_request(request).wire, "a_field_of_tomorrow": {"deep": [1, 2]}}
    again = dialect.encode_request(sent_over(dialect, request, wire))
    assert again.losses == ()
    assert again.wire == wire


def what_cannot_be_said_is_told(dialect: Dialect, request: Request, name: str, value: Any) -> None:
    """A setting either arrives, or is among the losses: it is never dropped in silence."""
    asked = replace(request, **{name: value})
    encoded = dialect.encode_request(asked)
    arrived = getattr(sent_over(dialect, asked, encoded.wire), name) == value
    told = any(loss.where.partition("[")[0].partition(".")[0] == name for loss in encoded.losses)
    assert arrived != told


def answers_go_there_and_back(dialect: Dialect, response: LLMResponse, request: Request) -> None:
    encoded = dialect.encode_response(response, request)
    assert encoded.losses == ()
    assert plain(dialect.decode_response(over_the_wire(encoded.wire))) == plain(response, dialect)


def what_an_answer_cannot_say_is_told(dialect: Dialect, response: LLMResponse, request: Request, name: str) -> None:
    """A field of an answer either arrives, or is among the losses, whole and streamed."""
    encoded = dialect.encode_response(response, request)
    read = dialect.decode_response(over_the_wire(encoded.wire))
    arrived = said(read, name) == said(response, name)
    assert arrived != any(loss.where == name for loss in encoded.losses)
    a_stream_loses_what_an_answer_loses(dialect, response, request)


def said(response: LLMResponse, name: str) -> Any:
    """What `response` says under `name`; of other answers, their words."""
    value = attrgetter(name)(response)
    return [other.content for other in value] if name == "alternatives" else value


def any_cut_gives_the_same_events(dialect: Dialect, response: LLMResponse, request: Request) -> None:
    """A stream cut in two at any byte, and byte by byte, gives the events of the whole; they add up to the answer."""
    body = body_of(dialect, events_of(response, piece=5), request)
    whole = read(dialect, [body])
    assert plain(assembled(whole)) == plain(response, dialect)
    assert read(dialect, [body[place : place + 1] for place in range(len(body))]) == whole
    assert [cut for cut in range(1, len(body)) if read(dialect, [body[:cut], body[cut:]]) != whole] == []


def a_cut_stream_is_an_error(dialect: Dialect, response: LLMResponse, request: Request) -> None:
    """However little is missing: a stream without its last frame raises."""
    encoder = dialect.stream_encoder(request)
    frames = [frame for event in events_of(response) for frame in encoder.feed(event)] + encoder.finish()
    decoder = dialect.stream_decoder()
    for frame in frames[:-1]:
        decoder.feed(*frame)
    with pytest.raises(StreamInterrupted):
        decoder.finish()


def a_stream_loses_what_an_answer_loses(dialect: Dialect, response: LLMResponse, request: Request) -> None:
    """Whoever is told of the losses of a whole answer is told the same of a stream."""
    encoder = dialect.stream_encoder(request)
    for event in events_of(response):
        encoder.feed(event)
    assert set(encoder.losses) == set(dialect.encode_response(response, request).losses)
    assert len(set(encoder.losses)) == len(encoder.losses)


def a_stream_passed_on_says_the_same(dialect: Dialect, body: bytes, request: Request) -> None:
    """A stream as a provider sent it, read and written again."""
    encoder = dialect.stream_encoder(request)
    frames = [frame for event in read(dialect, [body]) for frame in encoder.feed(event)] + encoder.finish()
    assert encoder.losses == ()
    assert answer_in(dialect, b"".join(map(FRAME_ENCODERS[dialect.framing], frames))) == answer_in(dialect, body)


def a_stream_and_a_whole_answer_are_the_same_record(dialect: Dialect, body: bytes, request: Request) -> None:
    """The assembled stream, written whole and read again, has the same parts, but for spaces in arguments."""
    streamed = answer_in(dialect, body)
    whole = dialect.decode_response(dialect.encode_response(streamed, request).wire)
    assert whole.message == replace(streamed, parts=tuple(map(_compact, streamed.parts))).message


def _compact(part: Part) -> Part:
    """A whole answer has arguments as an object, without the spaces of the stream."""
    return replace(part, arguments_json=encode_json(part.arguments).decode()) if isinstance(part, ToolCall) else part


def errors_go_there_and_back(dialect: Dialect, status: int) -> None:
    """A provider's error keeps its class and its words."""
    kind = class_of_status(status)
    sent, wire = dialect.encode_error(kind("it went wrong", http_status=status))
    error = dialect.decode_error(sent, {}, encode_json(wire))
    assert (type(error), error.message) == (class_of_status(sent), "it went wrong")


def body_of(dialect: Dialect, events: Iterable[Event], request: Request) -> bytes:
    """The bytes of a stream, as a server writes them."""
    encoder = dialect.stream_encoder(request)
    frames = [frame for event in events for frame in encoder.feed(event)] + encoder.finish()
    return b"".join(map(FRAME_ENCODERS[dialect.framing], frames))


def read(dialect: Dialect, pieces: Iterable[bytes]) -> list[Event]:
    """The events in a body that arrives in `pieces`."""
    frames, decoder, events = frame_decoder(dialect.framing), dialect.stream_decoder(), list[Event]()
    for piece in pieces:
        for frame in frames.feed(piece):
            events += decoder.feed(*frame)
    for frame in frames.finish():
        events += decoder.feed(*frame)
    return events + list(decoder.finish())


def answer_in(dialect: Dialect, body: bytes) -> LLMResponse:
    """The answer that a whole stream brought."""
    return assembled(read(dialect, [body]))


def assembled(events: Iterable[Event]) -> LLMResponse:
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    return assembler.response()


NAMELESS = frozenset({"cohere_v2", "bedrock_converse"})
"""Dialects whose answers do not name the model: the client knows what it has asked for."""


def plain(response: LLMResponse, dialect: Dialect | None = None) -> tuple[Any, ...]:
    """What every dialect, or `dialect`, can say of an answer."""
    usage, model = response.usage, "" if dialect is not None and dialect.name in NAMELESS else response.model
    return response.content, model, response.finish_reason, usage.input_tokens, usage.output_tokens
