"""Streams that break after the caller has seen some of them: raised, gone on with, or begun anew (X9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

import dragoman
from dragoman import Restarted, RouteRules, Seam, StreamInterrupted
from dragoman.testing import Emulator

from .stage import CLAUDE, JOHN, MINI, SAID, Contact, Parrot, chain, result

LLAMA = "ollama/llama3.1"
WORDS = "one two three four five six seven eight"
SAY = f"Say exactly: {WORDS}"


def broken(emulator: Emulator, mode: str, after_commit: Any, second: str = CLAUDE) -> Any:
    """A chain whose first target breaks off in the middle of its first answer."""
    emulator.fault(cut_after=6, model="gpt-4o-mini")
    return chain(mode, MINI, second, rules=RouteRules(after_commit=after_commit, max_price_ratio=None))


def read(mode: str, stream: Any, note: Callable[[Any], Any] = lambda each: each) -> tuple[list[Any], Exception | None]:
    """What came, as it is noted, and what it ended with."""
    got: list[Any] = []

    async def awaited() -> None:
        async for each in stream:
            got.append(note(each))  # noqa: PERF401  # what came is looked at after an error

    try:
        if mode == "async":
            asyncio.run(awaited())
        else:
            for each in stream:
                got.append(note(each))  # noqa: PERF401  # what came is looked at after an error
    except dragoman.Error as error:
        return got, error
    return got, None


def test_it_is_raised_as_a_rule(emulator: Emulator, mode: str) -> None:
    events, error = read(mode, broken(emulator, mode, "raise").generate(SAY, stream=True))
    text = "".join(event.content for event in events)
    assert WORDS.startswith(text)
    assert text
    assert isinstance(error, dragoman.Error)
    assert error.partial is not None
    assert error.partial.content == text
    assert len(emulator.requests) == 1


def test_it_is_gone_on_with_by_another(emulator: Emulator, mode: str) -> None:
    """It is asked with the text so far as the assistant's turn, and to go on from there."""
    emulator.script(dragoman.LLMResponse(" and the rest"), model="claude-haiku-4-5")
    stream = broken(emulator, mode, "continue").generate(SAY, stream=True)
    events, error = read(mode, stream)
    assert error is None
    assert [type(event) for event in events if isinstance(event, Seam | Restarted)] == [Seam]
    text = "".join(event.content for event in events)
    assert text == stream.text == stream.response.content
    begun = text.removesuffix(" and the rest")
    assert WORDS.startswith(begun)
    assert begun
    second = emulator.requests[1].request
    assert second is not None
    assert [(message.role.value, message.text) for message in second.messages[:2]] == [
        ("user", SAY),
        ("assistant", begun),
    ]
    assert "Go on from exactly where it ends" in second.messages[2].text


def test_it_begins_anew_for_all_to_see(emulator: Emulator, mode: str) -> None:
    stream = broken(emulator, mode, "restart").generate(SAY, stream=True)
    events, error = read(mode, stream)
    assert error is None
    (anew,) = (place for place, event in enumerate(events) if isinstance(event, Restarted))
    assert "".join(event.content for event in events[:anew])
    assert "".join(event.content for event in events[anew:]) == stream.text == stream.response.content == WORDS
    assert events[anew].target == CLAUDE


def test_a_value_begins_anew(emulator: Emulator, mode: str) -> None:
    """The value shown last is the new one, also when it comes in another way: here in a text, and not in a call."""
    stream = broken(emulator, mode, "restart", LLAMA).create_partial(response_model=Contact, messages=SAID)
    seen, error = read(mode, stream, lambda value: (len(stream.restarts), value.name, value.age))
    assert error is None
    assert seen[0] == (0, "John", None)
    assert (1, "John", None) in seen
    assert seen[-1] == (1, "John", 42)
    assert stream.value == JOHN
    assert [restart.target for restart in stream.restarts] == [LLAMA]


def test_elements_begin_anew_and_come_once(emulator: Emulator, mode: str) -> None:
    emulator.fault(cut_after=9, model="gpt-4o-mini")
    llm = chain(mode, MINI, LLAMA, rules=RouteRules(after_commit="restart", max_price_ratio=None))
    stream = llm.create_iterable(response_model=Contact, messages=SAID)
    values, error = read(mode, stream)
    assert error is None
    assert values == stream.value == [JOHN]


