"""Recorded streams, passed on in the other dialect: blocks, calls, reasoning, endings and counts arrive."""

from __future__ import annotations

import pytest

from dragoman.dialects import get_dialect
from dragoman.dialects.openai_responses.stream_encoder import LATE
from dragoman.errors import Error
from dragoman.messages import Assembler, Event, LLMResponse, Loss
from dragoman.transport.framing import frame_decoder

from ...conformance.corpus import Exchange, exchanges
from .statements import compare, joined, of_response
from .test_answers import ASKED, grouped, named, whole
from .test_requests import DIALECTS

STREAMS = [each for dialect in DIALECTS for each in exchanges(dialect) if each.streamed and not each.is_array]
OTHER = dict(zip(DIALECTS, (*DIALECTS[1:], DIALECTS[0]), strict=True))

pytestmark = pytest.mark.skipif(not STREAMS, reason="the recorded traffic is not beside the repository")


def events_in(exchange: Exchange) -> list[Event]:
    dialect = get_dialect(exchange.dialect)
    frames, decoder = frame_decoder(dialect.framing), dialect.stream_decoder(strict_end=False)
    events = [event for frame in frames.feed(exchange.body) for event in decoder.feed(*frame)]
    return events + decoder.finish()


def passed_on(events: list[Event], dialect: str) -> tuple[LLMResponse, tuple[Loss, ...]]:
    """The answer as a client of `dialect` reads it, event by event, and what was lost on the way."""
    codec = get_dialect(dialect)
    encoder, decoder, assembler = codec.stream_encoder(ASKED), codec.stream_decoder(), Assembler()
    frames = [frame for event in events for frame in encoder.feed(event)] + encoder.finish()
    for frame in frames:
        for event in decoder.feed(*frame):
            assembler.add(event)
    for event in decoder.finish():
        assembler.add(event)
    return named(assembler.response()), encoder.losses


def added_up(events: list[Event]) -> LLMResponse:
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    return named(assembler.response())


@pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.id)
@pytest.mark.parametrize("target", ["itself", "the other"])
def test_a_stream_passed_on_says_the_same_or_the_loss_is_reported(exchange: Exchange, target: str) -> None:
    try:
        events = events_in(exchange)
    except Error:
        pytest.skip("a stream that fails; see the tests of errors")
    dialect = exchange.dialect if target == "itself" else OTHER[exchange.dialect]
    said = named(added_up(events))
    read, losses = passed_on(events, dialect)
    read = named(read)
    silent, invented = compare(of_response(said), of_response(read), losses)
    assert silent == []
    assert invented == []
    read_of_whole, losses_of_whole = whole(dialect, said)
    if not any(map(is_of_one_form, (*losses, *losses_of_whole))):
        assert set(losses) == set(losses_of_whole)
        assert said_by(read) == said_by(read_of_whole)


def said_by(response: LLMResponse) -> list[object]:
    """Without where blocks of text end, when calls come between, and without the spelling of arguments, which a stream
    keeps and a whole body of Anthropic's has no place for."""
    return [each.said for each in joined(of_response(grouped(response)))]


def is_of_one_form(loss: Loss) -> bool:
    """A call cut off by the token limit: a stream says as much as there is, a whole body needs whole arguments.

    And what came late: only a stream has an order of coming.
    """
    return loss.where.endswith(".arguments_json") or loss.why == LATE
