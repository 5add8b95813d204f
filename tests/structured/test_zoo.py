"""Every type of the zoo by every technique in every dialect: taken there, nothing lost in silence, the value right.

A cell goes through the codecs of both sides in memory: our request to the provider's wire, read there as a provider
would, answered, and the answer read here. Over sockets it is in `tests/client/test_way.py`.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from dragoman import LLMResponse, Message, Mode, Request, Text, ToolCall
from dragoman.client.abilities import modes_of
from dragoman.client.explain import target_in_mind
from dragoman.client.way import Way, way_for
from dragoman.dialects import Wire
from dragoman.messages.json_text import encode_json
from dragoman.providers import get_spec
from dragoman.structured import TECHNIQUES
from dragoman.testing.emulator.refusals import refusals_of
from dragoman.testing.json_schema import Checker
from dragoman.testing.json_schema.parts import parts
from dragoman.testing.rules import RuleModel

from .zoo import ZOO

PLACES: dict[str, tuple[str, str, str]] = {
    # provider, model, dialect
    "openai": ("openai", "gpt-4o-mini", "openai_chat"),
    "openai responses": ("openai", "gpt-4o-mini", "openai_responses"),
    "anthropic": ("anthropic", "claude-haiku-4-5", "anthropic_messages"),
    "gemini": ("google", "gemini-2.5-flash", "gemini"),
    "bedrock": ("bedrock", "anthropic.claude-opus-5-5", "bedrock_converse"),
    "cohere": ("cohere", "command-a-03-2025", "cohere_v2"),
    "mistral": ("mistral", "mistral-small-latest", "mistral"),
    "ollama": ("ollama", "llama3.1:8b", "ollama"),
    "groq": ("groq", "openai/gpt-oss-20b", "openai_chat"),
    "cerebras": ("cerebras", "gpt-oss-120b", "openai_chat"),
    "xai": ("xai", "grok-4", "openai_chat"),
    "fireworks": ("fireworks", "accounts/fireworks/models/any", "openai_chat"),
    "any server": ("openai_compatible", "any", "openai_chat"),
}
"""A place for each dialect, and for each subset of JSON Schema that is a provider's own."""

MODES = [Mode.TOOLS, Mode.TOOLS_STRICT, Mode.JSON_SCHEMA, Mode.JSON, Mode.MD_JSON]


CELLS = [
    (place, mode)
    for place, (provider, _, dialect) in PLACES.items()
    for mode in MODES
    if mode in modes_of((dialect,), get_spec(provider).lacks)
]

PROMPT = "Ada is 36 years old and lives in Paris. On 2026-11-21 she bought 2 cats for 9.5 euros."


@cache
def way(place: str, mode: Mode, animal: str) -> Way[Any]:
    provider, model, dialect = PLACES[place]
    target = target_in_mind(get_spec(provider), model, dialect)
    return way_for(target, Request(model=model), mode, ZOO[animal][0])


def request(place: str, mode: Mode, animal: str) -> Request:
    found = way(place, mode, animal)
    asked = Request(model=PLACES[place][1], messages=(Message("user", PROMPT),), max_tokens=1000)
    return TECHNIQUES[found.technique].shape(asked, found.output)


def sent(place: str, mode: Mode, animal: str) -> Wire:
    """The request on the wire. That the codec could not say something would be a fault of the way."""
    found = way(place, mode, animal)
    encoded = found.target.dialect.encode_request(request(place, mode, animal))
    assert encoded.losses == ()
    for quirk in found.target.quirks:
        assert quirk.apply(encoded.wire) == ()
    return json.loads(encode_json(encoded.wire))


def answered(place: str, mode: Mode, animal: str, answer: LLMResponse) -> Any:
    """What is read of `answer`, which went through the provider's wire."""
    found = way(place, mode, animal)
    wire = found.target.dialect.encode_response(answer, request(place, mode, animal)).wire
    response = found.target.dialect.decode_response(json.loads(encode_json(wire)))
    return found.output.parse(TECHNIQUES[found.technique].find(response, found.output))


def scripted(place: str, mode: Mode, animal: str) -> LLMResponse:
    """The answer of the zoo, in the way that the request wants it."""
    found, text = way(place, mode, animal), ZOO[animal][1]
    if "tools" in found.technique:
        call = ToolCall(id="call_1", name=found.output.name, arguments=json.loads(text))
        return LLMResponse(model="m", parts=(call,), finish_reason="tool_calls")
    return LLMResponse(model="m", parts=(Text(text),), finish_reason="stop")


cells = pytest.mark.parametrize(("place", "mode"), CELLS, ids=[f"{place}-{mode.name}" for place, mode in CELLS])
animals = pytest.mark.parametrize("animal", ZOO)


