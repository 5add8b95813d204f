"""Quotes are what the text has: word for word, or nearly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dragoman import CitationMixin
from dragoman.client.dsl.citation import find_quote

TEXT = "Betty was a student. Jason was a student. Jason (the elder) is 20 years old."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Jason was a student", "Jason was a student"),
        ("Jason (the elder) is 20", "Jason (the elder) is 20"),  # no pattern: brackets are brackets
        ("Jason was an student", "Jason was a student"),
        ("jason was a studdent.", "Jason was a student."),
        ("Jason was a teacher", None),
        ("Bety", "Bet"),  # one error in four characters
        ("Bob", None),
        ("", ""),
    ],
)
def test_a_quote_is_found(quote: str, found: str | None) -> None:
    span = find_quote(quote, TEXT)
    assert (span and TEXT[slice(*span)]) == (found if span else None)
    assert (span is None) == (found is None)


def distance(one: str, other: str) -> int:
    """The edit distance, as textbooks have it."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[:], i
        for j, b in enumerate(other, 1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
    return row[-1]


@given(st.text("ab", min_size=1, max_size=20), st.text("ab", max_size=16))
def test_no_passage_is_nearer_than_the_one_found(quote: str, text: str) -> None:
    nearest = min(distance(quote, text[i:j]) for i in range(len(text) + 1) for j in range(i, len(text) + 1))
    span = find_quote(quote, text)
    if span is None:
        assert nearest > min(5, len(quote) // 4)
    else:
        assert distance(quote, text[slice(*span)]) == nearest


class Fact(CitationMixin, BaseModel):
    fact: str


@pytest.mark.parametrize(
    ("context", "kept"),
    [
        ({"context": TEXT}, ["Jason was a student"]),
        ({"other": TEXT}, ["Jason was an student", "invented altogether"]),
        (None, ["Jason was an student", "invented altogether"]),
    ],
)
def test_quotes_are_checked_against_the_context(context: dict[str, str] | None, kept: list[str]) -> None:
    answer = {"fact": "f", "substring_quotes": ["Jason was an student", "invented altogether"]}
    assert Fact.model_validate(answer, context=context).substring_quotes == kept
