"""Which test proves which line of the mission: the ids that tests name, found in their source.

A test names a line by its id, `S2.24`, or a range, `S2.24-S2.31`, in its name, docstring, parameters or comments; what
is named outside of a test is the file's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_ID = re.compile(r"\b(?:(S\d)[._]|(X))(\d{1,2})\b(?:\s*[-\u2013]\s*(?:(S\d)[._]|(X))(\d{1,2})\b)?")
_ROW = re.compile(r"^(\| ([SX][\d.]+) \| .*? \|) [^|]*\|$", re.MULTILINE)
NOBODY = "*not yet*"


def ids_in(text: str) -> Iterator[str]:
    """The ids in a piece of source, ranges one by one."""
    for seed, answers, number, last_seed, last_answers, last in _ID.findall(text):
        same = (last_seed, last_answers) == (seed, answers)
        for each in range(int(number), int(last if same else number) + 1):
            yield f"{seed}.{each}" if seed else f"{answers}{each}"


def proofs() -> dict[str, list[str]]:
    """By id: the tests that name it, as pytest would be told them."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        where = path.relative_to(ROOT)
        for name, text in _pieces(path.read_text()):
            for each in ids_in(text):
                test = f"{where}::{name}" if name else str(where)
                if test not in found.setdefault(each, []):
                    found[each].append(test)
    return found


def _pieces(source: str) -> Iterator[tuple[str, str]]:
    """Each test with its decorators, and what is left of the module, under the name ""."""
    lines = source.splitlines()
    rest = list(lines)
    for node in ast.parse(source).body:
        for test, prefix in _tests_in(node):
            first = min([test.lineno, *(each.lineno for each in test.decorator_list)]) - 1
            yield f"{prefix}{test.name}", "\n".join(lines[first : test.end_lineno])
            rest[first : test.end_lineno] = [""] * ((test.end_lineno or first) - first)
    yield "", "\n".join(rest)


def _tests_in(node: ast.AST) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
        yield node, ""
    elif isinstance(node, ast.ClassDef):
        for each in node.body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_"):
                yield each, f"{node.name}::"


def with_proofs(page: str) -> str:
    """The page with its last column made anew."""
    found = proofs()
    return _ROW.sub(lambda row: f"{row[1]} {_cell(found.get(row[2], []))} |", page)


def _cell(tests: list[str]) -> str:
    if not tests:
        return NOBODY
    shown = [f"`{test.removeprefix('tests/')}`" for test in tests[:3]]
    more = f" and {len(tests) - 3} more" if len(tests) > 3 else ""
    return ", ".join(shown) + more
