"""JSON that is nearly right, and JSON that is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter
from pydantic_core import from_json

from dragoman.structured import OutputType, Rules, output_type
from dragoman.structured.finding import AROUND, Candidate, TooMany, every_json
from dragoman.structured.reading import read
from dragoman.structured.repair import BeyondRepair, repaired

COMMA = "a comma too many was taken out"
NO_COMMA = "a missing comma was put in"
COMMENTS = "comments were taken out"
QUOTES = "quotes were made double"
NAMES = "names were put in quotes"
PYTHON = "Python's words were made JSON's"
CONTROLS = "control characters in texts were escaped"
ESCAPES = "escapes that JSON does not have were mended"
BRACKETS = "missing brackets at the end were put in"
TWICE = "JSON inside a text was read"
FITS = "of several in the text, the one that fits was read"
IN_BLOCK = "of several in the text, that of the last code block that fits was read"

MENDED: list[tuple[str, Any, list[str]]] = [
    ('{"a": 1,}', {"a": 1}, [COMMA]),
    ("[1, 2,, 3, ]", [1, 2, 3], [COMMA]),
    ("{,}", None, []),
    ('{"a": 1 "b": [2\n{"c": 3}]}', {"a": 1, "b": [2, {"c": 3}]}, [NO_COMMA]),
    ('["say "" now"]', None, []),  # a quote inside a text, more likely than two texts
    ('{"a": 1, // one\n "b": /* two */ 2}', {"a": 1, "b": 2}, [COMMENTS]),
    ('{"a": 1 /* without an end }', None, []),
    ("{'a': 'it\\'s \"so\"'}", {"a": 'it\'s "so"'}, [QUOTES, ESCAPES]),
    ("{\u201ca\u201d: \u201cit's\u201d}", {"a": "it's"}, [QUOTES]),
    ("{a: 1, $b-c: 2}", {"a": 1, "$b-c": 2}, [NAMES]),
    ('{"a": True, "b": False, "c": None, "d": undefined}', {"a": True, "b": False, "c": None, "d": None}, [PYTHON]),
    ('{"a": yes}', None, []),
    ('{"a": "x\ny\tz\x00"}', {"a": "x\ny\tz\x00"}, [CONTROLS]),
    (r'{"a": "\d+ \u00e9 \" \u12"}', {"a": '\\d+ é " \\u12'}, [ESCAPES]),
    ('{"a": 01}', None, []),
    ('{"a": -1.5e3, "b": 1.}', None, []),
    ('{"a": [1, {"b": "x"', {"a": [1, {"b": "x"}]}, [BRACKETS]),
    ('{"a": 1,', {"a": 1}, [BRACKETS]),
    ("[", [], [BRACKETS]),
    ('{"a": "x', None, []),  # who knows how it goes on
    ('{"a":', None, []),
    ('{"a"', None, []),
    ('{"a": 1]', None, []),
    ('{"a": 1}} and more', {"a": 1}, []),
    ("'a'", None, []),
]


@pytest.mark.parametrize(("text", "value", "repairs"), MENDED, ids=[row[0][:30] for row in MENDED])
def test_what_is_nearly_json_is_made_right(text: str, value: Any, repairs: list[str]) -> None:
    if value is None:
        with pytest.raises(BeyondRepair):
            repaired(text, may_close=True)
    else:
        mended = repaired(text, may_close=True)
        assert (json.loads(mended.text), sorted(mended.repairs)) == (value, sorted(repairs))


@pytest.mark.parametrize("text", ['{"a": [1', '{"a": {"b": 2}', "["])
def test_what_may_be_cut_off_is_not_closed(text: str) -> None:
    with pytest.raises(BeyondRepair):
        repaired(text)


# ---------------------------------------------------------------------- laws

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
WRITINGS = st.builds(
    json.dumps, VALUES, ensure_ascii=st.booleans(), indent=st.none() | st.integers(0, 3), sort_keys=st.booleans()
)


class _Asked(OutputType[Any]):
    """Takes anything, and keeps what it was given."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.wrapped = True

    def parse(self, text: str, **_: Any) -> Any:
        self.seen.append(text)
        return TypeAdapter(Any).validate_json(text)


@given(WRITINGS)
def test_right_json_is_passed_on_byte_for_byte(text: str) -> None:
    asked = _Asked()
    found = read(asked, text, Rules(), may_close=True)
    assert asked.seen == [text]
    assert found.repairs == ()


