"""What the disk says, in words of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dragoman.errors import StorageFailed, StorageFull

_WHY: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked",
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is no database",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
}


def code_of(error: BaseException) -> int:
    """SQLite's primary code; the extended ones have it in their lowest byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def failure_of(error: BaseException, path: Path) -> StorageFailed:
    """Why the store cannot be used now."""
    code = code_of(error)
    kind = StorageFull if code == sqlite3.SQLITE_FULL else StorageFailed
    return kind(f"the store {path} cannot be used: {_WHY.get(code) or f'{type(error).__name__}: {error}'}")
