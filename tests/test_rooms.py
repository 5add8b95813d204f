"""The drawing in ARCHITECTURE.md is true: a room imports only from rooms of lower rank."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dragoman.providers import built_in_names

SRC = Path(__file__).parents[1] / "src" / "dragoman"

RANKS = [
    {"messages", "errors", "secret", "http", "_version"},
    {"flow"},
    {"catalog", "dialects", "transport"},
    {"providers"},
    {"calls", "engines"},
    {"structured", "routing"},
    {"client"},
    {"batch", "gateway", "testing"},
    {"cli", "compat"},
]
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}

STRANGERS = {("dialects", "transport"), ("structured", "routing"), ("catalog", "dialects"), ("catalog", "transport")}
"""Rooms of one rank that must not know each other, either way."""

SAME_RANK = {("messages", "errors"), ("errors", "messages"), ("http", "messages")}
"""The few imports that stay within a rank: errors carry records, and records may raise errors."""


def imports() -> list[tuple[str, str, str]]:
    """Every import of one room by another: (file, importing room, imported room)."""
    found = []
    for path in sorted(SRC.rglob("*.py")):
        room = path.relative_to(SRC).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            for name in _imported(node):
                parts = name.split(".")
                if parts[0] == "dragoman" and len(parts) > 1 and parts[1] != room and parts[1] in RANK:
                    found.append((str(path.relative_to(SRC)), room, parts[1]))
    return found


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


IMPORTS = [edge for edge in imports() if edge[1] != "__init__"]


def test_every_room_has_a_rank() -> None:
    rooms = {path.name.removesuffix(".py") for path in SRC.iterdir() if not path.name.startswith(("_", "py.typed"))}
    assert rooms <= set(RANK)


@pytest.mark.parametrize(("file", "room", "imported"), sorted(set(IMPORTS)))
def test_arrows_go_down(file: str, room: str, imported: str) -> None:
    assert RANK[imported] < RANK[room] or (room, imported) in SAME_RANK
    assert (room, imported) not in STRANGERS
    assert (imported, room) not in STRANGERS


def loads_a_provider(source: str) -> bool:
    """Whether `source` imports a provider's file or the folder of them, or writes the module's name in a text."""
    nodes = list(ast.walk(ast.parse(source)))
    imported = [name for node in nodes for name in _imported(node)]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(f"{name}.".startswith("dragoman.providers.builtin.") for name in imported) or any(
        "providers.builtin" in text for text in texts
    )


@pytest.mark.parametrize(
    "source",
    [
        "import dragoman.providers.builtin.google",
        "from dragoman.providers.builtin.google import SPEC",
        "from dragoman.providers.builtin import google",
        "from dragoman.providers import builtin",
        "def later():\n    from dragoman.providers.builtin import google",
        "import_module(f'dragoman.providers.builtin.{name}')",
    ],
)
def test_every_way_to_load_a_provider_is_seen(source: str) -> None:
    assert loads_a_provider(source)


def test_only_the_registry_loads_providers() -> None:
    loading = [path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py") if loads_a_provider(path.read_text())]
    assert loading == ["providers/registry.py"]


def test_no_provider_is_compared_by_name_outside_the_providers() -> None:
    """S4.1, S4.25: `if provider == "openai"` is asked once, by the registry."""
    names = built_in_names()
    offenders = []
    for path in SRC.rglob("*.py"):
        if path.relative_to(SRC).parts[0] in ("providers", "compat"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare | ast.MatchValue):  # also inside `in (…)` and `case …`
                values = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                offenders += [(path.name, value) for value in values if value in names]
    assert offenders == []


def test_importing_the_library_loads_nothing_heavy() -> None:
    """S4.25."""
    import subprocess
    import sys

    code = "import sys, dragoman; dragoman.Message; print(' '.join(sorted(sys.modules)))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    heavy = {
        "asyncio",
        "ssl",
        "pydantic",
        "fastapi",
        "httpx",
        "httpx2",
        "openai",
        "anthropic",
        "dragoman.providers.builtin.openai",
    }
    assert not heavy & loaded
