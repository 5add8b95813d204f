"""`Partial[T]`: the class of a T that is not whole yet, made once for each T.

`Partial[T]` is a sub-class of T, and so is the class of the values that a stream shows before the last
(`get_partial_model()`): there every field may be missing and is then `None`. A field that must hold a model holds an
empty one from the start, as in Instructor, so that `value.user.name` can always be written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from importlib import import_module
from threading import RLock
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Generic,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    cast,
)
from typing import get_args as args_of
from typing import get_origin as origin_of

from typing_extensions import TypedDict

from dragoman.structured.kept import place_of
from dragoman.structured.partial.kinds import hints_of, is_dataclass_type, is_model, is_root_model, is_typed_dict

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

T = TypeVar("T")

_KEPT: Final = (
    "alias", "validation_alias", "serialization_alias", "alias_priority", "title", "description", "examples",
    "json_schema_extra", "deprecated", "exclude",
)  # fmt: skip
"""What a field says besides its type and its default."""


class Partial(Generic[T]):
    """`Partial[T]`: a T that may be incomplete. As `response_model` with `stream=True` it asks for a stream of them."""

    def __class_getitem__(cls, wanted: Any) -> Any:
        return partial(wanted)

    def __new__(cls, wanted: Any) -> Any:
        return partial(wanted)


class PartialBase:
    """What `Partial[T]` has beside what T has. The names are those of Instructor."""

    __partial_of__: ClassVar[Any]

    @classmethod
    def get_partial_model(cls) -> Any:
        """The class of what a stream shows before its last value."""
        return optional(cls.__partial_of__)

    @classmethod
    def model_from_chunks(cls, json_chunks: Iterable[str | bytes]) -> Iterator[Any]:
        """The value after each piece of its JSON; the last is validated, and is a T."""
        return _chunks().from_chunks(cls.__partial_of__, json_chunks)

    @classmethod
    def model_from_chunks_async(cls, json_chunks: AsyncIterable[str | bytes]) -> AsyncIterator[Any]:
        """`model_from_chunks`, awaited."""
        return _chunks().from_chunks_async(cls.__partial_of__, json_chunks)


def _chunks() -> Any:
    """What reads JSON into these classes, and so knows them."""
    return import_module("dragoman.structured.partial.chunks")


class PartialLiteralMixin:
    """Says nothing: literals and enums are shown when they are whole, with it and without. For code that has it."""


class MakeFieldsOptional:
    """`MakeFieldsOptional[T]`: T with every field optional, `None` when it is missing."""

    def __class_getitem__(cls, wanted: Any) -> Any:
        return optional(wanted)


@dataclasses.dataclass(frozen=True)
class _PartialOf:
    """Marks the annotation that `Partial[T]` is for a T that is no model."""

    wanted: Any


def partial(wanted: Any) -> Any:
    """`Partial[wanted]`."""
    if wanted_of(wanted) is not None:
        return wanted
    return _required(wanted) if is_model(wanted) else Annotated[optional(wanted), _PartialOf(wanted)]


def wanted_of(annotation: Any) -> Any:
    """The T of a `Partial[T]`; `None` for any other type."""
    if origin_of(annotation) is Annotated:
        return next((note.wanted for note in annotation.__metadata__ if isinstance(note, _PartialOf)), None)
    return annotation.__dict__.get("__partial_of__") if isinstance(annotation, type) else None


def optional(annotation: Any) -> Any:
    """`annotation` with each class in it as that of its incomplete values."""
    return _rewritten(annotation, _optional_class)


def optional_field(field: FieldInfo) -> tuple[Any, FieldInfo]:
    """A model's field as that of its incomplete values: the annotation, and what else is said of it."""
    annotation = _with_rules(field)
    if must_be_model(field):
        return _or_none(optional(annotation)), _field_like(field, default={}, validate_default=True)
    return _or_none(optional(annotation)), _field_like(field, default=default_of(field))


def must_be_model(field: FieldInfo) -> bool:
    """Whether only a model can stand there: then an empty one stands there from the start."""
    return is_model(field.annotation) and not is_root_model(field.annotation)


def default_of(field: FieldInfo) -> Any:
    """A literal's default is shown before it comes: it cannot become another one, as a rule."""
    return field.default if origin_of(field.annotation) is Literal and not field.is_required() else None


def _or_none(annotation: Any) -> Any:
    return Union[annotation, None]  # noqa: UP007  # a reference that is a text has no `|`


def _with_rules(field: FieldInfo) -> Any:
    rules = [rule for rule in field.metadata if not hasattr(rule, "discriminator")]
    return Annotated[(field.annotation, *rules)] if rules else field.annotation


def _field_like(field: FieldInfo, **changes: Any) -> FieldInfo:
    from pydantic import Field

    said = {name: getattr(field, name) for name in _KEPT if getattr(field, name) is not None}
    return Field(repr=field.repr, **said, **changes)


# ---------------------------------------------------------------------- annotations


def _rewritten(annotation: Any, of_class: Callable[[Any], Any]) -> Any:
    """`annotation` with `of_class` asked for each class in it."""
    origin = origin_of(annotation)
    if origin is None:
        return of_class(annotation)
    if origin is Literal:
        return annotation
    if origin is Annotated:
        inner, *notes = args_of(annotation)
        return Annotated[(_rewritten(inner, of_class), *notes)]
    found = args_of(annotation)
    arguments = tuple(_rewritten(each, of_class) for each in found)
    if of_class is _optional_class and _is_of_parts(annotation):
        return _tuple_that_grows(arguments)
    if arguments == found:
        return annotation
    return Union[arguments] if origin in (Union, UnionType) else origin[arguments]  # noqa: UP007  # made at run time


