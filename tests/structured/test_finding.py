"""JSON in the text around it, and values in JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dragoman.structured import output_type
from dragoman.structured.finding import first_json


@pytest.mark.parametrize(
    ("text", "lists", "found"),
    [
        ('{"a": 1}', False, '{"a": 1}'),
        ('```json\n{"a": 1}\n```', False, '{"a": 1}'),
        ('Here it is: {"a": {"b": "}"}}. Anything else? {"a": 2}', False, '{"a": {"b": "}"}}'),
        ('The form {name} is filled: {"a": 1}', False, '{"a": 1}'),
        ('As in [1]: {"a": 1}', False, '{"a": 1}'),
        ('[{"a": 1}, {"a": 2}]', True, '[{"a": 1}, {"a": 2}]'),
        ("It is 42.", True, "It is 42."),
        ('{"a": 1', False, '{"a": 1'),
        ("{" * 10_000, False, "{" * 10_000),
        ('{"a":' * 100_000, False, '{"a":' * 100_000),
    ],
)
def test_the_first_json(text: str, lists: bool, found: str) -> None:
    assert first_json(text, lists=lists) == found


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
