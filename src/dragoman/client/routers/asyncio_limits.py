"""Time limits of coroutines that know none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from dragoman.errors import TimedOut

T = TypeVar("T")


async def within(seconds: float | None, call: Callable[[], Awaitable[T]], who: str) -> T:
    """What `call()` gives. Raises `TimedOut` when that takes longer."""
    from asyncio import timeout  # with an event loop, which few programs have

    limit = timeout(seconds)
    try:
        async with limit:
            return await call()
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimedOut(f"{who} has not answered in {seconds:.3g} s", phase="total") from error
