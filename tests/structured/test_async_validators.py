"""Validators that are awaited: what they see, what they change, what they say; and where they cannot run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

from dragoman import async_field_validator, async_model_validator
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.exceptions import AsyncValidationError
from dragoman.flow import async_run, run
from dragoman.structured import output_type
from dragoman.structured.async_validators import check_validators, validated


class Address(BaseModel):
    model_config = ConfigDict(frozen=True)

    city: str

    @async_field_validator("city")
    async def is_known(cls, value: str) -> str:
        await asyncio.sleep(0)
        if value == "Atlantis":
            raise ValueError("no such city")
        return value.title()


class User(BaseModel):
    name: str
    nick: str = ""
    address: Address | None = None
    others: list[Address] = []
    by_name: dict[str, Address] = {}

    @async_field_validator("name", "nick")
    async def is_free(cls, value: str, info: Any) -> str:
        if value in info.context.get("taken", ()):
            raise ValueError("is taken")
        return value

    @async_model_validator()
    async def differs(self, info: Any) -> None:
        assert self.name != self.nick, "a nick differs from the name"
        if info.context.get("seen") is not None:
            info.context["seen"].append(self)


class Admin(User):
    @async_field_validator("nick")
    async def is_free(cls, value: str) -> str:
        """In place of its base's."""
        return f"{value}!"

    @async_model_validator()
    async def renamed(self) -> Admin:
        return self.model_copy(update={"name": "root"})


def after(value: Any, wanted: Any = None, **context: Any) -> Any:
    return asyncio.run(async_run(validated(output_type(wanted or type(value)), value, context)))


def test_a_value_may_be_changed_inside_out() -> None:
    seen: list[User] = []
    user = User(name="ann", address=Address(city="ulm"), others=[Address(city="rom")], by_name={"a": Address(city="x")})
    result = after(user, seen=seen)
    assert result.address == Address(city="Ulm")
    assert (result.others, result.by_name) == ([Address(city="Rom")], {"a": Address(city="X")})
    assert user.address == Address(city="ulm")  # the first value is not touched
    assert [each.address for each in seen] == [Address(city="Ulm")]  # the whole sees its parts done


def test_a_subclass_has_its_own_and_its_bases() -> None:
    result = after(Admin(name="ann", nick="a"), taken=["ann"])
    assert (type(result), result.name, result.nick) == (Admin, "root", "a!")


def test_everything_wrong_is_told_with_its_place() -> None:
    user = User(name="ann", address=Address(city="Atlantis"), others=[Address(city="ulm"), Address(city="Atlantis")])
    with pytest.raises(AsyncValidationError) as caught:
        after(user, taken=["ann"])
    assert caught.value.places == ["address.city", "others.1.city", "name"]
    assert [str(each) for each in caught.value.errors] == ["no such city", "no such city", "is taken"]
    assert "address.city: no such city" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_the_whole_is_looked_at_when_its_parts_are_right() -> None:
    with pytest.raises(AsyncValidationError, match="a nick differs from the name") as caught:
        after(User(name="a", nick="a"))
    assert caught.value.places == [""]
    with pytest.raises(AsyncValidationError) as caught:
        after(User(name="a", nick="a"), taken=["a"])
    assert caught.value.places == ["name", "nick"]


@dataclass(frozen=True)
class Plain:
    address: Address


@pydantic_dataclass
class Checked:
    city: str

    @async_field_validator("city")
    async def is_known(cls, value: str) -> str:
        return value.upper()


class Pair(NamedTuple):
    first: Address
    second: int


class Entry(TypedDict):
    address: Address


ULM = Address(city="ulm")
EVERYWHERE = [
    # the type, a value of it, the value after
    (list[Address], [ULM], [Address(city="Ulm")]),
    (tuple[Address, ...], (ULM,), (Address(city="Ulm"),)),
    (frozenset[Address], frozenset({ULM}), frozenset({Address(city="Ulm")})),
    (Address | int, ULM, Address(city="Ulm")),
    (Plain, Plain(ULM), Plain(Address(city="Ulm"))),
    (Checked, Checked("ulm"), Checked("ULM")),
    (Pair, Pair(ULM, 1), Pair(Address(city="Ulm"), 1)),
    (Entry, {"address": ULM}, {"address": Address(city="Ulm")}),
]


@pytest.mark.parametrize(("wanted", "value", "result"), EVERYWHERE, ids=[str(row[0])[:30] for row in EVERYWHERE])
def test_they_are_found_in_every_kind_of_type(wanted: Any, value: Any, result: Any) -> None:
    assert after(value, wanted) == result
    assert type(after(value, wanted)) is type(value)


class Tree(BaseModel):
    leaves: list[Tree] = []


def test_a_type_without_any_costs_nothing() -> None:
    value = Tree(leaves=[Tree()])
    assert run(validated(output_type(Tree), value, None)) is value
    run(check_validators(output_type(Tree)))


def test_a_synchronous_call_is_refused_before_it_is_made() -> None:
    with pytest.raises(UnsupportedFeature, match="User has async validators, which a synchronous call cannot run"):
        run(check_validators(output_type(User)))
    asyncio.run(async_run(check_validators(output_type(User))))


def test_one_of_another_form_is_refused_where_it_is_written() -> None:
    async def four(cls: Any, value: Any, info: Any, more: Any) -> None: ...
    async def no_info(self: Any, other: Any) -> None: ...

    with pytest.raises(ConfigurationError, match=r"takes \(cls, value\)"):
        async_field_validator("a")(four)
    with pytest.raises(ConfigurationError, match=r"takes \(self\)"):
        async_model_validator()(no_info)
