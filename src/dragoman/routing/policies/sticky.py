"""Sticky: a session stays where it was, so that the provider's prompt cache is warm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from math import ceil, inf, log
from struct import Struct as Lanes
from typing import Any, Final, Self

from dragoman.errors import ConfigurationError
from dragoman.routing.features import Features
from dragoman.routing.health import Board
from dragoman.routing.policies.base import Member, Policy, Score, Situation
from dragoman.routing.policies.dealing import by_lot
from dragoman.routing.target import Target

_MASK: Final = (1 << 30) - 1
"""Numbers are of 30 bits."""

_LANE: Final = 64
"""Bits: the product of two numbers has 60."""

_FRACTION: Final = 1 << 52
"""Of a float, which has so many bits of it."""

_ONE: Final = 0x3FF << 52
"""The bits of 1.0."""

_LANE_BITS: Final = 22
"""What a number leaves of them."""

_LAST_LANE: Final = (1 << _LANE_BITS) - 1

_KEPT: Final = 1000
"""So many sessions are remembered, some 100 KiB; it is only to save time."""


class Sticky(Policy):
    """The same member for the same session, in every process, for it is computed and not remembered.

    Rendezvous hashing: each member has a number for each session, and the greatest wins. So when one is taken away only
    its own sessions move, and when one comes only those that it gets. One that has more than its share of the calls in
    flight, `balance` times the average, is passed over until it has less ("consistent hashing with bounded loads",
    Mirrokni, Thorup and Zadimoghaddam, 2018). A request without a session goes by lot.

    Members are told apart by what they serve and what they are called, so renaming a target moves its sessions; of
    several that look alike, by their places.
    """

    def __init__(
        self, *members: Any, by: str = "session", balance: float | None = 1.25, name: str = "", weight: float = 1.0
    ) -> None:
        super().__init__(*members, name=name, weight=weight)
        if not any(member.weight for member in self.members):
            raise ConfigurationError("Sticky: at least one member needs a weight above 0")
        if balance is not None and balance <= 1:
            raise ConfigurationError(f"Sticky: balance={balance!r} must be more than 1, or None for no bound")
        self.by = by
        self.balance = balance
        self._groups = _groups(self.members)
        self._homes: dict[str, int] = {}

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        key = word_of(situation.features, self.by)
        if key is None:
            yield from ((member, f"no {self.by}") for member in by_lot(self.members, situation.random))
            return
        home = self._home(key)
        first = self.members[home]
        full: list[Member] = []
        if self._is_full(first, situation):
            full.append(first)
        else:
            yield first, None
        for member in self._others(key, home):
            if self._is_full(member, situation):
                full.append(member)
            else:
                yield member, None
        yield from ((member, "more than its share") for member in full)

    def _others(self, key: str, home: int) -> Iterator[Member]:
        """The members after the first, by their ranks."""
        session = _number(key)
        others = sorted((rank for group in self._groups for rank in group.ranks(session)), reverse=True)
        return (self.members[place] for _, place in others if place != home)

    def _home(self, key: str) -> int:
        """The place of the greatest. Kept for a while, for a conversation asks again and again."""
        home = self._homes.get(key)
        if home is None:
            session = _number(key)
            home = max([group.greatest(session) for group in self._groups])[1]
            if len(self._homes) >= _KEPT:
                self._homes.clear()
            self._homes[key] = home
        return home

    def _is_full(self, member: Member, situation: Situation) -> bool:
        """Whether one more call would be more than its share. Whoever has nothing to do never is."""
        if self.balance is None:
            return False
        board = situation.board
        load = _load(member, board)
        if not load:
            return False
        total = _load(self, board) + 1
        share = member.weight / sum(each.weight for each in self.members)
        return load + 1 > ceil(self.balance * total * share)

    def _over(self, members: list[Member]) -> Self:
        return type(self)(*members, by=self.by, balance=self.balance, name=self.name, weight=self.weight)


def _load(member: Member, board: Board) -> int:
    """The calls under way there."""
    if isinstance(member, Target):
        return board[member].in_flight
    return sum([board[target].in_flight for target in member.targets()])


def word_of(features: Features, by: str) -> str | None:
    """What a request says of itself: `tenant`, `task`, `tier`, `session`, `model`, or a label of the application's."""
    return getattr(features, by) if by in WORDS else features.labels.get(by)


WORDS: Final = ("tenant", "task", "tier", "session", "model")


def _number(text: str) -> int:
    """An odd number of 30 bits, the same in every process, which `hash` is not."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) & _MASK | 1


class _Group:
    """Members of one weight: among them the greatest number has the greatest rank, and one logarithm is enough.

    The numbers of all come from one product: the factors stand in one great integer, far enough apart that their
    products do not touch.

    To find the greatest, the lanes are read as floats from 1 to 2: a float is made and compared in half the time of an
    int. A number stands in the upper bits of the fraction, and below it the lane, the first of them as the greatest, so
    that nobody has to look where the number was.
    """

    __slots__ = ("_factors", "_floats", "_lanes", "_low", "_marks", "_places", "_weight")

    def __init__(self, weight: float, places: Sequence[int], keys: Iterable[str]) -> None:
        self._weight = weight
        self._places = places
        self._factors = sum(_number(key) << _LANE * lane for lane, key in enumerate(keys))
        self._low = sum(_MASK << _LANE * lane for lane in range(len(places)))
        self._marks = sum((_ONE | _LAST_LANE - lane) << _LANE * lane for lane in range(len(places)))
        self._lanes = Lanes(f"<{len(places)}Q")
        self._floats = Lanes(f"<{len(places)}d")

    def greatest(self, session: int) -> tuple[float, int]:
        """The greatest rank of a session, and the place of its member."""
        lanes = (session * self._factors & self._low) << _LANE_BITS | self._marks
        fraction = int((max(self._floats.unpack(lanes.to_bytes(self._floats.size, "little"))) - 1) * _FRACTION)
        return self._rank(fraction >> _LANE_BITS), self._places[_LAST_LANE - (fraction & _LAST_LANE)]

    def ranks(self, session: int) -> Iterator[tuple[float, int]]:
        return ((self._rank(number), place) for number, place in zip(self._numbers(session), self._places, strict=True))

    def _numbers(self, session: int) -> tuple[int, ...]:
        """A number for each, without pattern: the low half of the product of two odd ones."""
        return self._lanes.unpack((session * self._factors & self._low).to_bytes(self._lanes.size, "little"))

    def _rank(self, number: int) -> float:
        """`ln(u) / weight`, of which the greatest wins with a chance as great as its weight; `u` is from 0 to 1."""
        return log((number + 1) / (_MASK + 1)) / self._weight if self._weight else -inf


def _groups(members: tuple[Member, ...]) -> list[_Group]:
    keys = _keys(members)
    places: dict[float, list[int]] = {}
    for place, member in enumerate(members):
        places.setdefault(member.weight, []).append(place)
    return [_Group(weight, group, [keys[place] for place in group]) for weight, group in places.items()]


def _keys(members: tuple[Member, ...]) -> list[str]:
    """A text for each member that tells it from the others."""
    keys: list[str] = []
    for member in members:
        key = _key(member)
        keys.append(key if key not in keys else f"{key} {len(keys)}")
    return keys


def _key(member: Member) -> str:
    if isinstance(member, Target):
        served = member.served if isinstance(member.served, str) else type(member.served).__name__
        return f"{member.name} {served}"
    return f"{member.name} {' '.join(map(_key, member.members))}"
