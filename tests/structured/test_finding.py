"""JSON in the text around it, and values in JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dragoman.structured import output_type
from dragoman.structured.finding import TooMany, every_json, in_turn


@pytest.mark.parametrize(
    ("text", "lists", "found"),
    [
        ('{"a": 1}', False, [['{"a": 1}']]),
        ('```json\n{"a": 1}\n```', False, [['{"a": 1}']]),
        ('Here it is: {"a": {"b": "}"}}. Anything else? {"a": 2}', False, [['{"a": {"b": "}"}}', '{"a": 2}']]),
        ('The form {name} is filled: {"a": 1}', False, [['{"a": 1}']]),
        ('As in [1]: {"a": 1}', False, [['{"a": 1}']]),
        ('[{"a": 1}, {"a": 2}]', True, [['[{"a": 1}, {"a": 2}]']]),
        ("It is 42.", True, []),
        ('{"a": 1', False, []),
        ('{"a":' * 100_000, False, []),
        # what the model says to itself
        ('<think>Maybe {"a": 1}?</think>{"a": 2}', False, [['{"a": 2}']]),
        ('So.\n<thinking>{"a": 1}</thinking>\n{"a": 2}', False, [['{"a": 2}']]),
        ('Maybe {"a": 1}?</think>\n{"a": 2}', False, [['{"a": 2}'], ['{"a": 1}']]),
        ('{"a": 1}\nThoughts end with </think> or </thinking>.', False, [['{"a": 1}']]),
        ('```\n{"a": 1}\n```\nOr?</think>\n{"a": 2}', False, [['{"a": 2}'], ['{"a": 1}']]),
        ('<think>Maybe {"a": 1}? Or', False, []),
        ('{"a": 1}, or, <think> {"a": 2}', False, [['{"a": 1}']]),
        ('Here: {"a": "<think>x</think>"}', False, [['{"a": "<think>x</think>"}']]),
        ('Here: {"a": "no </think>"}', False, [['{"a": "no </think>"}']]),
        # code blocks
        ('{"a": 1}\n```json\n{"a": 2}\n```\n```\n{"a": 3}\n```', False, [['{"a": 3}'], ['{"a": 2}'], ['{"a": 1}']]),
        ('```json\n{"a": 1}\n```\nBut: {"a": 2}', False, [['{"a": 1}'], ['{"a": 2}']]),
        ('```json\n{"a": 1}\n{"a": 2}\n```', False, [['{"a": 1}', '{"a": 2}']]),
        ('```json\n{"a": 1}\n```\n```python\nf({"b": 2})\n```', False, [['{"a": 1}'], ['{"b": 2}']]),
        ('{"a": 1}\n```python\nf({"b": 2})\n```', False, [['{"a": 1}', '{"b": 2}']]),
        ('```json\n{"a": "```"}\n```', False, [['{"a": "```"}']]),
        ('```{"a": 1}```', False, [['{"a": 1}']]),
    ],
)
def test_what_may_be_the_answer(text: str, lists: bool, found: list[list[str]]) -> None:
    groups = in_turn(every_json(text, lists=lists, may_close=False))
    assert [[each.text for each in group] for group in groups] == found


def test_what_is_too_much_is_not_searched_for_an_answer() -> None:
    with pytest.raises(TooMany):
        every_json("{" * 10_000, lists=False, may_close=False)


class Contact(BaseModel):
    name: str
    born: date


ANN = '{"name": "Ann", "born": "1990-01-02"}'


@pytest.mark.parametrize(
    ("wanted", "text", "value"),
    [
        (Contact, ANN, Contact(name="Ann", born=date(1990, 1, 2))),
        (list[Contact], f'{{"value": [{ANN}]}}', [Contact(name="Ann", born=date(1990, 1, 2))]),
        (list[Contact], f"[{ANN}]", [Contact(name="Ann", born=date(1990, 1, 2))]),
        (int, "42", 42),
        (int, '{"value": 123456789012345678901234567890}', 123456789012345678901234567890),
        (set[date], '{"value": ["1990-01-02"]}', {date(1990, 1, 2)}),
        (dict[str, int], '{"value": 1}', {"value": 1}),
    ],
)
def test_a_value(wanted: Any, text: str, value: Any) -> None:
    assert output_type(wanted).parse(text) == value


@pytest.mark.parametrize(
    ("wanted", "text"), [(Contact, "no"), (int, '{"other": 1}'), (int, '{"value": "x"}'), (int, "")]
)
def test_no_value(wanted: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        output_type(wanted).parse(text)
