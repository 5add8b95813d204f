"""The whole gateway, killed under load: what the provider charged is settled, or it is said of it that nobody knows.

And what may be spent is never exceeded, by however many callers and processes.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from subprocess import Popen

import pytest

from dragoman.testing import Emulator
from tests.gateway.faults.processes import Home, ask_all, charged, kill

CALLERS = 8


@pytest.fixture
def emulator() -> Emulator:
    """One that remembers every call."""
    return Emulator(keep_requests=100_000)


def kill_often(folder: Path, emulator: Emulator, times: int, seed: int) -> None:
    """One in twenty answers breaks before it says what it cost."""
    home, chance, names = (
        Home(folder, emulator, {"budget": Decimal(1000), "concurrency": 2 * CALLERS}),
        Random(seed),
        count(),
    )
    emulator.fault(cut_after=-1, times=None, share=0.05)
    for _ in range(times):
        with home.gateway() as (process, url):
            until = len(emulator.requests) + chance.randint(1, 80)
            killer = threading.Thread(target=_kill_at, args=(emulator, until, process))
            killer.start()
            ask_all(url, home.headers, (f"{seed}-{number}" for number in names), CALLERS)
            killer.join()
        bill = charged(emulator)
        unknown = home.check(bill)
    assert unknown <= len(bill) * 0.1 + times * CALLERS  # what broke, and what was under way
    assert home.spent() > 0


def _kill_at(emulator: Emulator, requests: int, process: Popen[str]) -> None:
    emulator.wait_for_requests(requests, timeout_seconds=60)
    kill(process)


@pytest.mark.timeout(300)
def test_ten_kills(tmp_path: Path, emulator: Emulator) -> None:
    with emulator:
        kill_often(tmp_path, emulator, times=10, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_thousand_kills(tmp_path: Path) -> None:
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        with Emulator(keep_requests=100_000) as emulator:
            kill_often(folder, emulator, times=50, seed=seed)


BUDGET = Decimal("0.05")
EVERYONE = 50


@pytest.mark.timeout(300)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_budget_is_never_exceeded(tmp_path: Path, emulator: Emulator, workers: int) -> None:
    with emulator:
        home = Home(tmp_path, emulator, {"budget": BUDGET})
        with home.gateway("--workers", str(workers)) as (_, url):
            names = (f"1-{number}" for number in range(200))
            outcomes = ask_all(url, home.headers, names, EVERYONE)
        bill = charged(emulator)
    assert set(outcomes) == {200, 402}
    assert len(bill) == outcomes.count(200)
    assert sum(bill.values()) + home.held() <= BUDGET
    home.check(bill)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_limit_is_one_limit(tmp_path: Path, emulator: Emulator, workers: int) -> None:
    with emulator:
        home = Home(tmp_path, emulator, {"requests_per_minute": 40})
        with home.gateway("--workers", str(workers)) as (_, url):
            names = (f"1-{number}" for number in range(120))
            outcomes = ask_all(url, home.headers, names, EVERYONE)
    assert set(outcomes) == {200, 429}
    assert outcomes.count(200) == len(emulator.requests)
    assert 40 <= outcomes.count(200) <= 80  # a minute may be over in between
