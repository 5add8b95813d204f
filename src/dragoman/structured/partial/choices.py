"""A place of a document that may hold one of several types: which one, as soon as what has come tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from msgspec import Struct

from dragoman.messages.json_text import encode_json
from dragoman.structured.partial.nodes import NOTHING, RAW, SKIP, Leaf, ListOf, Node, Record, String


class _Unsure(Struct, frozen=True):
    """A member that was read before it was known whose it is."""

    value: Any
    text: str | None = None


class _Undecided(Node):
    """The place of such a member: not shown while it grows."""

    def scalar(self, value: Any, text: str | None) -> Any:
        return _Unsure(value, text)

    def growing(self, text: str) -> Any:  # noqa: ARG002  # the base's
        return NOTHING

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:  # noqa: ARG002  # the base's
        return RAW

    def item(self, index: int) -> Node:  # noqa: ARG002  # the base's
        return RAW

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:
        return _Unsure(members) if whole else NOTHING

    def array(self, items: list[Any], *, whole: bool) -> Any:
        return _Unsure(items) if whole else NOTHING


_UNDECIDED: Final = _Undecided()


class OneOf(Node):
    """One of several types. JSON's kinds tell them apart; records, their keys and what their literals may be.

    Until only one is left, nothing is shown.
    """

    def __init__(self, whole: Leaf) -> None:
        self._whole = whole
        self.records: list[Record] = []
        self.objects: Node | None = None
        self.arrays: Node | None = None
        self.strings: Node | None = None

    def take(self, node: Node) -> None:
        """One of the types is read into `node`."""
        match node:
            case Record():
                self.records.append(node)
            case OneOf():
                self.records += node.records
                for other in filter(None, (node.objects, node.arrays, node.strings)):
                    self.take(other)
            case String():
                self.strings = node
            case ListOf():
                self.arrays = node if self.arrays is None else SKIP
            case Leaf():
                pass
            case _:
                self.objects = node if self.objects is None else SKIP

    def scalar(self, value: Any, text: str | None) -> Any:
        return None if value is None else self._whole.scalar(value, text)

    def growing(self, text: str) -> Any:
        return NOTHING if self.strings is None else self.strings.growing(text)

    def entry(self, key: str, members: Mapping[str, Any]) -> Node:
        if self.objects is not None:  # beside records it is not told which
            return SKIP if self.records else self.objects.entry(key, members)
        chosen = self._chosen({**members, key: NOTHING})
        return _UNDECIDED if chosen is None else chosen.entry(key, members)

    def item(self, index: int) -> Node:
        return SKIP if self.arrays is None else self.arrays.item(index)

    def object(self, members: dict[str, Any], *, whole: bool) -> Any:
        if self.objects is not None:
            return NOTHING if self.records else self.objects.object(members, whole=whole)
        chosen = self._chosen(members) or (self._fullest(members) if whole else None)
        if chosen is None:
            return NOTHING
        known = ((key, value) for key, value in members.items() if key in chosen.fields)
        sure = {key: _decided(value, chosen.entry(key, members)) for key, value in known}
        return chosen.object({key: value for key, value in sure.items() if value is not NOTHING}, whole=whole)

    def array(self, items: list[Any], *, whole: bool) -> Any:
        return NOTHING if self.arrays is None else self.arrays.array(items, whole=whole)

    def spellings(self, name: str) -> Sequence[str]:
        return [key for record in self.records for key in record.spellings(name)] or (name,)

    def _left(self, members: Mapping[str, Any]) -> list[Record]:
        """The records that `members` may belong to: by their literals, then by the keys."""
        said = [record for record in self.records if _allowed(record, members)]
        most = max((len(members.keys() & record.fields.keys()) for record in said), default=0)
        return [record for record in said if len(members.keys() & record.fields.keys()) == most]

    def _chosen(self, members: Mapping[str, Any]) -> Record | None:
        left = self._left(members) if members else self.records
        return left[0] if len(left) == 1 else None

    def _fullest(self, members: Mapping[str, Any]) -> Record | None:
        """Of those left, the first with all that it requires."""
        left = self._left(members)
        return next((record for record in left if _is_full(record, members)), left[0] if left else None)


def _allowed(record: Record, members: Mapping[str, Any]) -> bool:
    """Whether no member says what the record's literals do not."""
    for key, value in members.items():
        field = record.fields.get(key)
        if field is None or field.literals is None or value is NOTHING:
            continue
        said = value.value if isinstance(value, _Unsure) else value
        if isinstance(said, dict | list) or said not in field.literals:
            return False
    return True


def _is_full(record: Record, members: Mapping[str, Any]) -> bool:
    came = {record.fields[key].name for key in members if key in record.fields}
    return all(field.name in came for field in record.fields.values() if field.required)


def _decided(value: Any, node: Node) -> Any:
    """A member read before it was known whose it is, as what it is."""
    return _shaped(value.value, node, value.text) if isinstance(value, _Unsure) else value


def _shaped(value: Any, node: Node, text: str | None = None) -> Any:
    """A whole plain value as `node` has it."""
    if node.keeps_text and isinstance(value, dict | list):
        return node.text(encode_json(value).decode())
    match value:
        case dict():
            members = cast("dict[str, Any]", value)
            shaped = {key: _shaped(each, node.entry(key, members)) for key, each in members.items()}
            return node.object({key: each for key, each in shaped.items() if each is not NOTHING}, whole=True)
        case list():
            items = [_shaped(each, node.item(index)) for index, each in enumerate(cast("list[Any]", value))]
            return node.array([each for each in items if each is not NOTHING], whole=True)
        case str():
            return node.scalar(value, None)
        case _:
            return node.scalar(value, encode_json(value).decode() if text is None else text)
