"""What a description says of a value: `When (format: date)`, `(minimum: 1, maximum: 5)`.

Clients tell so what not every provider enforces; a model reads it, and so does the emulator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from dragoman.testing.json_schema.merging import Flat

_TOLD: Final = re.compile(r"\((\w+: [^\n]*)\)$")
_WORD: Final = re.compile(r"(?:^|, )(\w+): ")


def with_told(flat: Flat) -> Flat:
    """`flat` with the keywords that its description tells; what it says itself holds."""
    described = flat.get("description")
    found = _TOLD.search(described) if isinstance(described, str) else None
    return {**dict(_keywords(found[1])), **flat} if found else flat


def _keywords(told: str) -> Iterator[tuple[str, Any]]:
    pieces = iter(_WORD.split(told)[1:])
    for word, value in zip(pieces, pieces, strict=True):
        if word in _TEXTS:
            yield word, value
        elif word in _NUMBERS and _NUMBER.fullmatch(value):
            yield word, float(value) if "." in value else int(value)
        elif word in _JSON:
            yield from _json(word, value)


def _json(word: str, value: str) -> Iterator[tuple[str, Any]]:
    try:
        found = json.loads(value)
    except ValueError:  # a word of a sentence
        return
    if isinstance(found, _JSON[word]):
        yield word, found


_TEXTS: Final = frozenset({"format", "pattern", "contentMediaType"})
_NUMBERS: Final = frozenset({
    "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf",
})  # fmt: skip
_JSON: Final[dict[str, type]] = {"enum": list, "prefixItems": list, "uniqueItems": bool, "contentSchema": dict}
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
