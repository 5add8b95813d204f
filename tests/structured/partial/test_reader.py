"""JSON in pieces: at every cut the value so far is what an independent parser makes of the text so far."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from dragoman.structured.partial import NOTHING, NotJson, Reader
from dragoman.structured.partial.nodes import RAW, Leaf, ListOf
from dragoman.structured.partial.reader import MOST_LEVELS
from dragoman.structured.partial.scalars import TooDeep

CORPUS: dict[str, str] = {
    "an object": '{"name": "Ada", "age": 36, "tags": ["a", "b"], "home": {"city": "London", "zip": null}}',
    "spaces everywhere": ' {\n "a" :\t1 ,\r\n "b" : [ ] , "c" : { } , "d" : [ 1 , 2 ] } \n',
    "escapes": r'{"a": "\"\\\/\b\f\n\r\t", "b\"\u00e9": "x"}',
    "escapes of characters": r'["\u0041\u00e9\u20ac", "\u0000", "\uffff"]',
    "surrogates": r'["\ud83d\ude00", "a\ud83d\ude00b\uD834\uDD1E"]',
    "characters of two to four bytes": '{"é": "€uro", "x": "😀𝄞", "": "ß"}',
    "numbers": "[0, -0, 12, -12.5, 1e10, 1E-3, 2.5e+2, 123456789012345678901234567890]",
    "literals": '[true, false, null, {"a": true, "b": null}]',
    "names of no numbers": "[NaN, Infinity, -Infinity]",
    "a text alone": '"only a text"',
    "a number alone": "-12.75",
    "a literal alone": "true",
    "an empty object": "{}",
    "an empty list": "[]",
    "depth": "[" * 50 + '{"a": [{}]}' + "]" * 50,
    "a name twice": '{"a": 1, "b": 2, "a": {"c": "x"}, "b": "y"}',
    "texts that look like JSON": r'{"a": "{\"b\": [1, 2", "c": "]}"}',
}

_UNFINISHED_NUMBER = re.compile(r"-?[0-9][-+.0-9eE]*\Z|-\Z")


def parsed(text: str) -> Any:
    """`text` as far as it goes, by pydantic's parser; `NOTHING` when there is no value yet."""
    try:
        return from_json(text, allow_partial="trailing-strings")
    except ValueError:
        return NOTHING


def expected(text: str) -> Any:
    """What is to be shown of `text`.

    In one thing we differ from pydantic: a number is shown when something follows it. "12" may become 123, and what
    has been shown is not to be taken back.
    """
    return parsed(text) if _in_text(text) else parsed(_UNFINISHED_NUMBER.sub("", text))


def _in_text(text: str) -> bool:
    """Whether `text` ends within a string."""
    return re.sub(r"\\.", "", text).count('"') % 2 == 1


def same(one: Any, other: Any) -> bool:
    """Equal, of equal types, and no-number equal to itself."""
    return repr(one) == repr(other)


