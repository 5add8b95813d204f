"""A JSON Schema that somebody gave, where others give a type. The value is the JSON text that fits it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, cast

from msgspec.json import Decoder

from dragoman.structured.absent import without_absent
from dragoman.structured.output import OutputType, unwrapped, wrap
from dragoman.structured.schema_nodes import ROOT, references
from dragoman.structured.subsets import ANY, SHARED

_OLDER_ROOT: Final = "#/definitions/"
_value: Final = Decoder().decode

Check = Callable[[Any], str | None]
"""What is wrong with a value, without saying the value; `None` when it fits."""


class GivenSchema(OutputType[str]):
    """An `OutputType` that is made from a schema, whose values are JSON texts.

    Args:
        schema: Any JSON Schema. One whose references lead elsewhere is only told in words.
        name: How it is called on the wire.
        check: Who validates.
        form: The subset in whose words it is sent as the form of an answer.
        tool: The subset in whose words it is sent as the parameters of a tool.
    """

    def __init__(self, schema: Any, name: str, check: Check, form: str = SHARED, tool: str = ANY) -> None:
        self.wanted = str
        self._form, self._tool, self._check = form, tool, check
        self._given = _own_definitions(schema)
        self.wrapped = self._given.get("type") != "object"
        self.name = name
        self.schema = wrap(self._given) if self.wrapped else self._given

    @cached_property
    def can_be_sent(self) -> bool:
        """Whether the words of a subset can say it: it is plain enough to be read as they are."""
        names = references(self.schema)
        return bool(self._given) and all(name in self.schema.get("$defs", {}) for name in names)

    def parse(self, text: str, *, context: object = None, strict: object = None) -> str:  # noqa: ARG002  # a schema heeds neither
        """The JSON in `text`, of the value alone. Raises `ValueError` for what does not fit."""
        inner = unwrapped(text) if self.wrapped else text
        wrong = self.misfit(inner)
        if wrong is not None:
            without = without_absent(inner, self._given)
            if without is None or self.misfit(without) is not None:
                raise ValueError(wrong)
            inner = without
        return inner if isinstance(inner, str) else inner.decode()

    def misfit(self, text: str | bytes) -> str | None:
        """What is wrong with a JSON text. Raises `ValueError` for what is none."""
        return self._check(_value(text))


def _own_definitions(schema: Any) -> dict[str, Any]:
    """The schema with its definitions where newer drafts have them; of one that is `true` or `false`, nothing."""
    if not isinstance(schema, dict):
        return {}
    given = cast("dict[str, Any]", schema)
    older = given.get("definitions")
    if not isinstance(older, dict):
        return given
    rest = {word: _renamed(value) for word, value in given.items() if word not in ("definitions", "$defs")}
    return {**rest, "$defs": {**_renamed(older), **_renamed(given.get("$defs", {}))}}


def _renamed(value: Any) -> Any:
    match value:
        case dict():
            return {name: _renamed(each) for name, each in cast("dict[str, Any]", value).items()}
        case list():
            return [_renamed(each) for each in cast("list[Any]", value)]
        case str() if value.startswith(_OLDER_ROOT):
            return ROOT + value.removeprefix(_OLDER_ROOT)
        case _:
            return value
