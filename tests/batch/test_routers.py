"""`batch` over several targets: one that is unwell holds back nobody while another answers.

Routing keeps away from it. The batch slows down, or ends, only for what all targets say.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import FallbackExhausted, RetryConfig, RouteRules, Unauthorized
from dragoman.batch import BatchResults, Job, Journal, Row
from dragoman.batch.asking import Asking
from dragoman.batch.stops import ends_all, is_one_too_many
from dragoman.errors import (
    ConnectionLost,
    Error,
    NoDeployment,
    ProviderFailed,
    RateLimited,
    RetriesExhausted,
    UnknownModel,
)
from dragoman.flow import Flow, Invoke, invoke
from dragoman.messages import Attempt, Message, Request, Role
from dragoman.testing import Emulator

MINI, CLAUDE = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
MODELS = ("gpt-4o-mini", "claude-haiku-4-5")
ROWS = 60


class City(BaseModel):
    name: str
    population: int


pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=5, keep_requests=10_000) as emulator:
        yield emulator


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> str:
    return request.param


def ask(emulator: Emulator, face: str) -> BatchResults[Any]:
    clients = {"base_url": emulator.url, "api_key": "k"}
    rules = RouteRules(retry=RetryConfig(max_attempts=2, initial_delay=0.01))
    options: dict[str, Any] = {"clients": clients, "rules": rules}
    prompts = [f"row {number}" for number in range(ROWS)]
    if face == "sync":
        with dragoman.FallbackChain([MINI, CLAUDE], **options) as llm:
            return llm.batch(prompts, concurrency=8, progress=False)

    async def awaited() -> BatchResults[Any]:
        async with dragoman.AsyncFallbackChain([MINI, CLAUDE], **options) as llm:
            return await llm.batch(prompts, concurrency=8, progress=False)

    return asyncio.run(awaited())


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 3600}, {"status": 503}, {"status": 401}], ids=str)
def test_the_refusals_of_one_hold_nobody_back(emulator: Emulator, face: str, fault: dict[str, Any]) -> None:
    emulator.fault(**fault, model=MODELS[0], times=None)
    results = ask(emulator, face)
    assert results.counts == {"done": ROWS}
    assert results.cost == emulator.bill.cost
    asked = Counter(seen.request.model for seen in emulator.requests if seen.request)
    assert asked[MODELS[1]] == ROWS
    assert asked[MODELS[0]] <= ROWS


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "retry_after": 0.05}], ids=str)
def test_an_outage_of_all_is_waited_for(emulator: Emulator, face: str, fault: dict[str, Any]) -> None:
    for model in MODELS:
        emulator.fault(**fault, model=model, times=10)
    results = ask(emulator, face)
    assert results.counts == {"done": ROWS}
    assert results.cost == emulator.bill.cost


@pytest.mark.parametrize("status", [401, 404])
def test_one_that_never_answers_and_one_that_comes_back_are_waited_for(
    emulator: Emulator, face: str, status: int
) -> None:
    """Rows fail at the first while the second is left alone and not asked: it is still to come."""
    emulator.fault(status=status, model=MODELS[0], times=None)
    emulator.fault(status=429, retry_after=0.1, model=MODELS[1], times=10)
    results = ask(emulator, face)
    assert results.counts == {"done": ROWS}
    assert results.cost == emulator.bill.cost


@pytest.mark.parametrize("status", [401, 404])
def test_what_every_row_would_meet_at_every_target_ends_it(emulator: Emulator, face: str, status: int) -> None:
    emulator.fault(status=status, times=None)
    with pytest.raises(FallbackExhausted):
        ask(emulator, face)
    assert len(emulator.requests) <= 2 * 8  # what was under way


@pytest.mark.parametrize("wanted", [None, City], ids=["answers", "values"])
def test_a_row_may_be_a_whole_request(emulator: Emulator, wanted: Any) -> None:
    """What it says itself goes before the router's options, as with one client."""
    system, user = Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "The city 'Oslo' has 720000 people.")
    own = Request(model="", messages=(system, user), temperature=0.5)
    rows = [own, Request(model="", messages=(user,))]
    clients = {"base_url": emulator.url, "api_key": "k"}
    with dragoman.FallbackChain([MINI, CLAUDE], clients=clients, system="Be long.", temperature=0.1) as llm:
        results = llm.batch(rows, response_model=wanted, max_cost=1, max_tokens=50, concurrency=1, progress=False)
    assert results.counts == {"done": 2}
    asked = [seen.request for seen in emulator.requests if seen.request]
    assert [request.temperature for request in asked] == [0.5, 0.1]
    assert [request.messages[0].text for request in asked] == ["Be brief.", "Be long."]
    assert {request.max_tokens for request in asked} == {50}
    if wanted is not None:
        assert results.values == [City(name="Oslo", population=720000)] * 2


def exhausted(*errors: Exception, paid: bool = False, later: float | None = None) -> Error:
    error = FallbackExhausted("all failed", errors=errors)
    error.retry_after_seconds = later
    error.attempts = (Attempt(target="a", outcome="?", seconds=1, cost=Decimal("0.01" if paid else 0)),)
    return error


def refused(seconds: float | None) -> NoDeployment:
    error = NoDeployment("nobody")
    error.retry_after_seconds = seconds
    return error


# the error, whether every row would meet it, whether the row is asked again
ENDS: dict[str, tuple[Error, bool, bool]] = {
    "no key is right": (exhausted(Unauthorized("no"), UnknownModel("no")), True, False),
    "no key of those asked is right": (exhausted(Unauthorized("no"), later=3.0), False, True),
    "one key is wrong": (exhausted(Unauthorized("no"), ProviderFailed("down")), False, False),
    "too many for one": (exhausted(ProviderFailed("down"), RateLimited("slow")), False, True),
    "and another was paid": (exhausted(RetriesExhausted("unfit"), RateLimited("slow"), paid=True), False, False),
    "all were cut off": (exhausted(ConnectionLost("cut")), False, False),
    "nobody for a while": (refused(3.0), False, True),
    "nobody ever": (refused(None), False, False),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_follows_from_what_all_targets_said(name: str) -> None:
    error, ends, again = ENDS[name]
    assert (ends_all(error, answered=False), is_one_too_many(error)) == (ends, again)


def test_what_is_sent_unseen_is_in_doubt_after_a_kill(tmp_path: Path) -> None:
    """A foreign client's request is not seen here, so the row counts as asked from before its call on."""

    def unseen() -> Flow[Any]:
        yield from invoke(sync=lambda: None)

    terms: dict[str, str] = {}
    with Journal(tmp_path / "journal", terms=terms, encode=lambda _: b"") as journal:
        job = Job(iter([Row(number=0, ask=unseen, digest=b"d", routed=True)]), concurrency=1, journal=journal)
        row = job.next()
        assert isinstance(row, Row)
        asking = Asking(row, job).ask()
        written = next(asking)
        assert isinstance(written, Invoke)
        assert written.sync is not None
        asking.send(written.sync())  # on the disk; now the client would be called
        asking.close()
    with Journal(tmp_path / "journal", terms=terms, encode=lambda _: b"") as journal:
        (record,) = journal.records(0, 1)
        assert (record.state, record.paid.unpriced) == ("unknown", 1)
