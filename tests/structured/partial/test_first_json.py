"""JSON in a text that comes in pieces: the same that is found in the whole."""

from __future__ import annotations

import pytest

from dragoman.structured.finding import first_json
from dragoman.structured.partial import NOTHING, NotJson, Reader
from dragoman.structured.partial.first_json import FirstJson

TEXTS: list[str] = [
    '{"a": 1}',
    'Here it is:\n```json\n{"a": [1, 2]}\n```\nAnything else?',
    'Use {braces} as {"a": 1, "b": {"c": 2}} and {more}',
    '[note] {"a": 1}',
    '{"a": 1} {"a": 2}',
    '{"a": 1, oops} then {"a": 2}',
    '{{"a": 1}}',
    '"{" {"a": "}"}',
    "``` {'a': 1} ``` {\"a\": 1}",
]


@pytest.mark.parametrize("lists", [False, True], ids=["objects", "lists too"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_same_as_in_the_whole_text(text: str, lists: bool) -> None:
    wanted = Reader()
    wanted.feed(first_json(text, lists=lists))
    for size in range(1, len(text)):
        finder = FirstJson(Reader, lists=lists)
        for at in range(0, len(text), size):
            finder.feed(text[at : at + size])
        assert finder.whole
        assert finder.show() == wanted.show()


def test_a_list_is_found_where_one_is_looked_for() -> None:
    text = "a list: [1, 2] and more"
    shown = {lists: FirstJson(Reader, lists=lists) for lists in (False, True)}
    for finder in shown.values():
        finder.feed(text)
    assert {lists: finder.show() for lists, finder in shown.items()} == {False: NOTHING, True: [1, 2]}


def test_nothing_is_shown_before_it_begins_and_nothing_changes_after_it_ends() -> None:
    finder = FirstJson(Reader, lists=False)
    assert not finder.feed("The answer is [1]: ")
    assert (finder.show(), finder.is_complete()) == (NOTHING, False)
    assert finder.feed('{"a": 1')
    assert finder.show() == {}
    assert finder.feed("} and")
    assert finder.is_complete(["a"])
    assert not finder.feed(' more {"b": 2}')
    assert finder.show() == {"a": 1}


def test_what_turns_out_to_be_none_is_taken_back() -> None:
    finder = FirstJson(Reader, lists=False)
    finder.feed('{"a": "x", ')
    assert finder.show() == {"a": "x"}
    assert finder.feed("sorry}")
    assert finder.show() is NOTHING
    assert finder.feed(' {"b": "')
    assert finder.show() == {"b": ""}


def test_a_text_full_of_braces_is_given_up() -> None:
    finder = FirstJson(Reader, lists=False)
    with pytest.raises(NotJson, match="first braces"):
        finder.feed("{x" * 100)
