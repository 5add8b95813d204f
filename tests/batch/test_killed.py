"""A batch that is killed at random moments, again and again: every row once, and the bill what the journal says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dragoman.batch import Journal, Record
from dragoman.testing import Emulator
from dragoman.testing.emulator import SeenRequest

FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 500},
    {"status": 503},
    {"status": 429, "retry_after": 0.01},
    {"cut_after": 0},
    {"body": "{oops"},
)
"""One in a hundred calls each: refused, refused, one too many, charged and lost, answered with what is no answer."""


class Killed:
    """A batch over `rows` questions against `emulator`, in the folder `place`."""

    def __init__(self, emulator: Emulator, place: Path, rows: int, *options: str) -> None:
        pytest.importorskip("typer")
        self.emulator, self.place, self.rows = emulator, place, rows
        self.arguments = [
            *(
                "batch",
                str(place / "in.jsonl"),
                str(place / "out.jsonl"),
                "--resume",
                "--model",
                "openai/gpt-4o-mini",
                "--no-progress",
            ),
            *("--max-tokens", "40", "--concurrency", "16", *options),
        ]
        lines = (json.dumps({"id": f"r{number}", "prompt": f"row {number} is asked"}) for number in range(rows))
        (place / "in.jsonl").write_text("\n".join(lines) + "\n")

    def start(self) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
        return subprocess.Popen(
            [sys.executable, "-c", "from dragoman.cli import main; main()", *self.arguments],
            env={**kept, **self.emulator.environment()},
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_and_kill(self, after: Sequence[int]) -> str:
        """Killed each time when so many more requests have come, then left to end. What it says at its end."""
        for requests in after:
            count = len(self.emulator.requests) + requests
            with self.start() as process:
                self.emulator.wait_for_requests(count, timeout_seconds=300)
                process.kill()
        with self.start() as process:
            _, said = process.communicate()
        return said

    # ------------------------------------------------------------------ what is to be seen afterwards

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.place / "out.jsonl").read_text().splitlines()]

    def records(self) -> list[Record]:
        path = self.place / "out.jsonl.journal"
        header = "Idempotency-Key" if "--idempotency-header" in self.arguments else "none"
        terms = {"model": "openai/gpt-4o-mini", "type": "none", "idempotency header": header, "options": "{}"}
        with Journal(path, terms=terms, encode=lambda _: b"") as journal:
            return journal.records(0, self.rows)

    def _answered(self) -> list[SeenRequest]:
        """Those that a model was asked for: not those that were answered as before."""
        return [seen for seen in self.emulator.requests if seen.wire is not None]

    def billed(self) -> dict[int, list[Decimal]]:
        """What the emulator charged for each row, call by call."""
        rows = {seen.number: int(re.findall(r"row (\d+)", json.dumps(seen.wire))[0]) for seen in self._answered()}
        charged: dict[int, list[Decimal]] = defaultdict(list)
        for line in self.emulator.bill:
            if line.cost:
                charged[rows[line.number]].append(line.cost)
        return charged


def thresholds(seed: int, rows: int, kills: int) -> list[int]:
    """How many requests each of the runs lives for: all together fewer than there are rows."""
    random = Random(seed)
    share = rows // (kills + 1)
    return [random.randint(share // 4, share) for _ in range(kills)]


def batch(place: Path, rows: int, kills: int, seed: int, **settings: Any) -> Killed:
    """One that has been killed, and then ended by itself."""
    options = ["--idempotency-header", "Idempotency-Key"] if "idempotency_header" in settings else []
    with Emulator(seed=seed, keep_requests=10 * rows, **settings) as emulator:
        for fault in FAULTS:
            emulator.fault(times=None, share=0.01, **fault)
        killed = Killed(emulator, place, rows, *options)
        said = killed.run_and_kill(thresholds(seed, rows, kills))
        assert f"{Counter(record.state for record in killed.records())['done']} done" in said
        return killed


def check_rows(killed: Killed) -> None:
    """Each row has one line, in order, which says what the journal says."""
    lines, records = killed.lines(), killed.records()
    assert [line["index"] for line in lines] == list(range(killed.rows)) == [record.number for record in records]
    for line, record in zip(lines, records, strict=True):
        assert line["id"] == f"r{record.number}"
        assert ("text" in line) == (record.state == "done") == (line["error"] is None)
        assert (line["cost_usd"] is None) == bool(record.paid.unpriced)
        if record.state == "unknown":
            assert line["error"]["type"] == "OutcomeUnknown"


def check_bill(killed: Killed) -> None:
    """What the journal knows to be paid is what was charged; what it does not know, it says that it does not."""
    charged, known, doubtful = killed.billed(), Decimal(0), Decimal(0)
    for record in killed.records():
        costs, paid = charged.pop(record.number, []), record.paid
        assert sum(costs) >= paid.cost
        assert len(costs) <= paid.tries
        if not paid.unpriced:  # then all that it cost is known, and it was charged once
            assert (sum(costs), len(costs)) == (paid.cost, int(record.state == "done"))
        known += paid.cost
        doubtful += sum(costs) - paid.cost
    assert not charged
    assert known + doubtful == killed.emulator.bill.cost


@pytest.mark.timeout(600)
def test_every_row_once_and_the_bill_equal(tmp_path: Path) -> None:
    """2,000 rows, 5 % faults, three kills: at most those that were being asked are in doubt."""
    killed = batch(tmp_path, rows=2000, kills=3, seed=1)
    check_rows(killed)
    check_bill(killed)
    states = Counter(record.state for record in killed.records())
    assert 0 < states["unknown"] <= 3 * 16
    assert states["failed"] <= 5


@pytest.mark.timeout(600)
def test_where_the_server_knows_its_requests_nothing_is_in_doubt(tmp_path: Path) -> None:
    """Each row is charged exactly once, whatever was cut, lost or killed."""
    killed = batch(tmp_path, rows=400, kills=2, seed=2, idempotency_header="Idempotency-Key")
    check_rows(killed)
    assert {record.state for record in killed.records()} == {"done"}
    costs = {row: sum(charged) for row, charged in killed.billed().items() if len(charged) == 1}
    assert costs == {record.number: record.paid.cost for record in killed.records()}
    assert killed.emulator.bill.cost == sum(Decimal(line["cost_usd"]) for line in killed.lines())


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("settings", [{}, {"idempotency_header": "Idempotency-Key"}], ids=["in doubt", "known again"])
def test_twenty_thousand_rows_and_ten_kills(tmp_path: Path, settings: dict[str, str]) -> None:
    killed = batch(tmp_path, rows=20_000, kills=10, seed=3, **settings)
    check_rows(killed)
    check_bill(killed)
