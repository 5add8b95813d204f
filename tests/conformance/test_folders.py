"""Every folder of the recorded traffic is read by a test, or it is said why none reads it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dragoman.dialects import dialect_names
from dragoman.dialects.embeddings import embedding_codec_names

from .corpus import FOLDERS, ROOT
from .test_counts_and_models import COUNTINGS, LISTS

UNREAD: dict[str, str] = tomllib.loads((Path(__file__).parent / "unread_folders.toml").read_text())
ELSEWHERE = {"openai_moderations"}
"""What no codec reads, but the emulator answers alike: `tests/testing/emulator/test_moderations.py`."""
READ = ELSEWHERE | {
    FOLDERS.get(name, name) for name in (*dialect_names(), *embedding_codec_names(), *COUNTINGS, *LISTS)
}

pytestmark = pytest.mark.skipif(not ROOT.exists(), reason="the recorded traffic is not beside the repository")


def test_every_folder_is_read_or_has_a_reason() -> None:
    there = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert there - READ == UNREAD.keys()


def test_contributing_names_those_that_are_not_read() -> None:
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    assert [folder for folder in UNREAD if f"`{folder}`" not in text] == []
