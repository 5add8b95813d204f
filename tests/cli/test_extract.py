"""`dragoman extract`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dragoman.messages import LLMResponse, ToolCall
from dragoman.testing import Emulator

from .conftest import Command

MODEL = ("--model", "openai/gpt-4o-mini")
TEXT = "John Smith is 42 years old"

CONTACT = """
from pydantic import BaseModel, Field

from neighbour import Street


class Contact(BaseModel):
    name: str
    age: int = Field(ge=0)
    streets: list[Street] = []


class Shop:
    class Item(BaseModel):
        name: str
"""


@pytest.fixture
def schema(tmp_path: Path) -> str:
    (tmp_path / "neighbour.py").write_text("Street = str\n")
    (tmp_path / "models.py").write_text(CONTACT)
    return f"{tmp_path}/models.py:Contact"


def test_a_value_of_a_type_in_a_file(run: Command, schema: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT)
    result = run("extract", "--schema", schema, f"{tmp_path}/text.txt", *MODEL, "--verbose")
    assert json.loads(result.stdout)["age"] == 42
    assert result.stdout.count("\n") == 1
    assert result.stderr.startswith("openai/gpt-4o-mini · ")
    assert result.returncode == 0


@pytest.mark.parametrize("named", [(), ("-",)])
def test_the_text_may_be_piped_in(run: Command, schema: str, named: tuple[str, ...], emulator: Emulator) -> None:
    result = run("extract", *named, "--schema", schema, *MODEL, stdin=TEXT)
    assert json.loads(result.stdout)["name"] == "John Smith"
    assert emulator.requests[-1].wire["messages"][-1]["content"] == TEXT


def test_all_there_are(run: Command, schema: str) -> None:
    (found,) = json.loads(run("extract", "--schema", schema, "--many", *MODEL, stdin=TEXT).stdout)
    assert found["age"] == 42


def test_the_response_with_it(run: Command, schema: str) -> None:
    answer = json.loads(run("extract", "--schema", schema, "--json", *MODEL, stdin=TEXT).stdout)
    assert answer["value"]["age"] == 42
    assert float(answer["cost_usd"]) > 0


def test_options_reach_the_model(run: Command, schema: str, emulator: Emulator) -> None:
    options = ("--mode", "json_schema", "--system", "Be exact.", "-t", "0.5", "--max-tokens", "70")
    assert run("extract", "--schema", schema, *options, *MODEL, stdin=TEXT).returncode == 0
    wire = emulator.requests[-1].wire
    assert wire["messages"][0] == {"role": "system", "content": "Be exact."}
    assert (wire["temperature"], wire["max_completion_tokens"]) == (0.5, 70)
    assert wire["response_format"]["type"] == "json_schema"


def test_a_document_is_text_enough(run: Command, schema: str, emulator: Emulator) -> None:
    (model,) = MODEL[1:]
    result = run("extract", "--schema", schema, "--image", "https://h/x.png", "--model", model)
    assert result.returncode == 0, result.stderr
    (part,) = emulator.requests[-1].wire["messages"][-1]["content"]
    assert part["image_url"]["url"] == "https://h/x.png"


@pytest.mark.parametrize("place", ["decimal:Decimal", "models.py:Shop.Item", "one.py", "package.inner:Thing"])
def test_where_a_type_may_be(run: Command, schema: str, place: str, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("from dataclasses import dataclass\n\n@dataclass\nclass One:\n    name: str\n")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "inner.py").write_text(
        "from typing import NamedTuple\nThing = NamedTuple('Thing', [('name', str)])"
    )
    place = f"{tmp_path}/{place}" if ".py" in place else place
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    result = run("extract", "--schema", place, *MODEL, stdin=TEXT, PYTHONPATH=path)
    assert result.returncode == 0, result.stderr
    json.loads(result.stdout)


WRONG = {
    "no such file": (("--schema", "nowhere/models.py:Contact"), "nowhere/models.py: there is no such file"),
    "no such name": (("--schema", "{dir}/models.py:Contct"), "there is no `Contct` in"),
    "which of them": (("--schema", "{dir}/models.py"), "its classes are Contact, Shop"),
    "no class": (("--schema", "{dir}/neighbour.py"), "it has no classes"),
    "no such module": (("--schema", "models_of_mine:Contact"), "a file is named with its ending, as models_of_mine.py"),
    "a file that fails": (("--schema", "{dir}/broken.py:X"), "cannot be read: ZeroDivisionError: division by zero"),
    "no schema": (("--schema", "{dir}/broken_type.py:X"), "response_model"),
    "another mode": (("--schema", "{dir}/models.py:Contact", "--mode", "magic"), "--mode is one of tools, "),
    "no text": (("--schema", "{dir}/models.py:Contact", "-"), "what is the text?"),
    "another encoding": (
        ("--schema", "{dir}/models.py:Contact", "{dir}/latin.txt"),
        "latin.txt` is no UTF-8 text: byte 3 is 0xe9",
    ),
    "a function": (
        ("--schema", "{dir}/acts.py:wipe"),
        "`wipe` is a function, and would be run with what the model says",
    ),
    "no text file": (("--schema", "{dir}/models.py:Contact", "{dir}/nothing.txt"), "nothing.txt: No such file"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said(
    run: Command, schema: str, emulator: Emulator, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "broken_type.py").write_text("X = 5\n")
    (tmp_path / "acts.py").write_text("def wipe(disk: str) -> str: raise AssertionError(disk)\n")
    (tmp_path / "latin.txt").write_bytes("Andr\u00e9".encode("latin-1")[1:])
    stdin = "" if said.startswith("what is the text") else TEXT
    result = run("extract", *(each.format(dir=tmp_path) for each in arguments), *MODEL, stdin=stdin)
    assert (result.returncode, result.stdout, emulator.requests) == (2, "", [])
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_an_answer_that_does_not_fit_has_its_own_exit_code(run: Command, schema: str, emulator: Emulator) -> None:
    wrong = ToolCall(id="call_1", name="Contact", arguments={"name": "John", "age": -1})
    emulator.script(*[LLMResponse(parts=(wrong,), finish_reason="tool_calls")] * 2)
    result = run("extract", "--schema", schema, "--max-retries", "1", *MODEL, stdin=TEXT)
    assert (result.returncode, result.stdout, len(emulator.requests)) == (5, "", 2)
    assert "greater than or equal to 0" in result.stderr


def test_the_schema_must_be_named(run: Command) -> None:
    result = run("extract", *MODEL, stdin=TEXT)
    assert result.returncode == 2
    assert "--schema" in result.stderr
