"""`Maybe`, lists, simple types and their adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from dragoman import IterableModel, ListResponse, Maybe, ModelAdapter, is_simple_type
from dragoman.structured import output_type


class User(BaseModel):
    """A user."""

    name: str


class Color(Enum):
    RED = 1


def test_maybe_is_true_when_there_is_a_value() -> None:
    there = Maybe(User).model_validate({"result": {"name": "Ann"}})
    assert there
    assert there.result == User(name="Ann")
    assert (there.error, there.message) == (False, None)


def test_maybe_says_why_there_is_none() -> None:
    missing = Maybe(User).model_validate_json('{"result": null, "error": true, "message": "no user here"}')
    assert not missing
    assert missing.message == "no user here"


def test_maybe_is_one_type_for_one_type() -> None:
    assert Maybe(User) is Maybe(User)
    assert Maybe(User).__name__ == "MaybeUser"
    assert output_type(Maybe(User)) is output_type(Maybe(User))


@pytest.mark.parametrize(
    ("task", "name", "called"),
    [(User, None, "IterableUser"), (User, "Person", "IterablePerson"), (User | Color, None, "IterableUserOrColor")],
)
def test_iterable_model_has_tasks(task: Any, name: str | None, called: str) -> None:
    model = IterableModel(task, name=name)
    assert model.__name__ == called
    assert model.task_type == task
    assert model.model_validate({"tasks": [{"name": "Ann"}]}).tasks == [User(name="Ann")]


def test_iterable_model_says_what_it_is_for() -> None:
    assert IterableModel(User).openai_schema["description"] == "Correct segmentation of `User` tasks"
    assert IterableModel(User, description="All users.").openai_schema["description"] == "All users."


async def collected(values: ListResponse[int]) -> list[int]:
    return [value async for value in values]


def test_a_list_remembers_its_answer() -> None:
    found = ListResponse([1, 2, 3], raw_response="answer", total_usage="usage")
    assert found == [1, 2, 3]
    assert found[0] == 1
    assert found[1:] == [2, 3]
    assert (found[1:].get_raw_response(), found[1:].get_total_usage()) == ("answer", "usage")
    assert asyncio.run(collected(found)) == [1, 2, 3]
    assert ListResponse.from_list([1], raw_response="answer").get_raw_response() == "answer"


@pytest.mark.parametrize(
    ("wanted", "simple"),
    [
        (str, True),
        (bool, True),
        (Color, True),
        (Literal[1, 2], True),
        (int | str, True),
        (Annotated[int, Field(gt=0)], True),
        (list, True),
        (list[int], True),
        (list[int | str], True),
        (list[User], False),
        (User, False),
        (dict, False),
        (Iterable[int], False),
    ],
)
def test_simple_types(wanted: Any, simple: bool) -> None:
    assert is_simple_type(wanted) is simple


def test_an_adapter_puts_a_simple_type_inside_an_object() -> None:
    assert ModelAdapter[int].model_validate({"content": 3}).content == 3
    with pytest.raises(TypeError, match="no simple type"):
        ModelAdapter[User]
