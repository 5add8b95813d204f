"""`Ledger`: what may be spent and what was, for those who run on an event loop."""

from __future__ import annotations

from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop, wrap_future
from collections.abc import Sequence
from decimal import Decimal
from threading import get_ident
from typing import Final

from dragoman.errors import Error
from dragoman.gateway.store import Admission, Admit, Note, Outcome, Settle, Spend, Store, VirtualKey
from dragoman.gateway.store.money import at_worst

_LINGER_SECONDS: Final = 0.005
"""How long what nobody waits for may wait for something that somebody does."""


class _Line:
    """Those who wait on one event loop. What comes in one of its rounds is handed on together, and told together.

    What is over goes with whoever asks next, or by itself a moment later: a killed process leaves it unknown till then.
    """

    __slots__ = ("_entries", "_is_asked", "_lingers", "_store", "_thread", "loop")

    def __init__(self, loop: AbstractEventLoop, store: Store) -> None:
        self.loop = loop
        self._store = store
        self._thread = get_ident()
        self._entries: list[Admit | Settle | Note] = []
        self._is_asked = self._lingers = False

    def ask(self, entry: Admit) -> None:
        """Hand it on at the end of this round."""
        self._entries.append(entry)
        if not self._is_asked:
            self._is_asked = True
            self.loop.call_soon(self.hand_on)

    def post(self, entry: Settle | Note) -> None:
        """Hand it on soon."""
        self._entries.append(entry)
        if not self._lingers:
            self._lingers = True
            self.loop.call_later(_LINGER_SECONDS, self._linger_no_more)

    def _linger_no_more(self) -> None:
        self._lingers = False
        self.hand_on()

    def hand_on(self) -> None:
        """Hand on what there is now."""
        entries, self._entries = self._entries, []
        self._is_asked = False
        if entries:
            self._store.post(*entries)

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
            future: Future[Admission] = entry.future
            if future.cancelled():
                self._give_back(outcome)
            elif isinstance(outcome, Error):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def _give_back(self, outcome: Admission | Error) -> None:
        if isinstance(outcome, Admission):
            self._store.post(Settle(outcome, None))


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
        line = self._line_of(get_running_loop())
        future: Future[Admission] = line.loop.create_future()
        line.ask(Admit(key.id, model, at_worst(worst), tokens, request_id=request_id, tell=line.tell, future=future))
        try:
            return await future
        except CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:  # told, but nobody listens
                self.release(future.result())
            raise

    def settle(self, admission: Admission, spend: Spend) -> None:
        """The call is over. It waits for nothing, and a second time does nothing.

        Where `spend.cost` is `None`, what is held stays held, and is listed as unknown; where no price was known
        either, it is counted as unpriced.
        """
        if not admission.is_settled:
            admission.is_settled = True
            self._post(Settle(admission, spend))

    def release(self, admission: Admission) -> None:
        """The call was never sent: nothing is held for it, and it is in no report."""
        if not admission.is_settled:
            admission.is_settled = True
            self._post(Settle(admission, None))

    def note(self, spend: Spend) -> None:
        """A call without a key is over."""
        self._post(Note(spend))

    async def flush(self) -> None:
        """Wait until all that was handed in is written. Raises `StorageFailed` where it cannot be."""
        self._line_of(get_running_loop()).hand_on()
        await wrap_future(self._store.flushed())

    def _post(self, entry: Settle | Note) -> None:
        try:
            loop = get_running_loop()
        except RuntimeError:  # a thread without a loop
            self._store.post(entry)
        else:
            self._line_of(loop).post(entry)

    def _line_of(self, loop: AbstractEventLoop) -> _Line:
        line = self._line
        if line is None or line.loop is not loop:
            if line is not None and line.loop.is_closed():
                line.hand_on()  # what was to go a moment later
            line = self._line = _Line(loop, self._store)
        return line
