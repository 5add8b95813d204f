"""The right to one call at a target, and how it ended."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

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


class Permit:
    """One call under way at a target.

    Exactly one of `succeeded`, `failed` and `released` ends it; further ones do nothing. As a guard (`with permit:`)
    it is released when nothing else has ended it.

    Attributes:
        began: When.
        ended: Whether it has; set by who gave it, under its lock. So is what follows, which is its bookkeeping.
        epoch: Of the target's breaker when the call began, and `account_epoch` of the account's.
        probe: Whether it is the one call that finds out if the target is back, and `account_probe` if the account is.
        finds_out: Whether a target, or an account, that was out when the call began is back if it is answered.
        names_model: Whether the caller named the model, so that its being unknown is not the target's fault.
        estimated: The tokens booked for it, in `booking`, where they are counted.
    """

    __slots__ = (
        "_giver",
        "account_epoch",
        "account_probe",
        "began",
        "booking",
        "ended",
        "epoch",
        "estimated",
        "finds_out",
        "names_model",
        "probe",
    )

    def __init__(
        self,
        giver: Giver,
        now: float,
        epoch: int,
        account_epoch: int,
        *,
        probe: bool = False,
        account_probe: bool = False,
        finds_out: bool = False,
        names_model: bool = False,
    ) -> None:
        self._giver = giver
        self.began = now
        self.ended = False
        self.epoch = epoch
        self.account_epoch = account_epoch
        self.probe = probe
        self.account_probe = account_probe
        self.finds_out = finds_out
        self.names_model = names_model
        self.booking: Booking | None = None
        self.estimated = 0

    def answering(self, now: float) -> None:
        """The answer has begun, though it is not over: enough to know that a target which was out is back."""
        self._giver.answering(self, now)

    def succeeded(self, now: float, *, first_token_seconds: float | None, seconds: float, tokens: int | None) -> None:
        """The answer is whole. `tokens`: in and out, as billed; `None`: not said."""
        self._giver.succeeded(self, now, first_token_seconds, seconds, tokens)

    def failed(self, verdict: Verdict, now: float, *, retry_after: float | None = None) -> None:
        """It failed. `retry_after`: seconds for which the provider asks not to be asked."""
        self._giver.failed(self, verdict, now, retry_after)

    def released(self, now: float) -> None:
        """It ended in a way that says nothing about the target: the caller left, or made a mistake."""
        self._giver.released(self, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._giver.released(self, self.began)
