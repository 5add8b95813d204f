"""Filling in a schema: a value that fits a JSON Schema, taken from the facts of a prompt where they fit.

Required fields always get a value; optional ones only when the prompt has one for them. Below a few levels, and in
schemas that contain themselves, values are kept as small as the schema allows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from msgspec.structs import replace

from dragoman.testing.json_schema.checking import Checker, Schema, UnknownReference, same
from dragoman.testing.json_schema.depth import Depths
from dragoman.testing.json_schema.facts import Facts
from dragoman.testing.json_schema.merging import Flat, flatten
from dragoman.testing.json_schema.scalars import Place, Scalars, Unfillable, hinted_kinds
from dragoman.testing.json_schema.told import with_told

_FULL_DEPTH: Final = 4
"""Below this many levels only what must be there is filled in."""

_FUEL: Final = 5_000
"""After so many values only what must be there is filled in: schemas can branch without end."""

_MOST_ITEMS: Final = 5
_LEFT_OUT: Final = object()
_DECIMAL: Final = ["number", "string"]
"""How pydantic writes a decimal number: its text must be one too, which the schema does not say."""
_TRIES: Final = 12


def fill_schema(schema: Schema, facts: Facts) -> Any:
    """A value that fits `schema`. Raises `Unfillable` when none was found or the schema is broken."""
    try:
        checker = Checker(schema)
        for nth in range(_TRIES):
            mark = facts.mark
            value = _Filling(checker, facts).value(schema, Place(nth=nth))
            if checker.fits(value):
                return value
            facts.rewind(mark)
    except (UnknownReference, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unfillable(f"the schema is not one: {type(error).__name__}: {error}") from error
    raise Unfillable("no value was found that fits the schema")


class _Filling:
    """One schema being filled in."""

    def __init__(self, checker: Checker, facts: Facts) -> None:
        self._checker = checker
        self._facts = facts
        self._depths = Depths(checker)
        self._scalars = Scalars(checker, facts)
        self._fuel = _FUEL
        self._fillers: dict[str, Callable[[Flat, Place], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._scalars.integer,
            "number": self._scalars.number,
            "boolean": self._scalars.boolean,
            "null": _null,
        }

    def value(self, schema: Schema, place: Place) -> Any:
        self._fuel -= 1
        flat = with_told(flatten(self._checker, schema))
        if "const" in flat:
            return flat["const"]
        if "enum" in flat:
            return self._scalars.member(flat, place)
        branches = _branches(flat)
        if branches:
            return self._branch(branches, place)
        filler = self._fillers.get(_type_of(flat))
        if filler is None:
            raise Unfillable("no type is left that fits the schema")
        return filler(flat, place)

    def _is_lean(self, place: Place) -> bool:
        return place.depth >= _FULL_DEPTH or self._fuel <= 0

    # ------------------------------------------------------------------ one of several

    def _branch(self, branches: list[Flat], place: Place) -> Any:
        """The branch that the prompt speaks of, else `null` where that is one, else the first that can be filled."""
        if self._is_lean(place):
            return self._first_of(iter(sorted(branches, key=self._depths.of)), place)
        types = [_type_of(flatten(self._checker, branch)) for branch in branches]
        nullable = "null" in types
        unwanted = {"null", "string"} if types[:2] == _DECIMAL else {"null"}
        others = [branch for branch, kind in zip(branches, types, strict=True) if kind not in unwanted]
        others.sort(key=lambda branch: not self._is_named(branch))
        for branch in others:
            value = self._if_spoken_of(branch, replace(place, eager=place.eager and not nullable))
            if value is not _LEFT_OUT:
                return value
        return None if nullable else self._first_of(iter(others), place)

    def _if_spoken_of(self, schema: Schema, place: Place) -> Any:
        """A value when the prompt has something for it, else `_LEFT_OUT`.

        What may be left out takes only facts that clearly belong there; once it has one, others may go there too.
        """
        mark = self._facts.mark
        try:
            value = self._accepted(schema, place)
            if self._facts.mark == mark:
                return _LEFT_OUT
            if place.eager:
                return value
            self._facts.rewind(mark)
            return self._accepted(schema, replace(place, eager=True))
        except Unfillable:
            self._facts.rewind(mark)
            return _LEFT_OUT

    def _first_of(self, branches: Iterator[Flat], place: Place) -> Any:
        failure = Unfillable("a choice without branches")
        for branch in branches:
            mark = self._facts.mark
            try:
                return self._accepted(branch, place)
            except Unfillable as error:
                self._facts.rewind(mark)
                failure = error
        raise failure

    def _accepted(self, schema: Schema, place: Place) -> Any:
        value = self.value(schema, place)
        if not self._checker.fits(value, schema):
            raise Unfillable("the value made does not fit")
        return value

    def _is_named(self, branch: Flat) -> bool:
        """Whether the prompt names the branch: its title, or a constant in it."""
        flat = flatten(self._checker, branch)
        words = [flat.get("title")]
        for field in flat.get("properties", {}).values():
            constants = flatten(self._checker, field)
            words += [constants.get("const"), *constants.get("enum", ())[:1]]
        return any(isinstance(word, str) and word and self._facts.mentions(word) for word in words)

    # ------------------------------------------------------------------ objects

    def _object(self, flat: Flat, place: Place) -> dict[str, Any]:
        required = flat.get("required", ())
        inside = Place(depth=place.depth + 1, nth=place.nth, eager=place.eager)
        value: dict[str, Any] = {}
        for name, schema in flat.get("properties", {}).items():
            if name in required:
                value[name] = self.value(schema, replace(inside, name=name))
            elif not self._is_lean(place):
                given = self._if_spoken_of(schema, replace(inside, name=name, eager=False))
                if given is not _LEFT_OUT:
                    value[name] = given
        for name in required:
            if name not in value:
                value[name] = self.value(_schema_of(flat, name), replace(inside, name=name))
        self._fill_up(value, flat, inside, lean=self._is_lean(place))
        return value

    def _fill_up(self, value: dict[str, Any], flat: Flat, inside: Place, *, lean: bool) -> None:
        """Entries under free names: as many as must be there, and one to show in a mapping."""
        is_mapping = "properties" not in flat and _free_names(flat) and not lean
        wanted = max(flat.get("minProperties", 0), int(is_mapping))
        optional = [name for name in flat.get("properties", {}) if name not in value]
        n = 0
        while len(value) < min(wanted, flat.get("maxProperties", wanted)) and n < wanted + 100:
            name = optional.pop(0) if optional else self._free_name(flat, n)
            if name not in value:
                value[name] = self.value(_schema_of(flat, name), replace(inside, name=name, nth=inside.nth + n))
            n += 1

    def _free_name(self, flat: Flat, n: int) -> str:
        schema: dict[str, Any] = {"type": "string"}
        if "propertyNames" in flat:
            schema["allOf"] = [flat["propertyNames"]]
        elif flat.get("patternProperties"):
            schema["pattern"] = next(iter(flat["patternProperties"]))
        else:
            schema["pattern"] = "^key[1-9]$"
            n = n % 9 if n < 9 else n
            return f"key{n + 1}"
        return self.value(schema, Place(nth=n))

    # ------------------------------------------------------------------ arrays

    def _array(self, flat: Flat, place: Place) -> list[Any]:
        places, rest = flat.get("prefixItems", ()), flat.get("items", True)
        inside = Place(name=_singular(place.name), depth=place.depth + 1, nth=place.nth, eager=place.eager)
        listed = self._facts.labelled_list(place.name) if place.name and place.nth == 0 and not places else []
        if listed and self._checker.fits(listed, flat):
            self._facts.use()
            return listed
        items: list[Any] = []
        for i in range(self._count(flat, place, rest, len(places))):
            mark = self._facts.mark
            schema = places[i] if i < len(places) else rest
            item = replace(inside, nth=inside.nth + max(i - len(places), 0))
            items.append(self._different(schema, item, items) if flat.get("uniqueItems") else self.value(schema, item))
            if self._facts.mark == mark and i >= max(flat.get("minItems", 0), len(places), 1):
                return items[:-1]  # the facts went into the items before
        return items

    def _count(self, flat: Flat, place: Place, rest: Schema, placed: int) -> int:
        """How many items: what the bounds demand, and as many as there are facts for."""
        least = flat.get("minItems", 0)
        most = flat.get("maxItems", max(least, placed, _MOST_ITEMS))
        if self._is_lean(place):
            return least
        wanted = placed or max(1, min(self._facts_for(rest, place.name), _MOST_ITEMS))
        if not place.eager and not self._facts_for(rest, place.name):
            wanted = 0
        return max(least, min(wanted, most))

    def _facts_for(self, schema: Schema, name: str) -> int:
        """How many facts there are for items of `schema`: for an object, those of its scarcest kind."""
        flat = flatten(self._checker, schema)
        kind = _type_of(flat)
        if kind in ("integer", "number"):
            return self._facts.left("number")
        if kind == "string":
            if "enum" in flat:
                return sum(self._facts.mentions(str(member)) for member in flat["enum"])
            return max(self._facts.left(fact) for fact in hinted_kinds(name) or ("quoted", "name"))
        fields = cast("Mapping[str, Schema]", flat.get("properties", {}))
        counts = [self._facts_for(fields[name], name) for name in flat.get("required", ()) if name in fields]
        return min((count for count in counts if count), default=0)

    def _different(self, schema: Schema, inside: Place, others: list[Any]) -> Any:
        """A value that is not among `others`."""
        for nth in range(inside.nth, inside.nth + len(others) + _TRIES):
            mark = self._facts.mark
            value = self.value(schema, replace(inside, nth=nth))
            if not any(same(value, other) for other in others):
                return value
            self._facts.rewind(mark)
        raise Unfillable("there are not enough different items")

    # ------------------------------------------------------------------ text

    def _string(self, flat: Flat, place: Place) -> str:
        """Text; JSON text where the schema says what is inside."""
        if "contentSchema" in flat or flat.get("contentMediaType") == "application/json":
            return json.dumps(self.value(flat.get("contentSchema", True), replace(place, depth=place.depth + 1)))
        return self._scalars.string(flat, place)


def _null(_: Flat, __: Place) -> None:
    """The one value of type `null`."""


def _branches(flat: Flat) -> list[Flat]:
    """The alternatives of a schema, each with what stands beside them."""
    types = flat.get("type")
    for keyword in ("anyOf", "oneOf"):
        if keyword in flat:
            beside = {key: value for key, value in flat.items() if key not in (keyword, "discriminator")}
            return [{"allOf": [branch, beside]} for branch in flat[keyword]]
    if isinstance(types, list) and len(cast("list[str]", types)) > 1:
        return [{**flat, "type": name} for name in cast("list[str]", types)]
    return []


_TELLING: Final[dict[str, tuple[str, ...]]] = {
    "object": ("properties", "additionalProperties", "required", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""Keywords that tell the type where `type` is missing."""


def _type_of(flat: Flat) -> str:
    name = flat.get("type")
    if "const" in flat and flat["const"] is None:
        return "null"
    if isinstance(name, list):
        return cast("list[str]", name)[0] if name else ""
    if name is None:
        return next((kind for kind, words in _TELLING.items() if any(word in flat for word in words)), "string")
    return name


def _free_names(flat: Flat) -> bool:
    return flat.get("additionalProperties", False) is not False or bool(flat.get("patternProperties"))


def _schema_of(flat: Flat, name: str) -> Schema:
    """What an entry called `name` must fit when `properties` does not say."""
    if name in flat.get("properties", {}):
        return flat["properties"][name]
    patterns = flat.get("patternProperties")
    if patterns:
        return next(iter(patterns.values()))
    return flat.get("additionalProperties", True)


def _singular(name: str) -> str:
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
