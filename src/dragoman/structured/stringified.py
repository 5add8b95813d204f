"""JSON inside a text of JSON, where an object or a list was to stand: a part of the answer was encoded twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from dragoman.structured.exact_json import read_exactly, write_exactly

_DEEPEST: Final = 4
"""How often a text may hold a text that holds JSON."""


def unstringified(text: str, places: Sequence[tuple[int | str, ...]]) -> tuple[str, tuple[str, ...]] | None:
    """`text` with the JSON in the texts on the way to `places` in their stead, and where; `None` when there is none.

    `places` are where validation found something wrong.
    """
    try:
        root = {"": read_exactly(text)}
        found = [path for place in places if (path := _put_in(root, ("", *place))) is not None]
        return (write_exactly(root[""]).decode(), tuple(dict.fromkeys(found))) if found else None
    except (ValueError, RecursionError):
        return None


def _put_in(root: Any, place: tuple[int | str, ...]) -> str | None:
    """Replace the first text on the way to `place` that holds an object or a list; its path, if there was one.

    The way is followed as far as it leads: pydantic's places also name the members of unions.
    """
    node, passed = root, list[str]()
    for step in place:
        if not _leads(node, step):
            continue
        passed.append(str(step))
        if isinstance(inner := node[step], str):
            node[step] = within = _inside(inner)
            return ".".join(filter(None, passed)) if within is not inner else None
        node = inner
    return None


def _leads(node: Any, step: int | str) -> bool:
    match node:
        case dict():
            return step in node
        case list():
            return isinstance(step, int) and step < len(cast("list[Any]", node))
        case _:
            return False


def _inside(text: str) -> Any:
    """The object or list in `text`, however often it was made a text; `text` itself when there is none."""
    value: Any = text
    for _ in range(_DEEPEST):
        try:
            value = read_exactly(value)
        except ValueError:
            return text
        if isinstance(value, dict | list):
            return cast("Any", value)
        if not isinstance(value, str):
            break
    return text