@given(WRITINGS.filter(lambda text: text[0] in "{["))
def test_right_json_is_found_as_it_stands(text: str) -> None:
    assert [(each.text, each.repairs) for each in every_json(text, lists=True, may_close=True)] == [(text, ())]


@given(WRITINGS.filter(lambda text: text[0] in "{["))
def test_what_is_right_reads_the_same_through_the_mender(text: str) -> None:
    mended = repaired(text)
    assert (json.loads(mended.text), mended.repairs, mended.end) == (json.loads(text), (), len(text))


@given(st.text(alphabet="{}[]\"':,/*\\ \nau1TN\u201c\u201d", max_size=60))
def test_what_is_mended_is_json(text: str) -> None:
    for each in every_json(text, lists=True, may_close=True):
        from_json(each.text)


# ---------------------------------------------------------------------- time


class Steps(str):
    """A text that counts how often it was asked for a character."""

    __slots__ = ("taken",)

    def __getitem__(self, key: Any) -> str:
        self.taken = getattr(self, "taken", 0) + 1
        return super().__getitem__(key)


HOSTILE = {
    "open braces": "{",
    "open brackets": "[",
    "names without end": '{"a":',
    "quotes": '"',
    "single quotes": "{'",
    "curly quotes": "{\u201c",
    "comments": "/*",
    "line comments": "{//\n",
    "commas": "[,",
    "backslashes": '{"\\',
    "words": "{a ",
    "closed at once": "{}",
    "thoughts": "<think>",
    "ends of thoughts": "</think>",
    "code blocks": "```",
    "code blocks of JSON": "```json\n{",
}


