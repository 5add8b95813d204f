"""Waiting for one's turn at a target whose limits are met.

`join`, `advance`, `look` and `leave` are the whole logic and wait for nothing; `turn` is the flow around them. One of
those who wait keeps the time for all: it looks again when a limit will allow the next one in. The others sleep until
somebody wakes them or their deadline passes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from threading import RLock
from typing import Final, Generic, Protocol, TypeVar

from dragoman.flow import Flow, invoke
from dragoman.routing.features import Features
from dragoman.routing.limits.queue import FairQueue
from dragoman.routing.refusal import Refusal

_SHORTEST: Final = 0.001
"""Nobody looks again sooner, in seconds: a time computed from floats may lie a little before the one that counts."""

_IN_VAIN: Final = Refusal(kind="limited", reason="its turn came too late for an answer before the deadline")
"""To ask all the same would only keep others waiting."""

_LONGEST: Final = 3600.0
"""Nobody sleeps longer, in seconds: waiting for ever is an error to some platforms."""


class Admission(Protocol):
    """What a turn gives: the target's `Permit`."""

    def released(self, now: float) -> None: ...


P = TypeVar("P", bound=Admission)
P_co = TypeVar("P_co", bound=Admission, covariant=True)


class Door(Protocol[P_co]):
    """Who is let in, and why not: the target's `Condition`. All under the turnstile's lock."""

    def obstacle(self, features: Features, now: float) -> Refusal | None: ...
    def admit(self, features: Features, now: float) -> P_co | None: ...
    def earliest(self, features: Features, ahead: int, now: float) -> float: ...
    @property
    def least_seconds(self) -> float: ...


class Waiter(Generic[P]):
    """A call that waits. `outcome`: the permit it was given, or why it will get none; `None` while it waits."""

    __slots__ = ("deadline", "features", "outcome", "ring")

    def __init__(self, features: Features, deadline: float | None) -> None:
        self.features = features
        self.deadline = inf if deadline is None else deadline
        self.outcome: P | Refusal | None = None
        self.ring: Callable[[], object] | None = None


