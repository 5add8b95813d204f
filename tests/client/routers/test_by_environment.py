"""Clients and routers that the environment, a table or a task chooses (S0.34, S0.43, S0.44, S1.5, S1.10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman import (
    AsyncRouter,
    ConfigurationError,
    Instructor,
    Router,
    RouteRules,
    TaskType,
    Tier,
    client_for_tenant,
    create_client,
    get_client,
    get_client_and_model,
    router_from,
)
from dragoman.client.routers.choosing import BY_TASK_AND_TIER, BY_TENANT
from dragoman.routing.policies import Table
from dragoman.testing import Emulator

from .stage import CLAUDE, JOHN, MINI, SAID, Contact, result

SONNET = ("anthropic", "claude-sonnet-4-6")
BY_TASK: list[tuple[Any, Any, tuple[str, str]]] = [
    *[(task, Tier.FREE, ("openai", "gpt-4o-mini")) for task in TaskType],
    (TaskType.SUMMARIZATION, Tier.PRO, SONNET),
    (TaskType.SUMMARIZATION, Tier.ENTERPRISE, SONNET),
    (TaskType.EXTRACTION, Tier.PRO, ("openai", "gpt-4o")),
    ("extraction", "enterprise", ("openai", "gpt-4o")),
    (TaskType.CLASSIFICATION, Tier.ENTERPRISE, ("openai", "gpt-4o-mini")),
]


@pytest.mark.parametrize(("task", "tier", "found"), BY_TASK)
def test_s0_34_a_client_for_a_task(emulator: Emulator, task: Any, tier: Any, found: tuple[str, str]) -> None:
    """S0.34."""
    client, model = get_client_and_model(task, tier)
    assert isinstance(client, Instructor)
    assert (client.provider, model) == found
    assert client.create(model=model, messages=SAID, response_model=Contact) == JOHN
    assert emulator.requests[0].wire["model"] == model


def test_the_table_may_be_another() -> None:
    client, model = get_client_and_model("coding", "any", Table("task", {"coding": "ollama/qwen3"}, MINI))
    assert (client.provider, model) == ("ollama", "qwen3")
    with pytest.raises(ConfigurationError, match="has no 'provider/model'"):
        get_client_and_model("analysis", "any", Table("task", {"coding": "ollama/qwen3"}))


def test_the_same_table_routes(emulator: Emulator) -> None:
    router = Router(BY_TASK_AND_TIER).with_purpose(task=TaskType.SUMMARIZATION, tier=Tier.PRO)
    assert router.create(messages=SAID, response_model=Contact) == JOHN
    assert emulator.requests[0].wire["model"] == "claude-sonnet-4-6"


@pytest.mark.parametrize(("tenant", "provider"), [("enterprise", "anthropic"), ("anyone", "openai")])
def test_s1_5_a_client_for_a_tenant(emulator: Emulator, tenant: str, provider: str) -> None:
    """S1.5, S1.8."""
    assert client_for_tenant(tenant).provider == provider
    assert Router(BY_TENANT).with_purpose(tenant=tenant).explain("Hello").target.place.provider == provider


@pytest.mark.parametrize(
    ("environment", "found"),
    [({}, ("ollama", "llama3.1")), ({"ENV": "development"}, ("ollama", "llama3.1")), ({"ENV": "production"}, ("openai", "gpt-4o"))],
)  # fmt: skip
def test_s0_43_by_where_it_runs(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], found: tuple[str, str]
) -> None:
    monkeypatch.delenv("ENV", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client, model = get_client()
    assert (client.provider, model) == found
    assert client.responses.create(model=model, messages=SAID, response_model=Contact, max_retries=3) == JOHN


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, ("openai", "gpt-4o-mini")),
        ({"LLM_PROVIDER": "anthropic", "LLM_MODEL": "claude-haiku-4-5"}, ("anthropic", "claude-haiku-4-5")),
        ({"LLM_PROVIDER": "ollama", "LLM_MODEL": "llama3.1"}, ("ollama", "llama3.1")),
        ({"LLM_PROVIDER": "groq", "LLM_MODEL": "llama-3.3-70b-versatile"}, ("groq", "llama-3.3-70b-versatile")),
    ],
)
def test_s0_44_by_variables(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], found: tuple[str, str]
) -> None:
    for name in ("LLM_PROVIDER", "LLM_MODEL", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OLLAMA_BASE_URL", f"{emulator.url}/v1")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client, model = create_client()
    assert (client.provider, model) == found
    assert client.create(model=model, messages=SAID, response_model=Contact) == JOHN


def test_s0_44_an_unknown_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_PROVIDER", "nobody")
    with pytest.raises(ValueError, match=r"^Unknown provider: nobody"):
        create_client()


# ---------------------------------------------------------------------- S1.10: routers

TABLE = f"""
policy = ["{MINI}", "second"]
targets.second = {{model = "{CLAUDE}", options = {{temperature = 0.5}}}}
rules.max_attempts = 2
"""
DOCUMENT = {"policy": [MINI, CLAUDE], "rules": {"max_attempts": 2}}


@pytest.mark.parametrize("async_client", [False, True])
def test_s1_10_a_router_from_a_table(emulator: Emulator, tmp_path: Path, async_client: bool) -> None:
    path = tmp_path / "routing.toml"
    path.write_text(TABLE)
    emulator.fault(status=503, model="gpt-4o-mini")
    router = router_from(path, async_client=True) if async_client else router_from(path)
    assert isinstance(router, AsyncRouter if async_client else Router)
    response: Any = result(router.generate("Hello", max_tokens=9))
    assert [attempt.target for attempt in response.attempts] == [MINI, CLAUDE]
    asked = emulator.requests[-1].request
    assert asked is not None
    assert (asked.temperature, asked.max_tokens) == (0.5, 9)


def test_what_is_said_beside_a_table_wins(emulator: Emulator) -> None:
    emulator.fault(status=503, times=None)
    router = router_from(DOCUMENT, rules=RouteRules(max_attempts=1), temperature=0.1)
    with pytest.raises(RuntimeError):
        router.generate("Hello")
    assert [seen.wire["temperature"] for seen in emulator.requests] == [0.1]


@pytest.mark.parametrize("said", ["the path of a table", "targets in order"])
def test_s1_10_a_router_from_the_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str
) -> None:
    path = tmp_path / "routing.toml"
    path.write_text(TABLE)
    monkeypatch.setenv("DRAGOMAN_ROUTING", str(path) if said == "the path of a table" else f"{MINI}, {CLAUDE}")
    router = router_from()
    assert [target.place.provider for target in router.targets] == ["openai", "anthropic"]


@pytest.mark.parametrize("said", [None, "", "  "])
def test_no_table_says_how_to_give_one(monkeypatch: pytest.MonkeyPatch, said: str | None) -> None:
    """S1.10: s1.10: s0.44: s0.44: s0.43."""
    monkeypatch.delenv("DRAGOMAN_ROUTING", raising=False)
    if said is not None:
        monkeypatch.setenv("DRAGOMAN_ROUTING", said)
    with pytest.raises(ConfigurationError, match="DRAGOMAN_ROUTING"):
        router_from()