def searched(text: str) -> list[Candidate]:
    try:
        return every_json(text, lists=True, may_close=True)
    except TooMany:
        return []


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_steps_grow_with_the_length(piece: str) -> None:
    """Counted, not timed: at ten times the length, at most about ten times the steps."""
    taken = []
    for times in (400, 4000):
        text = Steps(piece * times)
        searched(text)
        taken.append(getattr(text, "taken", 0))
    assert taken[1] <= 11 * taken[0] + 600


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_long_hostile_answer_ends(piece: str) -> None:
    """Within the limit of every test; what is quadratic would take hours."""
    text = piece * (300_000 // len(piece))
    ends = [each.end for each in searched(text)]
    assert ends == sorted(set(ends))
    assert len(ends) <= 50


# ---------------------------------------------------------------------- whole answers


class Address(BaseModel):
    city: str


class Person(BaseModel):
    name: str
    age: int = 0
    address: Address | None = None
    skills: list[str] = []


class Skills(BaseModel):
    skills: list[str] = []


ANN = Person(name="Ann", age=3)

ANSWERS: dict[str, tuple[Any, str, Any, list[str]]] = {
    # what: the type, the answer, the value, what was repaired
    "right": (Person, ' {"name": "Ann", "age": 3}\n', ANN, []),
    "a code block": (Person, 'Some data:\n```json\n{"name": "Ann", "age": 3}\n```\nMore.', ANN, [AROUND]),
    "a code block of no language": (Person, '```\n{"name": "Ann", "age": 3}\n```', ANN, [AROUND]),
    "a broken code block": (Person, '``json\n{"name": "Ann", "age": 3}\n``', ANN, [AROUND]),
    "a code block in another": (Person, '```\nso\n```json\n{"name": "Ann", "age": 3}\n```\n```', ANN, [AROUND]),
    "prose around": (Person, 'Here: {"name": "Ann", "age": 3} End.', ANN, [AROUND]),
    "given twice": (Person, '{"name": "Ann", "age": 3}\n{"name": "Ann", "age": 3}', ANN, [AROUND]),
    "two, of which the second fits": (Person, 'Not {"x": 1} but {"name": "Ann", "age": 3}', ANN, [FITS, AROUND]),
    "thoughts": (Person, '<think>{"name": "Bo"}?</think>{"name": "Ann", "age": 3}', ANN, [AROUND]),
    "an example, then the answer": (Person, 'As {"name": "Bo"}:\n```json\n{"name": "Ann", "age": 3}\n```', ANN,
                                    [IN_BLOCK, AROUND]),
    "a draft, then the answer": (
        Person, 'First:\n```json\n{"name": "Bo"}\n```\nCorrected:\n```json\n{"name": "Ann", "age": 3}\n```', ANN,
        [IN_BLOCK, AROUND],
    ),
    "an answer, then a remark": (Person, '```json\n{"name": "Ann", "age": 3}\n```\nNot {"x": 1}.', ANN,
                                 [IN_BLOCK, AROUND]),
    "an empty one that fits": (Skills, 'An empty set {} is not it:\n```json\n{"skills": ["go"]}\n```',
                               Skills(skills=["go"]), [IN_BLOCK, AROUND]),
    "a last block that does not fit": (
        Person, '```json\n{"name": "Ann", "age": 3}\n```\nIt follows:\n```json\n{"type": "object"}\n```', ANN,
        [IN_BLOCK, AROUND],
    ),
    "three blocks, of which the second fits": (
        Person, '```\n{"name": 1}\n```\n```\n{"name": "Ann", "age": 3}\n```\n```\n{"name": 2}\n```', ANN, [IN_BLOCK, AROUND],
    ),
    "a last block that says nothing, where nothing must be said": (
        Skills, '```\n{"skills": ["go"]}\n```\nNone:\n```\n{}\n```', Skills(), [IN_BLOCK, AROUND],
    ),
    "a block, and prose behind it": (
        Person, '```\n{"name": "Ann", "age": 3}\n```\nNot {"name": "Bo"}.', ANN, [IN_BLOCK, AROUND],
    ),
    "prose, and a block that does not fit": (
        Person, '{"name": "Ann", "age": 3}\n```json\n{"type": "object"}\n```', ANN, [FITS, AROUND],
    ),
    "an answer, and then words about thoughts": (
        Person, '{"name": "Ann", "age": 3}\nThe tag </think> ends them.', ANN, [AROUND],
    ),
    "an answer, words about thoughts and an example": (
        Person, '{"name": "Ann", "age": 3}\nBehind </think> stands {"type": "object"}.', ANN, [FITS, AROUND],
    ),
    "thoughts that had no beginning": (
        Person, '{"name": "Bo"}?</think>{"name": "Ann", "age": 3}', ANN, [FITS, AROUND],
    ),
    "braces in prose": (Person, 'Fill {name}: {"name": "Ann", "age": 3}', ANN, [AROUND]),
    "a mark of the byte order": (Person, '\ufeff{"name": "Ann", "age": 3}', ANN, [AROUND]),
    "braces in a text": (Person, '{"name": "A {b} }", "age": 3}', Person(name="A {b} }", age=3), []),
    "escaped quotes": (Person, '{"name": "\\"Ann\\""}', Person(name='"Ann"'), []),
    "other scripts": (Person, 'Hai: {"name": "こんにちは 😀"}', Person(name="こんにちは 😀"), [AROUND]),
    "backslashes": (Person, r'{"name": "C:\\Users"}', Person(name=r"C:\Users"), []),
    "comments": (Person, '```\n{\n "name": "Ann", // her name\n "age": 3\n /* that\n is all */\n}\n```', ANN,
                 [AROUND, COMMENTS]),
    "line breaks in a text": (Person, '{"name": "Ann\nBo", "age": 3}', Person(name="Ann\nBo", age=3), [CONTROLS]),
    "line breaks in a text, and prose": (Person, 'So: {"name": "A\tB"}', Person(name="A\tB"), [AROUND, CONTROLS]),
    "bare names": (Person, 'This: { name: "Ann", age: 3 }', ANN, [AROUND, NAMES]),
    "python": (Person, "{'name': 'Ann', 'age': 3, 'address': None,}", ANN, [QUOTES, PYTHON, COMMA]),
    "an object that was not closed": (Person, '{"name": "Ann", "age": 3', ANN, [BRACKETS]),
    "an inner object as a text": (
        Person, '{"name": "Ann", "age": 3, "address": "{\\"city\\": \\"Ulm\\"}"}',
        Person(name="Ann", age=3, address=Address(city="Ulm")), [TWICE],
    ),
    "a list as a text": (Person, '{"name": "Ann", "age": 3, "skills": "[\\"go\\"]"}',
                         Person(name="Ann", age=3, skills=["go"]), [TWICE]),
    "all as a text": (Person, json.dumps('{"name": "Ann", "age": 3}'), ANN, [TWICE]),
    "all as a text of a text": (Person, json.dumps(json.dumps('{"name": "Ann", "age": 3}')), ANN, [TWICE]),
    "items as texts": (list[Person], '{"value": ["{\\"name\\": \\"Ann\\", \\"age\\": 3}"]}', [ANN], [TWICE]),
    "a list as a text, wrapped": (list[Person], '{"value": "[{\\"name\\": \\"Ann\\", \\"age\\": 3}]"}', [ANN], [TWICE]),
    "a list that is not wrapped": (list[Person], 'Here: [{"name": "Ann", "age": 3}]', [ANN], [AROUND]),
    "nearly right, and a part as a text": (
        Person, '{"name": "Ann", "age": 3, "address": "{\\"city\\": \\"Ulm\\"}",}',
        Person(name="Ann", age=3, address=Address(city="Ulm")), [COMMA, TWICE],
    ),
    "a text that looks like JSON": (Person, '{"name": "{\\"a\\": 1}"}', Person(name='{"a": 1}'), []),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "text", "value", "repairs"), ANSWERS.values(), ids=ANSWERS)
