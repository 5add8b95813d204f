"""Types as a user of pydantic writes them, generated: every kind of field, constraint and nesting."""

# ruff: noqa: UP007, UP045  # `|` does not take every kind of annotation; `Union` and `Optional` do

from __future__ import annotations

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal, Optional, Union
from uuid import UUID

from hypothesis import strategies as st
from pydantic import AnyUrl, Base64Bytes, Field, Json, create_model

PLAIN = [
    str, int, float, bool, None, Any, date, datetime, time, timedelta, UUID, Decimal, AnyUrl, IPv4Address, IPv6Address,
    Base64Bytes, bytes, list, dict, Json, Json[list[int]],
]  # fmt: skip
PATTERNS = [
    r"^[A-Z]{3}-\d{4}$", r"\d{3}", r"^(red|green|blue)$", r"^[a-z0-9._-]+$", r"^\+?[1-9]\d{1,14}$", r"^[^@\s]+@[^@\s]+$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$", r"^v\d+(\.\d+){2}$", r"^$|^x", r"^[A-Z][a-z]*( [A-Z][a-z]*)*$", r"^\w{2,5}$", r"^.{5}$",
]  # fmt: skip
NAMES = [
    "name",
    "age",
    "email",
    "city",
    "tags",
    "is_active",
    "score",
    "created_at",
    "id",
    "items",
    "unit",
    "größe",
    "x",
]


class Colour(enum.Enum):
    RED = "red"
    DARK_GREEN = "dark_green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


@st.composite
def bounded_int(draw: Any) -> Any:
    low = draw(st.integers(-(10**6), 10**6))
    high = low + draw(st.integers(3, 10**4))
    kind = draw(st.sampled_from(["both", "low", "high", "exclusive", "multiple"]))
    match kind:
        case "both":
            return Annotated[int, Field(ge=low, le=high)]
        case "low":
            return Annotated[int, Field(gt=low)]
        case "high":
            return Annotated[int, Field(le=high)]
        case "exclusive":
            return Annotated[int, Field(gt=low, lt=high)]
        case _:
            step = draw(st.integers(1, 50))
            return Annotated[int, Field(ge=low, le=low + 3 * step, multiple_of=step)]


@st.composite
def bounded_float(draw: Any) -> Any:
    low = draw(st.floats(-1e6, 1e6, allow_nan=False))
    width = draw(st.sampled_from([0.5, 1.0, 7.25, 1e3]))
    if draw(st.booleans()):
        return Annotated[float, Field(gt=low, lt=low + width)]
    return Annotated[float, Field(ge=0, multiple_of=draw(st.sampled_from([0.5, 0.25, 0.1, 3])))]


@st.composite
def bounded_str(draw: Any) -> Any:
    if draw(st.booleans()):
        return Annotated[str, Field(pattern=draw(st.sampled_from(PATTERNS)))]
    low = draw(st.integers(0, 40))
    return Annotated[str, Field(min_length=low, max_length=low + draw(st.integers(0, 20)))]


@st.composite
def literals(draw: Any) -> Any:
    values = draw(
        st.lists(
            st.sampled_from(["a", "b c", "Paris", 1, 2, True, None, "日本"]), min_size=1, max_size=4, unique_by=repr
        )
    )
    return Literal[tuple(values)]


leaves = st.one_of(st.sampled_from([*PLAIN, Colour, Level]), bounded_int(), bounded_float(), bounded_str(), literals())


def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        inner.map(lambda kind: Optional[kind]),
        st.tuples(inner, inner).map(lambda pair: Union[pair]),
        inner.map(lambda kind: list[kind]),
        st.tuples(inner, st.integers(0, 4), st.integers(0, 3)).map(
            lambda it: Annotated[list[it[0]], Field(min_length=it[1], max_length=it[1] + it[2])]
        ),
        st.sampled_from([str, int, date, UUID, Annotated[str, Field(max_length=9)]]).flatmap(
            lambda kind: st.integers(0, 5).map(lambda n: Annotated[set[kind], Field(min_length=n)])
        ),
        st.tuples(inner, inner).map(lambda pair: tuple[pair]),
        inner.map(lambda kind: dict[str, kind]),
        st.tuples(inner, st.integers(0, 4)).map(lambda it: Annotated[dict[str, it[0]], Field(min_length=it[1])]),
        inner.map(lambda kind: dict[Annotated[str, Field(pattern="^[a-z]{2}$")], kind]),
        inner.map(lambda kind: dict[Colour, kind]),
        models(inner),
        tagged_unions(inner),
    )


@st.composite
def models(draw: Any, inner: st.SearchStrategy[Any]) -> Any:
    names = draw(st.lists(st.sampled_from(NAMES), max_size=6, unique=True))
    fields: dict[str, Any] = {}
    for name in names:
        kind = draw(inner)
        fields[name] = (kind, ...) if draw(st.booleans()) else (Optional[kind], None)
    return create_model(f"Model{draw(st.integers(0, 999))}", __config__={"extra": draw(EXTRA)}, **fields)


EXTRA = st.sampled_from(["ignore", "forbid", "allow"])


@st.composite
def tagged_unions(draw: Any, inner: st.SearchStrategy[Any]) -> Any:
    cat = create_model("Cat", kind=(Literal["cat"], ...), value=(draw(inner), ...))
    dog = create_model("Dog", kind=(Literal["dog", "puppy"], ...), value=(draw(inner), ...))
    return Annotated[cat | dog, Field(discriminator="kind")]


types = st.recursive(leaves, extend, max_leaves=8)

prompts = st.sampled_from(
    [
        "",
        "Hello",
        "Extract: John Smith (john@example.org), aged 30, lives in Paris since 2021-03-04. Score: 8.5, unit 'red'.",
        'Name: "Ada Lovelace"; ids 3, 4 and 1,000; see https://example.org/a?b=1. It is a dog. dark green, active: no',
        "東京の天気は? 「さくら」 -17 12:30 2024-01-02T03:04:05Z 192.0.2.7 abc-123",
    ]
)
