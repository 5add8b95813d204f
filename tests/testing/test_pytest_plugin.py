"""The fixtures that users of pytest have: each test here is a test of a user's, run by a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dragoman.testing import Emulator

PROGRAM = """
import os
import dragoman

def ask(prompt):
    with dragoman.create_llm("openai/gpt-4o-mini") as llm:
        return llm.generate(prompt).content
"""


def run(folder: Path, test: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    (folder / "test_users.py").write_text(PROGRAM + test)
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
    command = [sys.executable, "-m", "pytest", "-q", *options, str(folder)]
    return subprocess.run(
        command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_emulator_stands_for_every_provider(tmp_path: Path) -> None:
    test = """
def test_it(dragoman_emulator):
    dragoman_emulator.script("Hello!")
    assert ask("Hi") == "Hello!"
    assert dragoman_emulator.requests[-1].wire["model"] == "gpt-4o-mini"

def test_it_is_gone_afterwards():
    assert "OPENAI_BASE_URL" not in os.environ
"""
    result = run(tmp_path, test)
    assert result.returncode == 0, result.stdout


def test_the_emulator_is_strict_on_request(tmp_path: Path) -> None:
    test = """
import pytest

def test_it(dragoman_emulator):
    with dragoman.create_llm("openai/gpt-4o-mini") as llm, pytest.raises(dragoman.Rejected):
        llm.generate("Hi", extra_body={"max_toknes": 3})
"""
    assert run(tmp_path, test, "--dragoman-strict").returncode == 0
    lenient = run(tmp_path, test)
    assert "DID NOT RAISE" in lenient.stdout
    assert "Unrecognized request argument supplied: max_toknes" in lenient.stdout


TAPED = """
def test_it(dragoman_tape):
    assert ask("Say exactly: taped") == "taped"
"""


@pytest.fixture
def provider_elsewhere(monkeypatch: pytest.MonkeyPatch):
    with Emulator() as emulator:
        yield emulator


def test_a_tape_is_recorded_on_request_and_played_afterwards(tmp_path: Path, provider_elsewhere: Emulator) -> None:
    refused = run(tmp_path, TAPED)
    assert refused.returncode == 1
    assert "there is no tape" in refused.stdout
    assert "`pytest --dragoman-tapes=auto`" in refused.stdout
    real = {"OPENAI_API_KEY": "sk-marked-secret", "OPENAI_BASE_URL": provider_elsewhere.url}
    recorded = run(tmp_path, TAPED, "--dragoman-tapes=auto", **real)
    assert recorded.returncode == 0, recorded.stdout
    tape = tmp_path / "tapes" / "test_users" / "test_it.json"
    assert "sk-marked-secret" not in tape.read_text()
    provider_elsewhere.stop()
    played = run(tmp_path, TAPED)
    assert played.returncode == 0, played.stdout
