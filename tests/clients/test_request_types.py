"""What is sent after an answer that did not fit, is what the official SDK's own types allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman import Mode
from dragoman.client.abilities import modes_of
from dragoman.providers import get_spec
from dragoman.testing import Emulator

from ..client.wrong_answers import DIALECTS, FAULTS, MODES, RIGHT, answer, ask
from .conftest import run_script

pytestmark = pytest.mark.clients

CHECKED = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "anthropic_messages": "anthropic",
    "gemini": "gemini",
    "mistral": "mistral",
    "ollama": "ollama",
}
"""Dialect → the environment whose SDK has types for its requests. Bedrock's and Cohere's have none."""


def second_requests(emulator: Emulator, dialect: str) -> dict[str, Any]:
    """The bodies of what is asked again, after each fault by each technique."""
    modes = [mode for mode in MODES if mode in modes_of((dialect,), get_spec(DIALECTS[dialect][0]).lacks)]
    return {f"{fault}, {mode}": second_request(emulator, dialect, mode, fault) for mode in modes for fault in FAULTS}


def second_request(emulator: Emulator, dialect: str, mode: Mode, fault: str) -> Any:
    emulator.reset()
    emulator.script(FAULTS[fault](mode), answer(mode, RIGHT, id="call_2"))
    ask(emulator, "sync", dialect, mode)
    return emulator.requests[1].wire


@pytest.mark.parametrize("dialect", CHECKED)
def test_what_is_asked_again_has_the_types_of_the_sdk(emulator: Emulator, tmp_path: Path, dialect: str) -> None:
    bodies = second_requests(emulator, dialect)
    file = tmp_path / "bodies.json"
    file.write_text(json.dumps([*bodies.values()]))
    found = run_script(CHECKED[dialect], "request_types.py", emulator, BODIES=str(file), DIALECT=dialect)
    problems = {case: problem for case, problem in zip(bodies, found, strict=True) if problem}
    assert problems == {}
