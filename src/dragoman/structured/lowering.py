"""A JSON Schema in the words of a subset: what those cannot say goes into descriptions, and is reported.

Validation by the caller's type enforces all of it afterwards, whatever was lost here. The result depends on nothing
but the schema and the row, so it is the same text in every process: providers compile a schema once and know it by its
text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import replace

from dragoman.messages import JsonObject
from dragoman.structured.schema_nodes import (
    Node,
    accepts_null,
    alone,
    closed,
    flat,
    is_object,
    is_open,
    json_type,
    nullable,
    references,
    told_words,
    without_null,
)
from dragoman.structured.schema_nodes import reached as reached_from
from dragoman.structured.sizes import measures
from dragoman.structured.subsets import ANY, SUBSETS, WHOLE, Subset, loosened

Effect: TypeAlias = Literal["told", "unsure", "changed", "refused"]


class SchemaLoss(Struct, frozen=True, kw_only=True):
    """What a schema could not say at a provider, or says to no avail. The caller's type enforces it all the same.

    Attributes:
        where: The place, such as `items[].price`; a definition by its name; empty for the whole.
        word: The word of JSON Schema.
        effect: `told`: it stands in the description, where a model reads it, and nothing enforces it; `unsure`: it
            is sent, and may not be enforced; `changed`: it is said in another way; `refused`: the provider refuses a
            schema with it, so that it is not held to the schema, or asked in another way.
        why: In words.
    """

    where: str
    word: str
    effect: Effect
    why: str

    def __str__(self) -> str:
        return f"`{self.word}` of `{self.where}` {self.why}" if self.where else f"`{self.word}` {self.why}"


class Lowered(Struct, frozen=True, kw_only=True):
    """A schema as it is sent.

    Attributes:
        schema: What is sent.
        strict: Whether being held to it is asked for; `None`: it need not be, or cannot.
        enforced: Whether the provider holds answers to it.
        losses: What it does not say of what it was made from.
        sizes: By measure: how big it is, and the most that the provider takes.
        unfit: Why it cannot be sent to be enforced. Where there are reasons, `schema` can be sent only if `loosely`.
        loosely: Whether it can be sent although it is not enforced.
    """

    schema: JsonObject
    strict: bool | None = None
    enforced: bool = True
    losses: tuple[SchemaLoss, ...] = ()
    sizes: Mapping[str, tuple[int, int]] = {}
    unfit: tuple[SchemaLoss, ...] = ()
    loosely: bool = True


def lowered(schema: Node, row: str) -> Lowered:
    """`schema` in the words of the row called `row`."""
    if row == ANY:
        return Lowered(schema=schema, enforced=False)
    if row == WHOLE:
        return Lowered(schema=closed(schema))
    subset = SUBSETS[row]
    tight = _Lowering(subset, schema)
    sizes = measures(tight.result, subset.limits)
    refused = [loss for loss in tight.losses if loss.effect == "refused"]
    refused += [_too_much(measure, *size) for measure, size in sizes.items() if size[0] > size[1]]
    held = Lowered(
        schema=tight.result,
        strict=True if subset.says_strict else None,
        losses=tuple(tight.losses),
        sizes=sizes,
        loosely=subset.loosely,
    )
    if not refused:
        return held
    loose = _Lowering(loosened(subset), schema)
    return replace(
        held, schema=loose.result, strict=None, enforced=False, losses=tuple(loose.losses), unfit=tuple(refused)
    )


def _too_much(measure: str, found: int, most: int) -> SchemaLoss:
    why = f"of the schema are {found}, and {most} is the most there"
    return SchemaLoss(where="", word=measure, effect="refused", why=why)


class _Lowering:
    """One schema on its way into a subset."""

    def __init__(self, subset: Subset, schema: Node) -> None:
        self._subset = subset
        self._definitions: Node = schema.get("$defs", {})
        self._reached = reached_from(self._definitions)
        self.losses: list[SchemaLoss] = []
        root = self._node({word: value for word, value in schema.items() if word != "$defs"}, "")
        definitions = {name: self._definition(name, each) for name, each in self._definitions.items()}
        self.result: Node = {"$defs": definitions, **root} if definitions else root

    def _definition(self, name: str, schema: Node) -> Node:
        if name in self._reached[name] and self._subset.recursion == "no":
            self._lose(name, "$ref", "refused", "leads back to itself, which is not allowed there")
        return self._node(schema, name)

    def _lose(self, where: str, word: str, effect: Effect, why: str) -> None:
        self.losses.append(SchemaLoss(where=where, word=word, effect=effect, why=why))

    # ------------------------------------------------------------------ one schema

    def _node(self, schema: Any, where: str) -> Node:
        kept: Node = {}
        told: Node = {}
        node = self._simple(schema, where, told)
        for word, value in node.items():
            self._word(word, value, where, kept, told)
        if is_object(node):
            self._object(node, kept, where)
        if told:
            kept["description"] = " ".join([*filter(None, [kept.get("description")]), told_words(told)])
        if not kept.keys() & _TYPED and not self._subset.untyped:
            self._lose(where, "type", "refused", "is not said, and there it must be")
        return alone(kept) if "$ref" in kept else kept

    def _simple(self, schema: Any, where: str, told: Node) -> Node:
        """`schema` with one word for each thing: `anyOf`, `enum`, no `allOf`."""
        node = flat(cast("Node", schema), self._definitions) if isinstance(schema, dict) else {}
        if "oneOf" in node:
            node = {"anyOf" if word == "oneOf" else word: value for word, value in node.items()}
        if "const" in node and "const" not in self._subset.words:
            node = {**{word: value for word, value in node.items() if word != "const"}, "enum": [node["const"]]}
        if "enum" in node:
            node = self._enumeration(node, where, told)
        if "prefixItems" in node and "prefixItems" not in self._subset.words:
            node = self._widened(node, where, told)
        return node

    def _enumeration(self, node: Node, where: str, told: Node) -> Node:
        """`null` among the values as a type of its own; none of the values where some may not be there."""
        values: list[Any] = node["enum"]
        some = [value for value in values if value is not None]
        if len(some) < len(values):
            inner = {word: value for word, value in node.items() if word not in _OF_WHOLE}
            inner |= {"enum": some, "type": without_null(node["type"])} if "type" in node else {"enum": some}
            outer = {word: value for word, value in node.items() if word in _OF_WHOLE}
            return {**outer, "anyOf": [inner, {"type": "null"}]}
        if all(_type_of(value) in self._subset.enum_of for value in values):
            return node
        self._lose(where, "enum", "told", f"has values that cannot be listed there; {_VALIDATED}")
        types = list(dict.fromkeys(map(json_type, values)))
        said = {"type": types[0]} if len(types) == 1 else {"anyOf": [{"type": name} for name in types]}
        rest = {word: value for word, value in node.items() if word not in ("enum", "type")}
        told["enum"] = values
        return {**rest, **said}

    def _widened(self, node: Node, where: str, told: Node) -> Node:
        """Items that may be of any of the types that the places have."""
        places: list[Any] = [*node["prefixItems"], *filter(None, [node.get("items")])]
        self._lose(
            where, "prefixItems", "changed", f"is not enforced there: any item may be of any of the types; {_VALIDATED}"
        )
        different = [place for nth, place in enumerate(places) if place not in places[:nth]]
        rest = {word: value for word, value in node.items() if word != "prefixItems"}
        told["prefixItems"] = node["prefixItems"]
        return {**rest, "items": different[0] if len(different) == 1 else {"anyOf": different}}

    # ------------------------------------------------------------------ one word

    def _word(self, word: str, value: Any, where: str, kept: Node, told: Node) -> None:
        """Put what `word` says where it can be said."""
        if word in _INSIDE:
            kept[word] = self._inside(word, value, where)
        elif word in _CORE:
            kept[word] = value
        elif word in _SILENT or (word, value) in _NOTHING:
            return
        elif self._takes(word, value):
            kept[word] = value
            if word in self._subset.unsure:
                self._lose(where, word, "unsure", f"is sent, and may not be enforced there; {_VALIDATED}")
        else:
            told[word] = value
            if word in _CONSTRAINTS and self._subset.enforced:
                self._lose(where, word, "told", f"is not enforced there; {_VALIDATED}")

    def _takes(self, word: str, value: Any) -> bool:
        subset = self._subset
        if word not in subset.words or (word in subset.only and value not in subset.only[word]):
            return False
        if word == "format":
            return value in subset.formats
        return word != "pattern" or _is_plain(value, anchored=subset.anchored)

    def _inside(self, word: str, value: Any, where: str) -> Any:
        """The schemas that a word holds."""
        match word:
            case "properties":
                return {name: self._node(each, f"{where}.{name}" if where else name) for name, each in value.items()}
            case "items":
                return self._node(value, f"{where}[]")
            case "additionalProperties":
                return value if isinstance(value, bool) else self._node(value, f"{where}{{}}")
            case "prefixItems":
                return [self._node(each, f"{where}[{nth}]") for nth, each in enumerate(value)]
            case _:
                return [self._node(each, where) for each in value]

    # ------------------------------------------------------------------ objects

    def _object(self, node: Node, kept: Node, where: str) -> None:
        if is_open(node):
            kept.setdefault("additionalProperties", True)
            if not self._subset.open_objects:
                why = "allows names that are not listed, and there none may be"
                self._lose(where, "additionalProperties", "refused", why)
            return
        kept.setdefault("properties", {})
        kept["additionalProperties"] = False
        self._require(node, kept, where)

    def _require(self, node: Node, kept: Node, where: str) -> None:
        required: list[str] = node.get("required", [])
        properties: Node = kept["properties"]
        if self._subset.recursion == "optional":
            required = [name for name in required if not self._leads_back(name, properties[name], where)]
        must = self._subset.required
        if must == "one" and not properties:
            self._lose(where, "properties", "refused", "has none, and there one must be required")
        if must == "all" or (must == "one" and not required):
            self._make_nullable([name for name in properties if name not in required], node, properties, where)
            required = [*properties]
        if required or "required" in node or must == "all":
            kept["required"] = required

    def _make_nullable(self, names: list[str], node: Node, properties: Node, where: str) -> None:
        for name in names:
            if not accepts_null(node["properties"][name], self._definitions):
                properties[name] = nullable(properties[name])
            at = f"{where}.{name}" if where else name
            self._lose(at, "required", "changed", "is demanded there: `null` stands for what is left out")

    def _leads_back(self, name: str, schema: Node, where: str) -> bool:
        """Whether the property `name` holds what holds it: then it may be left out, whatever the type says."""
        holder = where.partition(".")[0]
        found = any(holder == each or holder in self._reached.get(each, ()) for each in references(schema))
        if found:
            why = f"is not said of what leads back to itself; {_VALIDATED}"
            self._lose(f"{where}.{name}", "required", "changed", why)
        return found


def _is_plain(pattern: str, *, anchored: bool) -> bool:
    whole = pattern.startswith("^") and pattern.endswith("$")
    return _LOOKS_AROUND.search(pattern) is None and (whole or not anchored)


def _type_of(value: Any) -> str:
    return "number" if json_type(value) == "integer" else json_type(value)


_VALIDATED: Final = "validation holds it"
_OF_WHOLE: Final = frozenset({"title", "description"})
_CORE: Final = frozenset({"type", "required", "enum", "$ref", "title", "description"})
_INSIDE: Final = frozenset({"properties", "items", "additionalProperties", "anyOf", "prefixItems"})
_TYPED: Final = frozenset({"type", "anyOf", "$ref", "enum", "const"})
_SILENT: Final = frozenset({
    "discriminator", "readOnly", "writeOnly", "deprecated", "$comment", "$schema", "$id",
})  # fmt: skip
"""Said for other readers than models. The values that tell a union's types apart stand in them, as constants."""

_NOTHING: Final = (("default", None), ("format", "password"), ("format", "binary"))
"""Words with a value that says nothing to a model: pydantic's for secrets and bytes, which any text is."""

_CONSTRAINTS: Final = frozenset({
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
    "format", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "minProperties",
    "maxProperties", "patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "const", "not",
    "if", "then", "else", "dependentRequired", "dependentSchemas", "contentMediaType", "contentEncoding",
    "contentSchema", "allOf",
})  # fmt: skip
"""Words that an answer can break. What is none of them is a remark."""

_LOOKS_AROUND: Final = re.compile(r"\(\?<?[=!]")
