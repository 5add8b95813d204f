"""`dragoman explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Command

MODELS = """
from typing import Annotated

from pydantic import BaseModel, Field


class Product(BaseModel):
    name: Annotated[str, Field(max_length=20)]
"""
CLAUDE = "anthropic/claude-haiku-4-5"


@pytest.fixture
def schema(tmp_path: Path) -> str:
    (tmp_path / "models.py").write_text(MODELS)
    return f"{tmp_path}/models.py:Product"


def test_what_becomes_of_a_type(run: Command, schema: str) -> None:
    told = run("explain", schema, CLAUDE, "--mode", "json_schema")
    assert told.stdout.startswith(f"Product at {CLAUDE}: asked by `json_schema`, the schema in the form of the answer")
    assert "tokens in each request" in told.stdout
    assert "not enforced there, but by validation:" in told.stdout
    assert "maxLength" in told.stdout
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize(
    ("options", "technique"),
    [(("--mode", "tools"), "tools"), (("--mode", "json_schema", "--many"), "json_schema")],
)
def test_all_of_it_as_json(run: Command, schema: str, options: tuple[str, ...], technique: str) -> None:
    told = json.loads(run("explain", schema, CLAUDE, "--json", *options).stdout)
    assert (told["technique"], told["model"]) == (technique, CLAUDE)
    assert told["tokens"]["tokens"] > 0
    assert ("value" in told["schema"]["properties"]) is ("--many" in options)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("{schema}", "opnai/gpt-4o"), "Did you mean `openai`?"),
        (("{schema}x", CLAUDE), "there is no `Productx`"),
        (("{schema}", CLAUDE, "--mode", "psychic"), "--mode is one of tools, "),
        (("{schema}", CLAUDE, "--dialect", "klingon"), "klingon"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Command, schema: str, arguments: tuple[str, ...], said: str) -> None:
    told = run("explain", *(each.format(schema=schema) for each in arguments))
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr
