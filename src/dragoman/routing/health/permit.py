"""The right to one call at a target, and how it ended."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct

from dragoman.routing.limits.window import Booking
from dragoman.routing.verdict import Verdict


class Giver(Protocol):
    """Who gave a permit, and hears how it ended: the target's `Condition`."""

    def answering(self, permit: Permit, now: float) -> None: ...
    def succeeded(
        self, permit: Permit, now: float, first_token_seconds: float | None, seconds: float, tokens: int | None
    ) -> None: ...
    def failed(self, permit: Permit, verdict: Verdict, now: float, retry_after: float | None) -> None: ...
    def released(self, permit: Permit, now: float) -> None: ...


class Permit(Struct, eq=False):
    """One call under way at a target.

    Exactly one of `succeeded`, `failed` and `released` ends it; further ones do nothing. As a guard (`with permit:`)
    it is released when nothing else has ended it.

    Attributes:
        giver: Who gave it.
        began: When.
        epoch: Of the target's breaker when the call began, and `account_epoch` of the account's.
        names_model: Whether the caller named the model, so that its being unknown is not the target's fault.
        probe: Whether it is the one call that finds out if the target is back, and `account_probe` if the account is.
        finds_out: Whether a target, or an account, that was out when the call began is back if it is answered.
        ended: Whether it has; set by who gave it, under its lock. So is what follows, which is its bookkeeping.
        estimated: The tokens booked for it, in `booking`, where they are counted.
    """

    giver: Giver
    began: float
    epoch: int
    account_epoch: int
    names_model: bool = False
    probe: bool = False
    account_probe: bool = False
    finds_out: bool = False
    ended: bool = False
    booking: Booking | None = None
    estimated: int = 0

    def answering(self, now: float) -> None:
        """The answer has begun, though it is not over: enough to know that a target which was out is back."""
        self.giver.answering(self, now)

    def succeeded(self, now: float, *, first_token_seconds: float | None, seconds: float, tokens: int | None) -> None:
        """The answer is whole. `tokens`: in and out, as billed; `None`: not said."""
        self.giver.succeeded(self, now, first_token_seconds, seconds, tokens)

    def failed(self, verdict: Verdict, now: float, *, retry_after: float | None = None) -> None:
        """It failed. `retry_after`: seconds for which the provider asks not to be asked."""
        self.giver.failed(self, verdict, now, retry_after)

    def released(self, now: float) -> None:
        """It ended in a way that says nothing about the target: the caller left, or made a mistake."""
        self.giver.released(self, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.giver.released(self, self.began)
