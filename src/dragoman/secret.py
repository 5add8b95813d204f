"""Secrets: text that does not show itself.

A key is a `Secret` from the moment it enters. Only `reveal()` gives the text, and only where a header is written.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

HIDDEN: Final = "[secret]"
_SHORTEST_REAL_KEY: Final = 8
_TELLING: Final = re.compile("auth|key|token|secret|cookie|passw|credential|signature|^sig$", re.IGNORECASE)


def is_telling(name: str) -> bool:
    """Whether a header or query field of this name may hold what is nobody's business."""
    return _TELLING.search(name) is not None


class Secret:
    """A text whose `str`, `repr`, format and pickle do not contain it; `reveal()` gives it.

    Pass one wherever a key is taken: `api_key=Secret(key)`, or as the value of a header. Keys given as plain text
    become one at once. An empty one is false: as a key it is missing.
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself. The caller must not let it into a message, a log or a repr."""
        return self.__text

    def hide_in(self, text: str) -> str:
        """`text` with every occurrence of the secret replaced: providers like to quote the key they refuse.

        A secret shorter than eight characters guards nothing and may be part of any word: it is left alone.
        """
        return text.replace(self.__text, HIDDEN) if len(self.__text) >= _SHORTEST_REAL_KEY else text

    def hide_in_bytes(self, data: bytes) -> bytes:
        """`hide_in` for bytes that may be text."""
        return self.hide_in(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__text

    def __hash__(self) -> int:
        return hash(self.__text)

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: pass the key again in the other process")
