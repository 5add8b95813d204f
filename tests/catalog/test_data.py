"""The data files themselves: every row is checked, and there are enough of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dragoman.catalog import files, find_model, models, providers_of
from dragoman.catalog.facts import CatalogFile

DATA = sorted((Path(files.__file__).parent / "data").glob("*.json"))

PROVIDERS = [
    # those of the founding registry, and those asked for since
    "openai",
    "azure_openai",
    "anthropic",
    "google",
    "mistral",
    "cohere",
    "perplexity",
    "groq",
    "writer",
    "bedrock",
    "cerebras",
    "fireworks",
    "vertexai",
    "generative-ai",
    "ollama",
    "deepseek",
    "xai",
    "openrouter",
    "vertex",
    "together",
    "nvidia",
    "moonshot",
    "zai",
    "dashscope",
    "sambanova",
    "deepinfra",
    "databricks",
    "cloudflare",
    "voyage",
    "minimax",
    "mlx",
    "lmstudio",
    "huggingface",
]

PEOPLE_USE = 300
"""The least number of models that must be priced and have a window."""


@pytest.fixture(params=DATA, ids=lambda path: path.stem)
def file(request: pytest.FixtureRequest) -> CatalogFile:
    return files.read(request.param.read_bytes(), request.param.name)


def test_every_row_is_sound(file: CatalogFile) -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", file.as_of)
    assert file.sources
    assert all(file.sources)
    ids = [facts.id.lower() for facts in file.models]
    assert len(ids) == len(set(ids))


def test_names_are_lower_case_for_they_are_looked_for_so(file: CatalogFile) -> None:
    spelled = [name for facts in file.models for name in facts.names]
    spelled += [text for facts in file.models for kind, text in facts.match if kind != "regex"]
    assert [name for name in spelled if name != name.lower()] == []


def test_every_price_has_an_input_price(file: CatalogFile) -> None:
    """Else an answer would cost nothing; what has no tokens is priced by the piece and not listed by `require`."""
    lacking = [
        facts.id for facts in file.models for row in facts.prices if facts.kind == "chat" and not priced(row.prices)
    ]
    assert lacking == []


def priced(prices: dict[str, object]) -> bool:
    return "input" in prices


def test_successors_are_known(file: CatalogFile) -> None:
    known = {name for facts in file.models for name in (facts.id.lower(), *facts.names)}
    assert [facts.successor for facts in file.models if facts.successor and facts.successor not in known] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_models(provider: str) -> None:
    assert len(models(provider)) > 0


@pytest.mark.parametrize("name", files.list_names())
def test_every_model_answers_to_its_own_name(name: str) -> None:
    assert [facts.id for facts in models(name) if find_model(name, facts.id) != facts] == []


def test_there_are_the_models_people_use() -> None:
    """Priced, with a window and with what they can do; not counting what is retired, deprecated or a host's copy."""
    own = [name for name in files.list_names() if files.serves(name) == "own"]
    whole = [
        facts
        for facts in models()
        if facts.kind == "chat" and facts.prices and facts.context_tokens and facts.tools is not None
    ]
    assert len(models()) >= 1_400
    assert len(whole) >= 2 * PEOPLE_USE
    assert sum(facts.provider in own for facts in whole) >= 200


def test_the_data_stays_small() -> None:
    assert sum(path.stat().st_size for path in DATA) < 420_000


def test_bare_names_of_makers_are_not_ambiguous() -> None:
    own = [name for name in files.list_names() if files.serves(name) == "own"]
    assert [facts.name for name in own for facts in models(name) if providers_of(facts.id) != (name,)] == []
