"""`IterableModel(T)`: an object with a list of `T`, for those who want the list to be a type of its own."""

from __future__ import annotations

from typing import Any, ClassVar, get_args, get_origin

from pydantic import Field, create_model

from dragoman.client.dsl.response_schema import ResponseSchema


class IterableBase(ResponseSchema):
    """What every `IterableModel` is. `task_type` is the type of its `tasks`."""

    task_type: ClassVar[Any] = None


def IterableModel(  # noqa: N802  # Instructor's name: it is read as a type
    subtask_class: Any, name: str | None = None, description: str | None = None
) -> type[IterableBase]:
    """An object with `tasks`, a list of `subtask_class`. It is called `IterableX` for a class `X`.

    For a list alone ask for `list[T]`: the answer is then a list.

    Args:
        subtask_class: A model, or a union of models.
        name: What to call one task, in place of the class's name.
        description: What the list is for, for the model.
    """
    called = name or _called(subtask_class)
    said = description or f"Correct segmentation of `{called}` tasks"
    listed = Field(default_factory=list, description=f"Correctly segmented list of `{called}` tasks")
    tasks: Any = list[subtask_class]
    made = create_model(
        f"Iterable{called}",
        __base__=IterableBase,
        __module__=__name__,
        __doc__=said,
        tasks=(tasks, listed),
    )
    made.task_type = subtask_class
    return made


def _called(task: Any) -> str:
    if get_origin(task) is not None and get_args(task):
        return "Or".join(_called(each) for each in get_args(task))
    return getattr(task, "__name__", "Value")
