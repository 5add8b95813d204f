"""What goes wrong in a stream: cases 31 to 49 of the fault list (docs/routing-faults.md), as far as a router meets them.

Before the first content another target is asked. After it the rules say: the error is raised, another goes on from the
text, or the answer begins anew.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from dragoman import RetryConfig, errors
from dragoman.http import Timeouts
from dragoman.messages import LLMResponse, Restarted, Seam
from dragoman.routing.health import HealthRules, Trip
from dragoman.routing.rules import Hedge
from dragoman.routing.target import Target
from dragoman.testing import Emulator
from tests.calls.conftest import Clock
from tests.routing.faults.calls import FIRST, FIRST_MODEL, SECOND, SECOND_MODEL, Calls, Outcome, check_bill

Make = Callable[..., Calls]

SOON = 0.05
"""Seconds. A limit of the first target's that is to end it; the second has none."""

TEXT = "One two three four five six seven eight nine ten."
IMPATIENT = Target(FIRST, options={"timeout": Timeouts(between_chunks=SOON)})
SHORT_OF_TIME = Target(FIRST, options={"timeout": Timeouts(total=8 * SOON)})

DRIP = "data: " + "x" * 100_000

# name, the fault, who fails so, the error before the first content and the one after it
BROKEN = [
    ("case_31_reset", {"reset": True}, "cut_after", FIRST, ("ConnectionLost", "StreamInterrupted")),
    ("case_32_clean_end", {}, "end_after", FIRST, ("StreamInterrupted", "StreamInterrupted")),
    ("case_33_stall", {}, "stall_after", IMPATIENT, ("TimedOut", "TimedOut")),
    ("case_34_drip", {"frame": DRIP, "drip_bytes": 500, "drip_seconds": SOON / 5}, "frame_after", SHORT_OF_TIME,
     ("TimedOut", "TimedOut")),
    ("case_36_not_json", {"frame": "data: {oops\n\n"}, "frame_after", FIRST, ("DecodeError", "DecodeError")),
    ("case_42_error_event", {"status": 529}, "error_after", FIRST, ("Overloaded", "Overloaded")),
]  # fmt: skip
broken = pytest.mark.parametrize(
    ("fault", "place", "target", "failures"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)


def break_first(emulator: Emulator, fault: dict[str, Any], place: str, after: int) -> None:
    """The first target's answer breaks after so many frames, the second's says that it is the second."""
    emulator.script(TEXT, model=FIRST_MODEL)
    emulator.fault(**fault, **{place: after}, model=FIRST_MODEL)


@broken
def test_before_the_first_content_another_is_asked(
    make: Make, emulator: Emulator, fault: dict[str, Any], place: str, target: Any, failures: tuple[str, str]
) -> None:
    break_first(emulator, fault, place, 0)
    emulator.script("From the second.", model=SECOND_MODEL)
    outcome = make(target, SECOND).ask(stream=True)
    assert outcome.tried == [f"openai {failures[0]}", "anthropic ok"]
    assert outcome.text == "From the second."
    check_bill(emulator, outcome, unknown=1)


@broken
def test_after_it_the_error_is_raised_with_what_has_come(
    make: Make, emulator: Emulator, fault: dict[str, Any], place: str, target: Any, failures: tuple[str, str]
) -> None:
    break_first(emulator, fault, place, 4)
    outcome = make(target, SECOND).ask(stream=True)
    assert type(outcome.error).__name__ == failures[1]
    assert outcome.tried == [f"openai {failures[1]}"]
    assert outcome.text
    assert TEXT.startswith(outcome.text)
    assert outcome.error is not None
    assert outcome.error.partial is not None
    assert outcome.error.partial.content == outcome.text
    check_bill(emulator, outcome, unknown=1)


@broken
def test_or_another_goes_on_from_the_text(
    make: Make, emulator: Emulator, fault: dict[str, Any], place: str, target: Any, failures: tuple[str, str]
) -> None:
    """The seam is marked. What the second repeats is cut."""
    break_first(emulator, fault, place, 4)
    emulator.script(lambda request: request.messages[1].text[-9:] + " and so on.", model=SECOND_MODEL)
    outcome = make(target, SECOND, after_commit="continue").ask(stream=True)
    assert outcome.tried == [f"openai {failures[1]}", "anthropic ok"]
    before, after = parted(outcome, Seam)
    assert TEXT.startswith(before)
    assert after == " and so on."
    assert outcome.response is not None
    assert outcome.response.content == before + after
    check_bill(emulator, outcome, unknown=1)


@broken
def test_or_the_answer_begins_anew(
    make: Make, emulator: Emulator, fault: dict[str, Any], place: str, target: Any, failures: tuple[str, str]
) -> None:
    break_first(emulator, fault, place, 4)
    emulator.script("From the second.", model=SECOND_MODEL)
    outcome = make(target, SECOND, after_commit="restart").ask(stream=True)
    assert outcome.tried == [f"openai {failures[1]}", "anthropic ok"]
    before, after = parted(outcome, Restarted)
    assert TEXT.startswith(before)
    assert after == "From the second."
    assert outcome.response is not None
    assert outcome.response.content == after
    check_bill(emulator, outcome, unknown=1)


def parted(outcome: Outcome, mark: type) -> tuple[str, str]:
    """The text before the one event that marks another target's beginning, and after it."""
    at = [index for index, event in enumerate(outcome.events) if isinstance(event, mark)]
    assert len(at) == 1
    before, after = outcome.events[: at[0]], outcome.events[at[0] :]
    return "".join(e.content for e in before if e.content), "".join(e.content for e in after if e.content)


def test_case_35_a_stream_that_does_not_end_meets_the_deadline_of_the_call(make: Make, emulator: Emulator) -> None:
    """Of the route's time nothing is left, so nobody else is asked. How much a body may hold at most is the transport's
    affair.
    """
    emulator.fault(frame=DRIP, frame_after=0, drip_bytes=500, drip_seconds=SOON / 5, model=FIRST_MODEL)
    outcome = make(options={"clock": monotonic}).ask(stream=True, timeout=2 * SOON)
    assert isinstance(outcome.error, errors.TimedOut)
    assert outcome.tried == ["openai TimedOut"]
    check_bill(emulator, outcome, unknown=1)


def test_case_37_letters_that_arrive_in_parts(make: Make, emulator: Emulator) -> None:
    text = "Grüße, 世界! 🐉 e\u0301"
    emulator.script(text)
    emulator.fault(drip_bytes=1)
    outcome = make().ask(stream=True)
    assert outcome.text == text
    check_bill(emulator, outcome)


def test_case_38_bytes_that_are_no_text(make: Make, emulator: Emulator) -> None:
    """JSON is text. What is none is as broken as what is no JSON; what came before it stays."""
    break_first(
        emulator, {"frame": 'data: {"choices": [{"index": 0, "delta": {"content": "\udcff"}}]}\n\n'}, "frame_after", 4
    )
    outcome = make().ask(stream=True)
    assert isinstance(outcome.error, errors.DecodeError)
    assert TEXT.startswith(outcome.text)
    check_bill(emulator, outcome, unknown=1)


def test_case_41_what_comes_after_the_end_is_not_read(make: Make, emulator: Emulator) -> None:
    emulator.script(TEXT, model=FIRST_MODEL)
    emulator.fault(frame="data: [DONE]\n\ndata: {oops\n\ndata: [DONE]\n\n", frame_after=-1, model=FIRST_MODEL)
    outcome = make().ask(stream=True)
    assert outcome.tried == ["openai ok"]
    assert outcome.text == TEXT
    check_bill(emulator, outcome)


@pytest.mark.parametrize("target", [FIRST, SECOND])
def test_case_45_an_event_that_comes_twice(make: Make, emulator: Emulator, target: str) -> None:
    """The first event, with the role or the message's start."""
    emulator.script(TEXT)
    emulator.fault(repeat_frame=0)
    outcome = make(target).ask(stream=True)
    assert outcome.text == TEXT
    check_bill(emulator, outcome)


def test_case_47_when_all_fail_each_is_told(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(status=500, model=FIRST_MODEL)
    emulator.fault(status=529, model=SECOND_MODEL)
    outcome = make().ask(stream=stream)
    assert isinstance(outcome.error, errors.FallbackExhausted)
    assert str(outcome.error).startswith("All 2 providers failed. Last error: ")
    assert outcome.tried == ["openai ProviderFailed", "anthropic Overloaded"]
    assert outcome.events == []
    check_bill(emulator, outcome)


@pytest.mark.parametrize("second", [{"status": 503}, {"cut_after": 6}], ids=["refuses", "breaks too"])
def test_case_47_what_had_arrived_is_told_when_nobody_could_go_on(
    make: Make, emulator: Emulator, second: dict[str, Any]
) -> None:
    """Of all targets together, as the caller has seen it."""
    break_first(emulator, {}, "cut_after", 4)
    emulator.script("From the second.", model=SECOND_MODEL)
    emulator.fault(**second, model=SECOND_MODEL)
    outcome = make(after_commit="continue").ask(stream=True)
    assert isinstance(outcome.error, errors.FallbackExhausted)
    assert outcome.error.partial is not None
    assert outcome.error.partial.content == outcome.text
    assert ("From" in outcome.text) == ("cut_after" in second)
    check_bill(emulator, outcome, unknown=1 + ("cut_after" in second))


UNWILLING_TO_WAIT = RetryConfig(max_attempts=1, max_delay=1)
QUICK_TO_GO = {"overloaded": Trip(consecutive=1, open_seconds=7)}


@pytest.mark.parametrize(("share", "asked"), [(0.5, True), (1.0, False)], ids=["least bad", "nobody"])
def test_case_48_all_are_out(make: Make, emulator: Emulator, clock: Clock, share: float, asked: bool) -> None:
    """Unless so many may be out at once, one is asked all the same. Else the earliest time is told, and nothing sent."""
    emulator.fault(status=529, times=2)
    rules = HealthRules(trips=QUICK_TO_GO, max_ejected_share=share)
    calls = make(retry=UNWILLING_TO_WAIT, options={"health": rules})
    assert calls.ask().tried == ["openai Overloaded", "anthropic Overloaded"]
    clock.now += 1
    outcome = calls.ask()
    if asked:
        assert outcome.response is not None
    else:
        assert isinstance(outcome.error, errors.NoDeployment)
        assert "in 6.0 s" in str(outcome.error)
        assert len(emulator.requests) == 2
    clock.now += 6
    assert calls.ask().response is not None


# ---------------------------------------------------------------------- hedging


AT_ONCE = Hedge(min_samples=1, min_seconds=0, max_share=1)


@pytest.mark.parametrize("mode", ["async"])
@pytest.mark.parametrize("winner", [0, 1])
def test_case_49_of_two_answers_one_wins(make: Make, emulator: Emulator, stream: bool, winner: int) -> None:
    """Both are being made; the loser's connection is closed, and it is an attempt whose cost nobody told."""
    calls = make(hedge=AT_ONCE)
    calls.ask(stream=stream)  # how long it usually takes
    emulator.reset()
    both_are_asked = threading.Event()
    models = (FIRST_MODEL, SECOND_MODEL)

    def won(_: Any) -> str:
        both_are_asked.wait(10)
        return "The winner's."

    emulator.script(won, model=models[winner])
    emulator.fault(stall_at_byte=0, model=models[1 - winner])

    async def main() -> LLMResponse:
        asking = asyncio.ensure_future(ask(calls, stream))
        await asyncio.to_thread(emulator.wait_for_requests, 2)
        both_are_asked.set()
        return await asking

    response = calls.run(main())
    assert response.content == "The winner's."
    assert sorted(attempt.outcome for attempt in response.attempts) == ["abandoned", "ok"]
    assert response.cost is None
    assert response.cost_note
    bill = {line.model: line for line in emulator.wait_for_bill(2)}
    [ok] = [attempt for attempt in response.attempts if attempt.outcome == "ok"]
    assert ok.cost == bill[models[winner]].cost
    assert bill[models[1 - winner]].outcome == "left"


async def ask(calls: Calls, stream: bool) -> LLMResponse:
    if not stream:
        return await calls.router.generate("Hi")
    return await calls.router.generate("Hi", stream=True).drain()
