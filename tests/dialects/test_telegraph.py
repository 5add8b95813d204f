"""A new dialect needs its folder and one row in the table: then the client speaks it and the emulator serves it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

import dragoman
from dragoman.dialects import base
from dragoman.errors import StreamInterrupted
from dragoman.testing import Emulator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(base._FOLDERS, "telegraph", "tests.dialects.telegraph")
    with Emulator() as running:
        yield running


def connect(emulator: Emulator, **options):
    return dragoman.create_llm(
        "openai_compatible", "m", dialect="telegraph", base_url=emulator.url, api_key="k", **options
    )


def test_the_client_speaks_it_and_the_emulator_serves_it(emulator: Emulator) -> None:
    with connect(emulator, max_tokens=50) as llm:
        response = llm.generate("Say exactly: stop", seed=1)
    assert emulator.requests[-1].path == "/telegraph"
    assert emulator.requests[-1].wire == {
        "model": "m",
        "turns": [{"who": "user", "says": "Say exactly: stop"}],
        "limit": 50,
    }
    assert (response.content, response.finish_reason, response.raw_finish_reason) == ("stop", "stop", "done")
    assert [loss.where for loss in response.warnings] == ["seed"]
    assert response.usage["prompt_tokens"] == emulator.bill.usage.input_tokens


def test_streams_and_tasks_come_with_it(emulator: Emulator) -> None:
    async def ask() -> str:
        async with connect(emulator, async_client=True) as llm:
            return (await llm.generate("Say exactly: one two", stream=True).drain()).content

    assert asyncio.run(ask()) == "one two"


def test_so_do_errors(emulator: Emulator) -> None:
    emulator.fault(status=400, message="there is no model `m`")
    with connect(emulator) as llm, pytest.raises(dragoman.Rejected, match="there is no model `m`"):
        llm.generate("Hi")


def test_and_a_cut_stream_keeps_what_had_arrived(emulator: Emulator) -> None:
    emulator.script("one two three four five")
    emulator.fault(end_after=-1)
    with connect(emulator) as llm, pytest.raises(StreamInterrupted) as caught:
        llm.generate("Hi", stream=True).drain()
    assert caught.value.partial is not None
    assert caught.value.partial.content == "one two three four five"


def test_contributing_names_every_file_of_it() -> None:
    paper = (ROOT / "CONTRIBUTING.md").read_text()
    here = "tests/dialects/telegraph"
    assert {path.name for path in (ROOT / here).glob("*.py")} == set(re.findall(rf"\({here}/(\w+\.py)\)", paper))
