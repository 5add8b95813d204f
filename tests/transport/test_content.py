"""gzip and deflate undone: any split gives the same, and no body grows beyond its limit."""

from __future__ import annotations

import gzip
import time
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import ConnectionLost, DecodeError
from dragoman.transport.content import Inflater, content_decoder

steady = settings(deadline=None)  # the machine may have other things to do


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


TEXT = b"How many angels dance on a pin? " * 40
CODED = [
    ("gzip", "gzip", gzip.compress(TEXT)),
    ("gzip, two members", "gzip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
    ("gzip with a name", "gzip", b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"name\0" + gzip.compress(TEXT, mtime=0)[10:]),
    ("deflate", "deflate", zlib.compress(TEXT)),
    ("deflate without wrapping", "deflate", raw_deflate(TEXT)),
]
rows = pytest.mark.parametrize(("coding", "data"), [row[1:] for row in CODED], ids=[row[0] for row in CODED])


def inflate(coding: str, *pieces: bytes, limit: int = 10**6) -> bytes:
    decoder = Inflater(coding, limit)
    body = b"".join(decoder.feed(piece) for piece in pieces)
    decoder.finish()
    return body


@rows
def test_every_split_in_two(coding: str, data: bytes) -> None:
    for place in range(len(data) + 1):
        assert inflate(coding, data[:place], data[place:]) == TEXT, place


@rows
def test_byte_by_byte(coding: str, data: bytes) -> None:
    assert inflate(coding, *[bytes([byte]) for byte in data]) == TEXT


@rows
def test_no_beginning_of_it_is_whole(coding: str, data: bytes) -> None:
    member = len(gzip.compress(TEXT[:100])) if data.count(b"\x1f\x8b\x08") == 2 else None
    for place in set(range(1, len(data))) - {member}:
        with pytest.raises(ConnectionLost, match="ended too early"):
            inflate(coding, data[:place])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_empty_body_has_no_coding(coding: str) -> None:
    assert inflate(coding) == inflate(coding, b"") == b""


@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=5), st.sampled_from(["gzip", "deflate"]))
@steady
def test_any_bytes_are_inflated_or_refused(data: bytes, places: list[int], coding: str) -> None:
    cuts = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    outcomes = []
    for pieces in ([data], [data[start:end] for start, end in pairwise(cuts)]):
        try:
            outcomes.append(inflate(coding, *pieces))
        except ConnectionLost:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_refused_before_it_fills_the_memory(coding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000)) if coding == "gzip" else zlib.compress(bytes(50_000_000))
    decoder = Inflater(coding, 1_000_000)
    with pytest.raises(DecodeError, match="larger than 1000000 bytes") as caught:
        decoder.feed(bomb)
    assert not caught.value.retryable


@pytest.mark.parametrize("size", [999, 1000], ids=["below", "exactly"])
def test_a_body_within_the_limit_is_given(size: int) -> None:
    assert len(inflate("gzip", gzip.compress(bytes(size)), limit=1000)) == size


def test_many_tiny_members_are_no_work() -> None:
    """Each member copies what is left of its piece: that must not be the whole body."""
    begun = time.process_time()
    assert inflate("gzip", gzip.compress(b"") * 20_000) == b""
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("header", [{}, {"content-encoding": "identity"}, {"content-encoding": ""}])
def test_no_coding(header: dict[str, str]) -> None:
    assert content_decoder(header, 10) is None


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "x"])
def test_a_coding_that_was_not_asked_for(coding: str) -> None:
    with pytest.raises(DecodeError, match="not asked for"):
        content_decoder({"content-encoding": coding}, 10)


def test_the_name_of_a_coding_has_no_case() -> None:
    assert content_decoder({"content-encoding": "GZIP"}, 10) is not None
