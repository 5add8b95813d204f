"""Every recording, through the codecs alone: whole, and in pieces cut at uneven places."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest

from dragoman.dialects import dialect_names, get_dialect
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import Assembler, LLMResponse, decode_json, encode_json
from dragoman.transport.framing import frame_decoder

from .corpus import KNOWN_DIFFERENCES, Exchange, differences, exchanges

DIALECTS = tuple(dialect_names())
ALL = [exchange for name in DIALECTS for exchange in exchanges(name)]
STREAMS = [exchange for exchange in ALL if exchange.streamed]

pytestmark = pytest.mark.skipif(not ALL, reason="the recorded traffic is not beside the repository")


def understand(exchange: Exchange, pieces: Iterable[bytes]) -> LLMResponse | Exception:
    """What our codecs make of a recorded response that arrives in `pieces`: an answer, or the error raised."""
    dialect = get_dialect(exchange.dialect)
    response = exchange.response
    try:
        if response["status"] >= 400:
            return dialect.decode_error(response["status"], response["headers"], b"".join(pieces))
        if not exchange.streamed:
            return dialect.decode_response(decode_json(b"".join(pieces)))
    except Error as error:
        return error
    assembler, decoder = Assembler(), dialect.stream_decoder(strict_end=False)
    try:
        for frame in frames_in(exchange, pieces):
            for event in decoder.feed(*frame):
                assembler.add(event)
        for event in decoder.finish():
            assembler.add(event)
    except Error as error:
        error.partial = assembler.response()
        return error
    return assembler.response()


def frames_in(exchange: Exchange, pieces: Iterable[bytes]) -> Iterator[Frame]:
    if exchange.is_array:
        yield from (("", encode_json(item)) for item in decode_json(b"".join(pieces)))
        return
    frames = frame_decoder(get_dialect(exchange.dialect).framing)
    for piece in pieces:
        yield from frames.feed(piece)
    yield from frames.finish()


def uneven(body: bytes, seed: int) -> list[bytes]:
    """`body` in pieces of 1 to 70 bytes."""
    dice, start, pieces = random.Random(seed), 0, []
    while start < len(body):
        size = dice.randint(1, 70)
        pieces.append(body[start : start + size])
        start += size
    return pieces


def agree(exchange: Exchange, outcome: LLMResponse | Exception) -> None:
    wrong = differences(exchange, outcome)
    known = KNOWN_DIFFERENCES.get(exchange.id, {})
    unexplained = {name: what for name, what in wrong.items() if name not in known}
    assert not unexplained
    assert set(known) <= set(wrong) | {"reason"}, "this difference is gone: take it off the list"


@pytest.mark.parametrize("exchange", ALL, ids=lambda exchange: exchange.id)
def test_understood(exchange: Exchange) -> None:
    agree(exchange, understand(exchange, uneven(exchange.body, seed=len(exchange.body))))


@pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.id)
def test_pieces_do_not_matter(exchange: Exchange) -> None:
    """Whole, and one byte at a time (the first 6,000 bytes), give the same answer."""
    head, tail = exchange.body[:6000], exchange.body[6000:]
    bytewise = [*(head[i : i + 1] for i in range(len(head))), tail]
    whole, small = understand(exchange, [exchange.body]), understand(exchange, bytewise)
    assert type(whole) is type(small)
    assert _comparable(whole) == _comparable(small)


def _comparable(outcome: LLMResponse | Exception) -> object:
    return outcome if isinstance(outcome, LLMResponse) else (str(outcome), getattr(outcome, "partial", None))
