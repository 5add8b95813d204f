"""From a type to the nodes that a document of it is read into."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, MutableSequence, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Final, ForwardRef, TypeVar, Union
from typing import get_args as args_of
from typing import get_origin as origin_of

from dragoman.structured.kept import kept_with_type
from dragoman.structured.output import WRAPPED
from dragoman.structured.partial.choices import OneOf
from dragoman.structured.partial.nodes import (
    RAW,
    SKIP,
    DictOf,
    Exact,
    Leaf,
    ListOf,
    Node,
    PlainString,
    String,
    Wrapped,
)
from dragoman.structured.partial.records import KINDS

_LISTS: Final = frozenset({list, Sequence, MutableSequence, Collection, Iterable})
_DICTS: Final = frozenset({dict, Mapping, MutableMapping})
_TEXTS: Final = (str, Any)
_ANYTHING: Final = (Any, object)
_EXACT: Final = (int, float, bool)
_FUNCTIONS: Final = frozenset({"BeforeValidator", "AfterValidator", "PlainValidator", "WrapValidator"})
"""Rules of `Annotated` that run code of the caller's: that is for the whole value, and once."""


@kept_with_type
def _shape(wanted: Any, *, wrapped: bool) -> Node:
    inner = Shaper().node(wanted)
    return Wrapped(inner, WRAPPED) if wrapped else inner


def shape_of(wanted: Any, *, wrapped: bool = False) -> Node:
    """What a document of `wanted` is read into, compiled once; `wrapped` as its `OutputType` is."""
    try:
        return _shape(wanted, wrapped=wrapped)
    except TypeError:  # an unhashable annotation
        return SKIP


class Adapter:
    """Validates JSON as a type. What that takes is made when first asked for."""

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted
        self._validate: Callable[..., Any] | None = None

    def __call__(self, text: str | bytes, **rules: Any) -> Any:
        if self._validate is None:
            from pydantic import TypeAdapter

            self._validate = TypeAdapter(self._wanted).validate_json
        return self._validate(text, **rules)


class Shaper:
    """Makes the nodes of one type; one that holds itself is made once."""

    def __init__(self) -> None:
        self._records: dict[Any, Node] = {}

    def node(self, wanted: Any) -> Node:
        """The node of a type."""
        wanted = _meant(wanted)
        origin, arguments = origin_of(wanted), args_of(wanted)
        if origin is Annotated:
            return self._with_rules(arguments[0], [rule for rule in arguments[1:] if not _is_function(rule)])
        if origin in (Union, UnionType):
            return self._one_of(tuple(each for each in arguments if each is not NoneType))
        container = self._container(origin or wanted, arguments)
        if container is not None:
            return container
        return Leaf(Adapter(wanted)) if origin else self._class(wanted)

    def _with_rules(self, inner: Any, rules: list[Any]) -> Node:
        node = self.node(inner)
        if not rules or not isinstance(node, Leaf):  # containers are held to their rules when all has come
            return node
        ruled = Adapter(Annotated[(inner, *rules)])
        return String(ruled) if isinstance(node, String) else Leaf(ruled)

    def _container(self, origin: Any, arguments: tuple[Any, ...]) -> Node | None:
        if origin in _LISTS:
            return ListOf(self.node(arguments[0]) if arguments else RAW)
        if origin in _DICTS and (not arguments or arguments[0] in _TEXTS):
            return DictOf(self.node(arguments[1]) if arguments else RAW)
        return self._tuple(arguments) if origin is tuple else None

    def _tuple(self, arguments: tuple[Any, ...]) -> Node:
        if not arguments or arguments[-1] is Ellipsis:
            return ListOf(self.node(arguments[0]) if arguments else RAW, make=tuple)
        return ListOf(SKIP, [self.node(each) for each in arguments], make=tuple)

    def _class(self, wanted: Any) -> Node:
        if wanted in _ANYTHING or isinstance(wanted, ForwardRef):
            return RAW
        if wanted is str:
            return PlainString(Adapter(str))
        return Exact(wanted, Adapter(wanted)) if wanted in _EXACT else self._record(wanted) or Leaf(Adapter(wanted))

    def _record(self, wanted: Any) -> Node | None:
        """The node of a type with fields. It is known before they are, for they may hold it."""
        if wanted in self._records:
            return self._records[wanted]
        kind = next((kind for kind in KINDS if kind.holds(wanted)), None)
        if kind is None:
            return None
        node = self._records[wanted] = kind.begin(wanted)
        kind.fill(node, wanted, self.node)
        return node

    def _one_of(self, members: tuple[Any, ...]) -> Node:
        if len(members) == 1:
            node = self.node(members[0])
            return Leaf(Adapter(Union[(*members, None)])) if type(node) is Leaf else node  # made at run time
        nodes = [self.node(each) for each in members]
        scalars = tuple(each for each, node in zip(members, nodes, strict=True) if isinstance(node, Leaf | OneOf))
        one = OneOf(Leaf(Adapter(Union[scalars] if scalars else None)))  # noqa: UP007  # made at run time
        for node in nodes:
            one.take(node)
        return one


def _meant(wanted: Any) -> Any:
    """What a name for a type stands for: one of `NewType`, of a `type` statement, or a variable's bound."""
    while True:
        if hasattr(wanted, "__supertype__"):
            wanted = wanted.__supertype__
        elif hasattr(wanted, "__value__") and not isinstance(wanted, type):
            wanted = wanted.__value__
        elif isinstance(wanted, TypeVar):
            wanted = wanted.__bound__ or Any
        else:
            return wanted


def _is_function(rule: Any) -> bool:
    return type(rule).__name__ in _FUNCTIONS
