"""Frames that are the same but for the text are judged by their bytes as they are by their type."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.calls.unread import TextTap
from dragoman.transport.framing import encode_sse
from tests.dialects.test_text_frames import DIALECTS, frame_of, row_of

NAMES = {"openai_chat": "", "anthropic_messages": "content_block_delta", "openai_responses": ""}


def piece_of(dialect: str, *texts: str, **more: str) -> bytes:
    return b"".join(encode_sse((NAMES[dialect], frame_of(dialect, text, **more))) for text in texts)


class Told:
    """A tap behind a frame of text; what it was given, and how often that was read by its type."""

    def __init__(self, dialect: str, *, by_type: bool = False) -> None:
        self.dialect = dialect
        self.texts: list[list[str]] = []
        self.decoded = 0
        self.tap = TextTap(replace(row_of(dialect), decode=self._decode), self._out)
        assert self.tap.open(NAMES[dialect], frame_of(dialect, "first"))
        if not by_type:
            self.take("second")

    def _out(self, _: bytes, texts: list[str]) -> bool:
        self.texts.append(texts)
        return True

    def _decode(self, text: str) -> Any:
        self.decoded += 1
        return row_of(self.dialect).decode(text)

    def take(self, *texts: str, **more: str) -> bool:
        return self.tap.take(piece_of(self.dialect, *texts, **more))

    def judged(self, piece: bytes) -> tuple[bool, list[str]]:
        self.texts.clear()
        return self.tap.take(piece), self.texts[0] if self.texts else []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_read_by_its_type_twice(dialect: str) -> None:
    told = Told(dialect)
    decoded = told.decoded
    for text in ("more", "", 'a "word"\n\\', "été 🌊 \u2028"):
        assert told.take(text)
    assert told.take("two", " frames", "")
    assert told.texts[-2:] == [["été 🌊 \u2028"], ["two", " frames", ""]]
    assert told.decoded == decoded


@pytest.mark.parametrize("dialect", DIALECTS)
def test_other_surroundings_are_learned_where_the_last_ones_served(dialect: str) -> None:
    told = Told(dialect)
    for before, after in pairwise(["answer-1", "answer-2", "answer-3"]):
        assert told.take("more", id_=before)
        assert told.take("more", id_=after)
        decoded = told.decoded
        assert told.take("more", id_=after)
        assert told.decoded == decoded


@pytest.mark.parametrize("dialect", DIALECTS)
def test_surroundings_that_always_change_are_not_learned_again(dialect: str) -> None:
    told = Told(dialect)
    decoded = told.decoded
    for number in range(5):
        assert told.take("more", id_=f"answer-{number}-x")
    assert told.decoded == decoded + 5


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_closed_tap_takes_nothing_and_an_opened_one_learns_anew(dialect: str) -> None:
    told = Told(dialect)
    told.tap.close()
    assert not told.take("more")
    assert told.tap.open(NAMES[dialect], frame_of(dialect, "more"))
    assert told.take("more")
    decoded = told.decoded
    assert told.take("more")
    assert told.decoded == decoded


def spoilt(piece: bytes) -> Iterator[bytes]:
    """The piece with each byte changed, lost, or one put before it."""
    for place in range(len(piece) + 1):
        before, after = piece[:place], piece[place:]
        yield before
        yield before + after[1:]
        for byte in (b'"', b"\\", b"\n", b"\r", b" ", b"\x01", b"\xff", b"}", b"1", b"\xed\xa0\x80", b"\n\n"):
            yield before + byte + after
            yield before + byte + after[1:]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("texts", [("",), ("more",), ("é\\n",), ("a", "b")], ids=repr)
def test_a_piece_is_judged_by_its_bytes_as_by_its_type(dialect: str, texts: tuple[str, ...]) -> None:
    taken = 0
    for piece in spoilt(piece_of(dialect, *texts)):
        judged = Told(dialect).judged(piece)
        assert judged == Told(dialect, by_type=True).judged(piece), piece
        taken += judged[0]
    assert taken


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("found", "put"), [(b',"', b',\n"'), (b',"', b',\r"'), (b"data: ", b"Data: "), (b"data: ", b"dat: \t")], ids=repr
)
def test_what_the_framing_reads_otherwise_is_not_taken(dialect: str, found: bytes, put: bytes) -> None:
    piece = piece_of(dialect, "more")
    assert found in piece
    for by_type in (True, False):
        assert not Told(dialect, by_type=by_type).tap.take(piece.replace(found, put, 1))


def test_behind_a_frame_that_is_named_a_failure_no_tap_opens() -> None:
    """Decoders take it for one, whatever it holds."""
    told = Told("openai_chat", by_type=True)
    told.tap.close()
    assert not told.tap.open("error", frame_of("openai_chat", "text"))
    assert not told.tap.take(encode_sse(("error", frame_of("openai_chat", "text"))))
