"""From a type to the nodes that a document of it is read into."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, ForwardRef, Literal, Optional, TypeVar, Union
from typing import get_args as args_of
from typing import get_origin as origin_of

from dragoman.structured.output import WRAPPED
from dragoman.structured.partial.classes import default_of, must_be_model, optional
from dragoman.structured.partial.kinds import (
    hints_of,
    is_dataclass_type,
    is_model,
    is_named_tuple,
    is_root_model,
    is_typed_dict,
)
from dragoman.structured.partial.nodes import (
    NOTHING,
    RAW,
    SKIP,
    DictOf,
    Exact,
    Field,
    Leaf,
    ListOf,
    Node,
    OneOf,
    PlainString,
    Record,
    Rooted,
    String,
    Wrapped,
)

_LISTS: Final = frozenset({list, Sequence, MutableSequence, Collection, Iterable})
_DICTS: Final = frozenset({dict, Mapping, MutableMapping})
_ANYTHING: Final = (Any, object, ForwardRef)
_put: Final = object.__setattr__


@lru_cache(maxsize=256)
def _shape(wanted: Any, *, wrapped: bool) -> Node:
    inner = Shaper().node(wanted)
    return Wrapped(inner, WRAPPED) if wrapped else inner


def shape_of(wanted: Any, *, wrapped: bool = False) -> Node:
    """What a document of `wanted` is read into, compiled once; `wrapped` as the `OutputType` is."""
    try:
        return _shape(wanted, wrapped=wrapped)
    except TypeError:  # an unhashable annotation
        return SKIP


class Adapter:
    """Validates JSON as a type; what that takes is made when first asked for."""

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted
        self._validate: Callable[..., Any] | None = None

    def __call__(self, text: str | bytes, **rules: Any) -> Any:
        if self._validate is None:
            from pydantic import TypeAdapter

            self._validate = TypeAdapter(self._wanted).validate_json
        return self._validate(text, **rules)


class Shaper:
    """Makes the nodes of one type; a type that holds itself is made once."""

    def __init__(self) -> None:
        self._records: dict[Any, Node] = {}

    def node(self, wanted: Any) -> Node:
        origin = origin_of(wanted)
        if origin is Annotated:
            inner, *rules = args_of(wanted)
            return self._with_rules(inner, [rule for rule in rules if not _is_function(rule)])
        if hasattr(wanted, "__value__"):  # a `type` statement
            return self.node(wanted.__value__)
        if hasattr(wanted, "__supertype__"):
            return self.node(wanted.__supertype__)
        if isinstance(wanted, TypeVar):
            return self.node(wanted.__bound__ or Any)
        if origin in (Union, UnionType):
            return self._one_of(args_of(wanted))
        if origin is Literal:
            return Leaf(Adapter(wanted))
        return self._container(origin or wanted, args_of(wanted)) or self._class(wanted)

    def _with_rules(self, inner: Any, rules: list[Any]) -> Node:
        node = self.node(inner)
        if not rules or not isinstance(node, Leaf):  # containers are held to their rules when all has come
            return node
        ruled = Adapter(Annotated[(inner, *rules)])  # pyright: ignore[reportInvalidTypeForm]  # made at run time
        return String(ruled) if isinstance(node, String) else Leaf(ruled)

    def _container(self, origin: Any, arguments: tuple[Any, ...]) -> Node | None:
        if origin in _LISTS:
            return ListOf(self.node(arguments[0]) if arguments else RAW)
        if origin in _DICTS and (not arguments or _is_text(arguments[0])):
            return DictOf(self.node(arguments[1]) if arguments else RAW)
        if origin is not tuple:
            return None
        if not arguments:
            return ListOf(RAW, make=tuple)
        if arguments[-1] is Ellipsis:
            return ListOf(self.node(arguments[0]), make=tuple)
        return ListOf(SKIP, [self.node(each) for each in arguments], make=tuple)

    def _class(self, wanted: Any) -> Node:
        if wanted in _ANYTHING or isinstance(wanted, ForwardRef):
            return RAW
        if wanted is str:
            return PlainString(Adapter(str))
        if wanted in (int, float, bool):
            return Exact(wanted, Adapter(wanted))
        for is_kind, make in _RECORDS:
            if is_kind(wanted):
                return self._record(wanted, make)
        return Leaf(Adapter(wanted))

    def _record(self, wanted: Any, make: Callable[[Shaper, Any], Node]) -> Node:
        if wanted not in self._records:
            self._records[wanted] = make(self, wanted)
        return self._records[wanted]

    def _root(self, wanted: Any) -> Node:
        node = self._records[wanted] = Rooted(_model_maker(optional(wanted)))
        node.inner = self.node(wanted.model_fields["root"].annotation)
        return node

    def _model(self, wanted: Any) -> Node:
        return self._known(wanted, _model_maker(optional(wanted)), lambda: _model_fields(self, wanted))

    def _dataclass(self, wanted: Any) -> Node:
        if origin_of(wanted) is not None:
            return Leaf(Adapter(wanted))
        return self._known(wanted, _dataclass_maker(optional(wanted)), lambda: _dataclass_fields(self, wanted))

    def _named_tuple(self, wanted: Any) -> Node:
        names = wanted._fields

        def make(values: dict[str, Any], came: set[str]) -> Any:  # noqa: ARG001  # tuples remember no such thing
            return wanted._make([values[name] for name in names])

        hints = hints_of(wanted)
        fields = [(name, hints.get(name, Any), name not in wanted._field_defaults) for name in names]
        return self._known(wanted, make, lambda: [self._plain(*field) for field in fields])

    def _typed_dict(self, wanted: Any) -> Node:
        hints = {name: _unmarked(hint) for name, hint in hints_of(wanted).items()}
        return self._known(wanted, lambda values, _: values, lambda: [
            self._plain(name, hint, name in wanted.__required_keys__, default=NOTHING) for name, hint in hints.items()
        ])  # fmt: skip

    def _known(
        self, wanted: Any, make: Callable[[dict[str, Any], set[str]], Any], fields: Callable[[], list[Field]]
    ) -> Node:
        node = self._records[wanted] = Record(make)
        node.take_fields(fields())
        return node

    def _plain(self, name: str, hint: Any, required: bool, default: Any = None) -> Field:  # a column
        return Field(name, (name,), self.node(hint), default, required, literals_of(hint))

    def _one_of(self, members: tuple[Any, ...]) -> Node:
        members = tuple(each for each in members if each is not NoneType)
        if len(members) == 1:
            node = self.node(members[0])
            return Leaf(Adapter(Optional[members[0]])) if type(node) is Leaf else node
        nodes = [self.node(each) for each in members]
        scalars = tuple(each for each, node in zip(members, nodes, strict=True) if isinstance(node, Leaf | OneOf))
        one = OneOf(Leaf(Adapter(Union[scalars] if scalars else None)))  # noqa: UP007  # made at run time
        for node in nodes:
            one.take(node)
        return one


_RECORDS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Shaper, Any], Node]], ...]] = (
    (is_root_model, Shaper._root),
    (is_model, Shaper._model),
    (is_dataclass_type, Shaper._dataclass),
    (is_typed_dict, Shaper._typed_dict),
    (is_named_tuple, Shaper._named_tuple),
)
"""The kinds of types that have fields. The first that fits decides."""


# ---------------------------------------------------------------------- fields


def _model_fields(shaper: Shaper, wanted: Any) -> list[Field]:
    by_name = wanted.model_config.get("populate_by_name") or wanted.model_config.get("validate_by_name")
    return [
        Field(
            name,
            _keys(name, field, by_name=bool(by_name)),
            shaper.node(_ruled(field)),
            _empty(field),
            field.is_required(),
            literals_of(field.annotation),
        )
        for name, field in wanted.model_fields.items()
    ]


def _ruled(field: Any) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation  # pyright: ignore[reportInvalidTypeForm]  # made at run time


def _empty(field: Any) -> Any:
    """What the field holds before it comes."""
    if not must_be_model(field):
        return default_of(field)
    made = optional(field.annotation)
    values = {name: _empty(inner) for name, inner in field.annotation.model_fields.items()}
    return _model_maker(made)(values, set())


def _keys(name: str, field: Any, *, by_name: bool) -> tuple[str, ...]:
    """How JSON may spell the field. One that is found by a path into others is shown when all has come."""
    alias = field.validation_alias or field.alias
    spelled = (
        [alias] if isinstance(alias, str) else [each for each in getattr(alias, "choices", ()) if isinstance(each, str)]
    )
    return tuple(dict.fromkeys([*spelled, *([name] if by_name or alias is None else [])]))


def _dataclass_fields(shaper: Shaper, wanted: Any) -> list[Field]:
    hints = hints_of(wanted)
    missing = dataclasses.MISSING
    return [
        shaper._plain(field.name, hints[field.name], field.default is missing and field.default_factory is missing)  # noqa: SLF001  # its other half
        for field in dataclasses.fields(wanted)
        if field.init
    ]


def literals_of(annotation: Any) -> frozenset[Any] | None:
    """The values of a `Literal`; `None` for what is none."""
    if origin_of(annotation) is Annotated:
        return literals_of(args_of(annotation)[0])
    return frozenset(args_of(annotation)) if origin_of(annotation) is Literal else None


# ---------------------------------------------------------------------- values


def _model_maker(made: Any) -> Callable[[dict[str, Any], set[str]], Any]:
    """Instances of a model without validation, as `model_construct` makes them, in a tenth of the time."""
    new = made.__new__
    private = made.__private_attributes__
    extra = made.model_config.get("extra") == "allow"

    def make(values: dict[str, Any], came: set[str]) -> Any:
        model = new(made)
        _put(model, "__dict__", values)
        _put(model, "__pydantic_fields_set__", came)
        _put(model, "__pydantic_extra__", {} if extra else None)
        _put(model, "__pydantic_private__", {name: each.get_default() for name, each in private.items()} or None)
        return model

    return make


def _dataclass_maker(made: Any) -> Callable[[dict[str, Any], set[str]], Any]:
    new = object.__new__

    def make(values: dict[str, Any], came: set[str]) -> Any:  # noqa: ARG001  # a dataclass remembers no such thing
        record = new(made)
        for name, value in values.items():
            _put(record, name, value)
        return record

    return make


# ---------------------------------------------------------------------- annotations


def _is_function(rule: Any) -> bool:
    """Whether a rule of `Annotated` runs code of the caller's: that is for the whole value, and once."""
    return type(rule).__name__ in _FUNCTIONS


_FUNCTIONS: Final = frozenset({"BeforeValidator", "AfterValidator", "PlainValidator", "WrapValidator"})


def _is_text(key: Any) -> bool:
    return key in (str, Any)


def _unmarked(hint: Any) -> Any:
    """Without `Required`, `NotRequired` and `ReadOnly`."""
    while getattr(origin_of(hint), "__name__", getattr(origin_of(hint), "_name", None)) in _MARKS:
        hint = args_of(hint)[0]
    return hint


_MARKS: Final = frozenset({"Required", "NotRequired", "ReadOnly"})
