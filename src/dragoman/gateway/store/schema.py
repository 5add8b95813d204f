"""The tables, and how older ones become these."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from secrets import token_bytes
from typing import Final

from dragoman.errors import ConfigurationError

_FIRST: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE keys (id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE workers (id INTEGER PRIMARY KEY AUTOINCREMENT, lease TEXT NOT NULL, pid INTEGER NOT NULL);
CREATE TABLE holds (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, worker INTEGER NOT NULL, admitted INTEGER NOT NULL,
    period INTEGER NOT NULL, worst INTEGER, model TEXT NOT NULL, request TEXT NOT NULL,
    why TEXT, tenant TEXT, provider TEXT, served TEXT
);
CREATE TABLE accounts (
    key TEXT, period INTEGER,
    spent INTEGER NOT NULL CHECK (typeof(spent) = 'integer'),
    held INTEGER NOT NULL CHECK (typeof(held) = 'integer' AND held >= 0),
    PRIMARY KEY (key, period)
) WITHOUT ROWID;
CREATE TABLE gates (key TEXT PRIMARY KEY, inside INTEGER NOT NULL CHECK (inside >= 0)) WITHOUT ROWID;
CREATE TABLE traffic (
    key TEXT, tick INTEGER, requests INTEGER NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (key, tick)
) WITHOUT ROWID;
CREATE TABLE usage (
    day INTEGER, key TEXT, tenant TEXT, model TEXT, provider TEXT, served TEXT,
    requests INTEGER NOT NULL, failed INTEGER NOT NULL, unpriced INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL CHECK (typeof(cost) = 'integer'),
    PRIMARY KEY (day, key, tenant, model, provider, served)
) WITHOUT ROWID;
"""
# An integer that grows too large becomes a float in SQLite without a word: the checks refuse that.
# holds.why: null while the call is under way, then why its cost is not known.

_STEPS: Final = (_FIRST,)
"""What makes each version of the one before; the first begins with nothing."""


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date. Raises `ConfigurationError` for a file that is something else, or newer."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_STEPS):
        raise ConfigurationError(f"{path} was written by a later version of dragoman: use that one, or another file")
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None:
        raise ConfigurationError(f"{path} is a database of something else: name another file")
    for number in range(version, len(_STEPS)):
        for statement in filter(str.strip, _STEPS[number].split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number + 1}")
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('secret', ?), ('keys', 0)", (token_bytes(32),))
