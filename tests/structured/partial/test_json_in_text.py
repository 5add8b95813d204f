"""JSON in a text that comes in pieces: the same that is chosen in the whole."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dragoman.structured import Rules, output_type
from dragoman.structured.finding import MARKS, MOST_TRIES, TooMany, every_json
from dragoman.structured.partial import NOTHING, NotJson, Reader
from dragoman.structured.partial.json_in_text import JsonInText
from dragoman.structured.reading import read


def heard(text: str, size: int, *, lists: bool = False) -> JsonInText:
    finder = JsonInText(Reader, lists=lists)
    for at in range(0, len(text), size):
        finder.feed(text[at : at + size])
    return finder


SHOWN: dict[str, Any] = {
    # the text: what is shown of it at last
    '{"a": 1}': {"a": 1},
    'Here it is:\n```json\n{"a": [1, 2]}\n```\nAnything else?': {"a": [1, 2]},
    'Use {braces} as {"a": 1, "b": {"c": 2}} and {more}': {"a": 1, "b": {"c": 2}},
    '[note] {"a": 1}': {"a": 1},
    '{"a": 1, oops} then {"a": 2}': {"a": 2},
    '{{"a": 1}}': {"a": 1},
    '"{" {"a": "}"}': NOTHING,  # where the text that begins in the first ends is not known
    '{"a": {"b": 1},} and so on': {"a": {"b": 1}},
    '{name: {"b": 1}}': {"name": {"b": 1}},
    '{"a": 1} {"a": 2}': NOTHING,
    "``` {'a': 1} ``` {\"a\": 2}": {"a": 1},
    '{"a": 1}\n```\n{"a": 2}\n```': {"a": 2},
    '```json\n{"a": 1}\n```\nCorrected:\n```json\n{"a": 2}\n```\n': {"a": 2},
    '```json\n{"a": 1}\n```\nNot {"a": 2}.': {"a": 1},
    '```json\n{"a": 1}\n{"a": 2}\n```': NOTHING,
    '{"a": 1}\n```python\n{"a": 2}\n```': NOTHING,
    '<think>Or {"a": 1}?</think>{"a": 2}': {"a": 2},
    'Or {"a": 1}?</think>{"a": 2}': {"a": 2},
    '{"a": 1}</think> it was': {"a": 1},
    '{"a": 1}</think>{"a": 2} {"a": 3}': NOTHING,
    '```\n{"a": 1}\n```\n```\n{oops\n```\n{"a": 2}': NOTHING,  # the first is the answer; it was taken back
    '```\n{oops}\n```\n{"a": 2}': {"a": 2},
    '```\n{"a": 1}\n```</think>{"a": 2}': {"a": 2},
    'So <thinking> and {"a": 1': NOTHING,
    '{"a": "<think>```"}': {"a": "<think>```"},
}


@pytest.mark.parametrize("text", SHOWN)
def test_what_is_shown_at_last_however_it_is_cut(text: str) -> None:
    assert [heard(text, size).show() for size in range(1, len(text) + 1)] == [SHOWN[text]] * len(text)


class Loose(BaseModel):
    a: Any = None


WORDS = [
    '{"a": 1}', '{"a": [2]}', '{"a": {"a": 3}}', "{'a': 4}", '{"a": 1', "{x}", "{a: 5}", '{"b": {"a": 6},}', "{}",
    "```json\n", "```\n", "```", "```python\n", "<think>", "</think>", "so", " ", '"', "[7]", "}", ",", "\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=9).map("".join), st.integers(1, 12))
def test_what_is_shown_at_last_is_what_is_read_in_the_whole(text: str, size: int) -> None:
    """Or nothing is; a stream has its last value from the whole."""
    try:
        finder = heard(text, size)
        shown = finder.show()
    except NotJson:
        return
    if shown is NOTHING or not finder.whole:
        return  # what is broken off may be none in the whole
    try:
        value = read(output_type(Loose), text, Rules(), may_close=True).value
    except ValueError:
        return  # which is asked for again
    assert shown == {} or shown.get("a") == value.a


@given(st.recursive(st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)), st.integers(1, 9))
def test_json_alone_is_shown_to_its_end(value: Any, size: int) -> None:
    finder = heard(json.dumps({"a": value}, ensure_ascii=False), size)
    assert finder.whole
    assert (finder.show(), finder.restarts) == ({"a": value}, 0)


def test_a_list_is_found_where_one_is_looked_for() -> None:
    text = "a list: [1, 2] and more"
    assert {lists: heard(text, 3, lists=lists).show() for lists in (False, True)} == {False: NOTHING, True: [1, 2]}


def test_nothing_is_shown_before_it_begins_and_what_is_shown_grows() -> None:
    finder = JsonInText(Reader, lists=False)
    assert not finder.feed("The answer is [1]: ")
    assert (finder.show(), finder.is_complete()) == (NOTHING, False)
    assert finder.feed('{"a": 1')
    assert finder.show() == {}
    assert finder.feed("} and")
    assert finder.is_complete(["a"])
    assert not finder.feed(" more {b}")
    assert finder.show() == {"a": 1}
    assert finder.restarts == 0


def test_what_turns_out_to_be_none_is_taken_back() -> None:
    finder = JsonInText(Reader, lists=False)
    finder.feed('{"a": "x", ')
    assert finder.show() == {"a": "x"}
    assert finder.feed("sorry}")
    assert (finder.show(), finder.restarts) == (NOTHING, 1)
    assert finder.feed(' {"b": "')
    assert finder.show() == {"b": ""}


def test_a_draft_is_void_when_the_next_code_block_begins() -> None:
    finder = JsonInText(Reader, lists=False)
    finder.feed('```\n{"a": 1}\n``` No:\n')
    assert (finder.show(), finder.restarts) == ({"a": 1}, 0)
    finder.feed('```\n{"a": 2')
    assert (finder.show(), finder.restarts) == ({}, 1)


@pytest.mark.parametrize("unit", ["{x} ", "{a: ] ", "<think>{</think>", "</think>", "`{'a'"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_is_given_up_where_the_whole_is(unit: str, size: int) -> None:
    """At the same beginning, however it is cut: one count for both."""
    for times in (MOST_TRIES, MOST_TRIES + 1):
        text = unit * times
        expected = pytest.raises(NotJson, match="first braces") if gives_up(text) else nullcontext()
        with expected:
            heard(text, size)
        assert gives_up(text) is (times > MOST_TRIES)


def gives_up(text: str) -> bool:
    try:
        every_json(text, lists=False, may_close=False)
    except TooMany:
        return True
    return False


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_nearly_json_of_many_closing_brackets_is_shown(size: int) -> None:
    """How often it was looked at before it was over does not count; it is seen some time after."""
    rows = [{"n": number} for number in range(200)]
    finder = heard("{'a': " + json.dumps(rows) + "}" + " That is all." * 300, size)
    assert finder.show() == {"a": rows}


def test_a_number_that_python_does_not_read_is_given_up() -> None:
    with pytest.raises(NotJson):
        heard('{"a": ' + "1" * 5000 + "}", 100)


# ---------------------------------------------------------------------- time


RUNS = {
    # a run of what may still become a mark, or is one
    "backticks": ("", "`"),
    "spaces behind a fence": ("```", " "),
    "tabs behind a fence": ("x```", "\t"),
    "letters behind a fence": ("```", "a"),
    "fences": ("", "``` "),
    "fences of a language": ("", "```python\n"),
    "what may be a tag": ("", "<thin"),
    "thoughts without end": ("<think>", "</thin"),
}


class Counting:
    """A pattern that counts the characters it was given to search."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.given = 0

    def search(self, text: str, at: int = 0) -> re.Match[str] | None:
        self.given += len(text) - at
        return self._pattern.search(text, at)


@pytest.mark.parametrize(("first", "unit"), RUNS.values(), ids=RUNS)
def test_nothing_is_looked_at_again_and_again(first: str, unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: beside each piece stands no more than the mark that may go on, and no mark is longer."""
    marks = Counting(MARKS[False])
    monkeypatch.setitem(MARKS, False, marks)
    text, size = first + unit * (4000 // len(unit)), 4
    heard(text, size)
    assert marks.given <= len(text) // size * (2 * size + 30)


@pytest.mark.parametrize("size", [4, 300_000])
@pytest.mark.parametrize(("first", "unit"), RUNS.values(), ids=RUNS)
def test_a_long_run_ends(first: str, unit: str, size: int) -> None:
    """Within the limit of every test; what is quadratic would take hours."""
    answer = "" if first == "<think>" else '\n{"a": 1}'
    assert heard(first + unit * (300_000 // len(unit)) + answer, size).whole is bool(answer)


def test_a_run_says_the_same_however_it_is_cut() -> None:
    text = '{"a": 1}' + "`" * 9 + " \t " + 'json\n{"a": 2}\n``` ```\n{"a": 3}\n' + "`" * 5
    assert [heard(text, size).show() for size in range(1, len(text) + 1)] == [{"a": 3}] * len(text)
