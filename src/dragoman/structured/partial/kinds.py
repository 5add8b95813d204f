"""Which kind of type it is, asked without importing pydantic where nobody else has."""

from __future__ import annotations

import dataclasses
from typing import Any, cast, get_type_hints, is_typeddict

import typing_extensions


def is_model(wanted: Any) -> bool:
    """Whether it is a class of pydantic's."""
    return isinstance(wanted, type) and hasattr(wanted, "model_fields") and hasattr(wanted, "__pydantic_validator__")


def is_root_model(wanted: Any) -> bool:
    """Whether it is a model that is one value."""
    return is_model(wanted) and bool(getattr(wanted, "__pydantic_root_model__", False))


def is_dataclass_type(wanted: Any) -> bool:
    """Whether it is a dataclass, of pydantic's or not."""
    return isinstance(wanted, type) and dataclasses.is_dataclass(wanted)


def is_typed_dict(wanted: Any) -> bool:
    """Whether it is a `TypedDict`, of either library."""
    return is_typeddict(wanted) or typing_extensions.is_typeddict(wanted)


def is_named_tuple(wanted: Any) -> bool:
    """Whether it is a tuple with names."""
    return isinstance(wanted, type) and issubclass(wanted, tuple) and hasattr(cast("Any", wanted), "_fields")


def hints_of(wanted: Any) -> dict[str, Any]:
    """The annotations by name, resolved, with what `Annotated` says."""
    return get_type_hints(wanted, include_extras=True)
