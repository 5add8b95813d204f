"""`null` for what was left out: read as left out, where the type takes no `null`, and nowhere else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

from dragoman.structured import output_type
from dragoman.structured.absent import without_absent


class Line(BaseModel):
    item: str
    count: int = 1
    note: str | None = "none"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool = True


class Order(BaseModel):
    lines: list[Line] = []
    best: Line = Line(item="best")
    by_name: dict[str, Line] = {}
    pet: Cat | Dog = Cat()
    pair: tuple[Line, int] = (Line(item="pair"), 1)
    total: Decimal = Decimal(0)
    parent: Order | None = None


@pytest.mark.parametrize(
    ("wanted", "text", "value"),
    [
        (Line, '{"item": "a", "count": null}', Line(item="a")),
        (Line, '{"item": "a", "count": null, "note": null}', Line(item="a", note=None)),
        (Line, '{"item": "a", "count": null, "unknown": null}', Line(item="a")),
        (list[Line], '[{"item": "a", "count": null}]', [Line(item="a")]),
        (list[Line], '{"value": [{"item": "a", "count": null}]}', [Line(item="a")]),
        (dict[str, Line], '{"a": {"item": "a", "count": null}}', {"a": Line(item="a")}),
        (Line | None, '{"item": "a", "count": null}', Line(item="a")),
        (Order, '{"lines": [{"item": "a", "count": null}], "best": null}', Order(lines=[Line(item="a")])),
        (Order, '{"by_name": {"a": {"item": "a", "count": null}}}', Order(by_name={"a": Line(item="a")})),
        (Order, '{"pet": {"kind": "dog", "good": null}}', Order(pet=Dog(kind="dog"))),
        (Order, '{"pet": {"kind": null, "lives": 3}}', Order(pet=Cat(lives=3))),
        (Order, '{"pair": [{"item": "a", "count": null}, 2]}', Order(pair=(Line(item="a"), 2))),
        (Order, '{"parent": {"best": null}}', Order(parent=Order())),
        (
            Order,
            '{"best": null, "total": 123456789012345678901234567890}',
            Order(total=Decimal(123456789012345678901234567890)),
        ),
    ],
)
def test_it_is_left_out(wanted: Any, text: str, value: Any) -> None:
    assert output_type(wanted).parse(text) == value


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (Line, '{"item": null}'),
        (list[int], "[null]"),
        (Line, '{"item": "a", "count": null, "note": 1}'),
        (Line, '{"item": "a", "count": NaN}'),
        (Line, "no"),
        (Line, '{"item": ' + "[" * 100_000),
    ],
)
def test_what_is_wrong_stays_wrong(wanted: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        output_type(wanted).parse(text)


def test_the_error_is_about_what_is_left() -> None:
    with pytest.raises(ValidationError) as caught:
        output_type(Line).parse('{"item": 1, "count": null}')
    assert [error["loc"] for error in caught.value.errors()] == [("item",)]


class Own(BaseModel):
    """Has its own way with `null`."""

    count: int = 1

    @field_validator("count", mode="before")
    @classmethod
    def from_null(cls, value: Any) -> Any:
        return 0 if value is None else value


def test_an_answer_that_fits_is_taken_as_it_is() -> None:
    assert output_type(Own).parse('{"count": null}') == Own(count=0)


def test_context_and_strictness_hold_the_second_time_too() -> None:
    class Told(BaseModel):
        count: int = 1
        name: str

        @field_validator("name")
        @classmethod
        def known(cls, name: str, info: Any) -> str:
            return f"{name} of {info.context['house']}"

    output = output_type(Told)
    assert output.parse('{"count": null, "name": "a"}', context={"house": "h"}).name == "a of h"
    with pytest.raises(ValidationError, match="valid string"):
        output.parse('{"count": null, "name": 1}', context={"house": "h"}, strict=True)


class Law(BaseModel):
    a: int
    b: int = 2
    c: str = "c"
    d: list[int] = [1]
    e: float | None = 0.5
    f: Line = Field(default=Line(item="f"))


LEFT_OUT = ("b", "c", "d", "f")
"""Those that have a default and take no `null`."""


@given(
    value=st.builds(Law, a=st.integers(), b=st.integers(), c=st.text(), d=st.lists(st.integers())),
    gone=st.sets(st.sampled_from(LEFT_OUT)),
)
def test_null_is_as_good_as_nothing(value: Law, gone: set[str]) -> None:
    """A law: whichever of these are `null`, the value is that of an answer that leaves them out."""
    whole = value.model_dump(mode="json")
    without = {name: each for name, each in whole.items() if name not in gone}
    with_nulls = {name: None if name in gone else each for name, each in whole.items()}
    expected = TypeAdapter(Law).validate_json(json.dumps(without))
    assert output_type(Law).parse(json.dumps(with_nulls)) == expected


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_where_nothing_is_left_out_nothing_is_changed(value: Any) -> None:
    assert (
        without_absent(json.dumps(value), {"type": "object", "properties": {"a": {"type": ["null", "string"]}}}) is None
    )


class Rated(BaseModel):
    takes_null: int | None = 5
    takes_none: int = 5


def test_null_where_it_may_be_what_is_meant_is_no_default() -> None:
    """As the documentation says: only where the type takes no `null` can it mean that the field was left out."""
    assert output_type(Rated).parse('{"takes_null": null, "takes_none": null}') == Rated(takes_null=None, takes_none=5)
