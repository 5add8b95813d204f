"""Validators that are awaited: declared in the caller's types, run once pydantic's own have passed.

Each sees a value whose inner values have been validated, may give another in its place, and says what is wrong by
`ValueError` or `AssertionError`. All of them are run before the error is raised.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from copy import copy
from inspect import signature
from typing import Any, Final, TypeVar, cast, get_args, get_type_hints

from msgspec import Struct

from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.exceptions import AsyncValidationError
from dragoman.flow import Flow, invoke
from dragoman.structured.kept import kept_with_type
from dragoman.structured.output import OutputType

T = TypeVar("T")
F = TypeVar("F", bound="Callable[..., Awaitable[Any]]")

_MARK: Final = "__dragoman_async_validator__"


class AsyncValidationContext(Struct, frozen=True):
    """What a validator gets as `info`."""

    context: Mapping[str, Any]


class _Mark(Struct, frozen=True):
    """What a function validates: `fields`, or with none of them the whole. `told`: it takes `info`."""

    fields: tuple[str, ...]
    told: bool


def async_field_validator(field: str, *fields: str) -> Callable[[F], F]:
    """Have an async method `(cls, value)` or `(cls, value, info)` validate these fields; what it returns stands there.

    `info.context` is the `context=` of the call. Needs an async client.
    """
    return _marking((field, *fields), most=3)


def async_model_validator() -> Callable[[F], F]:
    """Have an async method `(self)` or `(self, info)` validate the whole; what it returns stands there, unless `None`.

    `info.context` is the `context=` of the call. Needs an async client.
    """
    return _marking((), most=2)


def _marking(fields: tuple[str, ...], *, most: int) -> Callable[[F], F]:
    def mark(function: F) -> F:
        function = getattr(function, "__func__", function)  # under `@classmethod` it is the same
        parameters = list(signature(function).parameters)
        if len(parameters) not in (most - 1, most) or (len(parameters) == most and parameters[-1] != "info"):
            first = "(cls, value)" if fields else "(self)"
            raise ConfigurationError(f"an async validator takes {first}, and `info` after it if it wants the context")
        setattr(function, _MARK, _Mark(fields, told=len(parameters) == most))
        return function

    return mark


# ---------------------------------------------------------------------- which there are


@kept_with_type
def _marks_of(kind: type) -> list[tuple[Callable[..., Awaitable[Any]], _Mark]]:
    """Those of a class, the bases' first; one of the same name takes the place of a base's."""
    members = {name: member for base in reversed(kind.__mro__) for name, member in vars(base).items()}
    functions = (getattr(member, "__func__", member) for member in members.values())
    return [(function, mark) for function in functions if (mark := getattr(function, _MARK, None)) is not None]


def _fields_of(value: Any) -> Iterable[str]:
    fields = getattr(value.__class__, "model_fields", None) or getattr(value, "__dataclass_fields__", None)
    return cast("Mapping[str, Any]", fields or {}).keys()


def _declares(wanted: Any, seen: set[int]) -> bool:
    """Whether validators are anywhere in a type: in its fields, its members, the items of its containers."""
    if id(wanted) in seen:
        return False
    seen.add(id(wanted))
    if isinstance(wanted, type) and _marks_of(wanted):
        return True
    return any(_declares(inner, seen) for inner in _inner_types(wanted))


def _inner_types(wanted: Any) -> Iterator[Any]:
    yield from get_args(wanted)
    if (alias := getattr(wanted, "__value__", None)) is not None:  # `type X = …`
        yield alias
    if isinstance(wanted, type):
        fields = cast("Mapping[str, Any] | None", getattr(wanted, "model_fields", None))
        yield from (field.annotation for field in fields.values()) if fields else _hints(wanted)


def _hints(kind: type) -> Iterable[Any]:
    """The types of the fields of a dataclass, a `TypedDict` or a named tuple."""
    try:
        return get_type_hints(kind).values()
    except (NameError, TypeError):  # pydantic has compiled it, so nothing in it is a type with validators
        return ()


def _is_declared(output: OutputType[Any]) -> bool:
    return _is_declared_in(output.wanted)


@kept_with_type
def _is_declared_in(wanted: Any) -> bool:
    return _declares(wanted, set())


# ---------------------------------------------------------------------- running them


def check_validators(output: OutputType[Any]) -> Flow[None]:
    """Raise `UnsupportedFeature` when the type has async validators and nothing can be awaited here."""
    if _is_declared(output):
        try:
            yield from invoke(async_=_nothing)
        except UnsupportedFeature:
            raise UnsupportedFeature(
                f"{output.name} has async validators, which a synchronous call cannot run: use an async client "
                "(create_llm(..., async_client=True)), or pydantic's own validators"
            ) from None


async def _nothing() -> None: ...


def validated(output: OutputType[T], value: T, context: Mapping[str, Any] | None) -> Flow[T]:
    """`value` after its async validators, if it has any. Raises `AsyncValidationError`."""
    if not _is_declared(output):
        return value
    running = _Running(AsyncValidationContext(context or {}))
    result = yield from invoke(async_=lambda: running.inside(value, ""))
    if running.errors:
        raise AsyncValidationError(running.told(output.name), errors=running.errors, places=running.places)
    return result


class _Running:
    """One value being validated; `errors` and where they are."""

    def __init__(self, info: AsyncValidationContext) -> None:
        self._info = info
        self.errors: list[Exception] = []
        self.places: list[str] = []

    def told(self, name: str) -> str:
        lines = (
            f"{place}: {error}" if place else str(error) for place, error in zip(self.places, self.errors, strict=True)
        )
        return f"Async validation failed for {name}: {'; '.join(lines)}"

    async def inside(self, value: Any, place: str) -> Any:
        """`value` with its inner values validated first."""
        match value:
            case list() | tuple() | set() | frozenset():
                return await self._items(cast("Iterable[Any]", value), place)
            case dict():
                pairs = cast("dict[Any, Any]", value)
                return {key: await self.inside(each, _at(place, key)) for key, each in pairs.items()}
            case _:
                return await self._fields(value, place) if _fields_of(value) else value

    async def _items(self, items: Any, place: str) -> Any:
        done = [await self.inside(each, _at(place, number)) for number, each in enumerate(items)]
        if hasattr(items, "_make"):  # a named tuple
            return items._make(done)
        return type(items)(done)

    async def _fields(self, model: Any, place: str) -> Any:
        before = len(self.errors)
        changes: dict[str, Any] = {}
        for name in _fields_of(model):
            old = getattr(model, name)
            new = await self.inside(old, _at(place, name))
            if new is not old and new != old:
                changes[name] = new
        model = _with(model, changes)
        for function, mark in self._marks(model):
            if mark.fields:
                model = await self._validate_fields(model, function, mark, place)
        if len(self.errors) > before:  # the whole is only looked at when its parts are right, as pydantic does
            return model
        for function, mark in self._marks(model):
            if not mark.fields:
                new = await self._try(place, function, model, *self._told(mark))
                model = model if new is None else new
        return model

    async def _validate_fields(self, model: Any, function: Any, mark: _Mark, place: str) -> Any:
        for name in mark.fields:
            old = getattr(model, name)
            before = len(self.errors)
            new = await self._try(_at(place, name), function, type(model), old, *self._told(mark))
            if new is not old and len(self.errors) == before:
                model = _with(model, {name: new})
        return model

    async def _try(self, place: str, function: Any, *arguments: Any) -> Any:
        try:
            return await function(*arguments)
        except (ValueError, AssertionError) as error:
            self.errors.append(error)
            self.places.append(place)
            return None

    @staticmethod
    def _marks(model: object) -> list[tuple[Callable[..., Awaitable[Any]], _Mark]]:
        return _marks_of(type(model))

    def _told(self, mark: _Mark) -> tuple[AsyncValidationContext, ...]:
        return (self._info,) if mark.told else ()


def _at(place: str, step: object) -> str:
    return f"{place}.{step}" if place else str(step)


def _with(model: Any, changes: dict[str, Any]) -> Any:
    """A copy with other values; no validator is run again."""
    if not changes:
        return model
    if hasattr(model, "model_copy"):
        return model.model_copy(update=changes)
    other = copy(model)
    for name, value in changes.items():
        object.__setattr__(other, name, value)  # it may be frozen
    return other
