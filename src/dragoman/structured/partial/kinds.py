"""Which kind of type it is, asked without importing pydantic where that is not loaded."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeGuard, get_type_hints, is_typeddict

from typing_extensions import is_typeddict as is_typeddict_of_extensions


def is_model(wanted: Any) -> bool:
    """Whether it is a class of pydantic's."""
    return isinstance(wanted, type) and hasattr(wanted, "model_fields") and hasattr(wanted, "__pydantic_validator__")


def is_root_model(wanted: Any) -> bool:
    return is_model(wanted) and getattr(wanted, "__pydantic_root_model__", False)


def is_dataclass_type(wanted: Any) -> TypeGuard[type[Any]]:
    return isinstance(wanted, type) and dataclasses.is_dataclass(wanted)


def is_typed_dict(wanted: Any) -> bool:
    return is_typeddict(wanted) or is_typeddict_of_extensions(wanted)


def is_named_tuple(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, tuple) and hasattr(wanted, "_fields")


def hints_of(wanted: Any) -> dict[str, Any]:
    """The annotations by name, resolved, with what `Annotated` says."""
    return get_type_hints(wanted, include_extras=True)
