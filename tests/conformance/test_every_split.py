"""Streams cut in two at every byte: the answer is always the same.

Twenty through the whole codec. In the long form all of them as far as frames, beyond which nothing knows of the cut:
a decoder is fed the same frames.
"""

from __future__ import annotations

import pytest

from dragoman.dialects import get_dialect
from dragoman.http import Frame
from dragoman.transport.framing import frame_decoder

from .corpus import Exchange
from .test_codecs import STREAMS, _comparable, understand

pytestmark = pytest.mark.skipif(not STREAMS, reason="the recorded traffic is not beside the repository")

SHORTEST = sorted(
    (exchange for exchange in STREAMS if len(exchange.body) > 600), key=lambda exchange: len(exchange.body)
)
TWENTY = SHORTEST[:: max(len(SHORTEST) // 3 // 20, 1)][:20]
"""Twenty from the shorter third, so that the square of their length stays affordable."""


@pytest.mark.parametrize("exchange", TWENTY, ids=lambda exchange: exchange.id)
def test_every_split_gives_the_same(exchange: Exchange) -> None:
    body, whole = exchange.body, _comparable(understand(exchange, [exchange.body]))
    wrong = [cut for cut in range(1, len(body)) if _comparable(understand(exchange, [body[:cut], body[cut:]])) != whole]
    assert wrong == []


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("exchange", STREAMS, ids=lambda exchange: exchange.id)
def test_every_split_of_every_stream_gives_the_same_frames(exchange: Exchange) -> None:
    body, whole = exchange.body, frames_in(exchange, [exchange.body])
    assert [cut for cut in range(1, len(body)) if frames_in(exchange, [body[:cut], body[cut:]]) != whole] == []


def frames_in(exchange: Exchange, pieces: list[bytes]) -> list[Frame]:
    frames = frame_decoder(get_dialect(exchange.dialect).framing)
    return [frame for piece in pieces for frame in frames.feed(piece)] + frames.finish()
