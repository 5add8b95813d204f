"""Docstrings of functions that become tools: what they say of the function, and of each parameter.

Google's, NumPy's and Sphinx's ways of writing are read; in any other way all of it is the function's description.
"""

from __future__ import annotations

import re
from typing import Final

_SECTION: Final = re.compile(
    r"^(Args|Arguments|Parameters|Returns?|Raises|Yields|Examples?|Notes?):?[ \t]*$(?:\n-{3,}[ \t]*$)?", re.MULTILINE
)
_OF_PARAMETERS: Final = frozenset({"Args", "Arguments", "Parameters"})

_GOOGLE: Final = re.compile(
    r"^(?P<indent>[ \t]+)\*{0,2}(?P<name>\w+)[ \t]*(?:\([^)]*\))?[ \t]*:[ \t]*"
    r"(?P<said>\S.*(?:\n(?P=indent)[ \t]+\S.*)*)",
    re.MULTILINE,
)
"""`name (type): text`, its further lines indented."""

_NUMPY: Final = re.compile(r"^\*{0,2}(?P<name>\w+)[ \t]*(?::.*)?\n(?P<said>(?:[ \t]+\S.*(?:\n|$))+)", re.MULTILINE)
"""`name : type`, the text in indented lines below."""

_SPHINX: Final = re.compile(
    r"^:param[ \t]+(?:[^:\n]*[ \t])?(?P<name>\w+):[ \t]*(?P<said>.*(?:\n[ \t]+\S.*)*)", re.MULTILINE
)
"""`:param type name: text`, its further lines indented."""

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
