"""Names as this dialect spells them: in camel case, while clients may send them in snake case as well.

Google's servers read both (protobuf's JSON mapping says so) and take `null` for absent. Requests are brought into one
form before they are read; what is the caller's own (arguments, results, schemas, labels) is left as it is. Which of two
spellings of one field counts is not known of Google's servers, and such a request is refused.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from dragoman.dialects.gemini.checks import rejected

_CALLERS_OWN: Final = frozenset(
    {"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema", "labels"}
)
"""Fields whose value is an object in the caller's words."""

_UNDERSCORE: Final = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")


def in_camel_case(value: Any) -> Any:
    """`value` with its names in camel case, and without what is `null`."""
    if isinstance(value, dict):
        return _fields(cast("dict[str, Any]", value))
    if isinstance(value, list):
        return [in_camel_case(item) for item in cast("list[Any]", value)]
    return value


_OF_A_REQUEST: Final = frozenset(
    {"model", "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig"}
    | {"cachedContent", "serviceTier", "labels", "store", "modelArmorConfig"}
)


def request_in_camel_case(wire: dict[str, Any]) -> dict[str, Any]:
    """A request's body. Fields of its own that Google does not document stay as they are spelled."""
    fields = _fields(wire)
    if not any("_" in name for name in wire):
        return fields
    strangers = {name: value for name, value in wire.items() if "_" in name and camel(name) not in _OF_A_REQUEST}
    return {name: value for name, value in fields.items() if name not in map(camel, strangers)} | strangers


def camel(name: str) -> str:
    return _UNDERSCORE.sub(_capital, name) if "_" in name else name


def _fields(wire: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for spelled, value in wire.items():
        if value is None:
            continue
        name = camel(spelled)
        if name in fields:
            raise rejected(spelled, "it is said twice, in camel case and in snake case")
        fields[name] = value if name in _CALLERS_OWN else in_camel_case(value)
    return fields


def _capital(found: re.Match[str]) -> str:
    return found[1].upper()
