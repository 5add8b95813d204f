"""The types that have fields: how a value of each is made of those that have come, and what its fields are.

A value that is not whole is made without validation, as `model_construct` makes one, in a tenth of the time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias
from typing import get_args as args_of
from typing import get_origin as origin_of

from dragoman.structured.partial.classes import default_of, must_be_model, optional
from dragoman.structured.partial.kinds import (
    hints_of,
    is_dataclass_type,
    is_model,
    is_named_tuple,
    is_root_model,
    is_typed_dict,
)
from dragoman.structured.partial.nodes import NOTHING, Field, Node, Record, Rooted

NodeOf: TypeAlias = Callable[[Any], Node]
"""From a type to its node."""

Make: TypeAlias = Callable[[dict[str, Any], set[str]], Any]
"""From the values of all fields by name, and the names of those that came, to a value."""

_put: Final = object.__setattr__
_new: Final = object.__new__


class Kind(NamedTuple):
    """A kind of types with fields: `begin` gives the node of one, `fill` its fields, which may hold that node."""

    holds: Callable[[Any], bool]
    begin: Callable[[Any], Node]
    fill: Callable[[Any, Any, NodeOf], None]


# ---------------------------------------------------------------------- models


def _begin_model(wanted: Any) -> Node:
    return Record(_model_maker(optional(wanted)))


def _begin_root(wanted: Any) -> Node:
    return Rooted(_model_maker(optional(wanted)))


def _fill_root(node: Rooted, wanted: Any, node_of: NodeOf) -> None:
    node.inner = node_of(_annotation(wanted.model_fields["root"]))


def _fill_model(node: Record, wanted: Any, node_of: NodeOf) -> None:
    by_name = wanted.model_config.get("populate_by_name") or wanted.model_config.get("validate_by_name")
    node.take_fields([
        Field(
            name,
            _keys(name, field, by_name=bool(by_name)),
            node_of(_annotation(field)),
            _empty(field),
            field.is_required(),
            literals_of(field.annotation),
        )
        for name, field in wanted.model_fields.items()
    ])  # fmt: skip


def _model_maker(made: Any) -> Make:
    private = made.__private_attributes__
    extra = made.model_config.get("extra") == "allow"

    def make(values: dict[str, Any], came: set[str]) -> Any:
        model = _new(made)
        _put(model, "__dict__", values)
        _put(model, "__pydantic_fields_set__", came)
        _put(model, "__pydantic_extra__", {} if extra else None)
        _put(model, "__pydantic_private__", _defaults_of(private) if private else None)
        return model

    return make


def _defaults_of(private: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each.get_default() for name, each in private.items()}


def _annotation(field: Any) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _empty(field: Any) -> Any:
    """What the field holds before it comes."""
    if not must_be_model(field):
        return default_of(field)
    values = {name: _empty(inner) for name, inner in field.annotation.model_fields.items()}
    return _model_maker(optional(field.annotation))(values, set())


def _keys(name: str, field: Any, *, by_name: bool) -> tuple[str, ...]:
    """How JSON may spell the field. One that is found by a path into others is shown when all has come."""
    alias = field.validation_alias or field.alias
    spelled = alias.choices if hasattr(alias, "choices") else [alias]
    keys = [each for each in spelled if isinstance(each, str)]
    return tuple(dict.fromkeys([*keys, *([name] if by_name or alias is None else [])]))


# ---------------------------------------------------------------------- others


def _begin_dataclass(wanted: Any) -> Node:
    made = optional(wanted)

    def make(values: dict[str, Any], came: set[str]) -> Any:  # noqa: ARG001  # a dataclass remembers no such thing
        record = _new(made)
        for name, value in values.items():
            _put(record, name, value)
        return record

    return Record(make)


def _fill_dataclass(node: Record, wanted: Any, node_of: NodeOf) -> None:
    hints = hints_of(wanted)
    node.take_fields([
        _field(field.name, hints[field.name], node_of, required=_has_no_default(field))
        for field in dataclasses.fields(wanted)
        if field.init
    ])  # fmt: skip


def _has_no_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _begin_named_tuple(wanted: Any) -> Node:
    def make(values: dict[str, Any], came: set[str]) -> Any:  # noqa: ARG001  # a tuple remembers no such thing
        return wanted._make([values[name] for name in wanted._fields])

    return Record(make)


def _fill_named_tuple(node: Record, wanted: Any, node_of: NodeOf) -> None:
    hints = hints_of(wanted)
    node.take_fields([
        _field(name, hints.get(name, Any), node_of, required=name not in wanted._field_defaults)
        for name in wanted._fields
    ])  # fmt: skip


def _begin_dict(_: Any) -> Node:
    return Record(lambda values, _: values)


def _fill_dict(node: Record, wanted: Any, node_of: NodeOf) -> None:
    node.take_fields([
        _field(name, _unmarked(hint), node_of, required=name in wanted.__required_keys__, default=NOTHING)
        for name, hint in hints_of(wanted).items()
    ])  # fmt: skip


def _field(name: str, hint: Any, node_of: NodeOf, *, required: bool, default: Any = None) -> Field:
    return Field(name, (name,), node_of(hint), default, required, literals_of(hint))


def _unmarked(hint: Any) -> Any:
    """Without `Required`, `NotRequired` and `ReadOnly`."""
    while getattr(origin_of(hint), "_name", None) in _MARKS:
        hint = args_of(hint)[0]
    return hint


_MARKS: Final = frozenset({"Required", "NotRequired", "ReadOnly"})


def literals_of(annotation: Any) -> frozenset[Any] | None:
    """The values of a `Literal`; `None` for what is none."""
    if origin_of(annotation) is Annotated:
        return literals_of(args_of(annotation)[0])
    return frozenset(args_of(annotation)) if origin_of(annotation) is Literal else None


KINDS: Final = (
    Kind(is_root_model, _begin_root, _fill_root),
    Kind(is_model, _begin_model, _fill_model),
    Kind(is_dataclass_type, _begin_dataclass, _fill_dataclass),
    Kind(is_typed_dict, _begin_dict, _fill_dict),
    Kind(is_named_tuple, _begin_named_tuple, _fill_named_tuple),
)
"""The first that holds a type decides."""
