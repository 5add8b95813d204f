"""One row, asked: its flow with what the batch has to know and to say on the way.

The effects of the call's flow are passed on. Before a request goes out it has its turn, its
money is held and its row is marked in the journal; what the provider says of too many requests is told to all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from dragoman.batch.job import SHORTLY_SECONDS, Job
from dragoman.batch.rows import NOTHING, Ended, Paid, Row, attempts_of, paid_for
from dragoman.batch.stops import MOST_REFUSALS, TOO_MANY_STATUSES, is_one_too_many
from dragoman.batch.writer import JournalFailed
from dragoman.calls.retry import retry_after_date
from dragoman.dialects.error_replies import retry_after
from dragoman.errors import ConnectFailed, Error, TimedOut
from dragoman.flow import Effect, Flow, Invoke, Open, Sleep, invoke, passing, sleep
from dragoman.http import AsyncReply, HttpRequest, Reply

T = TypeVar("T")

_FETCHING: Final = "GET"
"""Pictures and files are fetched so; only what is posted asks a model."""


class Asking:
    """A row on its way."""

    def __init__(self, row: Row, job: Job) -> None:
        self._row = row
        self._job = job
        self._before = row.paid
        self._sends: list[Decimal | None] = []
        self._held = row.ceiling or NOTHING  # by the job, when it began the row
        self._is_reserved = True
        self._first_bytes = 0
        self._sent_at = 0.0
        self._was_refused = False
        self._is_on_the_wire = False
        self._is_marked = False

    def ask(self) -> Flow[Ended]:
        """How the row ended, written down. Raises `JournalFailed` when it cannot be."""
        try:
            result = yield from passing(self._row.ask(), self._passed, beyond=(JournalFailed,))
        except JournalFailed:
            raise
        except Exception as error:  # noqa: BLE001  # it is kept as the row's reason
            ended = self._failed(error)
        else:
            ended = Ended(row=self._row, state="done", result=result, paid=self._paid(result, done=True))
        finally:
            self._leave_wire()
        self._row.paid = ended.paid
        self._job.settle(self._held, self._spent(ended.paid))
        journal = self._job.journal
        if journal is not None:
            yield from durable(lambda: journal.ended(ended))
        return ended

    def _passed(self, effect: Effect) -> Flow[Any]:
        match effect:
            case Open(_, HttpRequest(method=method)) if method != _FETCHING:
                return (yield from self._send(effect))
            case Invoke() if self._row.routed:
                yield from self._mark_unseen()
                return (yield effect)
            case Sleep(seconds):
                self._leave_wire()
                if self._was_refused:
                    self._job.hold_back(seconds)
                return (yield effect)
            case _:
                return (yield effect)

    def _mark_unseen(self) -> Flow[None]:
        """Foreign clients, threads and hedges send what is not seen here: from now on the row may have been asked."""
        journal = self._job.journal
        if journal is not None and not self._is_marked:
            self._is_marked = True
            worst = self._before + self._unpriced([self._row.ceiling])
            yield from durable(lambda: journal.sent(self._row, worst))

    # ------------------------------------------------------------------ one request

    def _send(self, effect: Open) -> Flow[Reply | AsyncReply]:
        request = effect.request
        self._leave_wire()
        yield from self._hold_money(request)
        yield from self._turn(request)
        journal = self._job.journal
        if journal is not None:
            self._is_marked = True
            yield from durable(lambda: journal.sent(self._row, self._at_worst()))
        self._sent_at, self._was_refused = self._job.clock(), False
        try:
            reply = yield Open(effect.transport, self._marked(request))
        except (ConnectFailed, TimedOut) as error:
            if isinstance(error, ConnectFailed) or error.phase == "connect":
                self._nothing_charged()
            raise
        self._heard(reply)
        return reply

    def _turn(self, request: HttpRequest) -> Flow[None]:
        """Take a place on the wire. A router has reasons of its own to wait, and knows who need not."""
        if self._row.routed:
            self._job.push_in()
        else:
            yield from self._wait_for_turn(request)
        self._is_on_the_wire = True

    def _wait_for_turn(self, request: HttpRequest) -> Flow[None]:
        """Wait until it may go out, unless its time would be over by then."""
        while wait := self._job.turn():
            if request.deadline is not None and self._job.clock() + wait >= request.deadline:
                self._job.push_in()
                return
            yield from sleep(wait)

    def _leave_wire(self) -> None:
        if self._is_on_the_wire:
            self._is_on_the_wire = False
            self._job.off_the_wire()

    def _hold_money(self, request: HttpRequest) -> Flow[None]:
        """What is asked again carries the answers that did not fit, and is dearer by as much as it is longer."""
        size = len(request.body) or 1
        self._first_bytes = self._first_bytes or size
        ceiling = self._row.ceiling
        if ceiling is not None:
            ceiling = ceiling * max(size, self._first_bytes) / self._first_bytes
        if not self._is_reserved:
            is_waiting = False
            while not self._job.hold_money(ceiling, is_waiting=is_waiting):
                is_waiting = True
                yield from sleep(SHORTLY_SECONDS)
            self._held += ceiling or NOTHING
        self._is_reserved = False
        self._sends.append(ceiling)

    def _nothing_charged(self) -> None:
        """The last request was refused, or never left."""
        ceiling = self._sends.pop() or NOTHING
        self._held -= ceiling
        self._job.settle(ceiling, NOTHING)

    def _marked(self, request: HttpRequest) -> HttpRequest:
        """The request with the key by which the server knows it when it comes again: of its row and its body."""
        name, journal = self._job.key_header, self._job.journal
        if name is None:
            return request
        batch = journal.id if journal is not None else str(id(self._job))
        key = sha256(b"%s %d %b" % (batch.encode(), self._row.number, request.body)).hexdigest()
        return replace(request, headers=(*request.headers, (name, key)))

    def _heard(self, reply: Reply | AsyncReply) -> None:
        if reply.status < 300:
            self._job.answered()
            return
        self._nothing_charged()
        if reply.status in TOO_MANY_STATUSES and not self._row.routed:
            self._was_refused = True
            asked = retry_after(reply.status, reply.headers)
            if asked is None:
                asked = retry_after_date(reply.headers, time.time())
            self._job.refused(self._sent_at, asked)

    # ------------------------------------------------------------------ how it ended

    def _failed(self, error: Exception) -> Ended:
        row, job = self._row, self._job
        paid = self._paid(error, done=False)
        if job.ends_all(error):
            return Ended(row=row, state="waiting", error=error, paid=paid)
        if not is_one_too_many(error):
            return Ended(row=row, state="failed", error=error, paid=paid)
        wait = error.retry_after_seconds if isinstance(error, Error) else None
        if row.routed:
            job.refused(self._sent_at, wait)
        else:
            job.hold_back(wait or 0.0)
        if row.refusals < MOST_REFUSALS:
            row.refusals += 1
            return Ended(row=row, state="waiting", paid=paid)
        return Ended(row=row, state="failed", error=error, paid=paid)

    def _paid(self, found: Any, *, done: bool) -> Paid:
        """What the row has cost in all."""
        attempts = attempts_of(found)
        paid = paid_for(attempts, self._row.ceiling) if attempts else self._unpriced(self._sends)
        together = self._before + paid
        return together if self._job.key_header is None else self._charged_once(paid, together, done=done)

    def _charged_once(self, paid: Paid, together: Paid, *, done: bool) -> Paid:
        """Where the server knows what it was sent before, only the last request can be in doubt, and no answer is
        charged a second time: what was paid for it earlier is what it costs now.
        """
        in_doubt = [] if done or not together.unpriced else [self._row.ceiling]
        return replace(
            together,
            cost=paid.cost if done else max(paid.cost, self._before.cost),
            unpriced=len(in_doubt),
            ceiling=self._unpriced(in_doubt).ceiling,
            usage=paid.usage if done else together.usage,
        )

    def _at_worst(self) -> Paid:
        return self._before + self._unpriced(self._sends)

    @staticmethod
    def _unpriced(ceilings: list[Decimal | None]) -> Paid:
        total = None if None in ceilings else sum((each for each in ceilings if each is not None), NOTHING)
        return Paid(tries=len(ceilings), unpriced=len(ceilings), ceiling=total)

    def _spent(self, paid: Paid) -> Decimal:
        before = self._before
        return paid.cost - before.cost + (paid.ceiling or NOTHING) - (before.ceiling or NOTHING)


def durable(write: Callable[[], Future[T]]) -> Flow[T]:
    """Wait until what `write` hands in is on the disk."""

    async def awaited() -> T:
        from asyncio import wrap_future  # a synchronous program has no need of it

        return await wrap_future(write())

    return invoke(sync=lambda: write().result(), async_=awaited)
