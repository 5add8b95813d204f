"""What the targets with one key share: its being refused, and its account being out of credit."""

from __future__ import annotations

from threading import RLock
from typing import Final

from dragoman.routing.health.breaker import Breaker
from dragoman.routing.health.rules import HealthRules
from dragoman.routing.refusal import Refusal
from dragoman.routing.verdict import Failure

_REASONS: Final[dict[Failure, str]] = {
    "auth": "its key was refused",
    "credit": "its account is out of credit",
}


class Account:
    """One key's. A breaker of its own: one call probes for all targets with that key.

    Attributes:
        calm: Whether a success would change nothing (see `Breaker.calm`).
        epoch: That of its breaker.
    """

    __slots__ = ("_breaker", "_lock", "calm", "epoch")

    def __init__(self, rules: HealthRules) -> None:
        self._breaker = Breaker(rules)
        self._lock = RLock()  # see Condition
        self.calm = True
        self.epoch = self._breaker.epoch

    @property
    def open(self) -> bool:
        return self._breaker.failure is not None

    def refusal(self, now: float) -> Refusal | None:
        with self._lock:
            failure = self._breaker.failure
            if failure is None or not self._breaker.blocks(now):
                return None
            probing = self._breaker.probing
            reason = _REASONS.get(failure, f"its account failed (`{failure}`)")
            return Refusal(
                kind="unhealthy",
                reason=f"{reason}, which one call is checking" if probing else reason,
                until=None if probing else self._breaker.until,
            )

    def begin(self, now: float) -> tuple[int, bool] | None:
        """A call begins: in which epoch, and whether it is the probe. `None`: another target's was quicker."""
        with self._lock:
            if self._breaker.blocks(now):
                return None
            return self._breaker.epoch, self._breaker.begin(now)

    def left(self, epoch: int) -> None:
        """The probe of `epoch` is over."""
        with self._lock:
            self._breaker.left(epoch)

    def succeeded(self, epoch: int, now: float) -> bool:
        """Whether that changed what the account's targets may do."""
        with self._lock:
            changed = self._breaker.succeeded(epoch, now)
            self.calm = self._breaker.calm
            return changed

    def failed(self, epoch: int, failure: Failure, now: float, retry_after: float | None) -> bool:
        """Whether that changed what the account's targets may do."""
        with self._lock:
            changed = self._breaker.failed(epoch, failure, now, retry_after)
            self.calm, self.epoch = self._breaker.calm, self._breaker.epoch
            return changed
