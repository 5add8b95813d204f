"""What is made of a type is made once, is the type's own, and goes with it."""

from __future__ import annotations

import copy
import dataclasses
import enum
import functools
import gc
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal, NewType
from weakref import ref

import pytest
from annotated_types import MinLen
from pydantic import AfterValidator, BaseModel, ValidationError, create_model
from typing_extensions import TypedDict

import dragoman
from dragoman import Maybe, Mode, Partial, llm_validator
from dragoman.client.dsl.schemas import generate_openai_schema
from dragoman.client.tools import tool_of_function
from dragoman.structured import output_type
from dragoman.structured.kept import kept_with_type, place_of
from dragoman.testing import Emulator

WORDS = '{"name": "Ada", "nick": "A"}'


class User(BaseModel):
    name: str


class Other(BaseModel):
    name: str


# ---------------------------------------------------------------------- it goes with the type


def model() -> Any:
    return create_model("Dynamic", name=(str, ...), nick=(str, "none"))


def dataclass() -> Any:
    return dataclasses.make_dataclass("Dynamic", [("name", str), ("nick", str)])


def typed_dict() -> Any:
    return TypedDict("Dynamic", {"name": str, "nick": str})


def parsed(wanted: Any) -> object:
    return output_type(wanted).parse(WORDS)


def _shown(wanted: Any) -> object:
    return list(Partial[wanted].model_from_chunks([WORDS[:12], WORDS[12:]]))


USES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "a model": (model, parsed),
    "a dataclass": (dataclass, parsed),
    "a dict": (typed_dict, parsed),
    "a list": (model, lambda wanted: output_type(list[wanted]).parse(f'{{"value": [{WORDS}]}}')),
    "beside one that stays": (model, lambda wanted: output_type(User | wanted).parse(f'{{"value": {WORDS}}}')),
    "with rules": (model, lambda wanted: parsed(Annotated[wanted, AfterValidator(lambda value: wanted and value)])),
    "maybe": (model, lambda wanted: output_type(Maybe(wanted)).parse(f'{{"result": {WORDS}}}')),
    "partial": (model, _shown),
    "its schema": (model, generate_openai_schema),
    "a tool": (model, tool_of_function),
}


def alive(make: Callable[[], Any], use: Callable[[Any], object], times: int) -> int:
    """How many of the types are still there that were used and forgotten."""

    def used() -> Any:
        wanted = make()
        made = use(wanted)
        return ref(wanted), made is None

    found = [used()[0] for _ in range(times)]
    for forget in typing._cleanups:  # type: ignore[attr-defined]  # typing keeps the last 128 `Annotated[...]` and `Optional[...]`
        forget()
    gc.collect()
    return sum(each() is not None for each in found)


@pytest.mark.parametrize("name", USES)
def test_types_of_a_request_go_with_it(name: str) -> None:
    assert alive(*USES[name], times=30) <= (name == "beside one that stays")  # one, if seen before the one that stays


def test_two_thousand_models() -> None:
    assert alive(model, parsed, times=2_000) == 0


def test_functions_that_are_tools_go_too() -> None:
    def make() -> Callable[[int], int]:
        def double(number: int) -> int:
            return number * 2

        return double

    assert alive(make, tool_of_function, times=30) == 0


def test_a_client_in_a_validator_goes_with_its_type() -> None:
    """All the way, as programs do it: the type, the client that judges and the value are one request's."""
    with Emulator() as emulator:
        llm = dragoman.create_llm("openai/gpt-4o", api_key="k", base_url=emulator.url, mode=Mode.JSON)

        def ask() -> list[ref[Any]]:
            judge = dragoman.from_provider("openai/gpt-4o", api_key="k", base_url=emulator.url, mode=Mode.JSON)
            rule = Annotated[str, AfterValidator(llm_validator("is polite", judge))]
            letter = create_model("Letter", text=(rule, ...))
            emulator.script('{"text": "dear"}', '{"is_valid": true}')
            value = llm.extract(letter, "Write").value
            assert value.text == "dear"
            return [ref(judge), ref(letter), ref(value)]

        found = [each for _ in range(5) for each in ask()]
        for forget in typing._cleanups:  # type: ignore[attr-defined]  # `rule` is in one of typing's tables
            forget()
        gc.collect()
        assert [each() for each in found] == [None] * len(found)


# ---------------------------------------------------------------------- it is made once


class Colour(enum.Enum):
    RED = "red"


Named = NewType("Named", User)
Polite = Annotated[str, AfterValidator(str.strip)]

SAME: dict[str, Callable[[], Any]] = {
    "a model": lambda: User,
    "an enum": lambda: Colour,
    "of C": lambda: int,
    "a list": lambda: list[User],
    "a union": lambda: User | None,
    "two models": lambda: User | Other,
    "of C alone": lambda: dict[str, list[int]],
    "a literal": lambda: Literal["a", "b"],
    "a new type": lambda: Named,
    "with rules": lambda: list[Polite],
    "a method": lambda: User.model_dump,
}


@pytest.mark.parametrize("name", SAME)
def test_made_once(name: str) -> None:
    made: list[Any] = []
    keep = kept_with_type(lambda wanted, more: made.append((wanted, more)) or len(made))
    assert keep(SAME[name](), 1) == keep(SAME[name](), 1) == 1
    assert keep(SAME[name](), 2) == 2


def test_equal_types_in_another_order_are_others() -> None:
    names = kept_with_type(repr)
    assert names(int | str) == "int | str"
    assert names(str | int) == "str | int"


def test_what_cannot_be_hashed_is_made_each_time() -> None:
    made: list[Any] = []
    keep = kept_with_type(lambda wanted: made.append(wanted) or len(made))
    wanted = Annotated[int, []]
    assert [keep(wanted), keep(wanted)] == [1, 2]


def test_nothing_and_false_are_kept_too() -> None:
    made: list[Any] = []
    keep = kept_with_type(made.append)
    assert keep(User) is keep(User) is None
    assert len(made) == 1


def test_there_is_an_end_to_what_a_class_keeps() -> None:
    keep = kept_with_type(lambda wanted: object())
    for number in range(1500):
        keep(User | Literal[number])  # type: ignore[valid-type]  # made at run time
    assert len(place_of(User)) == 1024


# ---------------------------------------------------------------------- as it stands


def changing() -> Any:
    class Changing(BaseModel):
        """Before."""

        name: str

    return Changing


def rebuild(wanted: Any) -> None:
    wanted.model_fields["name"].description = "after"
    wanted.model_rebuild(force=True)


def describe(wanted: Any) -> None:
    wanted.__doc__ = "after"


@pytest.mark.parametrize("change", [rebuild, describe])
@pytest.mark.parametrize(
    "around",
    [lambda made: made, lambda made: list[made], lambda made: made | None, lambda made: Annotated[made, "x"]],
    ids=["itself", "in a list", "or none", "annotated"],
)
def test_a_class_that_was_changed_is_made_of_anew(change: Callable[[Any], None], around: Callable[[Any], Any]) -> None:
    kind = changing()
    before = output_type(around(kind))
    assert output_type(around(kind)) is before
    change(kind)
    after = output_type(around(kind))
    assert "after" in str(after.schema)
    assert "after" not in str(before.schema)
    assert output_type(around(kind)) is after


def test_a_rebuilt_model_is_validated_anew() -> None:
    kind = changing()
    assert output_type(kind).parse('{"name": "A"}').name == "A"
    kind.model_fields["name"].metadata.append(MinLen(2))
    kind.model_rebuild(force=True)
    with pytest.raises(ValidationError):
        output_type(kind).parse('{"name": "A"}')


def test_a_function_told_about_otherwise_is_another_tool() -> None:
    def double(number: int) -> int:
        """Before."""
        return number * 2

    assert tool_of_function(double).description == "Before."
    double.__doc__ = "After."
    assert tool_of_function(double).description == "After."


def test_what_is_made_before_a_change_goes_with_the_type_too() -> None:
    def use(wanted: Any) -> Any:
        first = parsed(wanted)
        wanted.__doc__ = "after"
        wanted.model_rebuild(force=True)
        return first and parsed(wanted)

    assert alive(model, use, times=30) == 0


# ---------------------------------------------------------------------- it is the type's own


def test_a_sub_class_has_its_own() -> None:
    class Child(User):
        age: int

    output_type(User)
    assert output_type(Child).schema["required"] == ["name", "age"]


def test_a_class_made_anew_by_its_decorator_has_its_own() -> None:
    """`slots=True` copies what the first class has."""

    class Point:
        x: int

    first = dataclasses.dataclass(Point)
    output_type(first)
    second = dataclasses.dataclass(slots=True)(first)
    assert place_of(second) is not place_of(first)
    assert isinstance(output_type(second).parse('{"x": 1}'), second)


def test_a_function_around_another_has_its_own() -> None:
    """`wraps` copies what the inner one has."""

    def inner(number: int) -> int:
        return number

    tool_of_function(inner)

    @functools.wraps(inner)
    def outer(number: int) -> int:
        return inner(number)

    assert place_of(outer) is not place_of(inner)
    assert tool_of_function(outer).function is outer


def test_a_class_that_is_copied_whole_takes_nothing_along() -> None:
    """Classes of `__main__` are pickled whole by some, attribute by attribute; what pydantic compiled is not for that."""
    output_type(User)
    assert copy.deepcopy(place_of(User)) == {}


class Guarded(type):
    def __setattr__(cls, name: str, value: object) -> None:
        raise AttributeError(name)


def test_a_metaclass_that_takes_no_attributes_does_not_matter() -> None:
    wanted = Guarded("Wanted", (), {})
    keep = kept_with_type(lambda wanted: object())
    assert keep(wanted) is keep(wanted)
