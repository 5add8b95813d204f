"""`Maybe(T)`: a value, or the model's word why there is none."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, Field, create_model

from dragoman.structured.kept import kept_with_type

T = TypeVar("T")

_SAID: Final = "The value, or null when the text does not have it."


class MaybeBase(BaseModel, Generic[T]):
    """What every `Maybe` is: true when there is a `result`, else `message` says why there is none."""

    result: T | None = Field(default=None, description=_SAID)
    error: bool = Field(default=False, description="Whether the value could not be found.")
    message: str | None = Field(default=None, description="Why there is no value, in one short sentence.")

    def __bool__(self) -> bool:
        return self.result is not None


@kept_with_type
def Maybe(model: type[T]) -> type[MaybeBase[T]]:  # noqa: N802  # Instructor's name: it is read as a type
    """A type for a value that may not be there: ask for `Maybe(User)`, read `.result`, or `.message` when it is false.

    The same type for the same `model`, so that it is compiled once.
    """
    name = getattr(model, "__name__", "Value")
    wanted: Any = model
    result: Any = (wanted | None, Field(default=None, description=_SAID))  # pydantic has a table of `MaybeBase[model]`
    made: Any = create_model(f"Maybe{name}", __base__=MaybeBase, __module__=__name__, result=result)
    return made
