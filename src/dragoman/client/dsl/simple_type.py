"""Types that are no object of their own: numbers, texts, choices, and lists of them."""

from __future__ import annotations

from enum import Enum
from inspect import isclass
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, create_model

from dragoman.client.dsl.response_schema import ResponseSchema

_PLAIN: Final = frozenset({str, int, float, bool})
_CHOICES: Final = (Annotated, Literal, Union, UnionType)
"""Forms that hold others: as Instructor has it, simple whatever they hold."""


def is_simple_type(wanted: Any) -> bool:
    """Whether an answer of this type has to be put inside an object to be asked for.

    Only a question about Instructor's types: ours are asked for alike, whatever they are.
    """
    if get_origin(wanted) is list:
        return all(map(is_simple_type, get_args(wanted)))
    if get_origin(wanted) in _CHOICES:
        return True
    return isclass(wanted) and (wanted in _PLAIN or wanted is list or issubclass(wanted, Enum))


class AdapterBase(BaseModel):
    """What every `ModelAdapter` is."""


if TYPE_CHECKING:
    from typing import Generic, TypeVar

    T = TypeVar("T")

    class ModelAdapter(ResponseSchema, Generic[T]):
        """An object with one field, `content`, of a simple type: `ModelAdapter[int]`."""

        content: T

else:

    class ModelAdapter:
        """An object with one field, `content`, of a simple type: `ModelAdapter[int]`."""

        def __class_getitem__(cls, wanted: Any) -> type[BaseModel]:
            if not is_simple_type(wanted):
                raise TypeError(f"`{wanted}` is no simple type: ask for it as it is")
            return create_model(
                "Response",
                __base__=(AdapterBase, ResponseSchema),
                __module__=__name__,
                __doc__="Correctly Formatted and Extracted Response.",
                content=(wanted, ...),
            )
