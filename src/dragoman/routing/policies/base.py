"""Policies: in which order targets are asked.

A policy ranks its members, which are targets and other policies, and is asked for the next only when something speaks
against the one before: who is first costs little, however many there are. It never looks at whether a target fits or is
healthy; `routing.decision` does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from math import inf
from typing import Any, ClassVar, Final, Self, TypeAlias
from weakref import WeakValueDictionary

from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.routing.features import Features
from dragoman.routing.health import Board
from dragoman.routing.prices import Prices
from dragoman.routing.target import Target

Score = float | str | None
"""By what a member was ranked: a number of what its policy measures, a word, or nothing."""


Step: TypeAlias = "tuple[Policy, Score, Step | None]"
"""Which policy ranked a member, by what, and the step that led to that policy."""


class Situation(Struct, kw_only=True, eq=False):
    """All that a decision depends on.

    Attributes:
        features: What is asked.
        board: How the targets stand.
        prices: What they cost.
        now: The router's clock, in seconds.
        random: A number from 0 up to 1.
        moves: Whether turns are taken. They are not when a decision is only explained, nor when a call goes on to
            another target.
        trail: How each member was come to last: filled while an order is read.
    """

    features: Features
    board: Board
    prices: Prices
    now: float
    random: Callable[[], float]
    moves: bool = True
    trail: dict[Member, Step] = {}


class Policy(ABC):
    """An order of preference among members, for a request.

    One of your own states it in `ranked`:

        class Alphabetical(Policy):
            def ranked(self, situation):
                for member in sorted(self.members, key=repr):
                    yield member, None

    Attributes:
        members: Targets and policies. What else is given becomes `Target(it)`.
        name: How explanations call it.
        weight: Its share, within a policy that deals by weight.
    """

    measure: ClassVar[str] = "{}"
    """How a score of it is told to people, such as "{} in flight"."""

    def __init__(self, *members: Any, name: str = "", weight: float = 1.0) -> None:
        if not members:
            raise ConfigurationError(f"{type(self).__name__}: it needs at least one target")
        if not 0 <= weight < inf:
            raise ConfigurationError(f"{type(self).__name__}: weight={weight!r} must be finite and not negative")
        self.members: tuple[Member, ...] = tuple(map(as_member, members))
        self._targets = tuple(dict.fromkeys(target for member in self.members for target in targets_of(member)))
        self.name = name
        self.weight = weight

    @abstractmethod
    def ranked(self, situation: Situation) -> Iterable[tuple[Member, Score]]:
        """Its members, the one to ask first before the others, each at most once and with its score."""

    def order(self, situation: Situation) -> Iterator[Target]:
        """The targets, the one to ask first first. One that stands at two places in the tree may come twice."""
        trail = situation.trail
        above = trail.get(self)
        for member, score in self.ranked(situation):
            trail[member] = (self, score, above)
            if isinstance(member, Target):
                yield member
            else:
                yield from member.order(situation)

    @property
    def foremost(self) -> Target | None:
        """The target that `order` begins with, whatever the situation, where reading so far changes nothing."""
        return None

    @property
    def names_all(self) -> bool:
        """Whether every target below it is in its order, whatever the situation."""
        return False

    def targets(self) -> tuple[Target, ...]:
        """Every target below it, once."""
        return self._targets

    def mapped(self, of: Callable[[Target], Target]) -> Self:
        """The same tree over other targets, without a memory of turns. `of` is called once for each."""
        return self.over(of, {})

    def over(self, of: Callable[[Target], Target], done: dict[Member, Member]) -> Self:
        """`mapped`, for one that may stand at several places: `done` has what each member became."""
        return self._over([_mapped_member(member, of, done) for member in self.members])

    def _over(self, members: list[Member]) -> Self:
        """The same policy over other members, in the same places."""
        return type(self)(*members, name=self.name, weight=self.weight)

    def shown(self, score: Score) -> str:
        """What it says of a member that it ranked by `score`."""
        title = self.name or type(self).__name__
        if score is None:
            return title
        if isinstance(score, str):
            return f"{title}: {score}"
        return f"{title}: {self.measure.format(f'{score:.3g}')}"

    def __repr__(self) -> str:
        members = ", ".join(repr(member) for member in self.members[:3])
        return f"<{self.name or type(self).__name__} {members}{', …' if len(self.members) > 3 else ''}>"


Member = Target | Policy


def targets_of(member: Member) -> tuple[Target, ...]:
    """The target itself, or every target below a policy."""
    return (member,) if isinstance(member, Target) else member.targets()


def as_member(given: Any) -> Member:
    """A policy or a target as it is, all else as what a target serves. Texts that are the same are one target."""
    if isinstance(given, Target | Policy):
        return given
    if isinstance(given, type) or given is None or given == "":
        raise ConfigurationError(f"{given!r} is no target: give 'provider/model', a client, a Target or a policy")
    return _BY_TEXT.setdefault(given, Target(given, name=given)) if isinstance(given, str) else Target(given)


_BY_TEXT: Final[WeakValueDictionary[str, Target]] = WeakValueDictionary()
"""Targets of which nothing is said but a text, while anybody has them."""


def _mapped_member(member: Member, of: Callable[[Target], Target], done: dict[Member, Member]) -> Member:
    if member not in done:
        done[member] = of(member) if isinstance(member, Target) else member.over(of, done)
    return done[member]
