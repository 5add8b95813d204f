"""The drawing in ARCHITECTURE.md is true: a room imports only from rooms of lower rank."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dragoman.providers import built_in_names

SRC = Path(__file__).parents[1] / "src" / "dragoman"

RANKS = [
    {"messages", "errors", "exceptions", "secret", "http", "_version"},
    {"flow"},
    {"catalog", "dialects", "transport"},
    {"providers"},
    {"calls", "engines"},
    {"structured", "routing", "batch"},
    {"client"},
    {"gateway", "testing", "validation"},
    {"cli", "compat"},
    {"__main__"},
]
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}

STRANGERS = {
    ("dialects", "transport"),
    ("structured", "routing"),
    ("batch", "structured"),
    ("batch", "routing"),
    ("catalog", "dialects"),
    ("catalog", "transport"),
}
"""Rooms of one rank that must not know each other, either way."""

SAME_RANK = {("messages", "errors"), ("errors", "messages"), ("http", "messages"), ("exceptions", "errors")}
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


def test_the_core_knows_no_peers_paths() -> None:
    """X27: they are in a room that nobody imports, and none of them is a module of ours."""
    assert "compat" not in {imported for _, _, imported in IMPORTS}
    assert not {"abstractllm", "abstractcore", "core", "instructor"} & {path.stem for path in SRC.iterdir()}


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


NAMED: dict[str, set[str]] = {
    # An engine's name is that of its file, and a provider's file names it
    "engines/libraries/huggingface.py": {"huggingface"},
    "engines/libraries/mlx.py": {"mlx"},
    "client/llm_provider.py": {"openai", "anthropic", "ollama"},  # the classes that seed 003 names for them (S3.5-S3.7)
    # The SDKs that are wrapped are called as their makers are, and the functions that take them say whose they are
    "client/wrapping/sdks.py": {
        "anthropic",
        "azure_openai",
        "bedrock",
        "cerebras",
        "cohere",
        "fireworks",
        "groq",
        "mistral",
        "openai",
        "openai_compatible",
        "perplexity",
        "vertex",
        "vertexai",
    },
    "client/wrapping/from_sdk.py": {
        "anthropic",
        "bedrock",
        "cerebras",
        "cohere",
        "fireworks",
        "google",
        "groq",
        "litellm",
        "mistral",
        "openai",
        "openrouter",
        "perplexity",
        "vertex",
        "writer",
        "xai",
    },
    "client/wrapping/cohere.py": {"cohere"},
    "transport/carried/function.py": {"litellm", "openai"},
    "client/wrapping/google_genai.py": {"google", "vertexai"},
    "client/named_hosts.py": {"databricks", "deepseek", "together"},  # the functions that Instructor names for them
    "cli/doctor.py": {"bedrock", "vertex", "mlx", "huggingface"},  # extras of our package, which its metadata calls so
    "calls/kept_input.py": {"mistral"},  # a dialect
    "dialects/listing.py": {"ollama"},  # a dialect
    "dialects/mistral/wire.py": {"mistral"},  # a dialect
    "dialects/ollama/wire.py": {"ollama"},  # a dialect
    "dialects/embeddings/codecs/ollama_embed.py": {"ollama"},  # a dialect: the codec's home
    "dialects/anthropic_messages/request.py": {"bedrock", "vertex"},  # groups of a pattern, after who has such paths
    "dialects/bedrock_converse/options.py": {"openai"},  # the maker that a model's id begins with
    "structured/subsets.py": {"mistral", "ollama"},  # dialects
    "dialects/serving/cohere_v2.py": {"cohere"},  # what a header of its SDK says
    "engines/answer.py": {"ollama"},  # here and below: a dialect, whose wire local models have
    "engines/transport.py": {"ollama"},
    "testing/emulator/customs/anthropic_messages.py": {"anthropic"},  # here and below: the catalog's list of prices
    "testing/emulator/customs/bedrock_converse.py": {"bedrock"},
    "testing/emulator/customs/cohere_v2.py": {"cohere"},
    "testing/emulator/customs/gemini.py": {"google"},
    "testing/emulator/customs/mistral.py": {"mistral"},
    "testing/emulator/customs/openai_chat.py": {"openai"},
    "testing/emulator/customs/openai_responses.py": {"openai"},
}
"""The files outside `providers/` in which a text is the same as a provider's name, and what else it is there."""


def texts(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_no_provider_is_named_outside_the_providers() -> None:
    names = set(built_in_names())
    files = {path.relative_to(SRC).as_posix(): ast.parse(path.read_text()) for path in SRC.rglob("*.py")}
    named = {
        file: texts(tree) & names for file, tree in files.items() if not file.startswith(("providers/", "compat/"))
    }
    assert {file: found for file, found in named.items() if found} == NAMED


def test_no_provider_is_compared_by_name_outside_the_providers() -> None:
    """S4.1, S4.25: `if provider == "openai"` is asked once, by the registry, and in none of the files above either."""
    names = set(built_in_names())
    compared = [
        (path.name, texts(node) & names)
        for path in SRC.rglob("*.py")
        if path.relative_to(SRC).parts[0] not in ("providers", "compat")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare | ast.MatchValue)  # also inside `in (…)` and `case …`
    ]
    assert [each for each in compared if each[1]] == []


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
