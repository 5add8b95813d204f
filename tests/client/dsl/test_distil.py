"""Examples for fine-tuning, and the model that was trained on them in the function's place."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from dragoman import FinetuneFormat, Instructions
from dragoman.errors import ConfigurationError


class Product(BaseModel):
    result: int


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(record.getMessage()))


@pytest.fixture
def kept() -> Kept:
    return Kept()


def instructions(kept: Kept, **more: Any) -> Instructions:
    made = Instructions(name=f"distil{id(kept)}", log_handlers=[kept], **more)
    made.logger.setLevel(logging.INFO)
    return made


def multiply(a: int, b: int) -> Product:
    """Multiply two numbers."""
    return Product(result=a * b)


def test_a_call_becomes_a_chat(kept: Kept) -> None:
    assert instructions(kept).distil(multiply)(6, b=7) == Product(result=42)
    (line,) = kept.lines
    system, user, assistant = line["messages"]
    assert "def multiply(a: int, b: int)" in system["content"].replace("'", "")
    assert "Multiply two numbers." in system["content"]
    assert user["content"] == "Return `multiply(6, b=7)`"
    assert json.loads(assistant["function_call"]["arguments"]) == {"result": 42}
    assert line["functions"][0]["name"] == "Product"


def test_a_call_becomes_all_that_is_known_of_it(kept: Kept) -> None:
    instructions(kept, finetune_format=FinetuneFormat.RAW).distil(name="times")(multiply)(6, 7)
    (line,) = kept.lines
    assert (line["fn_name"], line["args"], line["resp"]) == ("times", [6, 7], {"result": 42})
    assert "return Product" in line["fn_repr"]


def test_a_model_answers_in_its_place(kept: Kept) -> None:
    def create(**asked: Any) -> Any:
        assert asked["model"] == "ft:mine"
        return asked["response_model"](result=asked["messages"][1]["content"].count("6"))

    client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))
    dispatched = instructions(kept, openai_client=client).distil(mode="dispatch", model="ft:mine")(multiply)
    assert dispatched(6, 66) == Product(result=3)
    assert kept.lines == []


def test_without_a_client_nobody_answers(kept: Kept) -> None:
    with pytest.raises(ConfigurationError, match="openai_client="):
        instructions(kept).distil(mode="dispatch")(multiply)(1, 2)
    with pytest.raises(ConfigurationError, match="'distil' or 'dispatch'"):
        instructions(kept).distil(mode="other")


@pytest.mark.parametrize("returned", [int, None])
def test_the_answer_must_be_a_model(kept: Kept, returned: Any) -> None:
    def function(a: int): ...

    if returned:
        function.__annotations__["return"] = returned
    with pytest.raises(AssertionError, match="pydantic model"):
        instructions(kept).distil(function)
