"""Several hands on one file: what one changes the others see, and what one leaves they take up."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from dragoman.errors import BudgetExceeded, KeyRefused, RateLimited
from dragoman.gateway.keys import Keys, Ledger, Spend
from dragoman.gateway.store import SqliteStore, VirtualKey
from dragoman.gateway.store.writer import _LOOK_SECONDS

from .books import check_laws, crash, rows


def test_a_revoked_key_is_refused_elsewhere_within_a_second(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "s") as here, SqliteStore(tmp_path / "s") as there:
        key, token = Keys(here).create("ann")
        _wait(lambda: _is_known(there, token.reveal()))
        Keys(here).revoke(key.id)
        _wait(lambda: not _is_known(there, token.reveal()))
    assert _LOOK_SECONDS < 1


def _is_known(store: SqliteStore, token: str) -> bool:
    try:
        Keys(store).find(token)
    except KeyRefused:
        return False
    return True


def _wait(condition: Callable[[], bool]) -> None:
    """For what is so after one look at the store."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_and_its_calls_at_once(tmp_path: Path) -> None:
    """Whoever holds the key already is refused by the transaction that would let it in."""
    with SqliteStore(tmp_path / "s") as here, SqliteStore(tmp_path / "s") as there:
        key, _ = Keys(here).create("ann")
        ledger = Ledger(there)
        ledger.release(asyncio.run(ledger.admit(key, worst=None, tokens=1, model="m")))
        Keys(here).revoke(key.id)
        with pytest.raises(KeyRefused):
            asyncio.run(ledger.admit(key, worst=None, tokens=1, model="m"))


def test_what_one_holds_the_other_cannot_spend(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "s") as here, SqliteStore(tmp_path / "s") as there:
        key, _ = Keys(here).create("ann", budget=Decimal(1), concurrency=2, requests_per_minute=3)
        one, other = Ledger(here), Ledger(there)

        async def scene() -> None:
            admission = await one.admit(key, worst=Decimal("0.6"), tokens=1, model="m")
            with pytest.raises(BudgetExceeded):
                await other.admit(key, worst=Decimal("0.5"), tokens=1, model="m")
            await other.admit(key, worst=Decimal("0.4"), tokens=1, model="m")
            with pytest.raises(RateLimited, match="at a time"):
                await one.admit(key, worst=Decimal(0), tokens=1, model="m")
            one.settle(admission, Spend(model="m", cost=Decimal("0.1")))
            await one.flush()
            await other.admit(key, worst=Decimal("0.5"), tokens=1, model="m")
            other.settle(admission, Spend(model="m", cost=Decimal("0.1")))  # nobody's twice
            await other.flush()
            with pytest.raises(RateLimited, match="at a time"):
                await one.admit(key, worst=Decimal(0), tokens=1, model="m")

        asyncio.run(scene())
        check_laws(tmp_path / "s")


def test_the_living_take_up_what_the_dead_leave(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "s") as here:
        there = SqliteStore(tmp_path / "s")
        key, _ = Keys(here).create("ann", concurrency=1)
        asyncio.run(Ledger(there).admit(key, worst=Decimal(1), tokens=1, model="m"))
        with pytest.raises(RateLimited):
            asyncio.run(Ledger(here).admit(key, worst=Decimal(1), tokens=1, model="m"))
        crash(there)
        _wait(lambda: bool(here.unknown_holds()))
        asyncio.run(Ledger(here).admit(key, worst=Decimal(1), tokens=1, model="m"))
        check_laws(tmp_path / "s")
    assert [file.name for file in tmp_path.iterdir()] == ["s"]


def test_nobody_alive_is_taken_for_dead(tmp_path: Path) -> None:
    """However often others come and look."""
    with SqliteStore(tmp_path / "s") as here:
        key, _ = Keys(here).create("ann")
        admission = asyncio.run(Ledger(here).admit(key, worst=Decimal(1), tokens=1, model="m"))
        for _ in range(3):
            SqliteStore(tmp_path / "s").close()
        assert here.unknown_holds() == []
        assert rows(tmp_path / "s", "SELECT id FROM holds") == [(admission.id,)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_opens_the_file_anew(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "s") as store:
        key, _ = Keys(store).create("ann", budget=Decimal(1))
        parents = asyncio.run(Ledger(store).admit(key, worst=Decimal("0.5"), tokens=1, model="m"))
        child = os.fork()
        if child == 0:
            os._exit(_in_the_child(store, key))
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        Ledger(store).settle(parents, Spend(model="m", cost=Decimal("0.5")))
        store.flushed().result()
        check_laws(tmp_path / "s")
        assert rows(tmp_path / "s", "SELECT spent FROM accounts") == [(9 * 10**11,)]


def _in_the_child(store: SqliteStore, key: VirtualKey) -> int:
    ledger = Ledger(store)
    try:
        asyncio.run(ledger.admit(key, worst=Decimal("0.6"), tokens=1, model="m"))
    except BudgetExceeded:
        ledger.settle(
            asyncio.run(ledger.admit(key, worst=Decimal("0.5"), tokens=1, model="m")),
            Spend(model="m", cost=Decimal("0.4")),
        )
        store.close()
        return 0
    return 1
