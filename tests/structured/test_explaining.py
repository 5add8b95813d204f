"""What is said of an answer that does not fit: to the model with its values, to everybody else without."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dragoman.exceptions import AsyncValidationError, ResponseParsingError
from dragoman.structured.explaining import MOST_LINES, explained, without_values


class Item(BaseModel):
    price: float = Field(gt=0)
    kind: Literal["a", "b"] = "a"


class Order(BaseModel):
    items: list[Item]
    note: str = ""
    code: SecretStr | None = None

    @field_validator("note")
    @classmethod
    def is_lower(cls, value: str) -> str:
        if value.isupper():
            raise AssertionError("no shouting")  # pytest would say more than an assert statement does
        if "x" in value:
            raise ValueError("has an x")
        if "y" in value:
            raise PydanticCustomError("no_y", "has {count} y", {"count": value.count("y")})
        return value

    @model_validator(mode="after")
    def has_items(self) -> Order:
        if not self.items:
            raise ValueError("an order has items")
        return self


def error_of(text: str, wanted: Any = Order) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(wanted).validate_json(text)
    return caught.value


SAID = [
    # the answer, what the model is told, what everybody else is
    ('{"items": [{"price": -1}]}', "items.0.price: Input should be greater than 0 (got -1)",
     "items.0.price: Input should be greater than 0"),
    ("{}", "items: Field required", "items: Field required"),
    ('{"items": [], "note": "x"}', 'note: has an x (got "x")', "note: has an x"),
    ('{"items": [], "note": "X"}', 'note: no shouting (got "X")', "note: no shouting"),
    ('{"items": [], "note": "yy"}', 'note: has 2 y (got "yy")', "note: has 2 y"),
    ('{"items": []}', "an order has items", "an order has items"),
    ('{"items": [{"price": 1, "kind": "' + "z" * 500 + '"}]}', f'items.0.kind: Input should be \'a\' or \'b\' (got "{"z" * 56}...)',
     "items.0.kind: Input should be 'a' or 'b'"),
    ("no", "Invalid JSON: expected ident at line 1 column 2", "Invalid JSON: expected ident at line 1 column 2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "model", "others"), SAID, ids=[row[0][:30] for row in SAID])
def test_each_place_has_a_line(text: str, model: str, others: str) -> None:
    error = error_of(text)
    assert (explained(error, values=True), explained(error, values=False)) == (model, others)


def test_of_many_faults_the_first_are_told_and_the_others_counted() -> None:
    lines = explained(error_of('{"items": [' + ", ".join(['{"price": 0}'] * 30) + "]}"), values=True).splitlines()
    assert len(lines) == MOST_LINES + 1
    assert lines[-1] == "and 20 more"


def test_a_value_that_is_no_json_is_named_by_its_type() -> None:
    wanted = Annotated[set[int], Field(max_length=1)]

    def made(value: Any) -> object:
        return object()

    error = error_of('{"a": "b"}', dict[str, Annotated[int, BeforeValidator(made)]])
    assert explained(error, values=True) == "a: Input should be a valid integer (got a object)"
    assert "got [1,2]" in explained(error_of('{"a": [1, 2]}', dict[str, wanted]), values=True)


def test_what_else_goes_wrong_is_said_in_its_words() -> None:
    assert explained(ResponseParsingError("no call"), values=True) == "no call"
    assert len(explained(ValueError("x" * 9999), values=True)) == 300


def test_what_async_validators_say_has_its_places() -> None:
    inner = error_of('{"price": -1}', Item)
    error = AsyncValidationError("all", errors=[ValueError("taken"), inner], places=["name", "items.0"])
    assert explained(error, values=True).splitlines() == [
        "name: taken",
        "items.0: price: Input should be greater than 0 (got -1)",
    ]
    assert explained(AsyncValidationError("made by hand"), values=True) == "made by hand"


@pytest.mark.parametrize("text", [row[0] for row in SAID], ids=[row[0][:30] for row in SAID])
def test_what_is_shown_has_no_value_and_still_knows_it(text: str) -> None:
    """A traceback is logged, and an answer is not; whoever asks for the values gets them."""
    error = error_of(text)
    shown = without_values(error)
    assert isinstance(shown, ValidationError)
    assert "input_value" in str(error)
    assert "input_value" not in str(shown)
    assert [(each["loc"], each["msg"], each["input"], each["type"]) for each in shown.errors()] == [
        (each["loc"], each["msg"], each["input"], each["type"]) for each in error.errors()
    ]


def test_other_errors_are_shown_as_they_are() -> None:
    error = ResponseParsingError("no call")
    assert without_values(error) is error
