"""A breaker: out after too many failures, tried again with one call, out for longer when that fails.

Closed, it counts. Open, it lets nothing through until a time; then it is half open and lets one call through, the
probe, whose end closes or opens it. Each opening begins an epoch: how a call ended counts only in the epoch it began
in, so what was under way when the breaker opened says nothing of the target as it is afterwards. Not locked: its owner
is.
"""

from __future__ import annotations

from math import inf, isnan

from dragoman.routing.health.rules import HealthRules, Trip
from dragoman.routing.health.tally import Tally
from dragoman.routing.verdict import Failure


class Breaker:
    """Of one target, or of one account.

    Attributes:
        failure: What it opened for; `None` while it is closed.
        until: When it lets a probe through.
        asked_until: Until when the provider asked not to be asked; never later than `until`.
        probing: Whether a probe is under way.
        epoch: How often it has opened.
        closed_at: When it closed last.
    """

    __slots__ = (
        "_open_seconds",
        "_rules",
        "_tally",
        "asked_until",
        "closed_at",
        "epoch",
        "failure",
        "probing",
        "until",
    )

    def __init__(self, rules: HealthRules) -> None:
        self._rules = rules
        self._tally = Tally(rules.window_seconds)
        self._open_seconds = 0.0
        self.failure: Failure | None = None
        self.until = self.asked_until = self.closed_at = -inf
        self.probing = False
        self.epoch = 0

    @property
    def calm(self) -> bool:
        """Whether it is closed and no failure is on its mind, so that a success would change nothing but shares."""
        return self.failure is None and not self._tally.streaks

    @property
    def doubtful(self) -> bool:
        """Whether it is open for failures that may as well be ours or the network's, and not for what it was told: that
        there are too many calls, or when to come back.
        """
        return self.failure is not None and self.failure != "rate" and self.until > self.asked_until

    def blocks(self, now: float) -> bool:
        return self.failure is not None and (self.probing or now < self.until)

    def begin(self, now: float) -> bool:
        """A call begins; whether it is the probe."""
        if self.failure is None or self.probing or now < self.until:
            return False
        self.probing = True
        return True

    def left(self, epoch: int) -> None:
        """The probe of `epoch` is over."""
        if epoch == self.epoch:
            self.probing = False

    def answering(self, epoch: int, now: float) -> bool:
        """A call that began in `epoch` works. Whether that closed the breaker."""
        if self.failure is None or epoch != self.epoch:
            return False
        self.failure = None
        self.until = self.asked_until
        self.probing = False
        self.closed_at = now
        self._tally.clear()
        return True

    def succeeded(self, epoch: int, now: float) -> bool:
        """A call that began in `epoch` succeeded. Whether that closed the breaker."""
        if self.failure is not None:
            return self.answering(epoch, now)
        if epoch == self.epoch:
            tally = self._tally
            if tally.streaks or now >= tally.edge:
                tally.success(now)
            else:
                tally.calls += 1  # what `success` would do, in no frame: of every answer
        return False

    def failed(self, epoch: int, failure: Failure, now: float, retry_after: float | None) -> bool:
        """A call that began in `epoch` failed. Whether that opened the breaker, again or for longer.

        What the provider asks for (`retry_after`, in seconds) is obeyed whenever the call began.
        """
        if retry_after is not None and not isnan(retry_after):
            self._obey(failure, retry_after, now)
            return True
        trip = self._rules.trip(failure)
        if trip is None or epoch != self.epoch:
            return False
        if self.failure is None:
            self._tally.failure(failure, now)
            if not self._tally.trips(failure, trip):
                return False
        self._open_for(self._next_open_seconds(trip, now), failure, now)
        return True

    def _obey(self, failure: Failure, retry_after: float, now: float) -> None:
        until = now + min(max(retry_after, 0.0), self._rules.max_retry_after_seconds)
        self.asked_until = max(self.asked_until, until)
        self._open(failure, until)

    def _next_open_seconds(self, trip: Trip, now: float) -> float:
        """The base, or twice the last time when it was not well for as long as that (and a slow start) in between."""
        well = now - self.closed_at if self.failure is None else 0.0
        if well >= self._open_seconds + self._rules.slow_start_seconds:
            return trip.open_seconds
        return min(max(2 * self._open_seconds, trip.open_seconds), trip.max_open_seconds)

    def _open_for(self, seconds: float, failure: Failure, now: float) -> None:
        self._open_seconds = seconds
        self._open(failure, now + seconds)

    def _open(self, failure: Failure, until: float) -> None:
        self.failure = failure
        self.until = max(self.until, until)  # late news never shortens it
        self.probing = False
        self.epoch += 1
        self._tally.clear()
