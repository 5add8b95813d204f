"""The founding documents ("seeds"): where they lie, and their Python blocks with only the import lines changed.

The seeds stand beside the repository (`../shared/seeds`, or `$DRAGOMAN_SEEDS`) and are not part of it; tests that need
them skip when they are absent.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.markdown import Block, blocks_of

ROOT = Path(os.environ.get("DRAGOMAN_SEEDS") or Path(__file__).parents[3] / "shared" / "seeds")
ABSENT = f"the seeds are not at {ROOT}: set DRAGOMAN_SEEDS to where they are"

_IMPORTS = (
    (re.compile(r"^( *)from (?:abstractllm|instructor)(?:\.\w+)* import ", re.MULTILINE), r"\1from dragoman import "),
    (re.compile(r"^( *)import instructor$", re.MULTILINE), r"\1import dragoman as instructor"),
)
_NESTED = re.compile(r"^```python\n(.*?)(?:^```$|\Z)", re.MULTILINE | re.DOTALL)


def seed(number: str) -> Path | None:
    """The seed file of that number, or `None` when the seeds are absent."""
    return next(iter(ROOT.glob(f"{number}_*.txt")), None)


def python_blocks(page: Path | None) -> dict[str, Block]:
    """The Python blocks of a seed by heading and place under it: `"MLX Issues 1"`.

    Those that stand inside another block, as in a page about pages, are among them.
    """
    count: Counter[str] = Counter()
    found: dict[str, Block] = {}
    for block in blocks_of(page) if page else ():
        for each in [block] if block.language == "python" else _nested(block):
            count[each.heading] += 1
            found[f"{each.heading} {count[each.heading]}"] = each
    return found


def _nested(block: Block) -> list[Block]:
    return [
        replace(block, language="python", source=inner[1], line=block.line + block.source[: inner.start(1)].count("\n"))
        for inner in _NESTED.finditer(block.source)
    ]


def ported(source: str) -> str:
    """`source` with its import lines changed, and nothing else (X27)."""
    for ours, theirs in _IMPORTS:
        source = ours.sub(theirs, source)
    return source


def changed_lines(source: str) -> list[str]:
    """The lines that `ported` changes."""
    lines = zip(source.splitlines(), ported(source).splitlines(), strict=True)
    return [old for old, new in lines if old != new]
