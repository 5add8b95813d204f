"""Types of every kind that callers ask for, each with an answer that a model may give and the value that it stands for.

Nothing of ours is imported: the environments of the official SDKs read these types too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar, Union
from uuid import UUID

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    RootModel,
    SecretStr,
    computed_field,
    create_model,
    field_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

T = TypeVar("T")


class User(BaseModel):
    """A person who has an account."""

    name: str
    age: int = Field(ge=0, le=150, description="In years")


ADA = User(name="Ada", age=36)
ADA_TEXT = '{"name": "Ada", "age": 36}'


@dataclass
class Point:
    """A place.

    Attributes:
        x: To the right.
        y: Upwards.
    """

    x: float
    y: float = 0.0
    tags: list[str] = field(default_factory=list)


@pydantic_dataclass
class Money:
    amount: Decimal
    currency: Literal["EUR", "USD"] = "EUR"


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Pair(NamedTuple):
    left: int
    right: str = "none"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Priority(IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(Enum):
    ONE = 1
    TWO = "two"
    NOTHING = None


class Paint(BaseModel):
    colour: Colour
    priority: Priority
    finish: Literal["matt", "gloss"] | None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool = True


class Home(BaseModel):
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]]
    owner: str | None


class Response(BaseModel, Generic[T]):
    data: T
    total: int = 1


class Node(BaseModel):
    value: int
    children: list[Node] = []


class Chain(BaseModel):
    """A list, each link with the next."""

    word: str
    next: Chain | None


class Husband(BaseModel):
    name: str
    wife: Wife | None = None


class Wife(BaseModel):
    name: str
    husband: Husband | None = None


class Constrained(BaseModel):
    price: float = Field(gt=0, le=1000, multiple_of=0.5)
    code: str = Field(pattern=r"^[A-Z]{3}-\d{2}$")
    note: str = Field(min_length=2, max_length=30)
    parts: list[Annotated[int, Field(ge=1)]] = Field(min_length=2, max_length=4)


class Lookaround(BaseModel):
    password: str = Field(json_schema_extra={"pattern": r"^(?=.*\d).{4,}$"})


class Unanchored(BaseModel):
    word: str = Field(pattern="a+b")


class Times(BaseModel):
    at: datetime
    on: date
    when: time
    lasts: timedelta


class Formats(BaseModel):
    id: UUID
    site: HttpUrl
    host: IPv4Address
    exact: Decimal
    raw: bytes


class Secret(BaseModel):
    user: str
    password: SecretStr


class Defaults(BaseModel):
    name: str
    age: int = 18
    nickname: str | None = None
    roles: list[str] = ["guest"]
    active: bool = True


class NothingRequired(BaseModel):
    a: int = 1
    b: str = "b"


class Empty(BaseModel):
    """Nothing is asked."""


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first: str = Field(alias="firstName")
    last: str = Field(validation_alias=AliasChoices("lastName", "surname"))


class Größe(BaseModel):  # noqa: PLC2401  # here and below: what is not ASCII is what is tried
    """Wie groß etwas ist."""

    länge: float = Field(description="In Zentimetern")  # noqa: PLC2401
    名前: str  # noqa: PLC2401


class Computed(BaseModel):
    width: int
    height: int

    @computed_field
    @property
    def area(self) -> int:
        return self.width * self.height


class Doubled(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def double(cls, number: int) -> int:
        return number * 2


class Counts(BaseModel):
    by_word: dict[str, int]


class Anything(BaseModel):
    what: Any
    some: list[Any]


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Tuples(BaseModel):
    pair: tuple[int, str]
    many: tuple[int, ...]
    unique: set[int]


class Embedded(BaseModel):
    payload: Json[list[int]]


class Documented(BaseModel):
    """What was bought.

    Args:
        item: What it is called.
        price (float): What it costs, in euros.
    """

    item: str
    price: float = Field(description="Without tax")


class Numpy(BaseModel):
    """A reading.

    Parameters
    ----------
    celsius : float
        As measured.
    """

    celsius: float


class WordsAsNames(BaseModel):
    """Fields that are called like words of JSON Schema."""

    minimum: int
    properties: list[str]
    type: str
    required: bool = False


class Line(BaseModel):
    user: User
    colour: Colour = Colour.RED
    amount: Annotated[int, Field(gt=0, description="How many")] = 1


class Order(BaseModel):
    lines: list[Line] = Field(min_length=1)
    ship_to: User | None = None
    by_day: date | None = Field(default=None, description="At the latest")


class Overlapping(BaseModel):
    it: int | str | list[int] | None


class Level4(BaseModel):
    leaf: str


class Level3(BaseModel):
    below: list[Level4]


class Level2(BaseModel):
    below: list[Level3]


class Level1(BaseModel):
    below: list[Level2]


Names = RootModel[list[str]]
Owner = RootModel[User]
Dynamic = create_model("Dynamic", name=(str, ...), size=(int, Field(default=3, ge=1)))
Hundred = create_model("Hundred", **{f"field_{n}": (int, ...) for n in range(100)})
Thirty = create_model("Thirty", **{f"field_{n}": (int, n) for n in range(30)})

UNION = Union[Cat, Dog]  # noqa: UP007  # the older way is what is tried

BERLIN = timezone(timedelta(hours=1))

ZOO: dict[str, tuple[Any, str, Any]] = {
    # name: the type, an answer, the value
    "model": (User, ADA_TEXT, ADA),
    "dataclass": (Point, '{"x": 1.5}', Point(1.5)),
    "pydantic dataclass": (Money, '{"amount": "9.90", "currency": "USD"}', Money(Decimal("9.90"), "USD")),
    "typed dict": (Movie, '{"title": "Metropolis", "year": 1927}', {"title": "Metropolis", "year": 1927}),
    "named tuple": (Pair, '{"left": 1, "right": "r"}', Pair(1, "r")),
    "list of models": (list[User], f'{{"value": [{ADA_TEXT}]}}', [ADA]),
    "iterable of models": (Iterable[User], f'{{"value": [{ADA_TEXT}, {ADA_TEXT}]}}', [ADA, ADA]),
    "list of texts": (list[str], '{"value": ["a", "b"]}', ["a", "b"]),
    "tuple": (tuple[int, str], '{"value": [1, "a"]}', (1, "a")),
    "tuple of any length": (tuple[int, ...], '{"value": [1, 2, 3]}', (1, 2, 3)),
    "mapping": (dict[str, int], '{"a": 1}', {"a": 1}),
    "mapping of models": (dict[str, User], f'{{"ada": {ADA_TEXT}}}', {"ada": ADA}),
    "union of models": (Cat | Dog, '{"value": {"kind": "dog", "good": false}}', Dog(kind="dog", good=False)),
    "union, as it was written": (UNION, '{"value": {"kind": "dog", "good": false}}', Dog(kind="dog", good=False)),
    "optional model": (User | None, '{"value": null}', None),
    "literal": (Literal["yes", "no"], '{"value": "no"}', "no"),
    "literal of kinds": (Literal["a", 1] | None, '{"value": null}', None),
    "enum": (Colour, '{"value": "blue"}', Colour.BLUE),
    "enum of numbers": (Priority, '{"value": 2}', Priority.HIGH),
    "enum of kinds": (Mixed, '{"value": "two"}', Mixed.TWO),
    "text": (str, '{"value": "hello"}', "hello"),
    "whole number": (int, '{"value": 123456789012345678901234567890}', 123456789012345678901234567890),
    "number": (float, '{"value": 1.5}', 1.5),
    "boolean": (bool, '{"value": true}', True),
    "moment": (datetime, '{"value": "2026-11-21T12:00:00+01:00"}', datetime(2026, 11, 21, 12, tzinfo=BERLIN)),
    "decimal": (Decimal, '{"value": "0.10"}', Decimal("0.10")),
    "uuid": (UUID, '{"value": "00000000-0000-4000-8000-000000000001"}', UUID("00000000-0000-4000-8000-000000000001")),
    "annotated": (Annotated[int, Field(ge=1, description="How many")], '{"value": 3}', 3),
    "anything": (Any, '{"value": {"a": [1]}}', {"a": [1]}),
    "generic": (Response[User], f'{{"data": {ADA_TEXT}, "total": 2}}', Response[User](data=ADA, total=2)),
    "generic of a list": (Response[list[int]], '{"data": [1, 2], "total": 1}', Response[list[int]](data=[1, 2])),
    "dynamic": (Dynamic, '{"name": "n", "size": 4}', Dynamic(name="n", size=4)),
    "root list": (Names, '{"value": ["a"]}', Names(["a"])),
    "root model": (Owner, ADA_TEXT, Owner(ADA)),
    "enums inside": (
        Paint,
        '{"colour": "red", "priority": 1, "finish": null}',
        Paint(colour=Colour.RED, priority=Priority.LOW, finish=None),
    ),
    "discriminated": (
        Home,
        '{"pets": [{"kind": "cat", "lives": 7}, {"kind": "dog", "good": true}], "owner": null}',
        Home(pets=[Cat(kind="cat", lives=7), Dog(kind="dog")], owner=None),
    ),
    "recursive": (
        Node,
        '{"value": 1, "children": [{"value": 2, "children": []}]}',
        Node(value=1, children=[Node(value=2)]),
    ),
    "recursive, required": (
        Chain,
        '{"word": "a", "next": {"word": "b", "next": null}}',
        Chain(word="a", next=Chain(word="b", next=None)),
    ),
    "recursive by two": (
        Husband,
        '{"name": "H", "wife": {"name": "W", "husband": null}}',
        Husband(name="H", wife=Wife(name="W")),
    ),
    "recursive inside": (
        Response[Node],
        '{"data": {"value": 1, "children": []}, "total": 1}',
        Response[Node](data=Node(value=1)),
    ),
    "constrained": (
        Constrained,
        '{"price": 9.5, "code": "ABC-12", "note": "fine", "parts": [1, 2]}',
        Constrained(price=9.5, code="ABC-12", note="fine", parts=[1, 2]),
    ),
    "pattern that looks around": (Lookaround, '{"password": "abc1"}', Lookaround(password="abc1")),
    "pattern of a part": (Unanchored, '{"word": "aab"}', Unanchored(word="aab")),
    "times": (
        Times,
        '{"at": "2026-11-21T12:00:00Z", "on": "2026-11-21", "when": "12:30:00", "lasts": "PT90S"}',
        Times(
            at=datetime(2026, 11, 21, 12, tzinfo=UTC),
            on=date(2026, 11, 21),
            when=time(12, 30),
            lasts=timedelta(seconds=90),
        ),
    ),
    "formats": (
        Formats,
        '{"id": "00000000-0000-4000-8000-000000000001", "site": "https://a.example/", "host": "10.0.0.1", "exact": 1.25, "raw": "abc"}',
        Formats(
            id=UUID("00000000-0000-4000-8000-000000000001"),
            site=HttpUrl("https://a.example/"),
            host=IPv4Address("10.0.0.1"),
            exact=Decimal("1.25"),
            raw=b"abc",
        ),
    ),
    "secret": (Secret, '{"user": "u", "password": "p"}', Secret(user="u", password=SecretStr("p"))),
    "defaults": (
        Defaults,
        '{"name": "n", "age": null, "nickname": null, "roles": null, "active": null}',
        Defaults(name="n"),
    ),
    "nothing required": (NothingRequired, '{"a": null, "b": "c"}', NothingRequired(b="c")),
    "empty": (Empty, "{}", Empty()),
    "aliases": (Aliased, '{"firstName": "F", "lastName": "L"}', Aliased(firstName="F", lastName="L")),
    "unicode names": (Größe, '{"länge": 1.5, "名前": "x"}', Größe(länge=1.5, 名前="x")),
    "computed field": (Computed, '{"width": 2, "height": 3}', Computed(width=2, height=3)),
    "validator": (Doubled, '{"number": 2}', Doubled(number=2)),
    "mapping inside": (Counts, '{"by_word": {"a": 1}}', Counts(by_word={"a": 1})),
    "anything inside": (Anything, '{"what": 1, "some": ["a", 2]}', Anything(what=1, some=["a", 2])),
    "extra allowed": (Extra, '{"name": "n"}', Extra(name="n")),
    "extra forbidden": (Forbidding, '{"name": "n"}', Forbidding(name="n")),
    "tuples and sets": (
        Tuples,
        '{"pair": [1, "a"], "many": [1, 2], "unique": [3, 4]}',
        Tuples(pair=(1, "a"), many=(1, 2), unique={3, 4}),
    ),
    "JSON in text": (Embedded, '{"payload": "[1, 2]"}', Embedded(payload="[1, 2]")),
    "docstring of fields": (Documented, '{"item": "cup", "price": 2.5}', Documented(item="cup", price=2.5)),
    "docstring as NumPy": (Numpy, '{"celsius": 21.5}', Numpy(celsius=21.5)),
    "words as names": (
        WordsAsNames,
        '{"minimum": 1, "properties": ["p"], "type": "t", "required": true}',
        WordsAsNames(minimum=1, properties=["p"], type="t", required=True),
    ),
    "nested": (
        Order,
        f'{{"lines": [{{"user": {ADA_TEXT}, "colour": "blue", "amount": 2}}], "ship_to": null, "by_day": "2026-12-24"}}',
        Order(lines=[Line(user=ADA, colour=Colour.BLUE, amount=2)], by_day=date(2026, 12, 24)),
    ),
    "union of kinds": (Overlapping, '{"it": [1]}', Overlapping(it=[1])),
    "deep": (
        Level1,
        '{"below": [{"below": [{"below": [{"leaf": "l"}]}]}]}',
        Level1(below=[Level2(below=[Level3(below=[Level4(leaf="l")])])]),
    ),
    "a hundred fields": (
        Hundred,
        "{" + ", ".join(f'"field_{n}": {n}' for n in range(100)) + "}",
        Hundred(**{f"field_{n}": n for n in range(100)}),
    ),
    "thirty defaults": (Thirty, '{"field_3": 7}', Thirty(field_3=7)),
}
"""The value of each is what pydantic makes of the answer, written by hand: no field of ours has a part in it."""
