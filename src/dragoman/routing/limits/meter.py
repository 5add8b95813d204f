"""A target's limits, and what of them is used."""

from __future__ import annotations

from math import inf
from typing import Final

from dragoman.routing.features import Features
from dragoman.routing.limits.window import Booking, SlidingSum
from dragoman.routing.refusal import Refusal
from dragoman.routing.target import Limits

_MINUTE: Final = 60.0


class Meter:
    """How much may still be sent. Not locked: its owner is.

    Requests and tokens are counted in sliding windows: in no window of a minute do more begin than the limit. What a
    bill says beyond the estimate is known only when the call is over, and counts from then on.
    """

    __slots__ = ("_concurrency", "_latest", "_requests", "_requests_most", "_tokens", "_tokens_most")

    def __init__(self, limits: Limits) -> None:
        per_minute = limits.requests_per_minute
        self._concurrency = inf if limits.concurrency is None else limits.concurrency
        # Less than one in a minute is one in so many more seconds
        self._requests = None if per_minute is None else SlidingSum(_MINUTE / min(per_minute, 1.0))
        self._requests_most = 0 if per_minute is None else max(int(per_minute), 1)
        self._tokens = None if limits.tokens_per_minute is None else SlidingSum(_MINUTE)
        self._tokens_most = limits.tokens_per_minute or 0.0
        self._latest = -inf

    def refusal(self, features: Features, in_flight: int, now: float) -> Refusal | None:
        """Which limit is met, and until when."""
        if in_flight >= self._concurrency:
            return Refusal(kind="limited", reason=f"{in_flight:,} calls are under way, as many as may be at a time")
        found: Refusal | None = None
        if self._requests is not None and self._requests.total >= self._requests_most:
            found = self._too_many(self._requests, now)
        if found is None and self._tokens is not None:
            wanted = features.input_tokens + (features.output_tokens or 0) or 1
            if self._tokens.total + wanted > self._tokens_most:
                found = self._too_much(self._tokens, wanted, now)
        return found

    def takes(self, in_flight: int, now: float) -> bool:
        """Whether one more call may begin; it is booked if so. Where tokens are not counted."""
        if in_flight >= self._concurrency:
            return False
        requests = self._requests
        if requests is None:
            return True
        if requests.total >= self._requests_most and self._too_many(requests, now) is not None:
            return False
        requests.add(1, self._forward(now))
        return True

    def book(self, features: Features, now: float) -> Booking | None:
        """A call begins. Where its tokens are booked, if they are counted."""
        now = self._forward(now)
        if self._requests is not None:
            self._requests.add(1, now)
        return None if self._tokens is None else self._tokens.add(estimated_tokens(features), now)

    def settle(self, booking: Booking, estimated: int, billed: int, now: float) -> None:
        """A call is over that used `billed` tokens instead of `estimated`."""
        assert self._tokens is not None  # else there were no booking
        now = self._forward(now)
        if billed > estimated:
            self._tokens.add(billed - estimated, now)
        else:
            self._tokens.correct(booking, estimated - billed, now)

    def earliest(self, features: Features, ahead: int, now: float) -> float:
        """Before when a call cannot begin when `ahead` others begin before it, as far as is known now."""
        now = self._forward(now)
        return max(self._requests_allow(ahead, now), self._tokens_allow(features, now))

    def _forward(self, now: float) -> float:
        """Time as the windows know it: threads read the clock before they come to the lock."""
        self._latest = max(self._latest, now)
        return self._latest

    def _too_many(self, requests: SlidingSum, now: float) -> Refusal | None:
        """Whether what has left the window since does not make it fewer."""
        now = self._forward(now)
        if requests.at(now) < self._requests_most:
            return None
        return Refusal(
            kind="limited",
            reason=f"{self._requests_most:,} requests began in {requests.seconds:g} s, as many as may",
            until=requests.falls_to(self._requests_most - 1, now),
        )

    def _too_much(self, tokens: SlidingSum, wanted: int, now: float) -> Refusal | None:
        """As above; or more than ever fits."""
        most = self._tokens_most
        if wanted > most:
            return Refusal(kind="unfit", reason=f"about {wanted:,} tokens are more than the {most:,.0f} of a minute")
        now = self._forward(now)
        if tokens.at(now) + wanted <= most:
            return None
        reason = f"about {wanted:,} tokens more than {tokens.total:,.0f} do not fit into the {most:,.0f} of a minute"
        return Refusal(kind="limited", reason=reason, until=tokens.falls_to(most - wanted, now))

    def _requests_allow(self, ahead: int, now: float) -> float:
        if self._requests is None:
            return now
        windows, rest = divmod(ahead, self._requests_most)
        return self._requests.falls_to(self._requests_most - 1 - rest, now) + windows * self._requests.seconds

    def _tokens_allow(self, features: Features, now: float) -> float:
        if self._tokens is None:
            return now
        return self._tokens.falls_to(self._tokens_most - max(estimated_tokens(features), 1), now)


def estimated_tokens(features: Features) -> int:
    """In and out; an answer of which nobody says how long it may be counts when it is billed."""
    return features.input_tokens + (features.output_tokens or 0)
