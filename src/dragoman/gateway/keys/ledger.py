"""`Ledger`: what may be spent and what was, for those who run on an event loop."""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop, wrap_future
from collections.abc import Sequence
from decimal import Decimal
from threading import get_ident
from typing import Any, Final

from dragoman.errors import Error
from dragoman.gateway.store import Admission, Admit, Batch, Grow, Outcome, Settle, Spend, Store, VirtualKey
from dragoman.gateway.store.entries import Asked
from dragoman.gateway.store.money import at_worst, believed

_DEFERRAL_SECONDS: Final = 0.005
"""How long what nobody waits for may wait for something that somebody does."""


class _Line:
    """Those who wait on one event loop. What comes in one of its rounds is handed on together, and told together.

    What is over goes with whoever asks next, or by itself a moment later: a killed process leaves it unknown till then.
    """

    __slots__ = ("_store", "_thread", "batch", "deferred", "loop")

    def __init__(self, loop: AbstractEventLoop, store: Store) -> None:
        self.loop = loop
        self.batch = Batch(tell=self.tell)
        self._store = store
        self._thread = get_ident()
        self.deferred: Batch | None = None  # the one that waits for somebody

    def ask(self, entry: Asked) -> None:
        """Hand it on at the end of this round."""
        asked = self.batch.asked
        if not asked:
            self.loop.call_soon(self.hand_on)
        asked.append(entry)

    def defer(self) -> None:
        """Hand on soon what nobody waits for."""
        self.deferred = self.batch
        self.loop.call_later(_DEFERRAL_SECONDS, self._end_deferral)

    def _end_deferral(self) -> None:
        """Where others have asked meanwhile, what is there came after them, and has as long to find somebody."""
        deferred, self.deferred = self.deferred, None
        if self.batch is deferred:
            self.hand_on()
        elif self.batch.over or self.batch.notes:
            self.defer()

    def hand_on(self) -> None:
        """Hand on what there is now."""
        batch, self.batch = self.batch, Batch(tell=self.tell)
        if batch.asked or batch.over or batch.notes:
            self._store.post(batch)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Called in the store's thread, or in ours."""
        if get_ident() == self._thread and self.loop.is_running():
            self._told(outcomes)
            return
        try:
            self.loop.call_soon_threadsafe(self._told, outcomes)
        except RuntimeError:  # the loop is closed: nobody is there who could send anything
            for _, outcome in outcomes:
                self._give_back(outcome)

    def _told(self, outcomes: Sequence[Outcome]) -> None:
        for entry, outcome in outcomes:
            future: Future[Any] = entry.future
            if future.cancelled():
                self._give_back(outcome)
            elif isinstance(outcome, Error):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _give_back(self, outcome: Admission | Error | None) -> None:
        if isinstance(outcome, Admission):
            self._store.post(Batch(over=[Settle(outcome, None)]))


