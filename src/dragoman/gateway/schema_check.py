"""JSON Schemas that callers send, as checks of values: what they ask for is bounded, for anybody may send one.

Nothing is fetched: a reference leads to a place in the schema, or it is an error. Patterns are matched in linear time,
by the engine of pydantic; one that it does not know (it has no looking around) holds nothing. A check that takes too
many steps is given up, as an error too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from dragoman.errors import MissingPackage, Rejected
from dragoman.messages import decode_json, encode_json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_MOST_STEPS: Final = 100_000
"""Words of a schema, each looked at for one value: a few tenths of a second."""
_MOST_KEPT: Final = 256
_MOST_LINES: Final = 5
_LONGEST: Final = 60


def check_of(schema: Any) -> Callable[[Any], str | None]:
    """The check of a schema: what is wrong with a value, without saying the value; `None` when it fits.

    Raises `Rejected` for what is no schema.
    """
    return _check_of(encode_json(schema))


@lru_cache(maxsize=_MOST_KEPT)
def _check_of(schema: bytes) -> Callable[[Any], str | None]:
    return SchemaCheck(decode_json(schema))


class SchemaCheck:
    """One schema, compiled."""

    def __init__(self, schema: Any) -> None:
        jsonschema, registry = _jsonschema()
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        try:
            kind.check_schema(schema)
        except jsonschema.exceptions.SchemaError as error:
            raise Rejected(f"the schema is no JSON Schema: {_place(error)} {error.validator}") from None
        self._steps = 0
        words: Mapping[str, Any] = kind.VALIDATORS
        ours = {**{name: self._counted(word) for name, word in words.items()}, **self._patterns()}
        self._validator = jsonschema.validators.extend(kind, ours)(schema, registry=registry)

    def __call__(self, value: Any) -> str | None:
        """Raises `Rejected` where the schema itself stands in the way."""
        self._steps = 0
        try:
            lines = [_line(error) for error in self._validator.iter_errors(value)]
        except _TooLong:
            raise Rejected("the schema takes too long to check: make it simpler") from None
        except RecursionError:
            raise Rejected("the schema leads back to itself without end") from None
        except _unresolvable() as error:
            raise Rejected(f"the schema refers to what is not in it: {error}") from None
        if not lines:
            return None
        more = len(lines) - _MOST_LINES
        return "\n".join([*lines[:_MOST_LINES], *([f"and {more} more"] if more > 0 else [])])

    def _counted(self, word: Callable[..., Any]) -> Callable[..., Iterator[ValidationError]]:
        def counted(validator: Any, said: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise _TooLong
            yield from word(validator, said, value, schema) or ()

        return counted

    def _patterns(self) -> dict[str, Callable[..., Any]]:
        """The words that search, by an engine that cannot be made to search for ever."""
        return {"pattern": self._counted(_pattern), "patternProperties": self._counted(_pattern_properties)}


class _TooLong(Exception):
    """The check of a value takes too many steps."""


def _pattern(_: Any, said: str, value: Any, __: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(value, str) and not _found(said, value):
        yield ValidationError("")


def _pattern_properties(validator: Any, said: Mapping[str, Any], value: Any, _: Any) -> Iterator[ValidationError]:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for pattern, schema in said.items():
            for name, each in fields.items():
                if _found(pattern, name):
                    yield from validator.descend(each, schema, path=name, schema_path=pattern)


def _found(pattern: str, text: str) -> bool:
    searching = _compiled(pattern)
    return searching is None or searching.isinstance_python(text)


@lru_cache(maxsize=_MOST_KEPT)
def _compiled(pattern: str) -> Any:
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:
        return None


def _line(error: ValidationError) -> str:
    place = _place(error)
    said = _wanted(error)
    return f"{place}: {said}" if place else said


def _place(error: ValidationError) -> str:
    return ".".join(map(str, error.absolute_path))[:_LONGEST]


def _wanted(error: ValidationError) -> str:
    """What the schema wants there, in its own words."""
    word, said, value = str(error.validator), cast("Any", error.validator_value), cast("Any", error.instance)
    if word == "required":
        return f"required and missing: {', '.join(name for name in said if name not in value)}"
    shown = encode_json(said).decode()
    return f"does not fit `{word}`: {shown if len(shown) <= _LONGEST else f'{shown[:_LONGEST]}...'}"


def _jsonschema() -> tuple[Any, Any]:
    """The library, and a registry of schemas that fetches nothing."""
    try:
        import jsonschema
        import referencing
    except ImportError as error:
        raise MissingPackage("checking answers needs jsonschema: `pip install 'dragoman[gateway]'`") from error
    return jsonschema, cast("Any", referencing).Registry()


def _unresolvable() -> type[Exception]:
    from referencing.exceptions import Unresolvable

    return Unresolvable
