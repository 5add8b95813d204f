"""How one target is: whether it may be asked now, how much is under way there, how fast it answers."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from threading import RLock

from dragoman.routing.features import Features
from dragoman.routing.health.account import Account
from dragoman.routing.health.breaker import Breaker
from dragoman.routing.health.ejections import Ejections
from dragoman.routing.health.latency import Latency
from dragoman.routing.health.permit import Permit
from dragoman.routing.health.ramp import Ramp
from dragoman.routing.health.rules import HealthRules
from dragoman.routing.limits.meter import Meter, estimated_tokens
from dragoman.routing.limits.turnstile import Turnstile
from dragoman.routing.refusal import Refusal
from dragoman.routing.target import Limits, Target
from dragoman.routing.verdict import LASTING, Verdict


class Condition:
    """One target's. Serves many threads and tasks.

    Attributes:
        target: Whose.
        in_flight: The calls under way there.
        turnstile: Where to wait when a limit is met.
        well: Whether its health cannot speak against it: it has its whole share of the traffic.
        counts_tokens: Whether a limit of it depends on how long a call is.
    """

    __slots__ = (
        "_account",
        "_breaker",
        "_clear",
        "_ejections",
        "_first_token",
        "_lock",
        "_meter",
        "_peak",
        "_ramp",
        "_rules",
        "_siblings",
        "_whole",
        "counts_tokens",
        "in_flight",
        "target",
        "turnstile",
        "well",
    )

    def __init__(
        self,
        target: Target,
        rules: HealthRules,
        account: Account,
        siblings: Iterable[Condition],
        ejections: Ejections[Condition],
    ) -> None:
        """`siblings` and `ejections`: as in `stand_among`."""
        self.target = target
        self.in_flight = 0
        self._rules = rules
        self._account = account
        self._siblings = siblings
        self._ejections = ejections
        self._breaker = Breaker(rules)
        self._ramp: Ramp | None = None
        self._peak = 0
        self._meter = None if target.limits is None else Meter(target.limits)
        self._first_token, self._whole = Latency(), Latency()
        # Reentrant: the garbage collector may close an abandoned stream, whose permit comes here, in this very thread
        self._lock = RLock()
        self.turnstile: Turnstile[Permit] = Turnstile(self, self._lock, (target.limits or Limits()).queued)
        self.well = True
        self._clear = self._meter is None
        self.counts_tokens = target.limits is not None and target.limits.tokens_per_minute is not None

    @property
    def account(self) -> Account:
        """What it shares with the targets that have its key."""
        return self._account

    def stand_among(self, siblings: Iterable[Condition], ejections: Ejections[Condition]) -> None:
        """Whom it stands among from now on.

        Args:
            siblings: Those with the same account, itself included; read later, when all are there.
            ejections: Which of all of them are left alone.
        """
        with self._lock:
            self._siblings, self._ejections = siblings, ejections
            until = self.ejected()
            if until is not None:
                ejections.put_out(self, until)
            self._look_again()

    # ------------------------------------------------------------------ may it be asked?

    def refusal(self, features: Features, now: float, *, anyway: bool = False) -> Refusal | None:
        """Why the target may not be asked now; `None`: it may.

        `anyway`: even if it is left alone for failures of its own (see `Board.least_bad`).
        """
        # Read without the lock: it is one flag, and `begin` asks again
        if self._clear:
            return None
        with self._lock:
            if self.well and self._meter is not None and not self.turnstile.queue.length:
                return self._meter.refusal(features, self.in_flight, now)
            return self._refusal(features, now, anyway=anyway)

    def enter(self, now: float) -> Permit | None:
        """`begin`, of a call whose model nobody has named, where the target is well and no limit depends on how long a
        call is. `None`: it may not be asked, or it takes a longer look to tell.
        """
        with self._lock:
            if not self.well or self.turnstile.queue.length or self.counts_tokens:
                return None
            if self._meter is not None and not self._meter.takes(self.in_flight, now):
                return None
            self.in_flight += 1
            self._peak = max(self._peak, self.in_flight)
            return Permit(self, now, self._breaker.epoch, self._account.epoch)

    def begin(self, features: Features, now: float, *, anyway: bool = False) -> Permit | None:
        """Begin a call. `None`: it may not be asked any more; another was quicker. `anyway`: as in `refusal`."""
        with self._lock:
            if not self._clear and self._refusal(features, now, anyway=anyway) is not None:
                return None
            return self.admit(features, now)

    def obstacle(self, features: Features, now: float, *, anyway: bool = False) -> Refusal | None:
        """`refusal`, but for those who wait already. For the turnstile, under the lock."""
        if not self.well:
            found = _longer(self._left_alone(now, anyway=anyway), self._account.refusal(now)) or self._starting(now)
            if found is not None:
                return found
        return None if self._meter is None else self._meter.refusal(features, self.in_flight, now)

    def admit(self, features: Features, now: float) -> Permit | None:
        """Begin a call that nothing speaks against. For the turnstile, under the lock."""
        named = features.model is not None
        if self.well:
            permit = Permit(self, now, self._breaker.epoch, self._account.epoch, named)
        else:
            account = self._account.begin(now) if self._account.open else (self._account.epoch, False)
            if account is None:
                return None
            permit = Permit(
                self,
                now,
                self._breaker.epoch,
                account[0],
                named,
                probe=self._breaker.begin(now),
                account_probe=account[1],
                finds_out=self._breaker.failure is not None or account[1],
            )
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        if self._meter is not None:
            permit.booking = self._meter.book(features, now)
            permit.estimated = estimated_tokens(features)
        return permit

    def earliest(self, features: Features, ahead: int, now: float) -> float:
        """Before when a call cannot begin when `ahead` others begin before it. For the turnstile, under the lock."""
        return now if self._meter is None else self._meter.earliest(features, ahead, now)

    @property
    def least_seconds(self) -> float:
        """What an answer takes at least, of the latest; 0 where none is known. For the turnstile, under the lock."""
        return self._whole.least

    def ejected(self) -> float | None:
        """Until when it is left alone for failures of its own, if the provider did not ask for that; else `None`."""
        breaker = self._breaker
        return breaker.until if breaker.doubtful else None

    def spared(self, now: float) -> bool:
        """Whether it fails, and is asked all the same since too many others do (see `Board.least_bad`)."""
        return not self.well and self._breaker.doubtful and self._breaker.blocks(now)

    @property
    def given_up(self) -> bool:
        """Whether it is out for what no pause mends: its key, its account without credit, its model that is unknown."""
        return self._account.open or self._breaker.failure in LASTING

    # ------------------------------------------------------------------ how is it?

    def latency(self, now: float, *, whole: bool = False) -> float | None:
        """Seconds to the first token of a stream, or to the end of an answer (`whole`); `None`: nothing is known.

        An average in which the latest weigh most. What nobody has measured for a while fades towards 0, so that a
        target which was slow once is tried again.
        """
        return (self._whole if whole else self._first_token).seen_at(now)

    def quantile(self, share: float, *, whole: bool = False, at_least: int = 20) -> float | None:
        """The seconds within which `share` of the latest streams began, or of the latest answers was there (`whole`).

        `None`: there were fewer than `at_least`.
        """
        with self._lock:
            spread = self._whole if whole else self._first_token
            return spread.quantile(share, at_least=at_least)

    def share(self, now: float) -> float:
        """What part of its usual load it should get, 0 to 1: less than 1 while it starts slowly after an outage."""
        ramp = self._ramp
        return 1.0 if ramp is None else ramp.share(now)

    def __repr__(self) -> str:
        state = "well" if self._breaker.failure is None else f"out: {self._breaker.failure}"
        return f"<Condition {self.target.name or self.target.served} {state}, {self.in_flight} under way>"

    # ------------------------------------------------------------------ how calls ended, as their permits say

    def answering(self, permit: Permit, now: float) -> None:
        with self._lock:
            if not permit.ended and self._breaker.answering(permit.epoch, now):
                self._came_back(now)
        if not self._account.calm and self._account.succeeded(permit.account_epoch, now):
            self._tell_siblings(now)

    def succeeded(
        self, permit: Permit, now: float, first_token_seconds: float | None, seconds: float, tokens: int | None
    ) -> None:
        with self._lock:
            if permit.ended or permit.probe or permit.account_probe:
                if not self._leave(permit):
                    return
            else:
                permit.ended = True
                self.in_flight -= 1
            if self._breaker.succeeded(permit.epoch, now):
                self._came_back(now)
            self._whole.add(seconds, now)
            if first_token_seconds is not None:
                self._first_token.add(first_token_seconds, now)
            if permit.booking is not None and tokens is not None and self._meter is not None:
                self._meter.settle(permit.booking, permit.estimated, tokens, now)
            if self.turnstile.queue.length:
                self.turnstile.advance(now)
        if not self._account.calm and self._account.succeeded(permit.account_epoch, now):
            self._tell_siblings(now)

    def failed(self, permit: Permit, verdict: Verdict, now: float, retry_after: float | None) -> None:
        blamed = "nobody" if verdict.failure == "model" and permit.names_model else verdict.blame
        with self._lock:
            if not self._leave(permit):
                return
            if blamed == "target" and self._breaker.failed(permit.epoch, verdict.failure, now, retry_after):
                self._went_out()
            self._next_turn(now)
        if blamed == "account" and self._account.failed(permit.account_epoch, verdict.failure, now, retry_after):
            self._tell_siblings(now)

    def released(self, permit: Permit, now: float) -> None:
        with self._lock:
            if self._leave(permit):
                self._next_turn(now)

    # ------------------------------------------------------------------ under the lock

    def _refusal(self, features: Features, now: float, *, anyway: bool) -> Refusal | None:
        found = self.obstacle(features, now, anyway=anyway)
        if found is None and self.turnstile.waiting:
            return Refusal(kind="limited", reason=f"{self.turnstile.waiting:,} calls wait for their turn")
        return found

    def _left_alone(self, now: float, *, anyway: bool) -> Refusal | None:
        breaker = self._breaker
        if breaker.failure is None or not breaker.blocks(now):
            return None
        if now < breaker.asked_until:
            reason = f"it asked to be left alone (`{breaker.failure}`)"
            return Refusal(kind="unhealthy", reason=reason, until=breaker.until)
        if breaker.doubtful and (anyway or self in self._ejections.spared):
            return None
        if breaker.probing:
            return Refusal(kind="unhealthy", reason=f"one call is checking it after failures (`{breaker.failure}`)")
        return Refusal(kind="unhealthy", reason=f"left alone for failures (`{breaker.failure}`)", until=breaker.until)

    def _starting(self, now: float) -> Refusal | None:
        ramp = self._ramp
        if ramp is None:
            return None
        if now >= ramp.ends:
            self._ramp, self._peak = None, self.in_flight
            self._look_again()
            return None
        if self.in_flight < ramp.calls(now):
            return None
        return Refusal(
            kind="limited",
            reason=f"it was out and starts slowly, with {ramp.calls(now):,} calls at a time",
            until=ramp.reaches(self.in_flight + 1),
        )

    def _leave(self, permit: Permit) -> bool:
        """The call is over. False: it was already."""
        if permit.ended:
            return False
        permit.ended = True
        self.in_flight -= 1
        if permit.probe:
            self._breaker.left(permit.epoch)
        if permit.account_probe:
            self._account.left(permit.account_epoch)
        return True

    def _went_out(self) -> None:
        self._ramp = None
        if self._breaker.doubtful:
            self._ejections.put_out(self, self._breaker.until)
        else:
            self._ejections.put_back(self)
        self._look_again()

    def _came_back(self, now: float) -> None:
        self._ejections.put_back(self)
        if self.in_flight < self._peak and self._rules.slow_start_seconds > 0:
            self._ramp = Ramp(now, self._rules.slow_start_seconds, peak=self._peak, carrying=self.in_flight)
        self._look_again()

    def _look_again(self) -> None:
        """Whether its health cannot speak against the target, and whether nothing at all can: nobody need look then."""
        self.well = self._breaker.failure is None and self._ramp is None and not self._account.open
        self._clear = self.well and self._meter is None

    def _next_turn(self, now: float) -> None:
        if self.turnstile.waiting:
            self.turnstile.advance(now)

    # ------------------------------------------------------------------ without the lock, for two at once might wait

    def _tell_siblings(self, now: float) -> None:
        for sibling in self._siblings:
            sibling.account_changed(now)

    def account_changed(self, now: float) -> None:
        with self._lock:
            self._look_again()
            self._next_turn(now)


def _longer(one: Refusal | None, other: Refusal | None) -> Refusal | None:
    """Which holds for longer, as far as is known: until the later of both times the target may not be asked."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda each: -inf if each.until is None else each.until)
