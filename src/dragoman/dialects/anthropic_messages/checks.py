"""What a request body must be like, said in Anthropic's words when it is not: `messages.0.content: Field required`.

Only what the codec goes on to read is checked; a field it does not know may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dragoman.dialects.anthropic_messages.parts import DOCUMENT_SOURCES, SOURCES
from dragoman.dialects.base import Wire
from dragoman.dialects.checks import Checks
from dragoman.errors import Rejected


def rejected(where: str, why: str) -> Rejected:
    return Rejected(f"{where}: {why}", http_status=400, code="invalid_request_error")


_CHECKS: Final = Checks(
    rejected,
    {
        str: "Input should be a valid string",
        list: "Input should be a valid list",
        dict: "Input should be a valid dictionary",
        int: "Input should be a valid integer",
        float: "Input should be a valid number",
        bool: "Input should be a valid boolean",
    },
    missing="Field required",
)
wanted, required, optional = _CHECKS.wanted, _CHECKS.required, _CHECKS.optional


def objects(value: Any, where: str) -> list[Wire]:
    """`value` as a list of objects."""
    for number, item in enumerate(wanted(value, list, where)):
        wanted(item, dict, f"{where}.{number}")
    return value


# ---------------------------------------------------------------------- blocks

_REQUIRED: Final[dict[str, dict[str, type]]] = {
    "text": {"text": str},
    "image": {"source": dict},
    "document": {"source": dict},
    "tool_use": {"id": str, "name": str, "input": dict},
    "tool_result": {"tool_use_id": str},
    "thinking": {"thinking": str},
    "redacted_thinking": {"data": str},
}
_OPTIONAL: Final[dict[str, dict[str, type]]] = {
    "document": {"title": str, "context": str},
    "tool_result": {"is_error": bool},
}
_TURN_ONLY: Final = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking"})
_NONE: Final[Mapping[str, type]] = {}


def check_content(value: Any, where: str, *, inside: bool = False) -> str | list[Wire]:
    """`value` as text or as blocks that are what their types say; `inside` a tool result or a document."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise rejected(where, "Field required" if value is None else "Input should be a valid string or list")
    return check_blocks(value, where, inside=inside)


def check_blocks(value: Any, where: str, *, inside: bool = False) -> list[Wire]:
    blocks = objects(value, where)
    for number, block in enumerate(blocks):
        kind: str = required(block, "type", str, f"{where}.{number}.")
        if inside and kind in _TURN_ONLY:
            raise rejected(f"{where}.{number}.type", f"'{kind}' cannot stand here")
        _check_block(block, kind, f"{where}.{number}.")
    return blocks


def _check_block(block: Wire, kind: str, where: str) -> None:
    for name, expected in _REQUIRED.get(kind, _NONE).items():
        required(block, name, expected, where)
    for name, expected in _OPTIONAL.get(kind, _NONE).items():
        optional(block, name, expected, where)
    if kind == "text" and block.get("citations") is not None:
        for number, citation in enumerate(objects(block["citations"], f"{where}citations")):
            required(citation, "type", str, f"{where}citations.{number}.")
    elif kind == "tool_result" and block.get("content") is not None:
        check_content(block["content"], f"{where}content", inside=True)
    elif kind == "image":
        _check_source(block["source"], SOURCES, f"{where}source.")
    elif kind == "document":
        _check_source(block["source"], DOCUMENT_SOURCES, f"{where}source.")


def _check_source(source: Wire, kinds: Mapping[str, Mapping[str, str]], where: str) -> None:
    kind = required(source, "type", str, where)
    for name in kinds.get(kind, _NONE):
        required(source, name, str, where)
    if kind == "content" and kinds is DOCUMENT_SOURCES:
        check_content(source.get("content"), f"{where}content", inside=True)