def test_a_value_is_not_gone_on_with(emulator: Emulator, mode: str) -> None:
    _, error = read(mode, broken(emulator, mode, "continue").create_partial(response_model=Contact, messages=SAID))
    assert isinstance(error, dragoman.TransportError | StreamInterrupted)
    assert len(emulator.requests) == 1


def test_who_cannot_show_a_value_growing_is_passed_over(emulator: Emulator) -> None:
    llm = chain("async", Parrot("{}"), CLAUDE)
    assert result(llm.create_partial(response_model=Contact, messages=SAID))[-1] == JOHN
    assert result(llm.create_iterable(response_model=Contact, messages=SAID)) == [JOHN]


def test_time_runs_from_the_first_event(emulator: Emulator, mode: str) -> None:
    """A stream that is not read yet has all its time."""
    llm, now = chain(mode, MINI, timeout=5), [0.0]
    behind = llm.plan.behind
    behind.routing = replace(behind.routing, clock=lambda: now[0])
    stream = llm.generate("Say exactly: hello", stream=True)
    now[0] = 100.0
    events, error = read(mode, stream)
    assert error is None
    assert "".join(event.content for event in events) == "hello"


def test_leaving_early_frees_the_connection(emulator: Emulator, mode: str) -> None:
    emulator.fault(stall_after=4)
    llm = chain(mode, MINI, CLAUDE)

    async def awaited() -> None:
        async with llm.generate(SAY, stream=True) as stream:
            await anext(stream)
        assert stream.state == "aborted"

    if mode == "async":
        asyncio.run(awaited())
    else:
        with llm.generate(SAY, stream=True) as stream:
            next(stream)
        assert stream.state == "aborted"
    assert llm.health().standings[0].in_flight == 0
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("way", ["abort", "abort in a thread", "cancel"])
@pytest.mark.parametrize("pieces", [0, 4], ids=["before it begins", "in its course"])
@pytest.mark.parametrize("blocking", [False, True], ids=["awaited", "blocking"])
def test_leaving_a_hedged_stream_ends_all_that_runs(emulator: Emulator, blocking: bool, pieces: int, way: str) -> None:
    """Who waits for the next event comes to the end, and no thread is left that reads: the loop would wait for it."""
    targets = [dragoman.create_llm(each, async_client=not blocking) for each in (MINI, CLAUDE)]
    rules = RouteRules(hedge=dragoman.Hedge(min_samples=1, min_seconds=0, max_share=1), max_price_ratio=None)

    async def awaited() -> None:
        llm = chain("async", *targets, rules=rules)
        await llm.generate("Say exactly: hello", stream=True).drain()
        asked = len(emulator.requests)
        emulator.fault(stall_after=pieces, times=None)
        stream = llm.generate(SAY, stream=True)
        reading = asyncio.create_task(anext(stream) if pieces else stream.drain())
        await asyncio.to_thread(emulator.wait_for_requests, asked + 1)
        if pieces:
            await reading
            reading = asyncio.create_task(stream.drain())
            await asyncio.sleep(0)  # it begins
        else:
            await asyncio.to_thread(emulator.wait_for_requests, asked + 2)
        match way:
            case "abort":
                stream.abort()
            case "abort in a thread":
                await asyncio.to_thread(stream.abort)
            case _:
                reading.cancel()
        ended = await asyncio.gather(reading, return_exceptions=True)
        assert isinstance(ended[0], asyncio.CancelledError if way == "cancel" else dragoman.CallerError)
        assert [each.in_flight for each in llm.health().standings] == [0, 0]

    asyncio.run(awaited())


def test_a_growing_value_is_not_asked_for_twice_at_once(emulator: Emulator) -> None:
    """X9: x9: x9: one is shown, so hedging is left out; whole values are hedged."""
    rules = RouteRules(hedge=dragoman.Hedge(min_samples=1, min_seconds=0, max_share=1), max_price_ratio=None)
    llm = chain("async", MINI, CLAUDE, rules=rules)
    result(llm.generate("Say exactly: hello", stream=True))
    asked = len(emulator.requests)
    emulator.fault(first_delay_seconds=0.2, model="gpt-4o-mini")
    values = result(llm.create_partial(response_model=Contact, messages=SAID))
    assert values[-1] == JOHN
    assert len(emulator.requests) == asked + 1
