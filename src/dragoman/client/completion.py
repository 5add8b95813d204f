"""`Completion`: a provider's answer in its own words, for who has no SDK to say them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, NoReturn, cast

from dragoman.messages import LLMResponse

_SHOWN: Final = 200
"""The most characters that a `repr` shows."""


class View:
    """A JSON object, read by attribute or by key: `completion.usage.prompt_tokens`.

    A name may also be written as Python writes it: `usage_metadata` finds `usageMetadata`. Nothing can be set.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_fields", fields)

    def model_dump(self) -> dict[str, Any]:
        """The JSON as a dict, which is the caller's own."""
        return deepcopy(dict(self._fields))

    def model_dump_json(self, *, indent: int | None = None) -> str:
        """The JSON as text."""
        return json.dumps(self._fields, ensure_ascii=False, indent=indent)

    def __getattr__(self, name: str) -> Any:
        fields: Mapping[str, Any] = object.__getattribute__(self, "_fields")
        key = name if name in fields else _camel(name)
        if key not in fields:
            has = ", ".join(map(str, fields)) or "nothing"
            raise AttributeError(f"the provider's answer has no `{name}` here; it has {has}")
        return _viewed(fields[key])

    def __getitem__(self, name: str) -> Any:
        return _viewed(self._fields[name])

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"`{name}` cannot be set: this is what the provider answered")

    __delattr__ = __setattr__  # pyright: ignore[reportAssignmentType]  # neither does anything

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and bool(self._fields == other._fields)

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # as a dict

    def __copy__(self) -> View:
        return self

    def __deepcopy__(self, memo: Any) -> View:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._fields,)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *map(str, self._fields)]

    def __repr__(self) -> str:
        text = json.dumps(self._fields, ensure_ascii=False, default=str)
        return f"<{type(self).__name__} {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}…'}>"


class Completion(View):
    """A whole answer.

    Attributes:
        response: The same in our own words, with usage, cost and every try.
    """

    __slots__ = ("response",)

    response: LLMResponse

    def __init__(self, response: LLMResponse) -> None:
        super().__init__(_wire_of(response))
        object.__setattr__(self, "response", response)

    def __reduce__(self) -> tuple[Any, ...]:
        return Completion, (self.response,)


def _wire_of(response: LLMResponse) -> Mapping[str, Any]:
    """What came: the body, or of a stream its `events`; nothing of a response made by hand."""
    raw: Any = response.raw
    if isinstance(raw, Mapping):
        return cast("Mapping[str, Any]", raw)
    if isinstance(raw, Sequence) and not isinstance(raw, str | bytes):
        return {"events": list(cast("Sequence[Any]", raw))}
    return {}


def _viewed(value: Any) -> Any:
    match value:
        case Mapping():
            return View(cast("Mapping[str, Any]", value))
        case list():
            return [_viewed(each) for each in cast("list[Any]", value)]
        case _:
            return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
