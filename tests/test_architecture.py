"""ARCHITECTURE.md is true: its drawing has the rooms there are, its walks pass the files they name, its paths exist."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import dragoman
from dragoman.dialects import dialect_names
from dragoman.testing import Emulator

from .test_rooms import RANKS, SRC

ROOT = SRC.parents[1]
PAPER = (ROOT / "ARCHITECTURE.md").read_text()
DRAWING, REQUEST_WALK, STREAM_WALK = re.findall(r"^```\n(.*?)^```$", PAPER, re.DOTALL | re.MULTILINE)
TABLE = PAPER.partition("## Where to go for …")[2]

ROOM = re.compile(r"(?<!\S)([a-z_]+)(?:/|\.py)(?=\s)")
PATH = re.compile(r"(?<![\w/<>.])(?:(?:[a-z_0-9]+|<name>)/)*(?:[a-z_0-9]+\.py|[a-z_]+/)(?![\w<])")

MODELS = {"openai_chat": "openai/gpt-4o-mini", "anthropic_messages": "anthropic/claude-3-5-haiku-latest"}


def rooms_there_are() -> set[str]:
    return {path.stem for path in SRC.iterdir() if not path.name.startswith(("_", "py.typed"))}


def test_the_drawing_has_every_room_in_the_order_of_the_ranks() -> None:
    drawn = [set(ROOM.findall(band)) for band in re.split(r"^ ─+$", DRAWING, flags=re.MULTILINE)]
    ranked = [rooms & rooms_there_are() for rooms in RANKS]
    assert drawn == [rooms for rooms in ranked if rooms]


def paths_in(text: str) -> list[str]:
    """The paths in `text`, one for each dialect where it says `<name>`."""
    found = sorted(set(PATH.findall(text)))
    return [path.replace("<name>", name) for path in found for name in (dialect_names() if "<name>" in path else [""])]


PROSE = re.sub(r"^```\n.*?^```$", "", PAPER, flags=re.DOTALL | re.MULTILINE)
NAMED = "\n".join([REQUEST_WALK, STREAM_WALK, *re.findall(r"`([^`\n]+)`", PROSE)])


@pytest.mark.parametrize("path", paths_in(NAMED))
def test_each_path_is_there(path: str) -> None:
    assert (SRC / path).exists() or (ROOT / path).exists()


def test_the_table_names_paths_in_every_row() -> None:
    rows = [row for row in TABLE.splitlines() if row.startswith("| ") and not row.startswith("| a change")]
    assert len(rows) >= 10
    assert [row for row in rows if not PATH.search(row)] == []


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        running.fault(status=503)  # so that the walk passes the errors and the pause too
        yield running


def files_passed(emulator: Emulator, model: str, **options: Any) -> set[str]:
    """The files whose functions run in this thread while a call is made."""
    passed: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(SRC):
            passed.add(path.relative_to(SRC).as_posix())

    retry = dragoman.RetryConfig(initial_delay=0)
    with dragoman.create_llm(model, base_url=emulator.url, api_key="k", retry_config=retry) as llm:
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            answer = llm.generate("Hi", **options)
            if isinstance(answer, dragoman.Stream):
                answer.drain()
        finally:
            sys.setprofile(before)
    return passed


@pytest.mark.parametrize("dialect", MODELS)
@pytest.mark.parametrize(
    ("walk", "options"), [(REQUEST_WALK, {}), (STREAM_WALK, {"stream": True})], ids=["request", "stream"]
)
def test_a_call_passes_every_file_on_its_walk(
    emulator: Emulator, dialect: str, walk: str, options: dict[str, Any]
) -> None:
    walked = {path.replace("<name>", dialect) for path in PATH.findall(walk)}
    assert len(walked) >= 6
    assert walked <= files_passed(emulator, MODELS[dialect], **options)
