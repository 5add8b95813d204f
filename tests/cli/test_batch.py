"""`dragoman batch`, as users run it. That it may be killed at any moment is in `tests/batch/test_killed.py`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from dragoman.testing import Emulator
from dragoman.testing.emulator import Fault

from .conftest import Command

MODEL = ("--model", "openai/gpt-4o-mini", "--max-tokens", "40")
SCHEMA = "from pydantic import BaseModel\n\nclass Contact(BaseModel):\n    name: str\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "in.jsonl"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def write(source: Path, rows: Iterable[Any]) -> None:
    source.write_text("".join(f"{row if isinstance(row, bytes) else json.dumps(row)}\n" for row in rows))


def read(target: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in target.read_text().splitlines()]


def test_every_form_of_a_line(run: Command, emulator: Emulator, source: Path, target: Path) -> None:
    chat = {"model": "other", "messages": [{"role": "user", "content": "chat"}], "temperature": 0.5, "max_tokens": 30}
    write(
        source,
        [
            "text",
            {"id": 7, "prompt": "prompt", "system": "Be kind"},
            {"messages": [{"role": "user", "content": "messages"}]},
            {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": chat},
            {"custom_id": "b", "method": "POST", "url": "/v1/responses", "body": {"model": "other", "input": "input"}},
        ],
    )
    result = run("batch", str(source), str(target), *MODEL, "--system", "Be brief", "--concurrency", "1")
    assert result.returncode == 0, result.stderr
    lines = read(target)
    assert [line["text"].split(": ")[-1] for line in lines] == ["text", "prompt", "messages", "chat", "input"]
    assert [(line.get("id"), line.get("custom_id")) for line in lines] == [
        (None, None),
        (7, None),
        (None, None),
        (None, "a"),
        (None, "b"),
    ]
    sent = [seen.wire for seen in emulator.requests]
    assert [wire["messages"][0]["content"] for wire in sent] == ["Be brief", "Be kind", *["Be brief"] * 3]
    assert (sent[3]["model"], sent[3]["temperature"], sent[3]["max_completion_tokens"]) == ("gpt-4o-mini", 0.5, 30)
    assert "5 done" in result.stderr


def test_lines_that_are_none_are_their_own_failures(
    run: Command, emulator: Emulator, source: Path, target: Path
) -> None:
    source.write_text(
        '"fine"\n\n{"prompt": \n7\n{"say": "x"}\n{"prompt": "x", "temprature": 1}\n'
        '{"custom_id": "e", "url": "/v1/embeddings", "body": {"input": "x"}}\n{"body": {"messages": 7}}\n'
    )
    result = run("batch", str(source), str(target), *MODEL, "--max-cost", "1")
    assert result.returncode == 6
    lines = read(target)
    said = ["not JSON", "a line is a text", "none of `prompt`", "did you mean `temperature`", "/v1/embeddings", ""]
    assert [line["index"] for line in lines] == list(range(7))
    assert lines[0]["error"] is None
    assert all(words in line["error"]["message"] for words, line in zip(said, lines[1:], strict=True))
    assert len(emulator.requests) == 1


def test_values(run: Command, emulator: Emulator, source: Path, target: Path, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(SCHEMA)
    write(source, ["Call John Smith", "Call Ada Lovelace"])
    result = run("batch", str(source), str(target), *MODEL, "--schema", f"{tmp_path}/models.py:Contact")
    assert result.returncode == 0, result.stderr
    assert [line["value"]["name"] for line in read(target)] == ["John Smith", "Ada Lovelace"]
    assert [line["cost_usd"] for line in read(target)] == [f"{line.cost:f}" for line in emulator.bill]


def test_a_wrong_key_ends_it_and_the_rest_goes_on_later(
    run: Command, emulator: Emulator, source: Path, target: Path
) -> None:
    write(source, [f"row {number}" for number in range(20)])
    emulator.script(*["fine"] * 5)
    emulator.script(Fault(status=401))
    first = run("batch", str(source), str(target), *MODEL, "--concurrency", "1")
    assert first.returncode == 3
    assert "go on with --resume" in first.stderr
    assert [line["text"] for line in read(target)] == ["fine"] * 5
    refused = run("batch", str(source), str(target), *MODEL)
    assert (refused.returncode, "--resume" in refused.stderr) == (2, True)
    second = run("batch", str(source), str(target), *MODEL, "--resume")
    assert second.returncode == 0, second.stderr
    assert [line["index"] for line in read(target)] == list(range(20))
    assert len([line for line in emulator.bill if line.cost]) == 20


def test_money_ends_it(run: Command, emulator: Emulator, source: Path, target: Path) -> None:
    write(source, [f"row {number}" for number in range(50)])
    result = run("batch", str(source), str(target), *MODEL, "--max-cost", "0.0002", "--no-progress")
    assert "max_cost=$0.0002" in result.stderr
    assert result.returncode == 1
    assert 0 < float(emulator.bill.cost or 0) <= 0.0002
    assert 0 < len(read(target)) < 50


def test_rows_that_failed_are_asked_again_when_told(
    run: Command, emulator: Emulator, source: Path, target: Path
) -> None:
    write(source, ["one", "two"])
    emulator.fault(status=400)
    assert run("batch", str(source), str(target), *MODEL, "--concurrency", "1").returncode == 6
    assert run("batch", str(source), str(target), *MODEL, "--resume").returncode == 6
    assert run("batch", str(source), str(target), *MODEL, "--resume", "--again", "failed").returncode == 0
    assert [line["error"] for line in read(target)] == [None, None]


CHANGED = {
    "another question": (lambda source, _: write(source, ["one", "three"]), (), "row 1 is not what it was"),
    "another model": (lambda _source, _target: None, ("--model", "openai/gpt-4o"), "its model was"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_another_batch_is_not_gone_on_with(run: Command, source: Path, target: Path, name: str) -> None:
    change, options, said = CHANGED[name]
    write(source, ["one", "two"])
    run("batch", str(source), str(target), *MODEL)
    change(source, target)
    before = target.read_text()
    result = run("batch", str(source), str(target), *MODEL, "--resume", *options)
    assert target.read_text() == before
    assert (result.returncode, said in result.stderr) == (2, True), result.stderr


def test_answers_are_not_lost_to_a_wrong_command(run: Command, source: Path, target: Path) -> None:
    write(source, ["one", "two"])
    run("batch", str(source), str(target), *MODEL)
    before = target.read_text()
    again = run("batch", str(source), str(target), "-m", "openai/gpt-4o", "--resume", "--again", "failed")
    assert (again.returncode, target.read_text()) == (2, before)


def test_what_is_there_is_not_written_over(run: Command, emulator: Emulator, source: Path, target: Path) -> None:
    write(source, ["one"])
    target.write_text("mine\n")
    assert run("batch", str(source), str(target), *MODEL).returncode == 2
    assert run("batch", str(source), str(source), *MODEL).returncode == 2
    assert run("batch", str(source.with_name("none.jsonl")), str(target), *MODEL).returncode == 2
    assert (target.read_text(), emulator.requests) == ("mine\n", [])


def test_ctrl_c_waits_for_what_runs_and_nothing_is_in_doubt(
    run: Command, emulator: Emulator, source: Path, target: Path
) -> None:
    write(source, [f"row {number}" for number in range(30)])
    emulator.fault(head_delay_seconds=0.05, times=None)
    command = [sys.executable, "-c", "from dragoman.cli import main; main()"]
    with subprocess.Popen(
        [*command, "batch", str(source), str(target), *MODEL, "--concurrency", "3"],
        env=run.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        emulator.wait_for_requests(4, timeout_seconds=30)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "no more rows are begun" in said
    assert "unknown" not in said
    assert 0 < len(read(target)) < 30
    result = run("batch", str(source), str(target), *MODEL, "--resume")
    assert result.returncode == 0, result.stderr
    assert len(emulator.bill) == 30