@cells
@animals
def test_what_is_sent(place: str, mode: Mode, animal: str) -> None:
    """It is taken: by the rules of the dialect's home, each from a refusal that was reported, and by the matrix.

    And nothing is lost in silence: each constraint of the type is sent, or told of; so is that nothing is enforced.
    """
    wire, found = sent(place, mode, animal), way(place, mode, animal)
    if place in HOMES:
        decoded = read(place, mode, animal, wire)
        assert [refusal.message for refusal in refusals_of(found.target.dialect.name).find(wire, decoded)] == []
    if found.sent.enforced:
        assert broken(place, found.sent.schema) == []
        assert untold(found) == []
    else:
        assert mode not in (Mode.TOOLS_STRICT, Mode.JSON_SCHEMA) or found.refused
        assert bool(found.losses) is bool(found.refused)


@cells
@animals
def test_what_is_answered(place: str, mode: Mode, animal: str) -> None:
    """The answer is the value, of the caller's own type.

    And what keeps to that which was sent is one too: a model made of rules fills it in, descriptions heeded.
    """
    value = ZOO[animal][2]
    got = answered(place, mode, animal, scripted(place, mode, animal))
    assert (type(got), got) == (type(value), value)
    answered(place, mode, animal, RuleModel().answer(read(place, mode, animal, sent(place, mode, animal))))


def read(place: str, mode: Mode, animal: str, wire: Wire) -> Request:
    """The request as the provider reads it."""
    target = way(place, mode, animal).target
    return target.dialect.decode_request(wire, target.path(request(place, mode, animal)))


def untold(found: Way[Any]) -> list[tuple[str, str]]:
    """The constraints of a type that are neither sent nor told of."""
    there = {*constraints(found.sent.schema), *((loss.word, _last(loss.where)) for loss in found.sent.losses)}
    return [each for each in constraints(found.output.schema) if each not in there]


@animals
def test_the_answer_of_the_zoo_fits_its_type(animal: str) -> None:
    """So that the value is right for being read right; where something may be left out, the answer says `null`."""
    _, text, _ = ZOO[animal]
    output = way("any server", Mode.TOOLS, animal).output
    fits = Checker(output.schema).fits(json.loads(text))
    assert fits or animal in ("defaults", "nothing required")


# ---------------------------------------------------------------------- the matrix


HOMES = frozenset({"openai", "openai responses", "anthropic", "gemini", "bedrock", "cohere", "mistral", "ollama"})
"""Where the rules of the emulator are those of the provider."""

CONSTRAINTS = frozenset({
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "uniqueItems", "prefixItems",
})  # fmt: skip

REFUSED: dict[str, frozenset[str]] = {
    "openai": frozenset({"oneOf", "allOf", "not", "default", "uniqueItems", "prefixItems", "minLength", "maxLength"}),
    "anthropic": CONSTRAINTS - {"minItems"} | {"oneOf", "default", "not"},
    "bedrock": CONSTRAINTS - {"minItems"} | {"oneOf", "default", "not"},
    "gemini": frozenset(
        {"const", "oneOf", "allOf", "pattern", "minLength", "maxLength", "exclusiveMinimum", "default"}
    ),
    "cohere": CONSTRAINTS - {"minItems"} | {"oneOf", "default", "not"},
    "groq": CONSTRAINTS | {"format", "oneOf", "allOf", "default", "not"},
    "cerebras": CONSTRAINTS | {"format", "oneOf", "allOf", "default", "not", "$ref to itself"},
    "xai": CONSTRAINTS - {"minimum", "maximum"} | {"oneOf", "allOf", "default", "not"},
    "any server": CONSTRAINTS | {"format", "oneOf", "allOf", "default", "not"},
}
"""Words that may not be sent where a schema is enforced: those that the matrix marks as refused or dropped."""

EVERY_PROPERTY = ("openai", "groq", "cerebras", "xai", "any server")
OPEN_ELSEWHERE = ("gemini", "cohere", "mistral", "ollama", "fireworks")


def broken(place: str, schema: Wire) -> list[str]:
    """What of the matrix a schema breaks."""
    kind = place.removesuffix(" responses")
    found = [] if schema.get("type") == "object" and "anyOf" not in schema else ["no object at the root"]
    for _, node in parts(schema):
        found += sorted(REFUSED.get(kind, frozenset()) & node.keys())
        found += ["words beside $ref"] if "$ref" in node and len(node) > 1 else []
        found += ["a pattern that looks around"] if "(?" in str(node.get("pattern")) else []
        found += _broken_by_object(kind, node) if node.get("type") == "object" else []
    return found


def _broken_by_object(kind: str, node: Wire) -> list[str]:
    closed = node.get("additionalProperties") is False
    found = [] if closed or kind in OPEN_ELSEWHERE else ["an open object"]
    if kind in EVERY_PROPERTY and node["properties"].keys() != set(node["required"]):
        found.append("a property that may be left out")
    if kind == "cohere" and closed and not node.get("required"):
        found.append("no property that is required")
    return found


def constraints(schema: Wire) -> list[tuple[str, str]]:
    """The constraints in a schema, each with the last name on the way to it."""
    return [(word, _last(_named(way))) for way, node in parts(schema) for word in node if word in CONSTRAINTS]


def _named(way: tuple[str, ...]) -> str:
    return ".".join(name for word, name in pairwise(way) if word in ("properties", "$defs"))


def _last(where: str) -> str:
    return where.rpartition(".")[2].rstrip("[]{}0123456789")
