"""JSON Schemas of callers: what is wrong with a value, and schemas that are meant to harm."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.errors import Rejected
from dragoman.gateway.schema_check import check_of

PERSON = {"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}, "required": ["age", "name"]}


@pytest.mark.parametrize(
    ("schema", "value", "wrong"),
    [
        (PERSON, {"age": 1, "name": "x"}, None),
        (PERSON, {"age": "sesame", "name": "x"}, 'age: does not fit `type`: "integer"'),
        (PERSON, {"age": -1}, "age: does not fit `minimum`: 0\nrequired and missing: name"),
        ({"items": PERSON}, [{"age": 1, "name": "x"}, {"age": 1}], "1: required and missing: name"),
        ({"enum": ["a" * 80]}, "sesame", f'does not fit `enum`: ["{"a" * 58}...'),
        ({"items": {"type": "null"}}, list(range(9)), None),
        ({"pattern": "b+$"}, "abb", None),
        ({"pattern": "b+$"}, "ba", 'does not fit `pattern`: "b+$"'),
        ({"pattern": "(?=x)y"}, "n", None),
        ({"patternProperties": {"^a": {"type": "null"}}}, {"ab": 1, "b": 1}, 'ab: does not fit `type`: "null"'),
        ({"type": "string", "format": "email"}, "none", None),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}, 1, "minimum"),
        (True, 1, None),
        (False, 1, "does not fit"),
    ],
)
def test_what_is_wrong_is_said_and_not_the_value(schema: Any, value: Any, wrong: str | None) -> None:
    found = check_of(schema)(value)
    if schema == {"items": {"type": "null"}}:
        assert found is not None
        assert found.splitlines()[-1] == "and 4 more"
    elif wrong is None:
        assert found is None
    else:
        assert found is not None
        assert wrong in found
        assert "sesame" not in found


def doubling(depth: int) -> dict[str, Any]:
    """A schema whose check takes twice as long for each level."""
    levels = {f"l{n}": {"anyOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 2} for n in range(depth)}
    return {"$ref": "#/$defs/l0", "$defs": {**levels, f"l{depth}": False}}


@pytest.mark.parametrize(
    ("schema", "value", "why"),
    [
        ({"type": "nothing"}, 1, "no JSON Schema"),
        ({"$ref": "#"}, 1, "without end"),
        ({"$ref": "#/$defs/none"}, 1, "not in it"),
        ({"$ref": "http://127.0.0.1:9/x"}, 1, "not in it"),
        (doubling(60), 1, "too long"),
    ],
    ids=["no schema", "endless", "nowhere", "fetched", "doubling"],
)
def test_harm_is_refused(schema: Any, value: Any, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        check_of(schema)(value)


def test_a_pattern_cannot_be_made_to_search_for_ever() -> None:
    """By Python's engine this takes longer than anybody lives."""
    assert check_of({"pattern": "^(a+)+$"})("a" * 5_000 + "b") is not None
    assert check_of({"patternProperties": {"^(a+)+$": False}})({"a" * 5_000 + "b": 1}) is None


def test_a_schema_is_compiled_once() -> None:
    assert check_of({"type": "null"}) is check_of({"type": "null"})
