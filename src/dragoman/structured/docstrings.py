"""Docstrings of functions that become tools, and of types that answers shall have: what they say of it and its parts.

Google's, NumPy's and Sphinx's ways of writing are read; in any other way all of it is the description of the whole.
"""

from __future__ import annotations

import re
from typing import Final

_SECTION: Final = re.compile(
    r"^(Args|Arguments|Parameters|Attributes|Fields|Returns?|Raises|Yields|Examples?|Notes?):?[ \t]*$"
    r"(?:\n-{3,}[ \t]*$)?",
    re.MULTILINE,
)
_OF_PARAMETERS: Final = frozenset({"Args", "Arguments", "Parameters", "Attributes", "Fields"})

_GOOGLE: Final = re.compile(
    r"^(?P<indent>[ \t]+)\*{0,2}(?P<name>\w+)[ \t]*(?:\([^)]*\))?[ \t]*:[ \t]*"
    r"(?P<said>\S.*(?:\n(?P=indent)[ \t]+\S.*)*)",
    re.MULTILINE,
)
"""`name (type): text`, its further lines indented."""

_NUMPY: Final = re.compile(r"^\*{0,2}(?P<name>\w+)[ \t]*(?::.*)?\n(?P<said>(?:[ \t]+\S.*(?:\n|$))+)", re.MULTILINE)
"""`name : type`, the text in indented lines below."""

_SPHINX: Final = re.compile(
    r"^:(?:param|ivar|cvar|var)[ \t]+(?:[^:\n]*[ \t])?(?P<name>\w+):[ \t]*(?P<said>.*(?:\n[ \t]+\S.*)*)", re.MULTILINE
)
"""`:param type name: text` (`:ivar` and the like for attributes), its further lines indented."""

_FIELD: Final = re.compile(r"^:\w+[^:\n]*:.*(?:\n[ \t]+\S.*)*\n?", re.MULTILINE)


def read_docstring(docstring: str) -> tuple[str, dict[str, str]]:
    """The description in a docstring that has been cleaned of its indentation, and what it says of each parameter."""
    text, *sections = _SECTION.split(docstring)
    bodies = [body for head, body in zip(sections[::2], sections[1::2], strict=True) if head in _OF_PARAMETERS]
    found = [*_SPHINX.finditer(text)]
    for body in bodies:
        found += (_GOOGLE if body.lstrip("\n")[:1] in (" ", "\t") else _NUMPY).finditer(body)
    said = {match["name"]: " ".join(match["said"].split()) for match in found}
    return _FIELD.sub("", text).strip(), said


def read_class_docstring(docstring: str) -> tuple[str, dict[str, str]]:
    """The same of a class and its fields. Sections about anything but fields stay in the description."""
    _, of_field = read_docstring(docstring)
    return (_without_fields(docstring) if of_field else docstring), of_field


def _without_fields(docstring: str) -> str:
    heads = [*_SECTION.finditer(docstring)]
    ends = [*(head.start() for head in heads[1:]), len(docstring)]
    for head, end in reversed([*zip(heads, ends, strict=False)]):
        if head[1] in _OF_PARAMETERS:
            docstring = docstring[: head.start()] + docstring[end:]
    return _FIELD.sub("", docstring).strip()
