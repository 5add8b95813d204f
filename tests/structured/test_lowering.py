"""Schemas in the words of a subset, and what is told of those that it has not."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from dragoman.providers import built_in_names, get_spec
from dragoman.structured import output_type
from dragoman.structured.lowering import closed, lowered
from dragoman.structured.subsets import OF_FORM, OF_TOOLS, SUBSETS, Limits, Subset, form_subset, tool_subset

from .zoo import ZOO

REF = {"$ref": "#/$defs/A"}
OPEN = {"type": "object", "additionalProperties": {"type": "integer"}}


def root(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


def field(schema: Any, row: str, **definitions: Any) -> Any:
    """What becomes of the one field of an object."""
    whole = root(a=schema) | ({"$defs": definitions} if definitions else {})
    return lowered(whole, row).schema["properties"]["a"]


FIELDS: list[tuple[str, Any, str, Any]] = [
    ("a word that is taken stays", {"type": "integer", "minimum": 1}, "openai_strict", {"type": "integer", "minimum": 1}),
    ("another is told", {"type": "integer", "minimum": 1, "maximum": 5}, "anthropic_json",
     {"type": "integer", "description": "(minimum: 1, maximum: 5)"}),
    ("after what is told", {"type": "string", "format": "date", "description": "When"}, "shared",
     {"type": "string", "description": "When (format: date)"}),
    ("a format by its value", {"type": "string", "format": "uri"}, "openai_strict",
     {"type": "string", "description": "(format: uri)"}),
    ("a format by its value, elsewhere", {"type": "string", "format": "uri"}, "anthropic_json",
     {"type": "string", "format": "uri"}),
    ("a number by its value", {"type": "array", "items": {"type": "null"}, "minItems": 1}, "anthropic_json",
     {"type": "array", "items": {"type": "null"}, "minItems": 1}),
    ("a number by its value, told", {"type": "array", "items": {"type": "null"}, "minItems": 2}, "anthropic_json",
     {"type": "array", "items": {"type": "null"}, "description": "(minItems: 2)"}),
    ("a pattern", {"type": "string", "pattern": "a+"}, "openai_strict", {"type": "string", "pattern": "a+"}),
    ("that looks around", {"type": "string", "pattern": "^(?=a)"}, "openai_strict",
     {"type": "string", "description": "(pattern: ^(?=a))"}),
    ("that says a part", {"type": "string", "pattern": "a+"}, "gbnf", {"type": "string", "description": "(pattern: a+)"}),
    ("that says the whole", {"type": "string", "pattern": "^a+$"}, "gbnf", {"type": "string", "pattern": "^a+$"}),
    ("`oneOf` is `anyOf`", {"oneOf": [REF, {"type": "null"}], "discriminator": {"propertyName": "kind"}}, "shared",
     {"anyOf": [REF, {"type": "null"}]}),
    ("a reference alone stays", REF, "shared", REF),
    ("beside others it is wrapped", {**REF, "description": "Who"}, "shared", {"description": "Who", "anyOf": [REF]}),
    ("`allOf` of one", {"allOf": [REF], "description": "Who"}, "shared", {"description": "Who", "anyOf": [REF]}),
    ("`allOf` of several", {"allOf": [{"type": "string"}, {"description": "Who"}]}, "shared",
     {"type": "string", "description": "Who"}),
    ("`allOf` of objects", {"allOf": [root(b={"type": "null"}), root(c={"type": "null"})]}, "shared",
     {**root(b={"type": "null"}, c={"type": "null"}), "additionalProperties": False}),
    ("in conflict", {"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b"}]}, "shared",
     {"type": "string", "description": '(pattern: a, allOf: [{"pattern":"b"}])'}),
    ("a constant", {"const": "a"}, "openai_strict", {"const": "a"}),
    ("where there are none", {"const": "a", "type": "string"}, "gemini_json", {"type": "string", "enum": ["a"]}),
    ("`null` among the values", {"enum": ["a", None], "title": "T"}, "shared",
     {"title": "T", "anyOf": [{"enum": ["a"]}, {"type": "null"}]}),
    ("values that may not be listed", {"enum": [True, False], "type": "boolean"}, "gemini_json",
     {"type": "boolean", "description": "(enum: [true,false])"}),
    ("of several types", {"enum": [[1], "a"]}, "shared",
     {"anyOf": [{"type": "array"}, {"type": "string"}], "description": '(enum: [[1],"a"])'}),
    ("places", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2}, "shared",
     {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
      "description": '(prefixItems: [{"type":"integer"},{"type":"string"}], minItems: 2)'}),
    ("places alike", {"type": "array", "prefixItems": [{"type": "null"}, {"type": "null"}]}, "shared",
     {"type": "array", "items": {"type": "null"}, "description": '(prefixItems: [{"type":"null"},{"type":"null"}])'}),
    ("objects are closed", {"type": "object", "properties": {}}, "anthropic_json",
     {"type": "object", "properties": {}, "additionalProperties": False}),
    ("or stay open where they may", OPEN, "gemini_json", OPEN),
    ("anything is allowed", True, "mistral_json", {}),
    ("a default is told", {"type": "integer", "default": 3}, "shared", {"type": "integer", "description": "(default: 3)"}),
    ("but not that of nothing", {"type": "null", "default": None}, "shared", {"type": "null"}),
    ("what is for others is left out", {"type": "string", "writeOnly": True, "$comment": "c"}, "shared", {"type": "string"}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "row", "expected"), [row[1:] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_a_field(schema: Any, row: str, expected: Any) -> None:
    assert field(schema, row, A={"type": "null"}) == expected


OPTIONAL = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}}}
NULLABLE_A = {"anyOf": [{"type": "integer"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("row", "properties", "required"),
    [
        ("openai_strict", {"a": NULLABLE_A, "b": OPTIONAL["properties"]["b"]}, ["a", "b"]),
        ("cohere_json", {"a": NULLABLE_A, "b": OPTIONAL["properties"]["b"]}, ["a", "b"]),
        ("anthropic_json", OPTIONAL["properties"], None),
    ],
)
def test_what_may_be_left_out(row: str, properties: Any, required: Any) -> None:
    sent = lowered(OPTIONAL, row)
    assert (sent.schema["properties"], sent.schema.get("required")) == (properties, required)
    assert [(loss.word, loss.where) for loss in sent.losses] == (
        [("required", "a"), ("required", "b")] if required else []
    )


CIRCLE = {"$defs": {"A": root(a=REF, b={"type": "null"})}, **root(a=REF)}


@pytest.mark.parametrize(
    ("row", "unfit", "required"),
    [
        ("openai_strict", [], ["a", "b"]),
        ("gbnf", [], ["a", "b"]),
        ("gemini_json", [], ["b"]),
        ("anthropic_json", ["`$ref` of `A` leads back to itself, which is not allowed there"], ["a", "b"]),
    ],
)
def test_what_contains_itself(row: str, unfit: list[str], required: list[str]) -> None:
    sent = lowered(CIRCLE, row)
    assert [str(loss) for loss in sent.unfit] == unfit
    assert sent.schema["$defs"]["A"]["required"] == required


@pytest.mark.parametrize(
    ("schema", "row", "why"),
    [
        (OPEN, "openai_strict", "`additionalProperties` allows names that are not listed, and there none may be"),
        (root(a=OPEN), "groq_strict", "`additionalProperties` of `a` allows names"),
        (root(a=True), "openai_strict", "`type` of `a` is not said, and there it must be"),
        (root(a={"description": "anything"}), "openai_strict", "`type` of `a` is not said"),
        (root(a={"type": "array", "items": {}}), "anthropic_json", "`type` of `a[]` is not said"),
        (root(), "cohere_json", "`properties` has none, and there one must be required"),
        (root(**{f"f{n}": {"enum": list("abcdef")} for n in range(100)}), "cerebras_strict", "`enum values` of the schema are 600"),
        (root(a=root(b=root(c=root(d=root(e={"type": "null"}))))) | {"required": ["a"]}, "cohere_json", None),
        (root(a=root(b=root(c=root(d=root(e=root(f={"type": "null"})))))), "cohere_json", "`depth` of the schema are 6, and 5 is the most there"),
    ],
)  # fmt: skip
def test_what_cannot_be_held_to(schema: Any, row: str, why: str | None) -> None:
    sent = lowered(schema, row)
    assert bool(sent.unfit) is (why is not None)
    assert sent.enforced is (why is None)
    assert not sent.unfit or sent.strict is None
    assert why is None or str(sent.unfit[0]).startswith(why)


def test_what_is_not_held_to_stays_as_open_as_it_is() -> None:
    sent = lowered(
        {"type": "object", "properties": {"a": OPEN, "b": {}, "c": {"type": "integer", "minimum": 1}}}, "openai_strict"
    )
    assert sent.schema["properties"] == {"a": OPEN, "b": {}, "c": {"type": "integer", "minimum": 1}}
    assert "required" not in sent.schema
    assert (sent.losses, sent.loosely) == ((), True)


def test_losses_name_their_places() -> None:
    deep = {"type": "array", "items": root(b={"type": "string", "minLength": 1}), "uniqueItems": True}
    sent = lowered(
        {"$defs": {"D": root(c={"type": "string", "maxLength": 2})}, **root(a=deep, d={"$ref": "#/$defs/D"})}, "shared"
    )
    assert [(loss.word, loss.where, loss.effect) for loss in sent.losses] == [
        ("minLength", "a[].b", "told"),
        ("uniqueItems", "a", "told"),
        ("maxLength", "D.c", "told"),
    ]
    assert str(sent.losses[0]) == "`minLength` of `a[].b` is not enforced there; validation holds it"


def test_a_property_may_be_called_like_a_word() -> None:
    words = root(minimum={"type": "integer"}, properties={"type": "null"}, **{"$ref": {"type": "null"}})
    sent = lowered(words, "shared")
    assert sent.schema == {**words, "additionalProperties": False}
    assert sent.losses == ()


def test_what_may_not_be_enforced_is_told() -> None:
    sent = lowered(root(a={"type": "number", "multipleOf": 2}), "gbnf")
    assert sent.schema["properties"]["a"] == {"type": "number", "multipleOf": 2}
    assert [loss.effect for loss in sent.losses] == ["unsure"]


def test_the_sizes_are_told() -> None:
    enums = {"enum": ["aa", "bb"]}
    sent = lowered(root(a=enums, b=root(c={"type": "array", "items": enums})), "openai_strict")
    assert sent.sizes == {
        "properties": (3, 5000),
        "depth": (3, 10),
        "enum values": (4, 1000),
        "name characters": (11, 120_000),
    }


@pytest.mark.parametrize(("row", "name"), [*product(SUBSETS, ZOO)])
def test_lowering_twice_is_lowering_once(row: str, name: str) -> None:
    """What is sent is in the words of the row, for the row itself finds nothing more to do."""
    schema = output_type(ZOO[name][0], row).schema
    before = str(schema)
    once = lowered(schema, row)
    assert str(schema) == before, "the schema that came in is not touched"
    if once.enforced:
        again = lowered(once.schema, row)
        assert again.schema == once.schema
        assert not again.unfit


def test_the_text_is_the_same_in_every_process() -> None:
    """Providers compile a schema once, and know it by its text."""
    code = (
        "from hashlib import sha256; from dragoman.messages.json_text import encode_json\n"
        "from tests.structured.zoo import ZOO; from dragoman.structured import output_type\n"
        "rows = ('openai_strict', 'anthropic_json', 'gemini_json', 'cohere_json', 'any', 'whole')\n"
        "texts = [encode_json(output_type(kind, row, row).as_form.schema) for kind, *_ in ZOO.values() for row in rows]\n"
        "print(sha256(b''.join(texts)).hexdigest())"
    )
    path = [str(Path(__file__).parents[2]), *sys.path]
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != ""


# ---------------------------------------------------------------------- the rows


def test_every_provider_and_dialect_names_a_row() -> None:
    named = {get_spec(name).schemas for name in built_in_names()} - {get_spec("anthropic").schemas}
    assert {*named, *OF_FORM.values(), *OF_TOOLS.values(), "shared"} == SUBSETS.keys()


@pytest.mark.parametrize("row", SUBSETS.values(), ids=SUBSETS)
def test_a_row_contradicts_nothing_in_itself(row: Subset) -> None:
    assert row.unsure <= row.words
    assert {*row.only} <= row.words
    assert bool(row.formats) is ("format" in row.words)
    assert row.limits == Limits() or row.enforced


@pytest.mark.parametrize(
    ("named", "dialect", "row"),
    [
        ("groq_strict", "openai_chat", "groq_strict"),
        (None, "openai_chat", "shared"),
        (None, "gemini", "gemini_json"),
        ("gbnf", "anthropic_messages", "gbnf"),
    ],
)
def test_which_row(named: str | None, dialect: str, row: str) -> None:
    assert form_subset(named, dialect, whole=False) == row
    assert form_subset(named, dialect, whole=True) == "whole"


def test_which_row_for_tools() -> None:
    assert (tool_subset("gemini"), tool_subset("openai_chat")) == ("gemini_json", "any")


# ---------------------------------------------------------------------- the whole schema, for models in this process


A = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
CLOSED = {**A, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (A, CLOSED),
        (OPEN, OPEN),
        ({"oneOf": [A, {"type": "null"}]}, {"oneOf": [CLOSED, {"type": "null"}]}),
        ({"type": "array", "items": A, "maxItems": 3}, {"type": "array", "items": CLOSED, "maxItems": 3}),
        ({"$defs": {"B": A}, "$ref": "#/$defs/B"}, {"$defs": {"B": CLOSED}, "$ref": "#/$defs/B"}),
        ({"additionalProperties": A}, {"additionalProperties": CLOSED}),
        ({"enum": [{"properties": {}}]}, {"enum": [{"properties": {}}]}),
        (
            {"type": "object", "properties": {"properties": A}},
            {"type": "object", "properties": {"properties": CLOSED}, "additionalProperties": False},
        ),
    ],
)
def test_objects_are_closed_and_all_words_stay(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    """For models that are held to the whole schema."""
    assert closed(schema) == expected
    assert lowered(schema, "whole").schema == expected
    assert lowered(schema, "any").schema is schema
