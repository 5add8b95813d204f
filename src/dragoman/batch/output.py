"""The file of answers: a line for each row that is over, in the order of the rows, made from the journal."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from msgspec import to_builtins

from dragoman.batch.failures import failure_of
from dragoman.batch.journal import Record, records
from dragoman.errors import OutcomeUnknown
from dragoman.messages import decode_json, encode_json

_CHUNK: Final = 500
_CHECKPOINT_SECONDS: Final = 5.0


class Output:
    """Appended to as rows become known to be over; only the journal's thread writes.

    What a kill left of a last line is cut off. A file that is not the journal's own beginning is written anew: all
    that belongs there is in the journal.
    """

    def __init__(self, path: Path, *, anew: bool) -> None:
        self.path = path
        self._anew = anew
        self._file: BinaryIO | None = None
        self._next = 0
        self._synced_at = time.monotonic()

    def _begin(self) -> BinaryIO:
        """Open the file at its end. Not before the journal is known to be the right one."""
        self._next, size = (0, 0) if self._anew else _whole_lines(self.path)
        file = self.path.open("r+b" if self.path.exists() else "w+b")
        file.seek(size)
        file.truncate()
        return file

    def advance(self, connection: sqlite3.Connection) -> None:
        """Write the lines of the rows that are over, up to the first that is not."""
        file = self._file = self._file or self._begin()
        while lines := self._lines(connection):
            file.write(b"".join(lines))
            self._next += len(lines)
        now = time.monotonic()
        if now - self._synced_at >= _CHECKPOINT_SECONDS:
            self._synced_at = now
            _sync(file)

    def _lines(self, connection: sqlite3.Connection) -> list[bytes]:
        lines: list[bytes] = []
        for record in records(connection, self._next, self._next + _CHUNK):
            if record.number != self._next + len(lines) or not record.is_over:
                break
            lines.append(encode_json(line_of(record)) + b"\n")
        return lines

    def close(self) -> None:
        """All of it is on the disk."""
        if self._file is not None:
            _sync(self._file)
            self._file.close()


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def line_of(record: Record) -> dict[str, Any]:
    """What the file says of a row."""
    paid = record.paid
    label = cast("dict[str, Any]", decode_json(record.label)) if record.label else {}
    answer = cast("dict[str, Any]", decode_json(record.answer)) if record.answer and record.state == "done" else {}
    return {
        "index": record.number,
        **label,
        **answer,
        "usage": dict(paid.usage.items()),
        "cost_usd": None if paid.known is None else f"{paid.known:f}",
        "tries": paid.tries,
        "error": None if record.state == "done" else _error_of(record),
    }


def _error_of(record: Record) -> dict[str, Any]:
    failure = failure_of(OutcomeUnknown()) if record.failure is None else record.failure
    return cast("dict[str, Any]", to_builtins(failure))


def _whole_lines(path: Path) -> tuple[int, int]:
    """How many lines of the file can stay, and how many bytes they are."""
    count = size = 0
    last = b""
    if not path.exists():
        return 0, 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            count, size, last = count + 1, size + len(line), line
    return (count, size) if count and _index_in(last) == count - 1 else (0, 0)


def _index_in(line: bytes) -> Any:
    try:
        found = decode_json(line)
    except ValueError:
        return None
    return cast("dict[str, Any]", found).get("index") if isinstance(found, dict) else None
