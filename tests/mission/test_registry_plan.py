"""Seed 004, the registry's plan: its targets. Its code is run by `tests/seeds/test_registry_plan.py`."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from pathlib import Path

import pytest

from dragoman import Mode, provider_registry
from dragoman.client import default_registry
from dragoman.providers import built_in_names

DEPRECATED = {"vertexai", "generative-ai"}
NINETEEN = (
    "openai", "azure_openai", "anthropic", "google", "mistral", "cohere", "perplexity", "groq", "writer", "bedrock",
    "cerebras", "fireworks", "vertexai", "generative-ai", "ollama", "deepseek", "xai", "openrouter", "litellm",
)  # fmt: skip


@pytest.mark.parametrize("name", NINETEEN)
def test_the_nineteen(name: str) -> None:
    """S4.1, S4.2, X19: those that the plan calls deprecated are; Perplexity's own end has come since."""
    assert provider_registry.has_provider(name)
    config = provider_registry.get_config(name)
    assert config.deprecated is (name in {*DEPRECATED, "perplexity"})
    assert config.default_mode in config.supported_modes
    assert hasattr(provider_registry.get_factory(name), "create_client")


def lines_of_code(path: Path) -> list[str]:
    """What is left without docstrings, comments and blank lines."""
    source = path.read_text()
    said = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = [(number, line.strip()) for number, line in enumerate(source.splitlines(), 1)]
    return [line for number, line in lines if line and not line.startswith("#") and number not in said]


HERE = Path(inspect.getfile(default_registry))
PROVIDERS = HERE.parents[1] / "providers" / "builtin"


def test_what_makes_the_clients_is_short() -> None:
    """S4.1, X19: less than 150 lines, where the chain it replaces has 924."""
    assert len(lines_of_code(HERE)) < 150


def test_a_new_provider_is_a_few_lines_that_are_its_own() -> None:
    """S4.1, X19: no five lines in a row stand in two of the files, where the chain repeats forty for each provider."""
    files = [lines_of_code(PROVIDERS / f"{name}.py") for name in built_in_names()]
    runs = Counter(run for lines in files for run in {tuple(lines[at : at + 5]) for at in range(len(lines) - 4)})
    assert len(files) >= 19
    assert [run for run, count in runs.items() if count > 1] == []
    assert sorted(map(len, files))[len(files) // 2] < 20


@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ("perplexity", "https://api.perplexity.ai"),
        ("deepseek", "https://api.deepseek.com"),
        ("openrouter", "https://openrouter.ai/api/v1"),
    ],
)
def test_openais_wire_at_another_address(provider: str, address: str) -> None:
    """S4.19."""
    config = provider_registry.get_config(provider)
    assert (config.base_url, config.uses_openai_client) == (address, True)


def test_anthropics_record() -> None:
    """S4.15."""
    config = provider_registry.get_config("anthropic")
    assert (config.env_var_name, config.supports_vision, config.supports_streaming) == ("ANTHROPIC_API_KEY", True, True)
    assert {Mode.TOOLS, Mode.JSON, Mode.REASONING_TOOLS, Mode.PARALLEL_TOOLS} < {*config.supported_modes}


def test_there_is_a_page_for_users_and_for_authors() -> None:
    """S4.24: `tests/docs/test_pages.py` runs it."""
    page = (Path(__file__).parents[2] / "docs" / "provider-registry.md").read_text()
    users, authors = page.split("## For users")[1].split("## For authors of providers")
    assert "from_provider(" in users
    assert all(name in authors for name in ("`ProviderSpec`", "ProviderConfig(", "register_provider("))
