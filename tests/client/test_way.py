"""How a value is asked for where its type is one that a provider refuses, over sockets, at emulators that refuse too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field

import dragoman
from dragoman import LossRefused, Mode, from_provider
from dragoman.testing import Emulator

from ..drive import MODES as FACES
from ..structured.zoo import ZOO


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Counts(BaseModel):
    by_word: dict[str, int]


class Priced(BaseModel):
    name: str
    price: float = Field(gt=0, le=100)
    count: int = 1


@pytest.fixture(scope="module")
def started() -> Iterator[Emulator]:
    with Emulator(strict=True) as emulator:
        yield emulator


@pytest.fixture
def emulator(stage: Emulator) -> Emulator:
    return stage


PLACES = {
    "openai": "openai/gpt-4o-mini",
    "anthropic": "anthropic/claude-haiku-4-5",
    "gemini": "google/gemini-2.5-flash",
    "bedrock": "bedrock/anthropic.claude-opus-5-5",
    "cohere": "cohere/command-a-03-2025",
    "mistral": "mistral/mistral-small-latest",
    "ollama": "ollama/llama3.1:8b",
}
NAMES = [
    "constrained",
    "defaults",
    "recursive",
    "mapping inside",
    "list of models",
    "union of kinds",
    "thirty defaults",
]
MODES = [Mode.TOOLS, Mode.TOOLS_STRICT, Mode.JSON_SCHEMA]


def ask(face: str, model: str, wanted: Any, **options: Any) -> dragoman.Extracted[Any]:
    settings = {"region": "us-east-1"} if model.startswith("bedrock/") else {}
    if face == "sync":
        with dragoman.create_llm(model, **settings) as llm:
            return llm.extract(wanted, "3 pieces for 9.5 euros", **options)

    async def main() -> dragoman.Extracted[Any]:
        async with dragoman.create_llm(model, async_client=True, **settings) as llm:
            return await llm.extract(wanted, "3 pieces for 9.5 euros", **options)

    return asyncio.run(main())


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", NAMES)
def test_no_schema_is_refused(emulator: Emulator, face: str, mode: Mode, place: str, name: str) -> None:
    """Whichever type, whoever is asked: by emulators that refuse in the providers' words."""
    if mode is Mode.TOOLS_STRICT and place in ("gemini", "ollama"):
        with pytest.raises(dragoman.ConfigurationError, match="not supported"):
            ask(face, PLACES[place], ZOO[name][0], mode=mode)
        return
    found = ask(face, PLACES[place], ZOO[name][0], mode=mode)
    assert len(found.response.attempts) == 1
    assert emulator.requests[-1].notes == ()


REFUSED = [
    # the model, the type, what is sent, the beginning of what is told
    ("anthropic/claude-haiku-4-5", Node, "tools", "asked by `tools` instead, for it would be refused: `$ref`"),
    ("anthropic/claude-haiku-4-5", Counts, "tools", "asked by `tools` instead, for it would be refused: `addi"),
    ("bedrock/anthropic.claude-opus-5-5", Node, "tools", "asked by `tools_offered` instead, for it would be"),
    (
        "openai/gpt-4o-mini",
        Counts,
        "response_format",
        "the answer is not held to the schema, for it would be refused: `",
    ),
    ("google/gemini-2.5-flash", Node, "generationConfig", None),
]


@pytest.mark.parametrize(("model", "wanted", "sent", "why"), REFUSED)
def test_a_mode_that_cannot_be_had(emulator: Emulator, model: str, wanted: Any, sent: str, why: str | None) -> None:
    """It is asked in another way, or sent without being enforced, and the response says so."""
    found = ask("sync", model, wanted, mode=Mode.JSON_SCHEMA)
    wire = emulator.requests[-1].wire
    assert sent in wire or (sent == "tools" and "toolConfig" in wire)
    losses = [loss for loss in found.response.warnings if loss.where == "mode=Mode.JSON_SCHEMA"]
    assert [loss.why[: len(why or "")] for loss in losses] == ([why] if why else [])


def test_who_wants_no_losses_gets_an_error(emulator: Emulator) -> None:
    with pytest.raises(LossRefused, match=r"`mode=Mode\.JSON_SCHEMA` would be changed: asked by `tools` instead"):
        ask("sync", "anthropic/claude-haiku-4-5", Node, mode=Mode.JSON_SCHEMA, on_loss="error")
    assert emulator.requests == []
    ask("sync", "anthropic/claude-haiku-4-5", Priced, mode=Mode.JSON_SCHEMA, on_loss="error")


@pytest.mark.parametrize("mode", [Mode.JSON_SCHEMA, Mode.TOOLS_STRICT], ids=str)
def test_a_schema_that_holds_nobody_is_a_loss_too(emulator: Emulator, mode: Mode) -> None:
    """OpenAI takes such a schema only where it need not keep to it."""
    with pytest.raises(LossRefused, match="would be changed: the answer is not held to the schema"):
        ask("sync", "openai/gpt-4o-mini", Counts, mode=mode, on_loss="error")
    assert emulator.requests == []
    assert ask("sync", "openai/gpt-4o-mini", Counts, mode=mode).response.warnings[0].where == f"mode={mode}"
    assert ask("sync", "openai/gpt-4o-mini", Counts, mode=Mode.TOOLS).response.warnings == ()


def test_the_way_that_is_usual_is_no_loss(emulator: Emulator) -> None:
    """Nobody asked for the schema: that it cannot be had is how the choice was made."""
    found = ask("sync", "anthropic/claude-opus-5-5", Node)
    assert found.response.warnings == ()
    assert "output_config" not in emulator.requests[-1].wire
    ask("sync", "anthropic/claude-opus-5-5", Priced)
    assert "output_config" in emulator.requests[-1].wire


def test_constraints_are_sent_where_they_are_enforced(emulator: Emulator) -> None:
    ask("sync", "openai/gpt-4o-mini", Priced, mode=Mode.JSON_SCHEMA)
    form = emulator.requests[-1].wire["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["properties"] == {
        "name": {"type": "string"},
        "price": {"exclusiveMinimum": 0, "maximum": 100, "type": "number"},
        "count": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "(default: 1)"},
    }
    ask("sync", "anthropic/claude-haiku-4-5", Priced, mode=Mode.JSON_SCHEMA)
    form = emulator.requests[-1].wire["output_config"]["format"]
    assert form["schema"]["properties"]["price"] == {
        "type": "number",
        "description": "(exclusiveMinimum: 0, maximum: 100)",
    }


def test_what_is_not_enforced_there_is_enforced_here(emulator: Emulator) -> None:
    emulator.script('{"name": "cup", "price": -1}', '{"name": "cup", "price": 2.5}')
    found = ask("sync", "anthropic/claude-haiku-4-5", Priced, mode=Mode.JSON_SCHEMA)
    assert found.value == Priced(name="cup", price=2.5)
    assert len(found.response.attempts) == 2


def test_null_stands_for_what_is_left_out(emulator: Emulator) -> None:
    emulator.script('{"name": "cup", "price": 2.5, "count": null}')
    found = ask("sync", "openai/gpt-4o-mini", Priced, mode=Mode.JSON_SCHEMA)
    assert found.value == Priced(name="cup", price=2.5, count=1)
    assert len(found.response.attempts) == 1


def test_clients_of_instructor_too(emulator: Emulator) -> None:
    emulator.script('{"name": "cup", "price": 2.5, "count": null}')
    with from_provider("openai/gpt-4o-mini", mode=Mode.JSON_SCHEMA) as client:
        assert client.create(response_model=Priced, messages=[{"role": "user", "content": "a cup"}]).count == 1
