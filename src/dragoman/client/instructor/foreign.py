"""A `create_fn` that is not ours: any function with Instructor's arguments, as `patch` gives one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from typing import Any

from dragoman.structured.partial import Partial


class ForeignCreate:
    """What `Create` has, by the one function that there is."""

    def __init__(self, create: Callable[..., Any]) -> None:
        self._create = create

    def __call__(self, **told: Any) -> Any:
        return self._create(**{name: value for name, value in told.items() if not (name == "stream" and not value)})

    def with_completion(self, **told: Any) -> Any:
        """The value and its `_raw_response`; to be awaited if the function is."""
        value = self(**told)
        return _later(value) if isawaitable(value) else (value, value._raw_response)  # noqa: SLF001  # Instructor's name

    def partial(self, response_model: Any, **told: Any) -> Any:
        return self(response_model=Partial[response_model], stream=True, **told)

    def iterable(self, response_model: Any, **told: Any) -> Any:
        return self(response_model=Iterable[response_model], stream=True, **told)


async def _later(value: Awaitable[Any]) -> tuple[Any, Any]:
    found = await value
    return found, found._raw_response  # noqa: SLF001  # Instructor's name
