"""One line a call, with no word of prompts and answers; and a sink that fails takes nothing down with it."""

from __future__ import annotations

import json
import os
from io import FileIO
from pathlib import Path

import pytest

from dragoman.gateway.operations import CallLog
from dragoman.gateway.operations.logs import json_line, text_line
from dragoman.gateway.operations.writer import LineWriter
from dragoman.gateway.record import CallRecord
from dragoman.messages import Loss

from .records import a_call, a_refusal, tried


def test_a_line_of_json_says_all_that_is_known() -> None:
    call = a_call(
        key="key_1",
        tenant="acme",
        stream=True,
        first_token_seconds=0.1,
        attempts=(tried(outcome="Overloaded"), tried()),
        losses=(Loss(effect="dropped", where="seed", why="there is none"),),
    )
    assert json.loads(json_line(call)) == {
        "time": "2026-09-21T14:13:20.500000Z",
        "request_id": "req_1",
        "surface": "openai_chat",
        "action": "generate",
        "model": "fast",
        "stream": True,
        "status": 200,
        "outcome": "ok",
        "seconds": 0.25,
        "provider": "openai",
        "served": "gpt-4o-mini-2024-07-18",
        "key": "key_1",
        "tenant": "acme",
        "first_token_seconds": 0.1,
        "input_tokens": 42,
        "output_tokens": 64,
        "cache_read_tokens": 10,
        "cost_usd": "0.000044700",
        "attempts": ["openai/gpt-4o-mini: Overloaded", "openai/gpt-4o-mini: ok"],
        "losses": ["seed"],
    }


def test_what_is_not_known_is_not_said() -> None:
    said = json.loads(json_line(a_refusal(cost=None)))
    assert not {"provider", "served", "key", "tenant", "input_tokens", "cost_usd", "attempts", "losses"} & said.keys()


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (
            a_call(),
            "14:13:20 200 fast → openai/gpt-4o-mini-2024-07-18 0.25s 42+64 tokens $0.000044700 ok req_1",
        ),
        (
            a_call(cost=None, losses=(Loss(effect="dropped", where="seed", why="none"),), attempts=(tried(), tried())),
            "14:13:20 200 fast → openai/gpt-4o-mini-2024-07-18 0.25s 42+64 tokens ok after 2 tries 1 losses req_1",
        ),
        (a_refusal(), "14:13:20 404 fast 0.25s $0 UnknownModel req_1"),
    ],
)
def test_a_line_for_people(call: CallRecord, line: str) -> None:
    assert text_line(call).decode() == line + "\n"


@pytest.mark.parametrize("model", ["two\nlines", "\x1b[2Jwiped", "a\u2028b", "\r", "half \ud800", "\x00", '"}{"'])
@pytest.mark.parametrize("line_of", [json_line, text_line])
def test_no_name_begins_a_line_or_steers_a_terminal(line_of: object, model: str) -> None:
    line = line_of(a_refusal(model=model))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert b"\x1b" not in line
    assert b"\x00" not in line
    line.decode()


@pytest.mark.parametrize(("form", "begins"), [("json", '{"time"'), ("text", "14:13:20"), ("auto", '{"time"')])
def test_lines_are_appended_to_a_file(tmp_path: Path, form: str, begins: str) -> None:
    path = tmp_path / "calls.log"
    path.write_text("before\n")
    log = CallLog(form, path)
    for _ in range(1000):
        log.observe(a_call())
    log.close()
    first, *rest = path.read_text().splitlines()
    assert first == "before"
    assert [line for line in rest if not line.startswith(begins)] == []
    assert len(rest) == 1000
    assert log.dropped == 0


def test_a_log_that_is_off_opens_nothing(tmp_path: Path) -> None:
    log = CallLog("off", tmp_path / "calls.log")
    log.observe(a_call())
    log.close()
    assert list(tmp_path.iterdir()) == []


def test_standard_error_stays_open(capfd: pytest.CaptureFixture[str]) -> None:
    log = CallLog("json")
    log.observe(a_call())
    log.close()
    os.write(2, b"still here\n")
    assert capfd.readouterr().err.splitlines()[-1] == "still here"


class Full:
    """A disk with no room left."""

    def write(self, data: bytes) -> int:
        raise OSError(28, "No space left on device")


def test_what_a_full_disk_refuses_is_counted() -> None:
    writer = LineWriter(Full(), json_line)
    for _ in range(3):
        writer.put(a_call())
    assert writer.close()
    assert writer.dropped == 3


class Sip:
    """Takes three bytes at a time, and every other time nothing."""

    def __init__(self) -> None:
        self.taken = b""
        self.times = 0

    def write(self, data: bytes) -> int | None:
        self.times += 1
        if self.times == 2:
            return None
        self.taken += data[:3]
        return min(3, len(data))


def test_a_pipe_that_takes_a_part_is_given_the_rest() -> None:
    sip = Sip()
    writer = LineWriter(sip, lambda text: text.encode())
    writer.put("first line\n")
    while sip.times < 3:
        os.sched_yield()
    writer.close()
    assert sip.taken == b"first line\n"


def test_a_pipe_that_nobody_reads_holds_up_nobody() -> None:
    """What waits is bounded, what comes then is dropped and counted, and the end does not wait for it."""
    reader, end = os.pipe()
    os.set_blocking(end, False)
    with FileIO(end, "w") as sink:
        writer = LineWriter(sink, lambda number: b"x" * 1000 + b"\n", most=100)
        for number in range(10_000):
            writer.put(number)
        assert writer.close()
    os.close(reader)
    assert writer.dropped > 0