class Ledger:
    """Holds the worst a call may cost before it is sent, and settles it once when it is over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._line: _Line | None = None

    async def admit(
        self, key: VirtualKey, *, worst: Decimal | None, tokens: int, model: str, request_id: str = ""
    ) -> Admission:
        """Let a call of `key` in: when this returns, what is held for it outlives the process.

        One transaction looks at the key as it is now, its budget less what is held, its windows and its calls under
        way; those who wait together share it. `tokens` are those of the request and, at most, of its answer; `worst` is
        US dollars, or `None` where no price is known.

        Raises:
            KeyRefused: The key was revoked or has expired.
            ModelNotAllowed: It may not ask for `model`.
            RateLimited: Too many requests, tokens or calls at once; `retry_after_seconds` says until when.
            BudgetExceeded: What is left does not cover `worst`, or that is not known and the key has a budget.
            StorageFailed: The store cannot be written; nothing is let in.
        """
        asked = self.ask(key, at_worst(worst), tokens, model, request_id)
        try:
            return await asked
        except CancelledError:
            self.forget(asked)
            raise

    def ask(self, key: VirtualKey, worst: int | None, tokens: int, model: str, request_id: str) -> Future[Admission]:
        """`admit`, for who awaits it in its own place. `worst` is in pico-dollars.

        Who awaits it no more when it is done has to `forget` it.
        """
        loop = get_running_loop()
        line = self._line  # as `_line_of`, with no frame of its own
        if line is None or line.loop is not loop:
            line = self._line_of(loop)
        future: Future[Admission] = loop.create_future()
        line.ask(Admit(key.id, model, worst, tokens, request_id, future))
        return future

    def forget(self, asked: Future[Admission]) -> None:
        """Whoever asked is gone: a call that was let in is not sent."""
        if asked.done() and not asked.cancelled() and asked.exception() is None:  # told, but nobody listens
            self.release(asked.result())

    async def grow(self, admission: Admission, by: Decimal) -> None:
        """Hold `by` US dollars more for a call that is to be tried again; when this returns, it outlives the process.

        Where no price was known nothing is held, and nothing asked.

        Raises:
            BudgetExceeded: What is left does not cover it: the call may not be tried again.
            KeyRefused: The key was revoked or has expired.
            StorageFailed: The store cannot be written.
        """
        amount = at_worst(by)
        if admission.worst is None or not amount:
            return
        line = self._line_of(get_running_loop())
        future: Future[None] = line.loop.create_future()
        line.ask(Grow(admission, amount, future))
        await future
        admission.worst += amount

    def settle(self, admission: Admission, spend: Spend, kept: Decimal | None = None) -> None:
        """The call is over. It waits for nothing, and a second time does nothing.

        Where `spend.cost` is `None`, what is `known` is spent; for the rest `kept` US dollars stay held, by default all
        that is, and are listed as unknown. Where nothing is held, for no price was asked for or known, a call that
        `broke_off` is listed too, and any other counted as unpriced.
        """
        if admission.is_settled:
            return
        admission.is_settled = True
        cost = believed(spend.cost)
        settle = _unknown(admission, spend, kept) if cost is None else Settle(admission, spend, cost)
        batch = self._soon()
        if batch is None:
            self._store.post(Batch(over=[settle]))
        else:
            batch.over.append(settle)

    def release(self, admission: Admission) -> None:
        """The call was never sent: nothing is held for it, and it is in no report."""
        if not admission.is_settled:
            admission.is_settled = True
            self._post(Batch(over=[Settle(admission, None)]))

    def note(self, spend: Spend) -> None:
        """A call without a key is over."""
        self._post(Batch(notes=[spend]))

    async def flush(self) -> None:
        """Wait until all that was handed in is written. Raises `StorageFailed` where it cannot be."""
        self._line_of(get_running_loop()).hand_on()
        await wrap_future(self._store.flushed())

    def _post(self, some: Batch) -> None:
        batch = self._soon()
        if batch is None:
            self._store.post(some)
        else:
            batch.over += some.over
            batch.notes += some.notes

    def _soon(self) -> Batch | None:
        """What the loop that runs this is about to hand on; `None` in a thread without one."""
        try:
            loop = get_running_loop()
        except RuntimeError:
            return None
        line = self._line  # as `_line_of`, with no frame of its own
        if line is None or line.loop is not loop:
            line = self._line_of(loop)
        if line.deferred is None:
            line.defer()
        return line.batch

    def _line_of(self, loop: AbstractEventLoop) -> _Line:
        line = self._line
        if line is None or line.loop is not loop:
            if line is not None and line.loop.is_closed():
                line.hand_on()  # what was to go a moment later
            line = self._line = _Line(loop, self._store)
        return line


def _unknown(admission: Admission, spend: Spend, kept: Decimal | None) -> Settle:
    """The end of a call whose cost is not known."""
    return Settle(admission, spend, None, believed(spend.known) or 0, at_worst(kept))
