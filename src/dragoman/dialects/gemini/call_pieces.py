"""A call whose arguments come in pieces, as Gemini 3 on Vertex AI sends them to `streamFunctionCallArguments`.

The first piece has the name, the next ones values, each with its place as a JSONPath, and the last one does not say
`willContinue`; it may be empty. Text for a place that has some already is its continuation.
Reference: the types `FunctionCall` and `PartialArg` of google-genai 3.4.0 (read 2026-11-21).
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.call_ids import CallIds
from dragoman.dialects.gemini.extras import extra_of, rest_of
from dragoman.messages import ToolCall, encode_json

_STEP: Final = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")
_VALUES: Final = ("stringValue", "numberValue", "boolValue")
_KNOWN: Final = frozenset({"id", "name", "args", "partialArgs", "willContinue"})


def is_piece(part: Wire) -> bool:
    """Whether `part` is a call that began before or goes on after."""
    call = part.get("functionCall")
    return call is not None and ("name" not in call or "partialArgs" in call or "willContinue" in call)


class CallPieces:
    """One call as it comes in. Raises `KeyError`, `TypeError` … for a piece that is not what it should be."""

    __slots__ = ("_arguments", "_extra", "id", "name", "whole")

    def __init__(self, part: Wire, ids: CallIds) -> None:
        call = part["functionCall"]
        self.id = ids.of_call(call)
        self.name: str = call["name"]
        self.whole = False
        self._arguments: Any = dict(call.get("args") or {})
        self._extra: Wire = {}
        self.add(part)

    def add(self, part: Wire) -> None:
        call = part["functionCall"]
        self._extra |= rest_of(part, frozenset({"functionCall"}), "functionCall", _KNOWN)
        for value in call.get("partialArgs") or ():
            self._arguments = _with_value(self._arguments, _steps(value["jsonPath"]), value)
        self.whole = not call.get("willContinue")

    def call(self) -> ToolCall:
        """What has come; not complete while its last piece has not."""
        text = encode_json(self._arguments).decode()
        return ToolCall(
            id=self.id, name=self.name, arguments_json=text, complete=self.whole, extra=extra_of(self._extra)
        )


def _steps(path: str) -> list[str | int]:
    """The steps of a JSONPath that names one place: `$.a[0]['b c']`."""
    if not path.startswith("$") or _STEP.sub("", path[1:]):
        raise ValueError(f"the place of an argument is {path!r:.80}")
    return [int(number) if number else name or one or two for name, number, one, two in _STEP.findall(path)]


def _with_value(there: Any, steps: list[str | int], piece: Wire) -> Any:
    """`there` once `piece` is in its place; what is missing on the way is made."""
    if not steps:
        return _joined(there, piece)
    step, further = steps[0], steps[1:]
    if isinstance(step, int):
        items = cast("list[Any]", there) if isinstance(there, list) else []
        _make_room(items, step)
        items[step] = _with_value(items[step], further, piece)
        return items
    fields = cast("Wire", there) if isinstance(there, dict) else {}
    fields[step] = _with_value(fields.get(step), further, piece)
    return fields


def _make_room(items: list[Any], index: int) -> None:
    """Items come in their order: a number far ahead is a mistake, not a long list."""
    if index > len(items):
        raise IndexError(f"an argument has item {index} after {len(items)}")
    if index == len(items):
        items.append(None)


def _joined(there: Any, piece: Wire) -> Any:
    for name in _VALUES:
        value = piece.get(name)
        if value is not None:
            return there + value if isinstance(there, str) and isinstance(value, str) else value
    return None if "nullValue" in piece else there
