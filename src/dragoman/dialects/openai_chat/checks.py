"""What a body must be like, said in OpenAI's manner when it is not: `Invalid 'messages[0]': an object is needed here.`

Both of OpenAI's dialects are checked by these.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.errors import rejected

_WORDS: Final[dict[type, str]] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "an object",
    list: "a list",
}


def checked(value: Any, kinds: tuple[type, ...], where: str) -> Any:
    """`value`, which must be of one of `kinds`."""
    if type(value) not in kinds:
        raise rejected(where, f"{' or '.join(_WORDS[kind] for kind in kinds)} is needed here")
    return value


def object_of(value: Any, where: str) -> Wire:
    """`value`, which must be an object."""
    if not isinstance(value, dict):
        raise rejected(where, f"{_WORDS[dict]} is needed here")
    return cast("Wire", value)


def text_in(wire: Wire, name: str, where: str) -> str:
    """A field that must be text."""
    value = wire.get(name)
    if not isinstance(value, str):
        raise rejected(f"{where}.{name}", f"{_WORDS[str]} is needed here")
    return value


def optional_text(wire: Wire, name: str, where: str) -> str | None:
    """The text in a field, or `None` when it is absent or `null`."""
    return None if wire.get(name) is None else text_in(wire, name, where)
