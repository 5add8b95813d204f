"""Which part of JSON Schema each kind of place takes: a row for each, and nothing but rows.

What a row does not say is that of the portable core: an object at the root, closed objects, every property required,
`enum`, `anyOf` below the root, definitions that do not contain themselves. Where the references are in doubt, a row
has the careful reading: a word that is withheld is told in the description and enforced by validation, one too many
is a refused request. Read 2026-11-21:

openai_strict     platform.openai.com/docs/guides/structured-outputs
anthropic_json    platform.claude.com/docs/en/build-with-claude/structured-outputs, anthropic 2.11
gemini_json       ai.google.dev/gemini-api/docs/structured-output
bedrock_json      docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
cohere_json       docs.cohere.com/docs/structured-outputs
groq_strict       console.groq.com/docs/structured-outputs, github.com/i-am-bee/beeai-framework/issues/1215
cerebras_strict   inference-docs.cerebras.ai/capabilities/structured-outputs
mistral_json      docs.mistral.ai/capabilities/structured-output/custom_structured_output
xai_strict        docs.x.ai/docs/guides/structured-outputs
grammar           docs.vllm.ai/en/latest/features/structured_outputs.html, docs.fireworks.ai/structured-responses
gbnf              github.com/ggml-org/llama.cpp/blob/master/grammars/README.md (Ollama enforces by it too)
in_process        github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace


class Limits(Struct, frozen=True, kw_only=True):
    """The most that a place takes; `None` is no limit that is known.

    Attributes:
        properties: Properties of all objects together.
        depth: Objects and lists inside one another.
        enum_values: Values of all enumerations together.
        name_characters: Characters of all names, enumerated values and constants together.
        characters: Characters of the schema as JSON.
        optional: Properties that may be left out, of all objects together.
        unions: Properties that have one of several types.
    """

    properties: int | None = None
    depth: int | None = None
    enum_values: int | None = None
    name_characters: int | None = None
    characters: int | None = None
    optional: int | None = None
    unions: int | None = None


class Subset(Struct, frozen=True, kw_only=True):
    """The part of JSON Schema that a kind of place takes.

    Attributes:
        name: What the row is called.
        words: Words beyond the core that it takes.
        unsure: Those among them of which it is not known whether they are enforced.
        formats: The values of `format` that it takes.
        only: The values that it takes of some words.
        anchored: Whether a `pattern` must say all of the text, from `^` to `$`. None may look ahead or behind.
        enum_of: The types that values of an `enum` may have.
        required: Which properties must be: `all`, at least `one` of each object, or `any`.
        open_objects: Whether an object may have names that are not listed.
        untyped: Whether a place may take anything.
        recursion: Whether a definition may contain itself; `optional`: only in properties that may be left out.
        limits: What is too much.
        says_strict: Whether being held to the schema has to be asked for.
        enforced: Whether answers are held to the schema at all.
        loosely: Whether a schema that does not fit can be sent unenforced.
    """

    name: str
    words: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    only: Mapping[str, frozenset[int]] = {}
    anchored: bool = False
    enum_of: frozenset[str] = frozenset({"string", "number", "boolean"})
    required: Literal["all", "one", "any"] = "all"
    open_objects: bool = False
    untyped: bool = False
    recursion: Literal["yes", "optional", "no"] = "no"
    limits: Limits = Limits()
    says_strict: bool = True
    enforced: bool = True
    loosely: bool = False


def loosened(subset: Subset) -> Subset:
    """The same words, where nobody is held to them."""
    return replace(
        subset,
        required="any",
        open_objects=True,
        untyped=True,
        recursion="yes",
        limits=Limits(),
        says_strict=False,
        enforced=False,
    )


_RANGE: Final = frozenset({"minimum", "maximum"})
_NUMBERS: Final = _RANGE | {"exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_ITEMS: Final = frozenset({"minItems", "maxItems"})
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
_TIMES: Final = frozenset({"date-time", "date", "time"})
_FORMATS: Final = _TIMES | {"duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
_NONE_OR_ONE: Final = {"minItems": frozenset({0, 1})}

_ROWS: Final = (
    Subset(
        name="shared",
        words=frozenset({"const"}),
        recursion="yes",
        loosely=True,
    ),
    Subset(
        name="openai_strict",
        words=_NUMBERS | _ITEMS | {"const", "pattern", "format"},
        formats=_FORMATS,
        recursion="yes",
        limits=Limits(properties=5_000, depth=10, enum_values=1_000, name_characters=120_000),
        loosely=True,
    ),
    Subset(
        name="anthropic_json",
        words=frozenset({"const", "format", "minItems"}),
        formats=_FORMATS | {"uri"},
        only=_NONE_OR_ONE,
        required="any",
        limits=Limits(optional=24, unions=16),
    ),
    Subset(
        name="gemini_json",
        words=_RANGE | _ITEMS | {"prefixItems", "format"},
        formats=_TIMES,
        enum_of=frozenset({"string", "number"}),
        required="any",
        open_objects=True,
        untyped=True,
        recursion="optional",
        says_strict=False,
    ),
    Subset(
        name="bedrock_json",
        words=frozenset({"const", "format", "minItems"}),
        formats=_FORMATS | {"uri"},
        only=_NONE_OR_ONE,
        required="any",
        limits=Limits(optional=24, unions=16),
    ),
    Subset(
        name="cohere_json",
        words=frozenset({"const", "format", "minItems"}),
        formats=_TIMES | {"uuid"},
        only=_NONE_OR_ONE,
        required="one",
        open_objects=True,
        limits=Limits(depth=5),
    ),
    Subset(
        name="groq_strict",
        words=frozenset({"const"}),
        recursion="yes",
        loosely=True,
    ),
    Subset(
        name="cerebras_strict",
        words=frozenset({"const"}),
        limits=Limits(depth=10, enum_values=500, characters=5_000),
        loosely=True,
    ),
    Subset(
        name="mistral_json",
        words=frozenset({"const"}),
        required="any",
        open_objects=True,
        untyped=True,
        recursion="yes",
        loosely=True,
    ),
    Subset(
        name="xai_strict",
        words=_RANGE | {"const"},
        recursion="yes",
        loosely=True,
    ),
    Subset(
        name="grammar",
        words=_NUMBERS | _ITEMS | _LENGTHS | {"const", "pattern", "format", "prefixItems"},
        unsure=_NUMBERS | _LENGTHS | {"format"},
        formats=_FORMATS,
        required="any",
        open_objects=True,
        untyped=True,
        recursion="yes",
    ),
    Subset(
        name="gbnf",
        words=_NUMBERS | _ITEMS | _LENGTHS | {"const", "pattern", "format", "prefixItems"},
        unsure=frozenset({"exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
        formats=_TIMES | {"uuid"},
        anchored=True,
        required="any",
        open_objects=True,
        untyped=True,
        recursion="yes",
        says_strict=False,
    ),
)

SHARED: Final = "shared"
"""The row for hosts of which nothing is known."""

SUBSETS: Final[Mapping[str, Subset]] = {row.name: row for row in _ROWS}

WHOLE: Final = "whole"
"""A schema in its own words, every word of it enforced: for models in this process."""

ANY: Final = "any"
"""A schema just as it is, of which nothing is enforced: the parameters of a tool that is not strict."""

OF_FORM: Final[Mapping[str, str]] = {
    "anthropic_messages": "anthropic_json",
    "bedrock_converse": "bedrock_json",
    "cohere_v2": "cohere_json",
    "gemini": "gemini_json",
    "mistral": "mistral_json",
    "ollama": "gbnf",
}
"""By dialect: the subset that forms of answers are written in, unless the provider says. Of others nothing is known."""

OF_TOOLS: Final[Mapping[str, str]] = {"gemini": "gemini_json"}
"""By dialect: the subset that parameters of tools are written in. Others take any schema."""


def form_subset(named: str | None, dialect: str, *, whole: bool) -> str:
    """The subset of a form: that of the provider where it has `named` one; the `whole` for models in this process."""
    return WHOLE if whole else named or OF_FORM.get(dialect, SHARED)


def tool_subset(dialect: str) -> str:
    """The subset of the parameters of a tool that is not strict."""
    return OF_TOOLS.get(dialect, ANY)
