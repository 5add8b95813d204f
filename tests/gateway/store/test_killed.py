"""`kill -9` at random points: what a provider charged is what was settled, and what is said not to be known."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random
from time import sleep
from typing import Any

import pytest

from dragoman.gateway.keys import Keys
from dragoman.gateway.store import SqliteStore, UnknownHold

from . import bystander
from .books import check_laws, rows

CALLS = 1_000_000  # more than are made before the end comes


class Killed:
    """One store, and processes that have it; what they were charged, by hold."""

    def __init__(self, path: Path, **terms: Any) -> None:
        self.path = path
        self.bill: dict[int, int] = {}
        with SqliteStore(path) as store:
            self.key, token = Keys(store).create("ann", **terms)
            self.token = token.reveal()

    def start(self, seed: int, calls: int = CALLS, callers: int = 8) -> subprocess.Popen[bytes]:
        process = self.opened(seed, calls, callers)
        begin(process)
        return process

    def opened(self, seed: int, calls: int = CALLS, callers: int = 8) -> subprocess.Popen[bytes]:
        """One that has the store and waits."""
        arguments = (str(self.path), self.token, str(seed), str(calls), str(callers))
        command = [sys.executable, bystander.__file__, *arguments]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def note(self, lines: list[bytes]) -> None:
        for line in lines:
            hold, cost = map(int, line.split())
            assert hold not in self.bill
            self.bill[hold] = cost

    def kill_after(self, charges: int, seed: int) -> None:
        """Killed when so many calls have been charged, and what comes after that is read too."""
        with self.start(seed) as process:
            assert process.stdout is not None
            self.note([process.stdout.readline() for _ in range(charges)])
            process.kill()
            self.note(process.stdout.readlines())

    def unknown(self) -> list[UnknownHold]:
        """As whoever opens it next finds it."""
        with SqliteStore(self.path) as store:
            return store.unknown_holds()

    def check(self) -> int:
        """The bill is what is spent, and the unknown. How many are."""
        unknown = {hold.id for hold in self.unknown()}
        check_laws(self.path)
        ((spent, held),) = rows(self.path, "SELECT sum(spent), sum(held) FROM accounts")
        assert spent == sum(cost for hold, cost in self.bill.items() if hold not in unknown)
        assert held == len(unknown) * 10**9
        charged_unknown = sum(self.bill.get(hold, 0) for hold in unknown)
        assert spent + charged_unknown == sum(self.bill.values())
        assert charged_unknown <= held
        assert rows(self.path, "SELECT count(*) FROM workers") == [(0,)]
        return len(unknown)


def begin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def kill_often(path: Path, times: int, seed: int) -> None:
    killed, chance = Killed(path, concurrency=32), Random(seed)
    for number in range(times):
        killed.kill_after(chance.randint(1, 300), seed=number)
        doubtful = killed.check()
    assert doubtful <= len(killed.bill) * 0.1 + times * 8  # what broke, and what was under way


@pytest.mark.timeout(300)
def test_ten_kills(tmp_path: Path) -> None:
    kill_often(tmp_path / "store", times=10, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_thousand_kills(tmp_path: Path) -> None:
    for seed in range(20):
        kill_often(tmp_path / f"store{seed}", times=50, seed=seed)


@pytest.mark.timeout(300)
def test_of_two_that_share_a_store_one_is_killed_and_the_other_goes_on(tmp_path: Path) -> None:
    killed = Killed(tmp_path / "store", concurrency=16)
    with killed.start(seed=1, calls=800) as survivor:
        killed.kill_after(100, seed=2)
        assert survivor.stdout is not None
        killed.note(survivor.stdout.readlines())
    assert survivor.returncode == 0
    assert killed.check() < len(killed.bill)


@pytest.mark.timeout(300)
def test_two_processes_keep_one_budget(tmp_path: Path) -> None:
    """Each would spend all of it alone; together they are refused when nothing more fits."""
    budget = 200 * bystander.WORST
    killed = Killed(tmp_path / "store", budget=budget)
    with killed.opened(seed=1) as one, killed.opened(seed=2) as other:
        while rows(killed.path, "SELECT count(*) FROM workers") != [(2,)]:
            sleep(0.001)
        for process in (one, other):
            begin(process)
        for process in (one, other):
            assert process.stdout is not None
            killed.note(process.stdout.readlines())
    assert {one.returncode, other.returncode} == {0}
    killed.check()
    ((spent, held),) = rows(killed.path, "SELECT spent, held FROM accounts")
    left = budget.scaleb(12) - spent - held
    assert 0 <= left < bystander.WORST.scaleb(12)
    assert len({hold >> 32 for hold in killed.bill}) == 2


@pytest.mark.timeout(300)
def test_two_processes_keep_one_limit(tmp_path: Path) -> None:
    killed = Killed(tmp_path / "store", requests_per_minute=100)
    with killed.start(seed=1, calls=200) as one, killed.start(seed=2, calls=200) as other:
        for process in (one, other):
            assert process.stdout is not None
            killed.note(process.stdout.readlines())
    assert len(killed.bill) == 100
    assert killed.check() <= 100
    assert Decimal(sum(killed.bill.values())) <= 100 * 10**9