class Turnstile(Generic[P]):
    """The queue before one target: fair between tenants, bounded, nobody longer in it than till its deadline.

    Attributes:
        queue: Who waits.
    """

    __slots__ = ("_door", "_keeper", "_lock", "_most", "_next", "queue")

    def __init__(self, door: Door[P], lock: RLock, most: int) -> None:
        """`lock`: the door's own, for a turn is taken and given at once. `most`: how many may wait."""
        self._door = door
        self._lock = lock
        self._most = most
        self.queue: FairQueue[Waiter[P]] = FairQueue()
        self._keeper: Waiter[P] | None = None
        self._next = inf

    @property
    def waiting(self) -> int:
        return self.queue.length

    def turn(self, features: Features, deadline: float | None, clock: Callable[[], float]) -> Flow[P | Refusal]:
        """Wait for a turn: a permit, or why there will be none before `deadline` (on `clock`; `None`: no hurry)."""
        waiter = self.join(features, deadline, clock())
        if waiter.outcome is not None:
            return waiter.outcome
        taken = False
        try:
            yield from invoke(
                sync=partial(self._wait, waiter, clock),
                async_=partial(self._await, waiter, clock),
                leave=lambda: self.leave(waiter, clock()),
            )
            taken = True
        finally:
            if not taken:  # abandoned, perhaps after the permit was given
                self.leave(waiter, clock())
        assert waiter.outcome is not None  # waiting ends with one
        return waiter.outcome

    def join(self, features: Features, deadline: float | None, now: float) -> Waiter[P]:
        """Begin to wait, unless the outcome is clear at once."""
        waiter: Waiter[P] = Waiter(features, deadline)
        with self._lock:
            if now >= waiter.deadline:
                waiter.outcome = _late()
            elif not self.queue:
                waiter.outcome = self._let_in(waiter, now)
            if waiter.outcome is None:
                waiter.outcome = self._hopeless(waiter, now) or self._full(features.tenant)
            if waiter.outcome is None:
                self.queue.push(features.tenant, waiter)
        return waiter

    def advance(self, now: float) -> None:
        """Let in those whose turn it is, and send away those who wait in vain."""
        with self._lock:
            self._advance(now)
            self._rouse_keeper()

    def look(self, waiter: Waiter[P], now: float) -> float | None:
        """How many seconds to sleep before looking again; `None`: there is an outcome."""
        with self._lock:
            before = self._next
            self._advance(now)
            if waiter.outcome is None and now >= waiter.deadline:
                self.queue.remove(waiter.features.tenant, waiter)
                self._settle(waiter, _late())
            if waiter.outcome is None and self._keeper is None:
                self._keeper = waiter
            if self._keeper is not waiter and (self._keeper is None or self._next != before):
                self._rouse_keeper()
            if waiter.outcome is not None:
                return None
            wake = min(waiter.deadline, self._next) if self._keeper is waiter else waiter.deadline
            return min(max(wake - now, _SHORTEST), _LONGEST)

    def leave(self, waiter: Waiter[P], now: float) -> None:
        """Wait no longer, and give back what was given."""
        with self._lock:
            outcome = waiter.outcome
            if outcome is None:
                self.queue.remove(waiter.features.tenant, waiter)
                self._settle(waiter, Refusal(kind="limited", reason="it left the queue"))
        if outcome is not None and not isinstance(outcome, Refusal):
            outcome.released(now)
        self.advance(now)

    # ------------------------------------------------------------------ under the lock

    def _advance(self, now: float) -> None:
        self._next = inf
        if not self.queue:
            return
        ends = now + self._door.least_seconds
        while self.queue:
            waiter = self.queue.peek()
            if now >= waiter.deadline:
                outcome = _late()
            elif ends >= waiter.deadline:
                outcome = _IN_VAIN
            else:
                outcome = self._let_in(waiter, now)
            if outcome is None:
                break
            self.queue.pop()
            self._settle(waiter, outcome)

    def _let_in(self, waiter: Waiter[P], now: float) -> P | Refusal | None:
        """Its permit; or why the queue is the wrong place for it, for a queue is for limits; or `None`: not yet."""
        refusal = self._door.obstacle(waiter.features, now)
        if refusal is None:
            return self._door.admit(waiter.features, now)
        if refusal.kind != "limited":
            return refusal
        self._next = inf if refusal.until is None else refusal.until
        return None

    def _hopeless(self, waiter: Waiter[P], now: float) -> Refusal | None:
        ahead = self.queue.ahead_of_newcomer(waiter.features.tenant)
        earliest = self._door.earliest(waiter.features, ahead, now)
        if earliest < waiter.deadline:
            return None
        return Refusal(kind="limited", reason="its turn would come after the deadline", until=earliest)

    def _full(self, tenant: str | None) -> Refusal | None:
        """Whether there is no room; room is made by those who have the most waiting."""
        if len(self.queue) < self._most:
            return None
        refusal = Refusal(kind="limited", reason=f"{len(self.queue):,} calls wait already, as many as may")
        victim = self.queue.make_room(tenant) if self._most else None
        if victim is None:
            return refusal
        self._settle(victim, refusal)
        return None

    def _settle(self, waiter: Waiter[P], outcome: P | Refusal) -> None:
        waiter.outcome = outcome
        if self._keeper is waiter:
            self._keeper = None
        if waiter.ring is not None:
            waiter.ring()

    def _rouse_keeper(self) -> None:
        """Have somebody look who keeps the time from here on."""
        if not self.queue:
            return
        keeper = self._keeper or self.queue.peek()
        if keeper.ring is not None:
            keeper.ring()

    # ------------------------------------------------------------------ waiting, in a thread and in a task

    def _wait(self, waiter: Waiter[P], clock: Callable[[], float]) -> None:
        bell: SimpleQueue[None] = SimpleQueue()  # which the garbage collector may ring in this very thread
        waiter.ring = partial(bell.put, None)
        while (seconds := self.look(waiter, clock())) is not None:
            with suppress(Empty):
                bell.get(timeout=seconds)

    async def _await(self, waiter: Waiter[P], clock: Callable[[], float]) -> None:
        import asyncio  # it costs a synchronous program 80 ms of start-up

        bell, loop = asyncio.Event(), asyncio.get_running_loop()

        def ring() -> None:
            with suppress(RuntimeError):  # the loop is closed, and with it the wait
                loop.call_soon_threadsafe(bell.set)

        waiter.ring = ring
        while (seconds := self.look(waiter, clock())) is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await bell.wait()
            bell.clear()


def _late() -> Refusal:
    return Refusal(kind="limited", reason="no turn came before the deadline")
