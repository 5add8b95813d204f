"""Seed 002, the provider guide: what its prose promises. Its code is run by `tests/seeds/test_provider_guide.py`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import dragoman
from dragoman import Secret
from dragoman.catalog import find
from dragoman.providers import get_spec
from dragoman.testing import Emulator

from ..drive import settled

ROOT = Path(__file__).parents[2]
EVERYWHERE = ("openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "ollama/llama3.1:8b", "lmstudio/local-model")


def create(model: str, emulator: Emulator, **options: Any) -> Any:
    return dragoman.create_llm(model, base_url=emulator.url, api_key="k", **options)


# ---------------------------------------------------------------------- entry points


@pytest.mark.parametrize("model", EVERYWHERE)
def test_only_the_line_that_makes_the_client_differs(emulator: Emulator, model: str) -> None:
    """S2.1, S2.35."""
    with create(model, emulator) as llm:
        response = llm.generate("Say exactly: hello", temperature=0, max_tokens=50)
        streamed = "".join(event.content for event in llm.generate("Say exactly: hello", stream=True))
    assert response.content == streamed == "hello"
    assert f"{response.provider}/{response.model}" == model


def test_the_extras_of_the_guide_are_there() -> None:
    """S2.6: two of them have nothing to install, and Ollama and LM Studio have none."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"openai", "anthropic", "mlx", "huggingface"} <= extras.keys()
    assert not {"ollama", "lmstudio"} & extras.keys()
    assert extras["openai"] == extras["anthropic"] == []


@pytest.mark.parametrize(
    ("model", "variable", "header", "value"),
    [
        ("openai/gpt-4o-mini", "OPENAI_API_KEY", "authorization", "Bearer sk-your-key-here"),
        ("anthropic/claude-haiku-4-5", "ANTHROPIC_API_KEY", "x-api-key", "sk-your-key-here"),
    ],
)
def test_the_variables_of_the_guide(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, model: str, variable: str, header: str, value: str
) -> None:
    """S2.6."""
    monkeypatch.setenv(variable, "sk-your-key-here")
    with dragoman.create_llm(model) as llm:
        llm.generate("Hi")
    assert emulator.requests[-1].headers[header] == Secret(value)


@pytest.mark.parametrize("provider", ["ollama", "lmstudio"])
def test_local_servers_need_no_key(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, provider: str) -> None:
    """S2.6."""
    for variable in get_spec(provider).auth.variables:
        monkeypatch.delenv(variable, raising=False)
    with dragoman.create_llm(provider, model="m", base_url=emulator.url) as llm:
        assert llm.generate("Hi").content
    assert "authorization" not in emulator.requests[-1].headers


# ---------------------------------------------------------------------- what they can do

FEATURES = [
    # the guide's row: model, tools (None: not known of this one), vision, held to a schema or JSON
    ("openai/gpt-4o", True, True, True),
    ("openai/gpt-4o-mini", True, True, True),
    ("anthropic/claude-3-5-sonnet-latest", True, True, False),
    ("anthropic/claude-3-opus-latest", True, True, False),
    ("ollama/llama3.1:8b", True, False, False),
    ("ollama/llama2", False, False, False),
    ("mlx/mlx-community/Qwen2.5-Coder-7B-Instruct-4bit", None, False, False),
    ("lmstudio/local-model", None, False, False),
    ("huggingface/microsoft/DialoGPT-medium", False, False, False),
]


@pytest.mark.parametrize(("model", "tools", "vision", "held"), FEATURES, ids=[row[0] for row in FEATURES])
def test_what_a_model_can_do(model: str, tools: bool | None, vision: bool, held: bool) -> None:
    """S2.13: with local ones it depends on the model, and what is not known is not claimed."""
    facts = find(model)
    assert facts is not None
    assert (facts.tools, "image" in facts.input, bool(facts.formats)) == (tools, vision, held)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama", "lmstudio"])
def test_what_a_provider_can_do(provider: str) -> None:
    """S2.13: its requests have a place for pictures, and its answers can be streamed."""
    config = dragoman.provider_registry.get_config(provider)
    assert (config.supports_vision, config.supports_streaming) == (True, True)


@pytest.mark.parametrize("model", ["ollama/my-own:latest", "openai/ft:gpt-4o-mini:me::1", "lmstudio/me/model.gguf"])
def test_a_model_of_ones_own(emulator: Emulator, model: str) -> None:
    """S2.33: it need not be known, its name is sent as it is, and no price is invented for it."""
    with create(model, emulator) as llm:
        response = llm.generate("Say exactly: mine")
    assert response.content == "mine"
    assert emulator.requests[-1].wire["model"] == model.partition("/")[2]
    assert (response.cost, bool(response.cost_note)) == (None, True)


def test_nothing_is_added_for_safety(emulator: Emulator) -> None:
    """S2.34: what is sent to Claude is what was said."""
    with create("anthropic/claude-haiku-4-5", emulator) as llm:
        llm.generate("Hi", max_tokens=50)
    assert emulator.requests[-1].wire == {
        "model": "claude-haiku-4-5",
        "max_tokens": 50,
        "messages": [{"role": "user", "content": "Hi"}],
    }


# ---------------------------------------------------------------------- memory


def test_lm_studio_is_left_to_its_own_time_limit(emulator: Emulator) -> None:
    """S2.28: nothing is sent, the connection is closed, and the client works on."""
    with create("lmstudio/local-model", emulator) as llm:
        llm.generate("Hi")
        llm.unload()
        assert len(emulator.requests) == 1
        llm.generate("Hi again")
    first, second = emulator.requests
    assert first.client_port != second.client_port


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize(
    ("model", "trips"), [("openai/gpt-4o", 0), ("anthropic/claude-haiku-4-5", 0), ("lmstudio/m", 0), ("ollama/m", 1)]
)
def test_unloading_is_one_round_trip_or_none(emulator: Emulator, model: str, trips: int, mode: str) -> None:
    """S2.29, S2.30: and with Ollama it goes over the connection that is open."""
    llm = create(model, emulator, async_client=mode == "async")
    settled(llm.unload())
    assert len(emulator.requests) == trips
    settled(llm.close())
    if mode == "sync":
        with create(model, emulator) as used:
            used.generate("Hi")
            used.unload()
        assert len({seen.client_port for seen in emulator.requests[trips:]}) == 1
