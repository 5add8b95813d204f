"""Fenced blocks of Markdown pages, and how a Python one is run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import CodeType
from typing import Any

_OPENING = re.compile(r"(`{3,})(\w*)")
_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    `line` is where its source begins in the page, from 1; `heading` the last one above it; `notes` the one-line HTML
    comments directly before it. `follows` says that nothing stands between it and the block before.
    """

    page: Path
    language: str
    source: str
    line: int
    heading: str
    notes: tuple[str, ...]
    follows: bool

    def compiled(self, source: str | None = None) -> CodeType:
        """The source, or what a test has made of it, with the page's own line numbers in tracebacks."""
        text = self.source if source is None else source
        return compile("\n" * (self.line - 1) + text, str(self.page), "exec", dont_inherit=True)


def blocks_of(page: Path) -> list[Block]:
    """Every fenced block of `page`, in order."""
    return list(_blocks(page, page.read_text().splitlines()))


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    heading, notes, follows, at = "", list[str](), False, 0
    while at < len(lines):
        line, at = lines[at], at + 1
        if opening := _OPENING.match(line):
            end = lines.index(opening[1], at)
            source = "".join(f"{each}\n" for each in lines[at:end])
            yield Block(page, opening[2], source, at + 1, heading, tuple(notes), follows)
            notes, follows, at = [], True, end + 1
        elif comment := _COMMENT.fullmatch(line):
            notes.append(comment[1])
        elif line.strip():
            notes, follows = [], False
            heading = line.lstrip("# ") if line.startswith("#") else heading


def run(code: CodeType, namespace: dict[str, Any]) -> str:
    """Execute `code` in `namespace` and give what it printed."""
    printed = StringIO()
    with redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()