def _is_of_parts(annotation: Any) -> bool:
    """Whether it is a tuple of so many parts."""
    return origin_of(annotation) is tuple and Ellipsis not in args_of(annotation)


def _tuple_that_grows(arguments: tuple[Any, ...]) -> Any:
    """A tuple of which only the beginning may be there. Pydantic warns when it writes one that is too short."""
    from pydantic import WrapSerializer

    def written(value: Any, write: Callable[[Any], Any]) -> Any:
        return write(value) if len(value) == len(arguments) else list(value)

    grown = cast("Any", tuple)[arguments]
    return Annotated[grown, WrapSerializer(written)]


# ---------------------------------------------------------------------- classes

Key: TypeAlias = tuple[Callable[[Any], Any], Any]

_lock: Final = RLock()
"""Held while classes are made."""


class _Making:
    """Classes that are made together, since each may refer to the others before they are there."""

    def __init__(self) -> None:
        self._names: dict[Key, str] = {}
        self.made: dict[Key, Any] = {}

    def once(self, make: Callable[[Any], Any], wanted: Any) -> Any:
        """What `make` makes of `wanted`; while it is being made, a reference to it."""
        key = (make, wanted)
        if key not in self.made:
            if key in self._names:
                return ForwardRef(self._names[key])
            self._names[key] = f"_partial_{len(self._names)}"
            self.made[key] = make(wanted)
        return self.made[key]

    def finish(self) -> None:
        """All are there: what refers to them can be completed."""
        namespace = {name: self.made[key] for key, name in self._names.items()}
        for made in self.made.values():
            if not is_model(made):
                _refer(made, namespace)
        for made in self.made.values():
            if is_model(made):
                made.model_rebuild(_types_namespace=namespace)


def _refer(made: Any, namespace: Mapping[str, Any]) -> None:
    """Have the annotations of a dataclass or a dict name the classes that they refer to."""

    def found(wanted: Any) -> Any:
        return namespace.get(wanted.__forward_arg__, wanted) if isinstance(wanted, ForwardRef) else wanted

    made.__annotations__ = {name: _rewritten(hint, found) for name, hint in made.__annotations__.items()}
    for field in getattr(made, "__dataclass_fields__", {}).values():
        field.type = made.__annotations__.get(field.name, field.type)


_current: _Making | None = None


def _once(make: Callable[[Any], Any], wanted: Any) -> Any:
    with _lock:
        found = place_of(wanted).get((make, wanted))
        if found is not None:
            return found
        return _current.once(make, wanted) if _current is not None else _begin(make, wanted)


def _begin(make: Callable[[Any], Any], wanted: Any) -> Any:
    global _current  # noqa: PLW0603  # pydantic calls back while a class is made, and passes nothing on
    _current = making = _Making()
    try:
        found = making.once(make, wanted)
        making.finish()
    finally:
        _current = None
    for key, made in making.made.items():
        place_of(key[1]).keep(key, made)
    return found


def _optional_class(wanted: Any) -> Any:
    if is_model(wanted):
        return _once(_optional_model, wanted)
    if is_dataclass_type(wanted):
        return _once(_optional_dataclass, wanted)
    return _once(_optional_dict, wanted) if is_typed_dict(wanted) else wanted


def _required(wanted: Any) -> Any:
    return _once(_required_model, wanted) if is_model(wanted) else wanted


def _required_model(wanted: Any) -> Any:
    """`Partial[wanted]`: its fields as they are, but that what they hold is partial too."""
    from pydantic import create_model

    if wanted_of(wanted) is not None:
        return wanted
    fields: dict[str, Any] = {}
    for name, field in wanted.model_fields.items():
        annotation = _rewritten(field.annotation, _required)
        if annotation != field.annotation:
            fields[name] = annotation, _field_like(field, default=field.default, default_factory=field.default_factory)
    bases: Any = (wanted, PartialBase)
    made: Any = create_model(_name_of(wanted), __base__=bases, __module__=wanted.__module__, **fields)
    made.__partial_of__ = wanted
    made.__doc__ = wanted.__doc__
    return made


def _optional_model(wanted: Any) -> Any:
    from pydantic import create_model

    base = _required(wanted)
    if isinstance(base, ForwardRef):
        base = wanted
    wanted = wanted_of(wanted) or wanted
    fields: dict[str, Any] = {name: optional_field(field) for name, field in wanted.model_fields.items()}
    made: Any = create_model(_name_of(wanted), __base__=base, __module__=wanted.__module__, **fields)
    made.__partial_of__ = wanted
    made.__doc__ = wanted.__doc__
    made.__repr_args__ = _without_computed  # a computed field may not bear that the others are missing
    return made


def _without_computed(value: Any) -> list[tuple[str, Any]]:
    fields = cast("Iterable[tuple[str, Any]]", cast("Any", type(value)).model_fields.items())
    return [(name, getattr(value, name)) for name, field in fields if field.repr]


def _optional_dataclass(wanted: Any) -> Any:
    hints = hints_of(wanted)
    fields = [
        (field.name, _or_none(optional(hints[field.name])), dataclasses.field(default=None, kw_only=field.kw_only))
        for field in dataclasses.fields(wanted)
    ]
    frozen: bool = wanted.__dataclass_params__.frozen
    make: Any = dataclasses.make_dataclass
    return make(_name_of(wanted), fields, bases=(wanted,), frozen=frozen)


def _optional_dict(wanted: Any) -> Any:
    hints = {name: optional(hint) for name, hint in hints_of(wanted).items()}
    return TypedDict(f"Partial{wanted.__name__}", hints, total=False)  # pyright: ignore[reportArgumentType]  # made at run time


def _name_of(wanted: Any) -> str:
    return f"Partial{wanted.__name__}"
