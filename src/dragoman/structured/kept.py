"""What is made of a caller's type, kept as long as the type and no longer: programs make types too, one a request.

It stands in an attribute of the class. What is made of a class refers to it, so in a table of ours, with weak keys or
not, neither would ever go. What is made of `list[User]` or `User | None` stands at `User`, and where there are several
classes, at the one that was seen last: it is the first to go.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial, wraps
from itertools import count
from types import FunctionType
from typing import Annotated, Any, Concatenate, Final, NewType, ParamSpec, TypeVar, cast, get_args, get_origin
from weakref import ref

P = ParamSpec("P")
T = TypeVar("T")

_ATTRIBUTE: Final = "__dragoman__"
_MOST: Final = 1024
"""How much is kept at one place: of `User | Literal[...]` there may be ever new ones, and `User` stays."""
_MISSING: Final = object()
_numbers: Final = count()


class Place(dict[Hashable, Any]):
    """What is kept at one class or function, its `owner()`. The higher its `number`, the later that was seen."""

    __slots__ = ("number", "owner")

    def __init__(self, owner: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.number = next(_numbers)
        self.owner = owner

    def keep(self, key: Hashable, value: T) -> T:
        """What is kept as `key` from now on: `value`, unless another thread was faster."""
        if len(self) >= _MOST:
            self.pop(next(iter(list(self))), None)
        return self.setdefault(key, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """A class that is pickled whole takes nothing along, for not all of it can be."""
        return (Place, ())


_NOWHERE: Final = Place()
"""For types with nothing in them to keep it at: `int`, `Literal["a"]`, the method of an object."""


def kept_with_type(make: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], T]:
    """Have `make(wanted, ...)` called once for each type as it stands, and keep the result as long as the type.

    A model built anew (`model_rebuild`) and a class or function with another docstring are not what they were. That is
    seen of what `wanted` itself names, not of classes in the fields of those.

    For a type that cannot be hashed it is called each time.
    """

    @wraps(make)
    def made(wanted: Any, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (make, wanted, *_state_of(wanted), *args, *kwargs.items())
        try:
            hash(key)
        except TypeError:  # an unhashable annotation
            return make(wanted, *args, **kwargs)
        place = place_of(wanted)
        found = place.get(key, _MISSING)
        return place.keep(key, make(wanted, *args, **kwargs)) if found is _MISSING else found

    return made


def place_of(wanted: object) -> Place:
    """Where to keep what is made of `wanted`, a type or a function."""
    if isinstance(wanted, type):
        return _place_at(wanted)
    places = [place for owner in _owners_in(wanted) if (place := _place_at(owner)) is not _NOWHERE]
    return max(places, key=lambda place: place.number) if places else _NOWHERE


def _state_of(wanted: object) -> Iterable[Hashable]:
    """What is another object when a class or a function has been changed in a way that changes what is made of it."""
    if isinstance(wanted, type):
        fields = vars(wanted)
        return fields.get("__doc__"), fields.get("__pydantic_validator__")
    return _order_of(wanted), *(each for owner in _owners_in(wanted) for each in _state_at(owner))


def _state_at(owner: object) -> Iterable[Hashable]:
    if isinstance(owner, type):
        return _state_of(owner)
    return (owner.__doc__,) if isinstance(owner, FunctionType) else ()


_OWNERS: Final[tuple[type, ...]] = (type, FunctionType, partial)


def _owners_in(wanted: object) -> Iterator[object]:
    if isinstance(wanted, _OWNERS):
        yield wanted
    elif isinstance(wanted, NewType):
        yield from _owners_in(wanted.__supertype__)
    else:
        if get_origin(wanted) is Annotated:
            yield wanted  # its rules may hold anything, a client too
        for inner in get_args(wanted):
            yield from _owners_in(inner)


def _place_at(owner: object) -> Place:
    """The place of a class itself, not that of a base. Those written in C take no attributes."""
    place = vars(owner).get(_ATTRIBUTE)
    if place is not None and place.owner() is owner:  # `functools.wraps` and `dataclass(slots=True)` copy attributes
        return place
    if isinstance(owner, type) and owner.__flags__ & _IMMUTABLE:
        return _NOWHERE
    place = Place(ref(owner))
    put = cast("Callable[..., None]", type.__setattr__ if isinstance(owner, type) else object.__setattr__)
    put(owner, _ATTRIBUTE, place)  # past what a metaclass does with attributes
    return place


_IMMUTABLE: Final = 1 << 8
"""`Py_TPFLAGS_IMMUTABLETYPE` (docs.python.org/3/c-api/typeobj.html, read 2026-11-21)."""


def _order_of(wanted: object) -> str | None:
    """What tells `int | str` from `str | int`, which are equal: the first may be the one that is tried first."""
    return None if get_origin(wanted) is None else repr(wanted)
