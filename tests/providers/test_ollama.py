"""Ollama as callers meet it: where it is, what to do when it is not there, and out of memory again."""

from __future__ import annotations

from typing import Any

import pytest

import dragoman
from dragoman import ConnectFailed, ProviderFailed, RetryConfig, Secret, UnknownModel
from dragoman.testing import Emulator

from ..drive import settled

ONCE = RetryConfig(max_attempts=1)


@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{port}", "127.0.0.1:{port}", "0.0.0.0:{port}", ":{port}", "http://127.0.0.1:{port}/v1"]
)
def test_it_is_found_by_its_variable(monkeypatch: pytest.MonkeyPatch, emulator: Emulator, form: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", form.format(port=emulator.port))
    with dragoman.create_llm("ollama/llama3.1:8b") as llm:
        assert llm.generate("Say exactly: here").content == "here"


def test_it_needs_no_key_and_sends_the_one_there_is(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    with dragoman.create_llm("ollama/m", base_url=emulator.url) as llm:
        llm.generate("Hi")
        monkeypatch.setenv("OLLAMA_API_KEY", "from-the-cloud")
        llm.generate("Hi")
    sent = [seen.headers.get("authorization") for seen in emulator.requests]
    assert sent == [None, Secret("Bearer from-the-cloud")]


def test_nothing_listens() -> None:
    """S2.23."""
    with (
        dragoman.create_llm("ollama/m", base_url="http://127.0.0.1:9", retry_config=ONCE) as llm,
        pytest.raises(ConnectFailed, match="Is `ollama serve` running"),
    ):
        llm.generate("Hi")


def test_the_model_is_not_installed() -> None:
    """S2.23."""
    with (
        Emulator(models=["mistral:7b"]) as emulator,
        dragoman.create_llm("ollama/qwen2.5-coder:7b", base_url=emulator.url) as llm,
        pytest.raises(UnknownModel, match=r"`ollama pull qwen2\.5-coder:7b`"),
    ):
        llm.generate("Hi")


# ---------------------------------------------------------------------- memory


def test_a_model_too_large_for_the_machine(emulator: Emulator) -> None:
    """S2.23: the server's own words (read 2026-11-21), and what to do."""
    emulator.fault(status=500, message="model requires more system memory (40 GiB) than is available (16 GiB)")
    with (
        dragoman.create_llm("ollama/llama3.1:70b", base_url=emulator.url) as llm,
        pytest.raises(ProviderFailed, match=r"more system memory[\s\S]*Choose a smaller model") as caught,
    ):
        llm.generate("Hi")
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("dialect", [None, "openai_chat"])
def test_unloading_tells_the_server(emulator: Emulator, dialect: str | None, mode: str) -> None:
    """S2.24, S2.25: in Ollama's own words, also from a client that speaks another dialect to it."""
    llm: Any = dragoman.create_llm(
        "ollama/llama3.1:8b", base_url=emulator.url, dialect=dialect, async_client=mode == "async"
    )
    settled(llm.unload())
    (seen,) = emulator.requests
    assert seen.path == "/api/chat"
    assert seen.wire == {"model": "llama3.1:8b", "messages": [], "stream": False, "keep_alive": 0}
    assert llm._plan._target.transport._made is not None
    settled(llm.close())


def test_a_client_that_unloaded_works_on(emulator: Emulator) -> None:
    """S2.25."""
    with dragoman.create_llm("ollama/m", base_url=emulator.url) as llm:
        for word in ("one", "two"):
            assert llm.generate(f"Say exactly: {word}").content == word
            llm.unload()
    assert len({seen.client_port for seen in emulator.requests}) == 2


def test_unloading_where_nothing_listens_says_so() -> None:
    with (
        dragoman.create_llm("ollama/m", base_url="http://127.0.0.1:9", retry_config=ONCE) as llm,
        pytest.raises(ConnectFailed),
    ):
        llm.unload()


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
def test_it_speaks_other_dialects_at_their_own_paths(emulator: Emulator, dialect: str) -> None:
    with dragoman.create_llm("ollama/m", base_url=emulator.url, dialect=dialect) as llm:
        assert llm.generate("Say exactly: here").content == "here"
    assert emulator.requests[-1].path.startswith("/v1/")
