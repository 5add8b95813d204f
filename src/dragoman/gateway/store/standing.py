"""A key's desk, read from the tables."""

from __future__ import annotations

import sqlite3

from dragoman.gateway.store.changes import sent
from dragoman.gateway.store.desk import Desk, Moment
from dragoman.gateway.store.keyring import key_in
from dragoman.gateway.store.traffic import WINDOW, Traffic
from dragoman.gateway.store.virtual_key import VirtualKey


def desk_of(connection: sqlite3.Connection, key_id: str, now: Moment, period: int | None = None) -> Desk | None:
    """The desk of a key in a period, by default that of now; its rows are there from now on.

    `None` where there is no such key.
    """
    row = connection.execute("SELECT record FROM keys WHERE id = ?", (key_id,)).fetchone()
    if row is None:
        return None
    key = key_in(row[0])
    period = key.period_at(now.wall) if period is None else period
    connection.execute("INSERT OR IGNORE INTO accounts VALUES (?, ?, 0, 0)", (key_id, period))
    connection.execute("INSERT OR IGNORE INTO gates VALUES (?, 0)", (key_id,))
    spent, held = connection.execute(
        "SELECT spent, held FROM accounts WHERE key = ? AND period = ?", (key_id, period)
    ).fetchone()
    (inside,) = connection.execute("SELECT inside FROM gates WHERE key = ?", (key_id,)).fetchone()
    traffic = _traffic_of(connection, key, now.tick)
    return Desk(key, period=period, spent=spent, held=held, inside=inside, traffic=traffic)


def _traffic_of(connection: sqlite3.Connection, key: VirtualKey, tick: int) -> Traffic | None:
    if key.requests_per_minute is None and key.tokens_per_minute is None:
        return None
    _bring_to_now(connection, key.id, tick)
    rows = connection.execute(
        "SELECT tick, requests, tokens FROM traffic WHERE key = ? AND tick > ? ORDER BY tick", (key.id, tick - WINDOW)
    )
    return Traffic(rows, tick)


def _bring_to_now(connection: sqlite3.Connection, key: str, tick: int) -> None:
    """The machine was started again, and with it the clock: what seems to come counts as now."""
    later = connection.execute(
        "SELECT total(requests), total(tokens) FROM traffic WHERE key = ? AND tick > ?", (key, tick)
    ).fetchone()
    if later == (0.0, 0.0):
        return
    connection.execute("DELETE FROM traffic WHERE key = ? AND tick > ?", (key, tick))
    sent(connection, key, tick, int(later[0]), int(later[1]))
