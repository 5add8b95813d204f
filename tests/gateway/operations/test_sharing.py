"""Several processes of one gateway: whoever is asked for metrics tells of all of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.gateway.operations import Metrics
from dragoman.gateway.operations.sharing import SharedMetrics

from .records import a_call

ROOT = Path(__file__).parents[3]

WORKER = """
import sys
from pathlib import Path
from dragoman.gateway.operations import Metrics
from dragoman.gateway.operations.sharing import SharedMetrics
from tests.gateway.operations.records import a_call, tried

metrics = Metrics(["fast"])
metrics.gauge("dragoman_in_flight", "Calls that are open.", lambda: 5)
for _ in range(3):
    metrics.observe(a_call(attempts=(tried(outcome="Overloaded"), tried())))
SharedMetrics(metrics, Path(sys.argv[1])).lay_down()
print("laid down", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, which has counted three calls and lives until its input ends."""
    command = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "laid down\n"
        yield process


def shared(folder: Path) -> SharedMetrics:
    """This process, which has counted one call."""
    metrics = Metrics(["fast"])
    metrics.gauge("dragoman_in_flight", "Calls that are open.", lambda: 2)
    metrics.observe(a_call())
    return SharedMetrics(metrics, folder)


def lines(metrics: SharedMetrics, name: str) -> list[str]:
    return [line for line in metrics.text().decode().splitlines() if line.startswith(name)]


def test_counts_and_gauges_of_all_who_live(worker: subprocess.Popen[str], tmp_path: Path) -> None:
    metrics = shared(tmp_path)
    assert [line.rpartition(" ")[2] for line in lines(metrics, "dragoman_requests_total")] == ["4"]
    assert sorted(lines(metrics, "dragoman_attempts_total")) == [
        'dragoman_attempts_total{provider="openai",outcome="Overloaded"} 3',
        'dragoman_attempts_total{provider="openai",outcome="ok"} 4',
    ]
    assert lines(metrics, "dragoman_in_flight") == ["dragoman_in_flight 7.0"]


def test_counts_of_the_dead_stay_and_their_gauges_go(worker: subprocess.Popen[str], tmp_path: Path) -> None:
    worker.kill()
    worker.wait()
    metrics = shared(tmp_path)
    assert [line.rpartition(" ")[2] for line in lines(metrics, "dragoman_requests_total")] == ["4"]
    assert lines(metrics, "dragoman_in_flight") == ["dragoman_in_flight 2"]


def test_a_process_tells_its_own_newest_counts(tmp_path: Path) -> None:
    metrics = shared(tmp_path)
    metrics.lay_down()
    assert [line.rpartition(" ")[2] for line in lines(metrics, "dragoman_requests_total")] == ["1"]


def test_a_file_is_written_only_when_something_changed(tmp_path: Path) -> None:
    metrics = shared(tmp_path)
    metrics.lay_down()
    (written,) = tmp_path.iterdir()
    written.unlink()
    metrics.lay_down()
    assert list(tmp_path.iterdir()) == []
