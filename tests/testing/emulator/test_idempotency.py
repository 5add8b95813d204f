"""A server that knows what it was sent before: `idempotency_header`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import dragoman
from dragoman import CallFailed, ConnectionLost, Rejected, RetryConfig
from dragoman.testing import Emulator

ONCE = RetryConfig(max_attempts=1)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(idempotency_header="Idempotency-Key") as emulator:
        yield emulator


@pytest.fixture
def llm(emulator: Emulator) -> Iterator[dragoman.LLM]:
    with dragoman.create_llm(
        "openai/gpt-4o-mini", base_url=emulator.url, api_key="k", retry_config=ONCE, headers={"Idempotency-Key": "a"}
    ) as llm:
        yield llm


def test_what_was_cut_off_is_there_in_full_and_charged_once(emulator: Emulator, llm: dragoman.LLM) -> None:
    emulator.script("one", "two")
    emulator.fault(cut_after=0)
    with pytest.raises(ConnectionLost):
        llm.generate("Hi")
    assert llm.generate("Hi").content == "one"
    assert [line.outcome for line in emulator.bill] == ["cut"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"body": "{oops"}], ids=["refused", "no answer"])
def test_what_failed_is_asked_anew(emulator: Emulator, llm: dragoman.LLM, fault: dict[str, Any]) -> None:
    emulator.fault(**fault)
    with pytest.raises(CallFailed):
        llm.generate("Hi")
    assert llm.generate("Hi").content


def test_a_key_is_for_one_request(emulator: Emulator, llm: dragoman.LLM) -> None:
    llm.generate("Hi")
    with pytest.raises(Rejected, match="another request"):
        llm.generate("Ho")


def test_after_a_reset_it_knows_nothing(emulator: Emulator, llm: dragoman.LLM) -> None:
    emulator.script("one")
    llm.generate("Hi")
    emulator.reset()
    emulator.script("two")
    assert llm.generate("Hi").content == "two"
