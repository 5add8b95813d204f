"""The loop on which time passes at once."""

from __future__ import annotations

import asyncio

import pytest

from tests.routing.simulation.virtual_loop import Stuck, simulate


def test_a_day_takes_no_time_and_timers_come_in_order() -> None:
    async def main() -> list[tuple[str, float]]:
        loop, woken = asyncio.get_running_loop(), []

        async def sleeper(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            woken.append((name, loop.time()))

        await asyncio.gather(sleeper("late", 86_400), sleeper("soon", 0.5), sleeper("between", 60))
        return woken

    assert simulate(main()) == [("soon", 0.5), ("between", 60), ("late", 86_400)]


def test_a_limit_of_time_ends_what_waits_for_ever() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert simulate(main()) == 30


def test_a_wait_that_nothing_can_end_is_an_error() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        simulate(main())
