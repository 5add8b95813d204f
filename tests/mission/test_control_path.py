"""Seed 000's control path, which is to be shown with a success or a failure at each step (S0.50), as the gateway has it:
bootstrap, normalise input, policy checks, execute, compose output, telemetry.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway import Gateway, create_app
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, serving

SAID: dict[str, Any] = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA, "strict": True}}

STEPS: dict[str, tuple[dict[str, Any], dict[str, Any], int, str]] = {
    "all of them": (SAID, {}, 200, "ok"),
    "normalise input": ({"model": "up-openai", "messages": 5}, {}, 400, "Rejected"),
    "policy checks: the model": ({**SAID, "model": "up-gemini"}, {}, 403, "ModelNotAllowed"),
    "policy checks: the money": ({**SAID, "max_tokens": 10_000_000}, {}, 402, "BudgetExceeded"),
    "execute": (SAID, {"status": 503}, 503, "Overloaded"),
    "compose output": ({**SAID, "response_format": FORM}, {}, 502, "RetriesExhausted"),
}
"""Step → what is asked, what the provider does, and how it ends: the status that the caller gets, the word in metrics and log."""


@pytest.fixture
def app(emulator: Emulator, tmp_path: Path) -> Gateway:
    return create_app(config_for(emulator, keys={"required": True, "file": str(tmp_path / "keys.sqlite3")}))


@pytest.fixture
def client(app: Gateway) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert client.get("/ready").json() == {"status": "ready"}
        yield client


def test_bootstrap_fails_before_anything_is_served() -> None:
    with pytest.raises(ConfigurationError, match=r"models\.fast"):
        create_app({"models": {"fast": "nobody-has/this"}})


@pytest.mark.parametrize("step", STEPS)
def test_a_step_fails_or_not_and_that_is_said(
    app: Gateway, client: httpx.Client, emulator: Emulator, step: str
) -> None:
    """To the caller by a status, and to the operator by a word in the telemetry."""
    asked, fault, status, word = STEPS[step]
    emulator.script(*["no person at all"] * 5)
    if fault:
        emulator.fault(**fault)
    assert app.service.keys is not None
    _, token = app.service.keys.create("one", models=("up-openai",), budget=Decimal(1))
    headers = {"authorization": f"Bearer {token.reveal()}"}
    reply = client.post("/v1/chat/completions", json=asked, headers=headers)
    counted = [line for line in client.get("/metrics").text.splitlines() if line.startswith("dragoman_requests_total{")]
    assert reply.status_code == status
    assert [f'outcome="{word}"' in line for line in counted] == [True]


def test_what_telemetry_misses_is_counted(client: httpx.Client) -> None:
    assert "dragoman_log_dropped 0" in client.get("/metrics").text
