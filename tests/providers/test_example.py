"""The provider that CONTRIBUTING.md adds: its file is all there is, and everything works with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dragoman
from dragoman import providers
from dragoman.errors import MissingKey, RateLimited
from dragoman.testing import Emulator

HERE = Path(__file__).parent / "example"
CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that stands for Lighthouse, whose file lies as if in `src/dragoman/providers/`."""
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(HERE)])
    with Emulator() as running:
        monkeypatch.setenv("LIGHTHOUSE_BASE_URL", running.url)
        monkeypatch.setenv("LIGHTHOUSE_API_KEY", "key-of-the-lighthouse")
        yield running
    providers.get_spec.cache_clear()
    sys.modules.pop("dragoman.providers.lighthouse", None)


def test_it_is_found_by_its_name(emulator: Emulator) -> None:
    with dragoman.create_llm("lighthouse/beam-1", max_tokens=50) as llm:
        response = llm.generate("Say exactly: light", seed=7)
    assert (response.content, response.provider, response.model) == ("light", "lighthouse", "beam-1")
    seen = emulator.requests[-1]
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == dragoman.Secret("Bearer key-of-the-lighthouse")


def test_its_quirks_correct_the_body_and_are_reported(emulator: Emulator) -> None:
    with dragoman.create_llm("lighthouse/beam-1", max_tokens=50) as llm:
        warnings = llm.generate("Hi", seed=7).warnings
    assert emulator.requests[-1].wire == {
        "model": "beam-1",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 50,
    }
    assert [str(loss) for loss in warnings] == ["`seed` was dropped: it refuses a request that has one"]


def test_streams_tasks_and_errors_come_with_it(emulator: Emulator) -> None:
    async def ask() -> str:
        async with dragoman.create_llm("lighthouse/beam-1", async_client=True) as llm:
            return (await llm.generate("Say exactly: one two", stream=True).drain()).content

    assert asyncio.run(ask()) == "one two"
    emulator.fault(status=429)
    once = dragoman.RetryConfig(max_attempts=1)
    with pytest.raises(RateLimited, match="`lighthouse/beam-1`"), dragoman.create_llm("lighthouse/beam-1") as llm:
        llm.generate("Hi", retry_config=once)


def test_a_missing_key_names_its_variable(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGHTHOUSE_API_KEY")
    with pytest.raises(MissingKey, match="LIGHTHOUSE_API_KEY"), dragoman.create_llm("lighthouse/beam-1") as llm:
        llm.generate("Hi")


def test_contributing_shows_this_very_file() -> None:
    assert f"```python\n{(HERE / 'lighthouse.py').read_text()}```\n" in CONTRIBUTING.read_text()