def test_answers(wanted: Any, text: str, value: Any, repairs: list[str]) -> None:
    found = read(output_type(wanted), text, Rules(), may_close=True)
    assert found.value == value
    assert [repair.why for repair in found.repairs] == repairs
    assert {repair.effect for repair in found.repairs} <= {"repaired"}


UNFIT: dict[str, tuple[str, str]] = {
    # what: the answer, what is wrong with it
    "nothing": ("", "Invalid JSON"),
    "prose": ("Ann is three.", "Invalid JSON"),
    "a text without its end": ('{"address": {"city": "Ulm"}, "name": "An', "Invalid JSON"),
    "a missing quote": ('{"name": "Invalid, "age": 20}', "Invalid JSON"),
    "a wrong field": ('{"name": "Ann", "age": "three"}', "age"),
    "a wrong field, around which is prose": ('Here: {"name": "Ann", "age": "three"}', "age"),
    "a wrong field in what was mended": ('{"name": "Ann", "age": "three",}', "age"),
    "several that fit": ('{"name": "Ann"} {"name": "Bo"}', "several different"),
    "two in the last code block": ('{"name": "Cy"}\n```\n{"name": "Ann"}\n{"name": "Bo"}\n```', "several different"),
    "several in prose, and a block that does not fit": (
        '{"name": "Ann"} {"name": "Bo"}\n```\n{"name": 3}\n```',
        "several different",
    ),
    "two in a block before one that does not fit": (
        '```\n{"name": "Ann"}\n{"name": "Bo"}\n```\n```\n{"name": 3}\n```',
        "several different",
    ),
    "a block that does not fit, and prose that does not": ('```\n{"name": 3}\n```\n{"age": "no"}', "name\n"),
    "several before an end of thoughts": ('{"name": "Ann"}, or {"name": "Bo"}.</think> {so}', "several different"),
    "only thoughts": ('<think>{"name": "Ann", "age": 3}', "Invalid JSON"),
    "too many braces": ('{"name": "Ann", "age": 3}' + "{x" * 60, "so many braces"),
    "a part as a text, that does not fit": ('{"name": "Ann", "address": "{\\"town\\": \\"Ulm\\"}"}', "address"),
}


@pytest.mark.parametrize(("text", "said"), UNFIT.values(), ids=UNFIT)
def test_what_is_said_of_what_does_not_fit(text: str, said: str) -> None:
    """As near to the value as could be come; an object inside one that is broken off is no answer."""
    with pytest.raises(ValueError, match=said):
        read(output_type(Person), text, Rules(), may_close=True)


def test_numbers_keep_their_digits_when_a_text_beside_them_is_read() -> None:
    text = '{"amounts": [0.1234567890123456789], "inner": "{\\"n\\": 12345678901234567890}"}'

    class Exact(BaseModel):
        amounts: list[Any]
        inner: dict[str, int]

    found = read(output_type(Exact), text, Rules())
    assert found.value.inner == {"n": 12345678901234567890}
    assert found.value.amounts == [0.1234567890123456789]


def test_where_a_text_was_read_is_said() -> None:
    text = '{"name": "Ann", "address": "{\\"city\\": \\"Ulm\\"}"}'
    (repair,) = read(output_type(Person), text, Rules()).repairs
    assert str(repair) == "`answer.address` was repaired: JSON inside a text was read"
