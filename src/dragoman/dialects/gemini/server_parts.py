"""Parts of tools that run at Google: kept whole, and told what they are.

A search that is not among the parts is told by its sources alone. Code need not have an id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.name import NAME
from dragoman.messages import Opaque

_CODE: Final = "codeExecution"


def opaque_part(wire: Wire) -> Opaque:
    word = next((word for word in _READ if isinstance(wire.get(word), dict)), None)
    return Opaque(NAME, wire) if word is None else _READ[word](wire, cast("Wire", wire[word]))


def _code(wire: Wire, code: Wire) -> Opaque:
    return Opaque(NAME, wire, "server_tool_call", _CODE, code.get("id"), _beside_id(code))


def _code_result(wire: Wire, result: Wire) -> Opaque:
    return Opaque(NAME, wire, "server_tool_result", _CODE, result.get("id"), output=_beside_id(result))


def _call(wire: Wire, call: Wire) -> Opaque:
    return Opaque(NAME, wire, "server_tool_call", call.get("toolType"), call.get("id"), call.get("args"))


def _response(wire: Wire, response: Wire) -> Opaque:
    name, id_ = response.get("toolType"), response.get("id")
    return Opaque(NAME, wire, "server_tool_result", name, id_, output=response.get("response"))


def _beside_id(said: Wire) -> dict[str, Any]:
    return {field: value for field, value in said.items() if field != "id"}


_READ: Final[dict[str, Callable[[Wire, Wire], Opaque]]] = {
    "executableCode": _code,
    "codeExecutionResult": _code_result,
    "toolCall": _call,
    "toolResponse": _response,
}
