"""Options whose values are words of a closed set."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import typer


def choice(words: type[StrEnum], *names: str, help: str) -> Any:  # noqa: A002 - as typer calls it
    """An option that takes one of `words`, which its help and the shell show. Another is refused with all there are.

    Left to itself, typer puts the words of the library that it reads values with before that.
    """

    def offered(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return typer.Option(*names, parser=_reader(words), metavar="|".join(words), autocompletion=offered, help=help)


def _reader(words: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(text: str) -> StrEnum:
        try:
            return words(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(map(repr, map(str, words)))}.") from None

    return read
