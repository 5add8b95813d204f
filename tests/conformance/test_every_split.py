"""Twenty streams, cut in two at every byte: the answer is always the same."""

from __future__ import annotations

import pytest

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
