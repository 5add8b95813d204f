"""The provider guide (seed 002): where it lies, and its Python blocks with only the import lines changed.

The seeds stand beside the repository (`../shared/seeds`, or `$DRAGOMAN_SEEDS`) and are not part of it; tests that need
them skip when they are absent.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

from tests.markdown import Block, blocks_of

ROOT = Path(os.environ.get("DRAGOMAN_SEEDS") or Path(__file__).parents[3] / "shared" / "seeds")
ABSENT = f"the seeds are not at {ROOT}: set DRAGOMAN_SEEDS to where they are"

_IMPORT = re.compile(r"^from abstractllm(?:\.\w+)* import ", re.MULTILINE)


def seed(number: str) -> Path | None:
    """The seed file of that number, or `None` when the seeds are absent."""
    return next(iter(ROOT.glob(f"{number}_*.txt")), None)


def python_blocks(page: Path | None) -> dict[str, Block]:
    """The Python blocks of a seed by heading and place under it: `"MLX Issues 1"`."""
    count: Counter[str] = Counter()
    found: dict[str, Block] = {}
    for block in blocks_of(page) if page else ():
        if block.language == "python":
            count[block.heading] += 1
            found[f"{block.heading} {count[block.heading]}"] = block
    return found


def ported(source: str) -> str:
    """`source` with its import lines changed, and nothing else (X27)."""
    return _IMPORT.sub("from dragoman import ", source)
