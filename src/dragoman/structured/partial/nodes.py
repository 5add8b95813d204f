"""What the places of a document become: plain values here; `shapes` says which place gets which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from dragoman.messages.json_text import encode_json


class _Nothing:
    """There is no value, or none to be shown. (`None` is one.)"""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()


class Node:
    """A place of a document. This one takes any JSON, as `json.loads` gives it.

    Whole values come to `scalar`, `object` and `array`, a string that is not over to `growing`. Containers are given
    for good: they may be kept, or changed. All may answer `NOTHING`.
    """

    keeps_text = False
    """Whether a container here is taken as its JSON, by `text`, when it is whole; nothing of it is shown before."""

    wraps: str | None = None
    """The one member of an object here that stands for the whole."""

    def scalar(self, value: Any, text: str | None) -> Any:  # noqa: ARG002  # for sub-classes
        """A whole string, number or literal; `text` is its JSON, of a string `None`."""
        return value

    def growing(self, text: str) -> Any:
        """A string so far."""
        return text

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:  # noqa: ARG002  # for sub-classes
        """The place of the member `key` of an object here, of which `members` are known."""
        return self

    def item(self, index: int) -> Node:  # noqa: ARG002  # for sub-classes
        """The place of an item of an array here."""
        return self

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:  # noqa: ARG002  # for sub-classes
        """An object; not `whole` while members are still to come, and the last of them may not be whole either."""
        return members

    def array(self, items: list[Any], *, whole: bool) -> Any:  # noqa: ARG002  # for sub-classes
        """An array; `whole` as in `object`."""
        return items

    def text(self, text: str | bytes) -> Any:
        """A whole container, as JSON."""
        raise NotImplementedError

    def spellings(self, name: str) -> Sequence[str]:
        """The keys in JSON of what the caller calls `name`."""
        return (name,)


RAW: Final = Node()


class Skip(Node):
    """Nothing of it is kept."""

    def scalar(self, value: Any, text: str | None) -> Any:  # noqa: ARG002  # the base's
        return NOTHING

    def growing(self, text: str) -> Any:  # noqa: ARG002  # the base's
        return NOTHING

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        return NOTHING

    def array(self, items: list[Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        return NOTHING


SKIP: Final = Skip()


class Leaf(Skip):
    """What is shown when it is whole, as `validate` makes it of its JSON; not at all when that refuses it."""

    keeps_text = True

    def __init__(self, validate: Callable[[str | bytes], Any]) -> None:
        self._validate = validate

    def scalar(self, value: Any, text: str | None) -> Any:
        return self.text(encode_json(value) if text is None else text)

    def text(self, text: str | bytes) -> Any:
        try:
            return self._validate(text)
        except ValueError:
            return NOTHING


class Exact(Leaf):
    """A type that JSON has: values of it need no validation."""

    def __init__(self, kind: type, validate: Callable[[str | bytes], Any]) -> None:
        super().__init__(validate)
        self._kind = kind

    def scalar(self, value: Any, text: str | None) -> Any:
        return value if type(value) is self._kind or value is None else super().scalar(value, text)


class String(Leaf):
    """A text: shown as it grows. One that breaks a rule is shown all the same: it is a text."""

    def scalar(self, value: Any, text: str | None) -> Any:
        if not isinstance(value, str):
            return None if value is None else super().scalar(value, text)
        found = super().scalar(value, text)
        return value if found is NOTHING else found

    def growing(self, text: str) -> Any:
        return text


class PlainString(String):
    """A text without rules."""

    def scalar(self, value: Any, text: str | None) -> Any:
        return value if isinstance(value, str) else super().scalar(value, text)


class _Container(Node):
    """Of its scalars only `null` is shown."""

    def scalar(self, value: Any, text: str | None) -> Any:  # noqa: ARG002  # the base's
        return None if value is None else NOTHING

    def growing(self, text: str) -> Any:  # noqa: ARG002  # the base's
        return NOTHING

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        return NOTHING

    def array(self, items: list[Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        return NOTHING


class ListOf(_Container):
    """A list, or what `make` makes of one: `places` for the first items, `rest` for those after."""

    def __init__(self, rest: Node, places: Sequence[Node] = (), make: Callable[[list[Any]], Any] | None = None) -> None:
        self.rest = rest
        self._places = places
        self._make = make

    def item(self, index: int) -> Node:
        return self._places[index] if index < len(self._places) else self.rest

    def array(self, items: list[Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        return items if self._make is None else self._make(items)


class DictOf(_Container):
    """A dict of any keys that are texts."""

    def __init__(self, values: Node) -> None:
        self._values = values

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:  # noqa: ARG002  # the base's
        return self._values

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        return members


class Field(Struct, frozen=True):
    """A field of a record: how JSON spells it, what it holds, what it is before it comes, and what it may say."""

    name: str
    keys: tuple[str, ...]
    node: Node
    default: Any = None
    required: bool = True
    literals: frozenset[Any] | None = None


class Record(_Container):
    """An object with known fields: `make` is given their values by name, and how many of them came.

    What is not known is left out. `fields` are set afterwards, for they may hold the record itself.
    """

    def __init__(self, make: Callable[[dict[str, Any], set[str]], Any]) -> None:
        self._make = make
        self.fields: dict[str, Field] = {}
        self._names: dict[str, str] = {}
        self._defaults: dict[str, Any] = {}
        self._plain = True

    def take_fields(self, fields: Sequence[Field]) -> None:
        self.fields = {key: field for field in fields for key in field.keys}
        self._names = {key: field.name for key, field in self.fields.items()}
        self._defaults = {field.name: field.default for field in fields if field.default is not NOTHING}
        self._plain = all(key == name for key, name in self._names.items())

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:  # noqa: ARG002  # the base's
        field = self.fields.get(key)
        return SKIP if field is None else field.node

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:  # noqa: ARG002  # the base's
        if not self._plain:
            names = self._names
            members = {names[key]: value for key, value in members.items() if key in names}
        return self._make({**self._defaults, **members}, set(members))

    def spellings(self, name: str) -> Sequence[str]:
        return [key for key, field in self.fields.items() if field.name == name] or (name,)


class Rooted(Node):
    """A model that is one value with a name: `make` is given what `inner` shows."""

    def __init__(self, make: Callable[[dict[str, Any], set[str]], Any]) -> None:
        self._make = make
        self.inner: Node = RAW

    @property
    def keeps_text(self) -> bool:
        return self.inner.keeps_text

    def text(self, text: str | bytes) -> Any:
        return self._made(self.inner.text(text))

    def scalar(self, value: Any, text: str | None) -> Any:
        return self._made(self.inner.scalar(value, text))

    def growing(self, text: str) -> Any:
        return self._made(self.inner.growing(text))

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:
        return self.inner.entry(key, members)

    def item(self, index: int) -> Node:
        return self.inner.item(index)

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:
        return self._made(self.inner.object(members, whole=whole))

    def array(self, items: list[Any], *, whole: bool) -> Any:
        return self._made(self.inner.array(items, whole=whole))

    def _made(self, value: Any) -> Any:
        return NOTHING if value is NOTHING else self._make({"root": value}, {"root"})


class Wrapped(Node):
    """The object that stands around a type that is none, as `OutputType` has it; or that type without it."""

    def __init__(self, inner: Node, key: str) -> None:
        self._inner = inner
        self.wraps = key

    def scalar(self, value: Any, text: str | None) -> Any:
        return self._inner.scalar(value, text)

    def growing(self, text: str) -> Any:
        return self._inner.growing(text)

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:
        return self._inner if key == self.wraps else self._inner.entry(key, members)

    def item(self, index: int) -> Node:
        return self._inner.item(index)

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:
        if self.wraps not in members:
            return self._inner.object(members, whole=whole) if members else NOTHING
        return members[self.wraps] if len(members) == 1 else NOTHING

    def array(self, items: list[Any], *, whole: bool) -> Any:
        return self._inner.array(items, whole=whole)
