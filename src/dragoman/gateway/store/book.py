"""The book: what a transaction does to the money. It runs between `BEGIN` and `COMMIT`, one at a time.

Desks are kept from one transaction to the next: SQLite says when somebody else has written, and then they are read
again. While one process has the file nothing is read at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final

from dragoman.errors import Error, KeyRefused
from dragoman.gateway.store.changes import Changes
from dragoman.gateway.store.desk import Desk, Moment
from dragoman.gateway.store.entries import Admit, Settle
from dragoman.gateway.store.money import believed
from dragoman.gateway.store.spend import Admission, Spend
from dragoman.gateway.store.standing import desk_of
from dragoman.gateway.store.tally import Tally, believed_count
from dragoman.gateway.store.traffic import Traffic

_OPEN: Final = "SELECT count(*) FROM holds WHERE id IN ({}) AND why IS NULL"
_OVER: Final = "DELETE FROM holds WHERE id IN ({}) AND why IS NULL"
_KNOWN_AFTER_ALL: Final = "DELETE FROM holds WHERE id = ?"
_UNKNOWN: Final = (
    "UPDATE holds SET why = ?, admitted = ?, tenant = ?, provider = ?, served = ? WHERE id = ? AND why IS NULL"
)
_COST_NOT_KNOWN: Final = "its cost is not known"


@lru_cache(maxsize=1024)
def _these(statement: str, number: int) -> str:
    """A statement about so many holds: in one step, for each step of SQLite's gives other threads their turn."""
    return statement.format(", ".join("?" * number))


class Book:
    """The money, for one process. `worker` is its number in the store."""

    def __init__(self, connection: sqlite3.Connection, worker: int) -> None:
        self._connection = connection
        self._worker = worker
        self._ids = count((worker << 32) + 1)
        self._desks: dict[str, Desk] = {}
        self._version: int | None = None
        self._changes = Changes()
        self.now = Moment(0.0, 0.0)

    # ------------------------------------------------------------------ a transaction

    def begin(self, now: Moment) -> None:
        """A transaction has begun: find out whether the desks are true."""
        self.now = now
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._desks.clear()
            self._version = version

    def write(self) -> None:
        """The transaction is about to be committed."""
        changes, self._changes = self._changes, Changes()
        changes.write(self._connection)

    def let(self, do: Callable[[sqlite3.Connection], Any]) -> Any:
        """Have something else read and change the tables."""
        self.write()
        try:
            return do(self._connection)
        finally:
            self._desks.clear()

    def forget(self) -> None:
        """The transaction came to nothing."""
        self._changes = Changes()
        self._desks.clear()

    # ------------------------------------------------------------------ what is in it

    def admit(self, entry: Admit) -> Admission | Error:
        """Let a call in, or say why not."""
        desk = self._desk(entry.key)
        if desk is None:
            return KeyRefused("this key is not known here")
        refusal = desk.refusal(entry, self.now)
        if refusal is not None:
            return refusal
        desk.enter(entry, self.now)
        return self._held(entry, desk)

    def settle(self, settles: Sequence[Settle]) -> None:
        """Calls are over, or were never sent. What was settled or resolved already is left as it is."""
        over = [each for each in settles if not self._is_doubtful(each)]
        if over and self._all_open(over):
            self._connection.execute(_these(_OVER, len(over)), [each.admission.id for each in over])
            for each in over:
                self._pay(each, inside=True)
        else:
            for each in over:
                self._pay_if_held(each)

    def note(self, spend: Spend) -> None:
        """A call without a key is over."""
        self._changes.tally.add(spend, believed(spend.cost), "", spend.tenant, self.now.wall)

    def add(self, tally: Tally) -> None:
        """Usage that could not be written before."""
        self._changes.tally.merge(tally)

    # ------------------------------------------------------------------ how

    def _held(self, entry: Admit, desk: Desk) -> Admission:
        hold, key, now, worst = next(self._ids), desk.key, self.now, entry.worst
        self._changes.holds.append(
            (hold, key.id, self._worker, int(now.wall), desk.period, worst, entry.model, entry.request_id)
        )
        self._changes.account(key.id, desk.period, 0, worst or 0, 1)
        if desk.traffic is not None:
            self._changes.sent(key.id, now.tick, 1, entry.tokens)
        return Admission(hold, key, desk.period, worst, entry.tokens, now.tick)

    def _is_doubtful(self, settle: Settle) -> bool:
        """Whether nobody knows what the call cost: then what is held for it stays."""
        admission, spend = settle.admission, settle.spend
        if settle.cost is not None or admission.worst is None or spend is None:
            return False
        when = int(self.now.wall if spend.when is None else spend.when)
        facts = (_COST_NOT_KNOWN, when, admission.key.tenant or "", spend.provider, spend.served, admission.id)
        if self._connection.execute(_UNKNOWN, facts).rowcount:
            self._changes.account(admission.key.id, admission.period, 0, 0, -1)
            self._leave(admission)
            self._used(admission, spend, None)
        return True

    def _all_open(self, settles: Sequence[Settle]) -> bool:
        """Whether each is settled for the first time, as it should be."""
        ids = [each.admission.id for each in settles]
        (there,) = self._connection.execute(_these(_OPEN, len(ids)), ids).fetchone()
        return there == len(ids)

    def _pay_if_held(self, settle: Settle) -> None:
        inside = self._connection.execute(_these(_OVER, 1), (settle.admission.id,)).rowcount
        if inside or self._connection.execute(_KNOWN_AFTER_ALL, (settle.admission.id,)).rowcount:
            self._pay(settle, inside=bool(inside))

    def _pay(self, settle: Settle, *, inside: bool) -> None:
        admission, cost = settle.admission, settle.cost or 0
        key, held = admission.key.id, admission.worst or 0
        self._changes.account(key, admission.period, cost, -held, -inside)
        desk = self._desks.get(key)
        if desk is not None and desk.period == admission.period:
            desk.spent += cost
            desk.held -= held
        if inside:
            self._leave(admission)
        if settle.spend is not None:
            self._used(admission, settle.spend, settle.cost)

    def _leave(self, admission: Admission) -> None:
        desk = self._desks.get(admission.key.id)
        if desk is not None:
            desk.inside -= 1

    def _used(self, admission: Admission, spend: Spend, cost: int | None) -> None:
        key = admission.key
        self._changes.tally.add(spend, cost, key.id, key.tenant, self.now.wall)
        desk, tokens = self._desks.get(key.id), believed_count(spend.usage.tokens)
        if desk is not None and desk.traffic is not None and tokens:
            self._correct(desk.traffic, admission, tokens - admission.tokens)

    def _correct(self, traffic: Traffic, admission: Admission, tokens: int) -> None:
        """A call used so many tokens more than were counted when it began, or fewer."""
        if tokens > 0:
            traffic.add(self.now.tick, 0, tokens)
            self._changes.sent(admission.key.id, self.now.tick, 0, tokens)
        elif traffic.take_back(admission.tick, -tokens):
            self._changes.sent(admission.key.id, admission.tick, 0, tokens)

    def _desk(self, key: str) -> Desk | None:
        desk = self._desks.get(key)
        if desk is not None and desk.period == desk.key.period_at(self.now.wall):
            return desk
        self.write()  # what is read has to include it
        desk = desk_of(self._connection, key, self.now)
        if desk is not None:
            self._desks[key] = desk
        return desk
