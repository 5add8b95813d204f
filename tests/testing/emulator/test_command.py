"""The emulator in the foreground, and one that cannot have its address."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import trustme

from dragoman.errors import ConfigurationError
from dragoman.testing import Emulator
from dragoman.testing.emulator.command_line import OPTIONS, PORT, emulator_from, parser_for
from dragoman.testing.emulator.settings import Settings


def test_it_says_where_it_is_and_ends_with_its_bill() -> None:
    command = [
        sys.executable,
        "-m",
        "dragoman.testing.emulator",
        "--port",
        "0",
        "--seed",
        "3",
        "--model",
        "one",
        "--key",
        "k1",
    ]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert running.stdout is not None
    greeting = ""
    while "bill" not in greeting:
        greeting += running.stdout.readline()
    assert "answers for one." in greeting
    variables = dict(line.split()[1].split("=", 1) for line in greeting.splitlines() if "export" in line)
    assert variables["OPENAI_BASE_URL"].endswith("/v1")
    assert variables["ANTHROPIC_BASE_URL"] == variables["OPENAI_BASE_URL"].removesuffix("/v1")
    assert variables["OPENAI_API_KEY"] == "k1"
    asked = urllib.request.Request(f"{variables['OPENAI_BASE_URL']}/models", headers={"x-api-key": "k1"})
    with urllib.request.urlopen(asked) as reply:
        assert b'"one"' in reply.read()
    running.send_signal(signal.SIGINT)
    rest, _ = running.communicate(timeout=30)
    assert rest.startswith("<Bill 0 calls")
    assert running.returncode == 0


@pytest.mark.parametrize("when", ["before the greeting", "before the bill"])
def test_a_reader_who_leaves_is_no_traceback(when: str) -> None:
    """As `| head` does."""
    command = [sys.executable, "-m", "dragoman.testing.emulator", "--port", "0"]
    ours, its = os.pipe()
    if when == "before the greeting":
        os.close(ours)
    with subprocess.Popen(command, stdout=its, stderr=subprocess.PIPE, text=True) as running:
        os.close(its)
        if when == "before the bill":
            with os.fdopen(ours) as greeting:
                assert "listens on" in greeting.readline()
            running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=30)
    assert (running.returncode, complaint) == (141, "")


def test_every_option_arrives(tmp_path: Path) -> None:
    tape = tmp_path / "tape.json"
    line = "--seed 3 --key k1 --key k2 --model one --strict --piece 9 --head-delay 0.5 --event-delay 0.25 --max-body-bytes 99"
    given = vars(parser_for("emulator", "").parse_args([*line.split(), "--tape", str(tape), "--mode", "auto"]))
    settings = emulator_from(given)._service.settings
    assert (settings.seed, settings.keys, settings.models) == (3, {"k1", "k2"}, ["one"])
    assert (settings.strict, settings.piece, settings.max_body_bytes) == (True, 9, 99)
    assert (settings.pace.head_delay_seconds, settings.pace.event_delay_seconds) == (0.5, 0.25)
    assert settings.tape is not None
    assert (settings.tape.path, settings.tape.mode) == (tape, "auto")
    assert {option.name for option in OPTIONS} == given.keys()


def test_without_options_it_is_the_usual_emulator_at_a_known_port() -> None:
    emulator = emulator_from(vars(parser_for("emulator", "").parse_args([])))
    assert emulator.port == PORT
    assert emulator._service.settings == Settings(clock=emulator._service.settings.clock)


def test_a_strict_one_says_so() -> None:
    command = [sys.executable, "-m", "dragoman.testing.emulator", "--port", "0", "--strict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert (
            "the models of the catalog. It refuses what the providers themselves refuse." in running.stdout.readline()
        )
        running.send_signal(signal.SIGINT)


def test_an_address_that_is_taken() -> None:
    with Emulator() as emulator:
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{emulator.port}"):
            Emulator(port=emulator.port).start()
        command = [sys.executable, "-m", "dragoman.testing.emulator", "--port", str(emulator.port)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, "cannot listen" in done.stderr) == (1, True)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("given", [{"port": 99999}, {"port": -5}, {"host": "no such host"}], ids=str)
def test_an_address_that_is_none(given: dict[str, Any]) -> None:
    """Neither `OverflowError` nor a name's own error may leave the caller waiting for ever."""
    with pytest.raises(ConfigurationError, match="cannot listen on"):
        Emulator(**given).start()


def test_it_runs_once_at_a_time() -> None:
    with Emulator() as emulator, pytest.raises(ConfigurationError, match="running already"):
        emulator.start()
    emulator.stop()


def test_it_shows_where_it_is() -> None:
    emulator = Emulator(port=0)
    assert repr(emulator) == "<Emulator stopped, 0 requests>"
    with emulator:
        assert repr(emulator) == f"<Emulator at {emulator.url}, 0 requests>"


def test_over_tls() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    with Emulator(ssl_context=server) as emulator:
        assert emulator.url.startswith("https://")
        with urllib.request.urlopen(f"{emulator.url}/v1/models", context=client) as reply:
            assert reply.status == 200
