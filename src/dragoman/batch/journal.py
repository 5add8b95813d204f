"""The journal: what is known of each row, on the disk before anything is done that depends on it.

A row is marked `sent` before it is sent, and its answer is written before it is told. A row that is still `sent` when
the journal is opened again was on its way when the program ended: it becomes `unknown`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self, cast
from uuid import uuid4

from msgspec import Struct, convert, to_builtins

from dragoman.batch.failures import Failure, failure_of
from dragoman.batch.rows import Ended, Paid, Row, State
from dragoman.batch.writer import Writer
from dragoman.errors import ConfigurationError
from dragoman.messages import Usage, decode_json, encode_json

_VERSION: Final = "1"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rows (
    number INTEGER PRIMARY KEY, state TEXT NOT NULL, digest BLOB NOT NULL, label BLOB NOT NULL, answer BLOB,
    failure BLOB, cost TEXT NOT NULL, tries INTEGER NOT NULL, unpriced INTEGER NOT NULL, ceiling TEXT,
    usage BLOB NOT NULL
);
"""
_WRITE: Final = "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_READ: Final = "SELECT * FROM rows WHERE number >= ? AND number < ? ORDER BY number"
_OVER: Final = frozenset({"done", "failed", "unknown"})


class Record(Struct, frozen=True, kw_only=True):
    """A row as the journal has it. `answer` is as the caller encoded it."""

    number: int
    state: State
    digest: bytes
    label: bytes = b""
    answer: bytes | None = None
    failure: Failure | None = None
    paid: Paid = Paid()

    @property
    def is_over(self) -> bool:
        """Whether it is not asked any more."""
        return self.state in _OVER


class Totals(Struct, frozen=True, kw_only=True):
    """All rows of a journal together."""

    counts: Mapping[str, int]
    paid: Paid

    @property
    def over(self) -> int:
        """How many rows are over."""
        return sum(self.counts.get(state, 0) for state in _OVER)


class Journal:
    """A batch's journal, at `path`; one program at a time has it.

    Args:
        terms: What must be the same when it goes on: the model, the type.
        encode: Makes bytes of what a row's flow returns.
        again: Which of the rows that are over are to be asked again.
        committed: Called with the connection after each commit, in the journal's thread, once it is known to be the
            right journal.

    Raises:
        ConfigurationError: It is of another batch, or cannot be had.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        terms: Mapping[str, str],
        encode: Callable[[Any], bytes],
        again: Collection[str] = (),
        committed: Callable[[sqlite3.Connection], None] = lambda _: None,
    ) -> None:
        self.path = Path(path)
        self._encode = encode
        self._committed = committed
        self._is_ours = False
        self._writer = Writer(self.path, self._after_commit)
        try:
            self.id: str = self._writer.submit(
                lambda connection: _prepared(connection, self.path, terms, again)
            ).result()
        except Exception:
            self._writer.close()
            raise
        self._is_ours = True
        self._writer.submit(_nothing).result()

    def _after_commit(self, connection: sqlite3.Connection) -> None:
        if self._is_ours:
            self._committed(connection)

    def sent(self, row: Row, paid: Paid) -> Future[None]:
        """`row` is about to be sent; what that may cost at worst is in `paid`."""
        return self._put(Record(number=row.number, state="sent", digest=row.digest, label=row.label, paid=paid))

    def ended(self, ended: Ended) -> Future[None]:
        """How a row ended; one that is `waiting` is to be asked again."""
        row = ended.row
        return self._put(
            Record(
                number=row.number,
                state=ended.state,
                digest=row.digest,
                label=row.label,
                answer=self._encode(ended.result) if ended.state == "done" else None,
                failure=None if ended.error is None else failure_of(ended.error),
                paid=ended.paid,
            )
        )

    def records(self, start: int, end: int) -> list[Record]:
        """What is known of the rows from `start` to before `end`."""
        return self._writer.submit(lambda connection: records(connection, start, end)).result()

    def totals(self) -> Totals:
        """All rows together."""
        return self._writer.submit(_totals).result()

    def close(self) -> None:
        """Write what waits, and let go of it."""
        self._writer.close()

    def _put(self, record: Record) -> Future[None]:
        values = _values(record)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(_WRITE, values)

        return self._writer.submit(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _nothing(_: sqlite3.Connection) -> None:
    """A commit of nothing: after it, what was there before is told."""


def records(connection: sqlite3.Connection, start: int, end: int) -> list[Record]:
    """The rows from `start` to before `end`."""
    return [_record(*values) for values in connection.execute(_READ, (start, end))]


def _prepared(connection: sqlite3.Connection, path: Path, terms: Mapping[str, str], again: Collection[str]) -> str:
    """The journal's id. A new one is set up, an old one compared with `terms` and its lost rows marked."""
    for statement in filter(str.strip, _SCHEMA.split(";")):
        connection.execute(statement)
    facts = dict(connection.execute("SELECT name, value FROM facts").fetchall())
    if not facts:
        facts = {"version": _VERSION, "id": uuid4().hex, **{f"term {name}": value for name, value in terms.items()}}
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
    _compare(path, facts, terms)
    connection.execute("UPDATE rows SET state = 'unknown' WHERE state = 'sent'")
    for state in again:
        connection.execute("UPDATE rows SET state = 'waiting', failure = NULL WHERE state = ?", (state,))
    return facts["id"]


def _compare(path: Path, facts: Mapping[str, str], terms: Mapping[str, str]) -> None:
    """Raise `ConfigurationError` for a journal of something else."""
    if facts.get("version") != _VERSION:
        raise ConfigurationError(f"the journal {path} is of another version of dragoman: finish it with that one")
    for name, value in terms.items():
        before = facts.get(f"term {name}")
        if before != value:
            raise ConfigurationError(
                f"the journal {path} is of another batch: its {name} was {before}, and now is {value}"
            )


def _values(record: Record) -> tuple[Any, ...]:
    paid = record.paid
    return (
        record.number,
        record.state,
        record.digest,
        record.label,
        record.answer,
        None if record.failure is None else encode_json(to_builtins(record.failure)),
        str(paid.cost),
        paid.tries,
        paid.unpriced,
        None if paid.ceiling is None else str(paid.ceiling),
        encode_json(to_builtins(paid.usage)),
    )


def _record(*values: Any) -> Record:
    number, state, digest, label, answer, failure, cost, tries, unpriced, ceiling, usage = values
    return Record(
        number=number,
        state=cast("State", state),
        digest=digest,
        label=label,
        answer=answer,
        failure=None if failure is None else convert(decode_json(failure), Failure),
        paid=Paid(
            cost=Decimal(cost),
            tries=tries,
            unpriced=unpriced,
            ceiling=None if ceiling is None else Decimal(ceiling),
            usage=convert(decode_json(usage), Usage),
        ),
    )


def _totals(connection: sqlite3.Connection) -> Totals:
    counts = dict(connection.execute("SELECT state, count(*) FROM rows GROUP BY state").fetchall())
    paid = Paid()
    for cost, tries, unpriced, ceiling, usage in connection.execute(
        "SELECT cost, tries, unpriced, ceiling, usage FROM rows"
    ):
        paid += Paid(
            cost=Decimal(cost),
            tries=tries,
            unpriced=unpriced,
            ceiling=None if ceiling is None else Decimal(ceiling),
            usage=convert(decode_json(usage), Usage),
        )
    return Totals(counts=counts, paid=paid)
