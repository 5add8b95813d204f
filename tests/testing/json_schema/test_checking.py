"""The checker agrees with `jsonschema`, keyword by keyword."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.testing.json_schema import Checker
from dragoman.testing.json_schema.checking import UnknownReference

SCHEMAS: list[Any] = [
    True,
    False,
    {"type": "integer"},
    {"type": ["string", "null"]},
    {"const": 1},
    {"const": {"a": [True]}},
    {"enum": [1, "a", None, False]},
    {"minimum": 1, "maximum": 2},
    {"exclusiveMinimum": 1, "exclusiveMaximum": 3},
    {"multipleOf": 0.5},
    {"minLength": 1, "maxLength": 2},
    {"pattern": "^a+$"},
    {"minItems": 1, "maxItems": 2},
    {"uniqueItems": True},
    {"items": {"type": "integer"}},
    {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    {"contains": {"const": 1}, "maxContains": 1},
    {"contains": {"const": 1}, "minContains": 0},
    {"required": ["a"]},
    {"properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
    {"propertyNames": {"maxLength": 1}},
    {"minProperties": 1, "maxProperties": 1},
    {"dependentRequired": {"a": ["b"]}},
    {"allOf": [{"minimum": 1}, {"maximum": 2}]},
    {"anyOf": [{"type": "string"}, {"minimum": 2}]},
    {"oneOf": [{"minimum": 1}, {"maximum": 1}]},
    {"not": {"type": "integer"}},
    {"if": {"type": "integer"}, "then": {"minimum": 1}, "else": {"type": "string"}},
    {"$ref": "#/$defs/x", "$defs": {"x": {"type": "array", "items": {"$ref": "#/$defs/x"}}}},
]

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 3), st.sampled_from([0.5, 1.0, 2.5]), st.sampled_from(["", "a", "aa", "b", "ab"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "ab"]), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@given(value=values)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_agrees_with_a_known_judge(schema: Any, value: Any) -> None:
    assert Checker(schema).fits(value) == jsonschema.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("reference", ["#/$defs/a", "#/0", "#/items/x", "elsewhere.json#/a"])
def test_a_reference_that_leads_nowhere(reference: str) -> None:
    with pytest.raises(UnknownReference):
        Checker({"$ref": reference, "items": [1]}).fits(1)


FORMATS = [
    ("date", "2024-02-29", "2023-02-29"),
    ("date-time", "2024-02-03T04:05:06Z", "2024-02-03"),
    ("time", "04:05:06Z", "25:00:00"),
    ("duration", "P3DT4H", "P"),
    ("email", "ada@example.org", "ada@"),
    ("uri", "https://example.org/x?y=1", "example.org"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
    ("ipv4", "192.0.2.7", "192.0.2.777"),
    ("ipv6", "2001:db8::1", "2001:db8:::1"),
    ("ipv4network", "10.1.0.0/16", "10.1.0.1/16"),
    ("hostname", "a-b.example.org", "-a.example.org"),
    ("byte", "YWJj", "YWJ*"),
    ("regex", "^a+$", "a)"),
    ("something-new", "anything", None),
]


@pytest.mark.parametrize(("name", "good", "bad"), FORMATS, ids=lambda value: str(value)[:12])
def test_formats(name: str, good: str, bad: str | None) -> None:
    checker = Checker({"format": name})
    assert checker.fits(good)
    assert checker.fits(7), "formats are for text alone"
    assert bad is None or not checker.fits(bad)