def read(pieces: Iterable[str | bytes], reader: Reader | None = None) -> Reader:
    reader = reader or Reader()
    for piece in pieces:
        reader.feed(piece)
    return reader


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_at_every_cut_the_value_is_that_of_the_text_so_far(text: str) -> None:
    reader = Reader()
    for end, character in enumerate(text, 1):
        reader.feed(character)
        assert same(reader.show(), expected(text[:end])), text[:end]
    reader.finish()
    assert same(reader.show(), json.loads(text))


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
@pytest.mark.parametrize("as_bytes", [False, True], ids=["text", "bytes"])
def test_where_it_is_cut_changes_nothing(text: str, as_bytes: bool) -> None:
    """Every cut in two, inside characters too; and every size of pieces up to seven."""
    whole: Any = text.encode() if as_bytes else text
    cuts = [[whole[:at], whole[at:]] for at in range(len(whole) + 1)]
    cuts += [[whole[at : at + size] for at in range(0, len(whole), size)] for size in range(1, 8)]
    for pieces in cuts:
        reader = read(pieces)
        reader.finish()
        assert same(reader.show(), json.loads(text)), pieces


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The first character tables are slow to make on a busy machine."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@unhurried
@given(JSON, st.booleans(), st.sampled_from([None, 1]), st.data())
def test_any_document_in_any_pieces(value: Any, plain: bool, indent: int | None, data: st.DataObject) -> None:
    text = json.dumps(value, ensure_ascii=plain, indent=indent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    reader = Reader()
    shown: list[tuple[Any, str]] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        reader.feed(text[start:end])
        shown.append((reader.show(), repr(reader.show())))
    reader.finish()
    assert same(reader.show(), json.loads(text))
    assert all(repr(each) == then for each, then in shown), "what was shown once is never changed"


@unhurried
@given(JSON)
def test_at_every_cut_of_any_document(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    reader = Reader()
    for end, character in enumerate(text, 1):
        reader.feed(character)
        assert same(reader.show(), expected(text[:end]))


@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\ud83dx"', '"\\ud83d\\n"', '"\\ud83d\\u0041"', '"\\ude00\\ud83d"'])
def test_a_surrogate_alone_is_read_as_the_standard_library_does(text: str) -> None:
    assert read(text).show() == json.loads(text)


BROKEN: list[str] = [
    "x", "{x", "{1", '{"a"x', '{"a" 1', '{"a":}', '{"a":1 "b"', '{"a":1]', "[1}", "[1 2", "[,", "[1,]", '{"a":1,}',
    "01", "1.x", "-x", ".5 ", "1e ", "nul ", "True", "nullx", "[1]]", '{"a":1} x', '"\\x"', '"\\u12g4"', "'a'", "// a",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_json_is_told(text: str) -> None:
    """Repairing is for the whole answer: here nothing is guessed."""
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    with pytest.raises(NotJson):
        read([text, " "])


@pytest.mark.parametrize("text", BROKEN)
def test_what_was_shown_before_it_broke_stays(text: str) -> None:
    reader = read('{"good": [1, 2], "bad": ')
    shown = reader.show()
    with pytest.raises(NotJson):
        read([text, "]]]"], reader)
    assert shown == {"good": [1, 2]}


def test_bytes_that_are_no_characters_are_told() -> None:
    with pytest.raises(NotJson, match="UTF-8"):
        read([b'["\xff'])


def test_depth_is_limited() -> None:
    reader = read("[" * MOST_LEVELS)
    with pytest.raises(TooDeep):
        reader.feed("[")


# ---------------------------------------------------------------------- what it costs


class Counting(Reader):
    """Counts the steps, and the characters that they are given."""

    steps = 0

    def _run(self, text: str, position: int) -> int:
        Counting.steps += 1
        return super()._run(text, position)


def counted(text: str, size: int) -> int:
    Counting.steps = 0
    read((text[at : at + size] for at in range(0, len(text), size)), Counting())
    return Counting.steps


def test_a_piece_costs_no_more_at_the_end_than_at_the_beginning() -> None:
    """Counted: a long text in so many pieces takes so many steps, and forty times the pieces forty times the steps."""
    few, many = counted('["' + "x" * 400, 2), counted('["' + "x" * 16_000, 2)
    assert few <= 201
    assert many <= 8_001


def test_finished_parts_are_shared_between_snapshots() -> None:
    """What is made anew for each is only what is open."""
    reader = read('{"done": [1, {"x": 1}], "open": [[2], [')
    first = reader.show()
    reader.feed("3")
    second = reader.show()
    assert first is not second
    assert first["done"] is second["done"]
    assert first["open"] is not second["open"]
    assert first["open"][0] is second["open"][0]


def test_what_is_taken_as_a_whole_is_not_built_twice() -> None:
    """An element is handed over as its text, cut wherever it was, and nothing of it is kept."""
    taken: list[str] = []

    def take(text: str | bytes) -> Any:
        taken.append(str(text))
        raise ValueError

    reader = read('[{"a": ["}", "\\u0041"]}, [1, [2]] ,3.10 , "t"]', Reader(ListOf(Leaf(take))))
    assert taken == ['{"a": ["}", "\\u0041"]}', "[1, [2]]", "3.10", "b'\"t\"'"]
    assert reader.show() == []


# ---------------------------------------------------------------------- completeness

PATHS: list[tuple[str, str, bool]] = [
    ("", "", False), ("{", "", False), ("{}", "", True), ("12", "", False), ('"a', "", False), ('"a"', "", True),
    ('{"a": 1', "a", False), ('{"a": 1,', "a", True), ('{"a": 1,', "b", False), ('{"a": 1}', "b", False),
    ('{"a": "x', "a", False), ('{"a": "x"', "a", True), ('{"a": {"b": 1, ', "a.b", True), ('{"a": {"b": 1, ', "a", False),
    ('{"a": {"b": 1}', "a", True), ('{"a": {"b": 1}', "a.b", True), ('{"a": {"b": 1}', "a.c", False),
    ('[{"a": 1}, {"a": 2', "0", True), ('[{"a": 1}, {"a": 2', "0.a", True), ('[{"a": 1}, {"a": 2', "1", False),
    ('[{"a": 1}, {"a": 2', "1.a", False), ('[{"a": 1}, {"a": 2,', "1.a", True), ("[1, 2", "2", False), ("[1]", "0", True),
    ("[1]", "1", False), ("[1]", "0.a", False), ('{"a": 1, "a": ', "a", False), ('{"a": 1, "b', "a", True),
    ('{"a": 1, "b"', "b", False), ('{"a": null}', "a", True), ('{"a": [', "a.0", False), ('{"a": [[1]', "a.0.0", True),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "complete"), PATHS)
def test_completeness_by_path(text: str, path: str, complete: bool) -> None:
    assert read([text]).is_complete(path.split(".") if path else ()) is complete


def test_a_number_alone_is_complete_when_the_text_is_over() -> None:
    reader = read(["12"])
    assert reader.show() is NOTHING
    assert reader.finish()
    assert (reader.show(), reader.whole, reader.is_complete()) == (12, True, True)
    assert not read(["[1"], Reader(RAW)).finish()
