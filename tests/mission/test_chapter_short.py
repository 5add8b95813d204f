"""Seed 001, the tutorial's chapter in short, with the clients that `from_provider` makes."""

from __future__ import annotations

import os
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import Instructor, from_provider
from dragoman.testing import Emulator


class Summary(BaseModel):
    title: str
    points: list[str]


ASKED: list[Any] = [{"role": "user", "content": "Summarize this release note"}]
BACKUP = "claude-3-opus-20240229"


def test_claude_without_a_limit(emulator: Emulator) -> None:
    """S1.2."""
    with from_provider("anthropic/claude-3-5-sonnet-20241022") as client:
        assert isinstance(client.responses.create(messages=ASKED, response_model=Summary), Summary)
        client.responses.create(model="claude-3-5-sonnet-20241022", messages=ASKED, response_model=Summary)
    assert [seen.path for seen in emulator.requests] == ["/v1/messages"] * 2
    assert [seen.wire["max_tokens"] for seen in emulator.requests] == [4096] * 2


@pytest.mark.parametrize("model", ["google/gemini-1.5-pro", "openai/gpt-4o"])
def test_gemini_mirrors_openai(emulator: Emulator, model: str) -> None:
    """S1.3."""
    with from_provider(model) as client:
        assert isinstance(client.responses.create(messages=ASKED, response_model=Summary), Summary)
    request = emulator.requests[-1].request
    assert request is not None
    assert (request.model, request.messages[-1].text) == (model.partition("/")[2], ASKED[0]["content"])


def test_a_list_of_texts_from_ollama(emulator: Emulator) -> None:
    """S1.4: at its OpenAI-compatible address, as the chapter has it."""
    with from_provider("openai_compatible/llama3.1", base_url=f"{emulator.url}/v1", api_key="ollama") as client:
        points = client.responses.create(
            messages=[{"role": "user", "content": "Extract 3 key points: 'a', 'b', 'c'"}], response_model=list[str]
        )
    assert points == ["a", "b", "c"]


def client_for_tenant(tenant: str) -> Instructor:
    return from_provider({"enterprise": "anthropic/claude-haiku-4-5"}.get(tenant, "openai/gpt-4o-mini"))


@pytest.mark.parametrize(("tenant", "provider"), [("enterprise", "anthropic"), ("anyone", "openai")])
def test_a_client_for_each_tenant(emulator: Emulator, tenant: str, provider: str) -> None:
    """S1.5, S1.7, S1.8: the schema and the call are the same; the client says who is asked."""
    with client_for_tenant(tenant) as client:
        assert isinstance(client.create(messages=ASKED, response_model=Summary), Summary)
    assert client.provider == provider
    assert emulator.requests[-1].dialect == {"openai": "openai_chat", "anthropic": "anthropic_messages"}[provider]


@pytest.mark.parametrize("status", [None, 400, 401, 429, 500])
def test_safe_generate(emulator: Emulator, status: int | None) -> None:
    """S1.6, S1.7: whatever happens to the first, the second is asked with the same schema."""
    once = dragoman.RetryConfig(max_attempts=1)
    primary = from_provider("openai/gpt-4o", retry_config=once)
    backup = from_provider(f"anthropic/{BACKUP}", retry_config=once)

    def safe_generate(**wanted: Any) -> Any:
        try:
            return primary.responses.create(**wanted, model="gpt-4o")
        except Exception:  # noqa: BLE001  # as the chapter has it
            return backup.responses.create(**wanted, model=BACKUP)

    if status:
        emulator.fault(status=status, model="gpt-4o")
    with primary, backup:
        assert isinstance(safe_generate(messages=ASKED, response_model=Summary), Summary)
    assert [seen.wire["model"] for seen in emulator.requests] == ["gpt-4o", *([BACKUP] if status else [])]


@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-haiku-4-5", "google/gemini-2.5-flash"])
def test_provider_and_model_are_configuration(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    """S1.7, S1.10: one text says both."""
    monkeypatch.setenv("APP_MODEL", model)
    with from_provider(os.environ["APP_MODEL"]) as client:
        assert isinstance(client.create(messages=ASKED, response_model=Summary), Summary)
    request = emulator.requests[-1].request
    assert request is not None
    assert f"{client.provider}/{request.model}" == model
