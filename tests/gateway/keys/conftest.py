"""A store on the disk, with clocks that stand still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.gateway.keys import Keys, Ledger
from dragoman.gateway.store import SqliteStore
from tests.gateway.store.books import Clock, check_laws


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[SqliteStore]:
    """The laws hold at the end of every test."""
    with clock.store(path) as store:
        yield store
        store.flushed().result()
        check_laws(path)


@pytest.fixture
def keys(store: SqliteStore, clock: Clock) -> Keys:
    return Keys(store, clock=lambda: clock.wall)


@pytest.fixture
def ledger(store: SqliteStore) -> Ledger:
    return Ledger(store)
