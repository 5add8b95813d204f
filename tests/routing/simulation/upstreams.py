"""Upstreams that answer, are slow, fail and recover by a schedule; and what each of them was sent."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from math import exp
from random import Random

from dragoman import errors
from dragoman.flow import Flow, invoke
from dragoman.messages import Attempt, LLMResponse, Usage
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.target import Limits, Place, Target

Seconds = Callable[[Random], float]
"""How long a call takes, drawn for each."""

ANSWER = LLMResponse(
    "Hello",
    "m",
    Usage(input_tokens=10, output_tokens=10),
    attempts=(Attempt(target="served", outcome="ok", seconds=0),),
)


def steady(seconds: float) -> Seconds:
    return lambda _: seconds


def lognormal(median: float, sigma: float, *, stalls: float = 0.0, stalled: float = 1.0) -> Seconds:
    """Most are near the median, and `stalls` of them take `stalled` times as long."""

    def draw(dice: Random) -> float:
        seconds = median * exp(dice.gauss(0, sigma))
        return seconds * stalled if stalls and dice.random() < stalls else seconds

    return draw


class Answering:
    """It answers."""

    def __init__(self, seconds: Seconds) -> None:
        self.seconds = seconds

    def begin(self, upstream: Upstream, now: float) -> tuple[float, Exception | None]:
        return self.seconds(upstream.dice), None


class Warming:
    """It answers, but was started afresh: it does four calls at a time, and one more for each second since its first.

    Whatever comes beyond that is refused: it is overloaded.
    """

    def __init__(self, seconds: Seconds) -> None:
        self.seconds = seconds
        self._began: float | None = None

    def begin(self, upstream: Upstream, now: float) -> tuple[float, Exception | None]:
        began = self._began = now if self._began is None else self._began
        if upstream.in_flight > 4 + now - began:
            return 0.02, errors.Overloaded("too much to do", http_status=503)
        return self.seconds(upstream.dice), None


class Failing:
    """A share of the calls fails, each with one of these errors; the others are answered."""

    def __init__(self, *kinds: Callable[[], Exception], after: Seconds, share: float = 1.0) -> None:
        self.kinds, self.after, self.share = kinds, after, share

    def begin(self, upstream: Upstream, now: float) -> tuple[float, Exception | None]:
        dice = upstream.dice
        failed = dice.random() < self.share
        return self.after(dice), dice.choice(self.kinds)() if failed else None


class Metered:
    """It answers so many calls a second, by a bucket of as many as `burst`; others get 429 with `Retry-After`."""

    def __init__(self, seconds: Seconds, rate: float, burst: float, retry_after: float) -> None:
        self.seconds, self.rate, self.burst, self.retry_after = seconds, rate, burst, retry_after
        self._tokens, self._at = burst, 0.0

    def begin(self, upstream: Upstream, now: float) -> tuple[float, Exception | None]:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens < 1:
            return 0.02, errors.RateLimited("slow down", http_status=429, retry_after_seconds=self.retry_after)
        self._tokens -= 1
        return self.seconds(upstream.dice), None


Behaviour = Answering | Warming | Failing | Metered


class Upstream:
    """One target's. `phases`: how it behaves from a time on, beginning at 0.

    Attributes:
        began: When each call came in.
        failed: When each call failed.
    """

    def __init__(
        self, name: str, *phases: tuple[float, Behaviour], seed: int, limits: Limits | None = None, **fields: float
    ) -> None:
        place = Place(provider=name, model="m", account=name)
        self.target = Target(name, name=name, place=place, limits=limits, **fields)
        self.dice = Random(f"{name} {seed}")
        self.in_flight = 0
        self.began, self.failed = array("d"), array("d")
        self._from = [at for at, _ in phases]
        self._behaviours = [behaviour for _, behaviour in phases]

    def ask(self, allowance: Allowance) -> Flow[LLMResponse]:
        """Answer as our transport would: it gives up when the time that is allowed is over."""
        yield from invoke(async_=partial(self._answer, allowance.seconds))
        return ANSWER

    async def _answer(self, allowed: float | None) -> None:
        now = asyncio.get_running_loop().time()
        self.began.append(now)
        self.in_flight += 1
        try:
            behaviour = self._behaviours[bisect_right(self._from, now) - 1]
            seconds, error = behaviour.begin(self, now)
            if allowed is not None and seconds >= allowed:
                await asyncio.sleep(max(allowed, 0))
                raise errors.TimedOut("no answer in time", phase="total")
            await asyncio.sleep(seconds)
            if error is not None:
                self.failed.append(now + seconds)
                raise error
        finally:
            self.in_flight -= 1


def asking(upstreams: Sequence[Upstream]) -> Asking[LLMResponse]:
    by_name = {upstream.target.name: upstream for upstream in upstreams}

    def ask(target: Target, allowance: Allowance) -> Flow[LLMResponse]:
        return by_name[target.name].ask(allowance)

    return Asking(ask=ask, response_of=lambda response: response, with_response=lambda _, whole: whole)
