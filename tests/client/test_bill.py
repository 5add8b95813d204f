"""What a client says a session cost is what the other side charged, to the last digit, and no request is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import dragoman
from dragoman import RetryConfig
from dragoman.messages import Attempt, LLMResponse, ToolCall, Usage
from dragoman.testing import Emulator

MODELS = ("openai/gpt-5.6-sol", "anthropic/claude-sonnet-4-5")
PATIENT = RetryConfig(max_attempts=4, initial_delay=0.001)
ONCE = RetryConfig(max_attempts=1)
COUNTS = Usage(input_tokens=1_001, output_tokens=77)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=3) as emulator:
        yield emulator


def client(emulator: Emulator, model: str, retry: RetryConfig = PATIENT, **options: Any) -> Any:
    return dragoman.create_llm(model, base_url=emulator.url, api_key="k", retry_config=retry, **options)


# ---------------------------------------------------------------------- tiers

TIERS = {  # asked for, served at, the price of gpt-5.6-sol for a million tokens in and out
    "asked and not said": ("flex", None, (2, 10)),
    "served at another": ("flex", "default", (4, 20)),
    "upgraded": (None, "priority", (8, 40)),
    "the usual": ("auto", "default", (4, 20)),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", TIERS)
def test_the_tier_that_served_decides(emulator: Emulator, name: str, stream: bool) -> None:
    asked, served, (given, made) = TIERS[name]
    emulator.script(LLMResponse("Hi", usage=COUNTS, service_tier=served))
    llm = client(emulator, MODELS[0])
    response = llm.generate("Hi", service_tier=asked, stream=stream)
    response = response.drain() if stream else response
    assert response.service_tier == served
    assert response.cost == emulator.bill.cost == Decimal(given * 1_001 + made * 77) / 1_000_000


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tier_without_a_known_price_is_not_billed_at_another(emulator: Emulator, stream: bool) -> None:
    emulator.script(LLMResponse("Hi", usage=COUNTS, service_tier="priority"))
    response = client(emulator, MODELS[1]).generate("Hi", stream=stream)
    response = response.drain() if stream else response
    assert response.service_tier == "priority"
    assert (response.cost, emulator.bill.cost) == (None, None)
    assert "priority" in response.cost_note


# ---------------------------------------------------------------------- a session


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


LONG = "Remember this: " + "all that is said here is said twice. " * 200
ANSWERS = {
    "cached": LLMResponse("a", usage=Usage(input_tokens=9_007, output_tokens=11, cache_read_tokens=8_192)),
    "written": LLMResponse("b", usage=Usage(input_tokens=9_011, output_tokens=13, cache_write_tokens=8_999)),
    "thought": LLMResponse("c", usage=Usage(input_tokens=17, output_tokens=4_099, reasoning_tokens=4_001)),
    "called": LLMResponse(parts=(ToolCall(id="call_1", name="add", arguments={"a": 2, "b": 3}),), usage=COUNTS),
    "searched": LLMResponse("d", usage=Usage(input_tokens=1, output_tokens=1, web_searches=3)),
}
FAULTS: list[dict[str, Any]] = [{"status": 503}, {"status": 429, "retry_after": 0}, {"status": 500, "times": 2}]


def session(emulator: Emulator, llm: Any) -> Iterator[Any]:
    """Calls of every kind; the caller finishes what each gives."""
    for answer in ANSWERS.values():
        for stream in (False, True):
            emulator.script(answer)
            yield llm.generate("Hi", tools=[add], stream=stream)
    for fault in FAULTS:
        for stream in (False, True):
            emulator.fault(**fault)
            yield llm.generate("Say exactly: after a fault", stream=stream)
    for stream in (False, True):  # by the rules: their own counts, caches and thoughts
        yield llm.generate(LONG, stream=stream)
        yield llm.generate(LONG, reasoning_effort="high", stream=stream)
        yield llm.generate("What is 2 + 3?", tools=[add], stream=stream)


def run(emulator: Emulator, model: str) -> list[LLMResponse]:
    with client(emulator, model) as llm:
        return [each if isinstance(each, LLMResponse) else each.drain() for each in session(emulator, llm)]


def run_async(emulator: Emulator, model: str) -> list[LLMResponse]:
    async def main() -> list[LLMResponse]:
        async with client(emulator, model, async_client=True) as llm:
            return [await (each.drain() if hasattr(each, "drain") else each) for each in session(emulator, llm)]

    return asyncio.run(main())


def test_the_sum_of_all_costs_is_the_bill(emulator: Emulator) -> None:
    """S0.48."""
    responses = [each for model in MODELS for drive in (run, run_async) for each in drive(emulator, model)]
    costs = [response.cost for response in responses]
    assert None not in costs
    assert sum(costs, Decimal(0)) == emulator.bill.cost > 0
    attempts = [attempt for response in responses for attempt in response.attempts]
    assert len(attempts) == len(emulator.requests) == len(emulator.bill)
    assert sorted(map(status_of, attempts)) == sorted(line.status for line in emulator.bill)
    assert sum((response.usage for response in responses), Usage()).input_tokens == emulator.bill.usage.input_tokens


def status_of(attempt: Attempt) -> int:
    assert attempt.status is not None
    return attempt.status


@pytest.mark.parametrize("model", MODELS)
def test_what_was_cut_off_has_no_invented_price(emulator: Emulator, model: str) -> None:
    """The other side charges for all it made; what arrived does not tell how much that was."""
    emulator.fault(cut_after=3, framing="close")
    with pytest.raises(dragoman.StreamInterrupted) as caught:
        client(emulator, model, ONCE).generate("Count to 99", stream=True).drain()
    [attempt] = caught.value.attempts
    [line] = emulator.wait_for_bill(1)
    assert line.cost > 0
    assert attempt.cost is None
    assert caught.value.cost is None
