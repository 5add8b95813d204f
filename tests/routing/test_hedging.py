"""Two targets asked at once: who wins, what becomes of the other, and what may not be hedged. Nothing is slept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dragoman import RetryConfig, errors
from dragoman.flow import Flow, Handle, async_events, async_run, emit, invoke
from dragoman.messages import Finish, LLMResponse, ResponseStart, TextDelta
from dragoman.routing.asking import Allowance
from dragoman.routing.features import Features
from dragoman.routing.health import Board
from dragoman.routing.policies import Ordered
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import Hedge, RouteRules
from dragoman.routing.target import Target
from tests.calls.conftest import Clock
from tests.routing.test_route import A, B, answer, asking, failed

NOW = Hedge(max_share=1, min_samples=1, min_seconds=0)
"""Ask the second as soon as the first has not answered at once: the calls before took no time."""


def until(event: asyncio.Event, then: Any) -> Callable[[], Flow[LLMResponse]]:
    """A target that answers, or fails, when `event` is set."""

    def run() -> Flow[LLMResponse]:
        yield from invoke(async_=event.wait)
        if isinstance(then, Exception):
            raise then
        return then

    return run


def at_once(then: Any) -> Callable[[], Flow[LLMResponse]]:
    def run() -> Flow[LLMResponse]:
        if isinstance(then, Exception):
            raise then
        return then
        yield

    return run


class Plays:
    """What each target does, and who was asked, who ended."""

    def __init__(self, **by_provider: Callable[[], Flow[LLMResponse]]) -> None:
        self.by_provider = by_provider
        self.asked: list[str] = []
        self.ended: list[str] = []

    def __call__(self, target: Target, allowance: Allowance) -> Flow[LLMResponse]:
        self.asked.append(target.place.provider)
        try:
            return (yield from self.by_provider[target.place.provider]())
        finally:
            self.ended.append(target.place.provider)


def routing_of(clock: Clock, hedge: Hedge = NOW, **rules: Any) -> Routing:
    board = Board((A, B))
    for target in (A, B):
        permit = board[target].begin(Features(), clock())
        assert permit is not None
        permit.succeeded(clock(), first_token_seconds=0.0, seconds=0.0, tokens=1)
    return Routing(
        policy=Ordered(A, B), board=board, rules=RouteRules(hedge=hedge, **rules), clock=clock, random=lambda: 0.5
    )


def together(main: Callable[[asyncio.Event], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        return await main(asyncio.Event())

    return asyncio.run(run())


def test_the_quicker_wins_and_the_slower_is_let_go_and_recorded(clock: Clock) -> None:
    async def main(never: asyncio.Event) -> None:
        plays = Plays(openai=until(never, answer("slow")), anthropic=at_once(answer("quick")))
        routing = routing_of(clock)
        response = await async_run(route(routing, Features(), asking(plays)))
        assert response.content == "quick"
        assert plays.asked == ["openai", "anthropic"]
        assert sorted(plays.ended) == ["anthropic", "openai"]
        assert [(attempt.target, attempt.outcome) for attempt in response.attempts] == [
            ("openai/a", "abandoned"),
            ("served", "ok"),
        ]
        assert response.cost is None  # what the abandoned one charges is not known
        assert [routing.board[each].in_flight for each in (A, B)] == [0, 0]

    together(main)


def test_the_first_may_win_after_all(clock: Clock) -> None:
    async def main(soon: asyncio.Event) -> None:
        never = asyncio.Event()

        def second() -> Flow[LLMResponse]:
            soon.set()
            yield from invoke(async_=never.wait)
            raise AssertionError("it is let go")

        plays = Plays(openai=until(soon, answer("first")), anthropic=second)
        response = await async_run(route(routing_of(clock), Features(), asking(plays)))
        assert response.content == "first"
        assert [attempt.outcome for attempt in response.attempts] == ["abandoned", "ok"]

    together(main)


def test_one_that_fails_leaves_the_other_to_answer(clock: Clock) -> None:
    async def main(soon: asyncio.Event) -> None:
        def second() -> Flow[LLMResponse]:
            soon.set()
            raise failed(errors.Overloaded("busy"))
            yield

        plays = Plays(openai=until(soon, answer("first")), anthropic=second)
        response = await async_run(route(routing_of(clock), Features(), asking(plays)))
        assert response.content == "first"
        assert [attempt.outcome for attempt in response.attempts] == ["Overloaded", "ok"]

    together(main)


def test_when_both_fail_both_are_told(clock: Clock) -> None:
    async def main(soon: asyncio.Event) -> None:
        def second() -> Flow[LLMResponse]:
            soon.set()
            raise failed(errors.Overloaded("busy"))
            yield

        plays = Plays(openai=until(soon, failed(errors.ConnectFailed("refused"))), anthropic=second)
        rules = {"retry": RetryConfig(max_attempts=1)}
        with pytest.raises(errors.FallbackExhausted) as caught:
            await async_run(route(routing_of(clock, **rules), Features(), asking(plays)))
        assert [type(each) for each in caught.value.errors] == [errors.Overloaded, errors.ConnectFailed]
        assert plays.asked == ["openai", "anthropic"]  # who failed beside another is not asked after it

    together(main)


def test_a_stream_goes_on_from_the_winner(clock: Clock) -> None:
    async def main(never: asyncio.Event) -> None:
        def streamed() -> Flow[LLMResponse]:
            for event in (ResponseStart(), TextDelta("Hel"), TextDelta("lo"), Finish()):
                yield from emit(event)
            return answer("Hello", first_token_seconds=0.0)

        plays = Plays(openai=until(never, answer("slow")), anthropic=streamed)
        flow = route(routing_of(clock), Features(), asking(plays, stream=True))
        handle: Handle[LLMResponse] = Handle()
        seen = [event async for event in async_events(flow, handle)]
        assert seen == [ResponseStart(), TextDelta("Hel"), TextDelta("lo"), Finish()]
        assert handle.result is not None
        assert handle.result.content == "Hello"
        assert sorted(plays.ended) == ["anthropic", "openai"]

    together(main)


def test_a_caller_who_leaves_ends_both(clock: Clock) -> None:
    async def main(never: asyncio.Event) -> None:
        both = asyncio.Event()

        def second() -> Flow[LLMResponse]:
            both.set()
            yield from invoke(async_=never.wait)
            raise AssertionError("it is let go")

        plays = Plays(openai=until(never, answer("slow")), anthropic=second)
        routing = routing_of(clock)
        task = asyncio.create_task(async_run(route(routing, Features(), asking(plays))))
        await both.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(plays.ended) == ["anthropic", "openai"]
        assert [routing.board[each].in_flight for each in (A, B)] == [0, 0]

    together(main)


@pytest.mark.parametrize("leaves", ["here", "in a thread"])
@pytest.mark.parametrize("hedged", [True, False], ids=["two run", "one runs"])
def test_an_abort_before_anybody_has_begun_ends_both(clock: Clock, leaves: str, hedged: bool) -> None:
    async def main(never: asyncio.Event) -> None:
        both = asyncio.Event()

        def waiting() -> Flow[LLMResponse]:
            if not hedged or len(plays.asked) == 2:
                both.set()
            yield from invoke(async_=never.wait)
            raise AssertionError("it is let go")

        plays = Plays(openai=waiting, anthropic=waiting)
        routing = routing_of(clock, NOW if hedged else Hedge(max_share=1, min_samples=1, min_seconds=1000))
        handle: Handle[LLMResponse] = Handle()
        events = async_events(route(routing, Features(), asking(plays, stream=True)), handle)
        reading = asyncio.create_task(anext(events, None))
        await both.wait()
        if leaves == "here":
            handle.abort()
        else:
            await asyncio.to_thread(handle.abort)
        assert await reading is None
        assert handle.result is None
        assert sorted(plays.asked) == sorted(plays.ended) == sorted(["openai", "anthropic"][: 1 + hedged])
        assert [routing.board[each].in_flight for each in (A, B)] == [0, 0]

    together(main)


def test_who_gives_up_waiting_for_the_end_has_ended_both_all_the_same(clock: Clock) -> None:
    """The first takes its time to end; the second is not kept for that."""

    async def main(never: asyncio.Event) -> None:
        both, ended = asyncio.Event(), asyncio.Event()

        async def slow_to_end() -> None:
            try:
                await never.wait()
            finally:
                await never.wait()

        def first() -> Flow[LLMResponse]:
            yield from invoke(async_=slow_to_end)
            raise AssertionError("it is let go")

        def second() -> Flow[LLMResponse]:
            both.set()
            try:
                yield from invoke(async_=never.wait)
            finally:
                ended.set()
            raise AssertionError("it is let go")

        routing = routing_of(clock)
        plays = Plays(openai=first, anthropic=second)
        task = asyncio.create_task(async_run(route(routing, Features(), asking(plays))))
        await both.wait()
        task.cancel()
        await ended.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [routing.board[each].in_flight for each in (A, B)] == [0, 0]

    together(main)


def test_no_more_than_their_share_of_the_calls_is_hedged(clock: Clock) -> None:
    async def main(_: asyncio.Event) -> None:
        plays = Plays(openai=lambda: _after_a_turn(answer("slow")), anthropic=at_once(answer("quick")))
        routing = routing_of(clock, Hedge(max_share=0.1, min_samples=1, min_seconds=0))
        for _turn in range(100):
            await async_run(route(routing, Features(), asking(plays)))
        assert plays.asked.count("openai") == 100
        assert plays.asked.count("anthropic") == 10

    together(main)


def _after_a_turn(response: LLMResponse) -> Flow[LLMResponse]:
    yield from invoke(async_=lambda: asyncio.sleep(0))
    yield from invoke(async_=lambda: asyncio.sleep(0))
    yield from invoke(async_=lambda: asyncio.sleep(0))
    return response


def test_nothing_is_hedged_before_enough_is_known(clock: Clock) -> None:
    async def main(_: asyncio.Event) -> None:
        plays = Plays(openai=lambda: _after_a_turn(answer("slow")), anthropic=at_once(answer("quick")))
        routing = routing_of(clock, Hedge(max_share=1, min_samples=3, min_seconds=0))
        response = await async_run(route(routing, Features(), asking(plays)))
        assert response.content == "slow"

    together(main)
