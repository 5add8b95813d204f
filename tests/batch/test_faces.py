"""`llm.batch`, blocking and awaited, against the emulator over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import (
    BatchResults,
    BudgetExceeded,
    ConfigurationError,
    LLMResponse,
    Message,
    OutcomeUnknown,
    RateLimited,
    RetryConfig,
    Role,
    Text,
    Unauthorized,
)
from dragoman.messages import Request
from dragoman.testing import Emulator, Fault

FACES = ("sync", "async")
FAST = RetryConfig(initial_delay=0.001)


class Contact(BaseModel):
    name: str


FAULTS: list[dict[str, Any]] = [{"status": 500}, {"status": 429, "retry_after": 0.01}, {"status": 503}, {"status": 529}]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=5, keep_requests=10_000) as emulator:
        yield emulator


def ask(emulator: Emulator, face: str, prompts: Any, *, model: str = "openai/gpt-4o-mini", **options: Any) -> Any:
    """What `llm.batch` gives."""
    settings: dict[str, Any] = {"base_url": emulator.url, "api_key": "k", "retry_config": FAST, "max_tokens": 40}
    options.setdefault("progress", False)
    if face == "sync":
        with dragoman.create_llm(model, **settings) as llm:
            return llm.batch(prompts, **options)

    async def awaited() -> Any:
        async with dragoman.create_llm(model, async_client=True, **settings) as llm:
            return await llm.batch(prompts, **options)

    return asyncio.run(awaited())


@pytest.mark.parametrize("face", FACES)
def test_results_are_in_the_order_of_the_prompts(emulator: Emulator, face: str) -> None:
    """X7: `llm.batch(prompts, concurrency=)` exists on both."""
    results: BatchResults[LLMResponse] = ask(emulator, face, [f"row {number}" for number in range(50)], concurrency=8)
    assert [result.index for result in results] == list(range(50))
    assert all(value is not None and f"row {number}" in value.content for number, value in enumerate(results.values))
    assert (results.counts, results.failed, results.stopped) == ({"done": 50}, [], None)
    assert results.cost == emulator.bill.cost
    assert results.usage == emulator.bill.usage
    assert repr(results).startswith("<BatchResults 50 done · ")
    assert repr(results[0]).startswith("<BatchResult 0 done <LLMResponse ")
    assert len(results[:10]) == 10


@pytest.mark.parametrize("face", FACES)
def test_a_thousand_rows_with_faults(emulator: Emulator, face: str) -> None:
    """Nothing that was charged is missing, whatever went wrong; refusals alone fail no row.

    Nine tries: that as many faults of one in twenty meet in a row of a thousand happens once in 10⁸ runs.
    """
    for fault in FAULTS:
        emulator.fault(times=None, share=0.0125, **fault)
    patient = RetryConfig(max_attempts=9, initial_delay=0)
    results = ask(emulator, face, [f"row {number}" for number in range(1000)], retry_config=patient)
    assert results.counts == {"done": 1000}
    assert results.cost == emulator.bill.cost
    assert results.paid.tries == len(emulator.bill) > 1000


@pytest.mark.parametrize("face", FACES)
def test_values_and_what_does_not_fit(emulator: Emulator, face: str) -> None:
    emulator.script('{"nam": 1}', model="gpt-4o-mini")
    results: BatchResults[Contact] = ask(
        emulator, face, ["Call Ada", "Call Bob"], response_model=Contact, concurrency=1, max_retries=0
    )
    assert [result.state for result in results] == ["failed", "done"]
    assert isinstance(results[1].value, Contact)
    assert results[1].response is not None
    assert type(results[0].error).__name__ == "RetriesExhausted"
    assert results.cost == emulator.bill.cost  # the answer that did not fit is paid too


@pytest.mark.parametrize("face", FACES)
def test_every_form_of_a_prompt(emulator: Emulator, face: str) -> None:
    forms: list[Any] = [
        "text",
        Message(Role.USER, "message"),
        [Text("parts")],
        [{"role": "user", "content": "dicts"}],
        [Message(Role.SYSTEM, "Be kind"), Message(Role.USER, "messages")],
        {"prompt": "with options", "temperature": 0.5},
        {"messages": [{"role": "user", "content": "mapping"}], "max_tokens": 7},
        Request(model="ignored", messages=(Message(Role.USER, "request"),), temperature=0.25),
    ]
    results = ask(emulator, face, forms, concurrency=1, temperature=1.0)
    assert results.counts == {"done": 8}
    sent = [seen.wire for seen in emulator.requests]
    assert [wire["temperature"] for wire in sent] == [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 0.25]
    assert [wire["max_completion_tokens"] for wire in sent] == [40] * 6 + [7, 40]
    assert {wire["model"] for wire in sent} == {"gpt-4o-mini"}


@pytest.mark.parametrize("face", FACES)
def test_a_prompt_that_is_none_is_its_own_failure(emulator: Emulator, face: str) -> None:
    results = ask(emulator, face, ["Hi", 7, {"prompt": "Hi", "temprature": 1}, "Ho"], max_cost=1)
    assert [result.state for result in results] == ["done", "failed", "failed", "done"]
    assert "not int" in str(results[1].error)
    assert "did you mean `temperature`" in str(results[2].error)
    assert len(emulator.bill) == 2


@pytest.mark.parametrize("face", FACES)
def test_nothing_to_ask(emulator: Emulator, face: str) -> None:
    assert list(ask(emulator, face, [])) == []


# ---------------------------------------------------------------------- ending early


@pytest.mark.parametrize("face", FACES)
def test_a_wrong_key_is_raised_when_there_is_no_answer(face: str) -> None:
    with Emulator(keys={"another"}) as strict, pytest.raises(Unauthorized):
        ask(strict, face, ["Hi"] * 100, concurrency=4)
    assert len(strict.bill) <= 4


@pytest.mark.parametrize("face", FACES)
def test_what_is_left_by_an_early_end_goes_on_later(emulator: Emulator, face: str, tmp_path: Path) -> None:
    prompts = [f"row {number}" for number in range(30)]
    emulator.script(*["fine"] * 10, Fault(status=402))
    first = ask(emulator, face, prompts, journal=tmp_path / "j", concurrency=1)
    assert (first.counts, type(first.stopped).__name__) == ({"done": 10, "waiting": 20}, "OutOfCredit")
    assert first[29].error is first.stopped
    second = ask(emulator, face, prompts, journal=tmp_path / "j")
    assert (second.counts, second.stopped) == ({"done": 30}, None)
    assert [result.value.content for result in second[:10]] == ["fine"] * 10
    assert second.cost == emulator.bill.cost
    assert len([line for line in emulator.bill if line.cost]) == 30


@pytest.mark.parametrize("face", FACES)
def test_money_is_not_overspent(emulator: Emulator, face: str) -> None:
    most = Decimal("0.0005")
    results = ask(emulator, face, [f"row {number}" for number in range(200)], max_cost=most)
    assert isinstance(results.stopped, BudgetExceeded)
    assert 0 < results.counts["done"] < 200
    assert results.cost == emulator.bill.cost
    assert emulator.bill.cost is not None
    assert most / 2 < emulator.bill.cost <= most


@pytest.mark.parametrize("face", FACES)
def test_a_model_without_a_price_is_not_asked_on_a_budget(emulator: Emulator, face: str) -> None:
    with pytest.raises(BudgetExceeded, match="an unknown sum"):
        ask(emulator, face, ["Hi"], model="openai/nobody-knows-1", max_cost=5)
    assert len(emulator.bill) == 0


# ---------------------------------------------------------------------- the journal


@pytest.mark.parametrize("face", FACES)
def test_values_come_back_from_the_journal(emulator: Emulator, face: str, tmp_path: Path) -> None:
    emulator.fault(status=400)
    options: dict[str, Any] = {"response_model": Contact, "journal": tmp_path / "j", "concurrency": 1}
    first = ask(emulator, face, ["Call Ada", "Call Bob"], **options)
    asked = len(emulator.requests)
    second = ask(emulator, face, ["Call Ada", "Call Bob"], **options)
    assert len(emulator.requests) == asked
    assert second.values == first.values
    assert [type(result.error) for result in second] == [type(result.error) for result in first]
    assert second[1].response.content == first[1].response.content
    assert second.paid == first.paid
    third = ask(emulator, face, ["Call Ada", "Call Bob"], **options, again=["failed"])
    assert third.counts == {"done": 2}


def test_another_prompt_is_not_taken_for_the_old_one(emulator: Emulator, tmp_path: Path) -> None:
    ask(emulator, "sync", ["one", "two"], journal=tmp_path / "j")
    with pytest.raises(ConfigurationError, match="prompt 1 is not the one"):
        ask(emulator, "sync", ["one", "three"], journal=tmp_path / "j")
    with pytest.raises(ConfigurationError, match=r"its model was openai/gpt-4o-mini, and now is openai/gpt-4o$"):
        ask(emulator, "sync", ["one", "two"], journal=tmp_path / "j", model="openai/gpt-4o")


def test_a_cancelled_batch_leaves_what_it_was_asking_in_doubt(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fault(hold_at_text="row", stall_at_byte=0, times=None)

    async def main() -> None:
        async with dragoman.create_llm(
            "openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True
        ) as llm:
            task = asyncio.create_task(llm.batch(["row"] * 9, concurrency=3, progress=False, journal=tmp_path / "j"))
            await asyncio.to_thread(emulator.wait_for_requests, 3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            emulator.reset()
            results = await llm.batch(["row"] * 9, progress=False, journal=tmp_path / "j")
            assert results.counts == {"done": 6, "unknown": 3}
            assert isinstance(results[0].error, OutcomeUnknown)
            assert results.cost is None
            results = await llm.batch(["row"] * 9, progress=False, journal=tmp_path / "j", again=["unknown"])
            assert results.counts == {"done": 9}

    asyncio.run(main())


# ---------------------------------------------------------------------- what is said while it runs


@pytest.mark.parametrize("face", FACES)
def test_progress_is_told_on_standard_error(emulator: Emulator, face: str, capsys: pytest.CaptureFixture[str]) -> None:
    ask(emulator, face, ["Hi"] * 5, progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("batch: 5/5 rows")


def test_a_bar_where_somebody_looks(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rich")
    import io
    import sys

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    ask(emulator, "sync", ["Hi"] * 5, progress=True)
    assert "5/5 rows" in terminal.getvalue()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"concurrency": 0}, "concurrency must be"),
    ({"max_cost": 0}, "max_cost must be"),
    ({"again": "failed", "journal": "j"}, "again= is a list of"),
    ({"again": ["done"], "journal": "j"}, "again= is a list of"),
    ({"again": ["failed"]}, "give journal= too"),
    ({"temprature": 1}, "did you mean `temperature`"),
    ({"max_retries": 2}, "max_retries"),
]


@pytest.mark.parametrize(("options", "said"), WRONG, ids=lambda it: str(it)[:20])
def test_what_is_wrong_for_all_is_said_at_once(emulator: Emulator, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        ask(emulator, "sync", ["Hi"], **options)
    assert emulator.requests == []


def test_a_row_refused_too_often_fails_alone(emulator: Emulator) -> None:
    emulator.fault(status=429, retry_after=0.001, times=None)
    results = ask(emulator, "sync", ["Hi"])
    assert isinstance(results[0].error, RateLimited)
    assert len(emulator.requests) == 11 * 3
