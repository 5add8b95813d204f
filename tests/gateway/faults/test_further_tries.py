"""Tries that break off after they were sent, and what follows them: a budget covers every one before it is sent."""

from __future__ import annotations

import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.faults.processes import Home, ask_all
from tests.gateway.front.running import UPSTREAMS
from tests.gateway.store.books import check_laws

MODEL = UPSTREAMS["up-openai"]
TARGETS = {name: {"model": MODEL} for name in ("one", "two", "three")}
"""They follow one another, and a try at one costs what it costs at the others: there is no room in what is held."""

TERMS: dict[str, Any] = {
    "models": {"chain": list(TARGETS), "alone": MODEL},
    "targets": TARGETS,
    "rules": {
        "retry": {"max_attempts": 3, "initial_delay": 0.001, "max_delay": 0.002},
        "max_attempts": 4,
        "max_price_ratio": None,
    },
}
CUTS: dict[str, dict[str, Any]] = {
    "before any answer": {"cut_at_byte": 0},
    "reset before any answer": {"cut_at_byte": 0, "reset": True},
    "in the head": {"cut_at_byte": 30},
    "in the body": {"cut_after": 1},
}
"""Where an answer that is paid for breaks off."""

LONGEST = 100
"""Tokens, of which each answer takes all."""
BUDGET = Decimal("0.006")
EVERYONE = 50


def body_of(name: str) -> dict[str, Any]:
    number = int(name.rpartition("-")[2])
    message = {"role": "user", "content": f"{name}: count to 200"}
    model = ("chain", "alone")[number % 3 == 0]
    return {"model": model, "messages": [message], "max_tokens": LONGEST, "stream": number % 2 == 0}


def billed(emulator: Emulator) -> Decimal:
    """What everything that came cost, by the provider's own account."""
    lines = emulator.wait_for_bill(len(emulator.requests), timeout_seconds=30)
    return sum((line.cost or Decimal(0) for line in lines), Decimal(0))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("cut", CUTS)
def test_a_budget_is_never_exceeded_where_answers_break_off(tmp_path: Path, cut: str) -> None:
    with Emulator(keep_requests=100_000) as emulator:
        emulator.fault(**CUTS[cut], times=None, share=0.4)
        home = Home(tmp_path, emulator, {"budget": BUDGET}, **TERMS)
        with home.gateway() as (_, url):
            names = (f"1-{number}" for number in range(300))
            outcomes = ask_all(url, home.headers, names, EVERYONE, body_of)
        bill = billed(emulator)
    assert {200, 402} <= set(outcomes)
    assert len(emulator.requests) > outcomes.count(200)  # there were further tries
    assert home.spent() <= bill <= home.spent() + home.held() <= BUDGET
    assert home.unknown()
    check_laws(home.store)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("model", ["chain", "alone"])
def test_the_failure_is_told_where_the_budget_has_no_room_for_another_try(
    tmp_path: Path, emulator: Emulator, model: str
) -> None:
    emulator.fault(cut_at_byte=0, times=None)
    home = Home(tmp_path, emulator, {"budget": Decimal("0.0001")}, **TERMS)
    with home.gateway() as (_, url), httpx.Client(base_url=url, headers=home.headers, trust_env=False) as client:
        failed = client.post("/v1/chat/completions", json={**body_of("1-1"), "model": model}, timeout=30)
        refused = client.post("/v1/chat/completions", json={**body_of("1-1"), "model": model}, timeout=30)
    assert failed.status_code == 502
    assert refused.status_code == 402
    assert len(emulator.requests) == 1
    (unknown,) = home.unknown()
    assert billed(emulator) <= home.held() == unknown.worst


SMALL = "openai/text-embedding-3-small"
VECTORS: dict[str, Any] = {
    **TERMS,
    "models": {"vectors": ["one", "two"]},
    "targets": {"one": {"model": SMALL}, "two": {"model": SMALL}},
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("fault", "doubtful"), [({"status": 503}, 0), ({"cut_at_byte": 0}, 1)], ids=["refused", "cut"])
def test_vectors_are_asked_for_elsewhere_and_paid_for_as_answers_are(
    tmp_path: Path, emulator: Emulator, fault: dict[str, Any], doubtful: int
) -> None:
    emulator.fault(**fault, path="/embeddings")
    home = Home(tmp_path, emulator, {"budget": BUDGET}, **VECTORS)
    with home.gateway() as (process, url):
        asked = {"model": "vectors", "input": ["one", "two"]}
        reply = httpx.post(f"{url}/v1/embeddings", json=asked, headers=home.headers, timeout=30, trust_env=False)
        assert len(reply.json()["data"]) == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert len(emulator.requests) == 2
    assert len(home.unknown()) == doubtful
    assert home.spent() <= billed(emulator) <= home.spent() + home.held() <= BUDGET
    assert home.spent() > 0
    check_laws(home.store)


@pytest.mark.timeout(120)
def test_vectors_are_not_asked_for_elsewhere_where_the_budget_has_no_room(tmp_path: Path, emulator: Emulator) -> None:
    emulator.fault(cut_at_byte=0, times=None, path="/embeddings")
    home = Home(tmp_path, emulator, {"budget": Decimal("0.0000015")}, **VECTORS)
    with home.gateway() as (_, url), httpx.Client(base_url=url, headers=home.headers, trust_env=False) as client:
        failed = client.post("/v1/embeddings", json={"model": "vectors", "input": ["one", "two"]}, timeout=30)
    assert failed.status_code == 502
    assert len(emulator.requests) == 1
    (unknown,) = home.unknown()
    assert billed(emulator) <= home.held() == unknown.worst
