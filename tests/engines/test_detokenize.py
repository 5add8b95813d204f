"""Text from tokens: whole characters only, and nothing that may become a stop sequence."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.engines.detokenize import Detokenizer, StopSequences


def by_bytes(tokens: Sequence[int]) -> str:
    return bytes(tokens).decode(errors="replace")


@given(st.text(max_size=60))
def test_a_byte_a_token(text: str) -> None:
    pieces, whole = Detokenizer(by_bytes), ""
    for byte in text.encode():
        piece = pieces.feed(byte)
        assert "\ufffd" not in piece or "\ufffd" in text
        whole += piece
    assert whole + pieces.finish() == text


def test_what_is_no_character_comes_out_at_last() -> None:
    pieces = Detokenizer(by_bytes)
    assert "".join(map(pieces.feed, b"a\xff\xff\xff\xff\xff\xff\xffb")) + pieces.finish() == "a" + "\ufffd" * 7 + "b"


def test_a_space_that_depends_on_what_stands_before() -> None:
    """As sentencepiece has it: the first word of a text loses its space."""
    words = ["▁Hello", "▁world", "!"]

    def decode(tokens: Sequence[int]) -> str:
        return "".join(words[token] for token in tokens).replace("▁", " ").removeprefix(" ")

    pieces = Detokenizer(decode)
    assert [pieces.feed(token) for token in (0, 1, 2)] == ["Hello", " world", "!"]


def test_hidden_tokens_say_nothing() -> None:
    pieces = Detokenizer(by_bytes, hidden={1})
    assert [pieces.feed(token) for token in b"a\x01b"] == ["a", "", "b"]


@pytest.mark.parametrize(
    ("sequences", "text", "expected", "found"),
    [
        (["END"], "one END two", "one ", "END"),
        (["END"], "one EN", "one EN", None),
        (["b", "abc"], "xabc", "xa", "b"),
        (["\n\n"], "a\n\nb", "a", "\n\n"),
        ([], "a", "a", None),
        ([""], "a", "a", None),
    ],
)
def test_stop_sequences(sequences: list[str], text: str, expected: str, found: str | None) -> None:
    """However the text is cut."""
    for cut in range(1, len(text) + 1):
        stops = StopSequences(sequences)
        said = ""
        for start in range(0, len(text), cut):
            said += stops.feed(text[start : start + cut])
            if stops.found:
                break
        assert (said + stops.finish(), stops.found) == (expected, found)
