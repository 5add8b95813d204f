"""Policies from a document: a text names a target, a list is a chain, a mapping is a policy by its one word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from msgspec.structs import replace

from dragoman.catalog import providers_of
from dragoman.routing.policies import OF_MEMBERS, Member, Ordered, Policy, Sticky, Table, When, as_condition
from dragoman.routing.tables.client_words import options_at
from dragoman.routing.tables.fields import list_at, located, mapping_at, one_of, record_at, refuse_unknown, required
from dragoman.routing.tables.places import below, item, refused
from dragoman.routing.target import Target

_COMMON: Final = ("name", "weight")

_OF_TARGETS: Final = tuple(name for name in Target.__struct_fields__ if name not in ("served", "place"))


class PolicyTree:
    """Reads the policies of one document. A target or policy that is named twice is one object.

    Attributes:
        places: Where each target stands. No two targets have one name.
    """

    def __init__(self, targets: Any, policies: Any) -> None:
        self.places: dict[Target, str] = {}
        self._names: dict[str, int] = {}
        self._targets = {
            str(name): self._target(below("targets", name), given, str(name))
            for name, given in mapping_at("targets", targets).items()
        }
        self._given = mapping_at("policies", policies)
        self._policies: dict[str, Member] = {}
        self._being_read: list[str] = []
        self._anonymous: dict[str, Target] = {}

    def policy(self, place: str, given: Any) -> Policy:
        """A policy; a target alone is a chain of one."""
        member = self.member(place, given)
        return member if isinstance(member, Policy) else Ordered(member)

    def member(self, place: str, given: Any) -> Member:
        if isinstance(given, str):
            return self._named(place, given)
        if isinstance(given, list):
            return Ordered(*self._members(place, given))
        node = mapping_at(place, given)
        if "model" in node:
            return self._target(place, node)
        word = one_of(place, node, [*OF_MEMBERS, *_READERS], _COMMON)
        common = {key: _CHECKS[key](below(place, key), node[key]) for key in _COMMON if key in node}
        return self._built(below(place, word), word, node[word], common)

    def _built(self, place: str, word: str, given: Any, common: dict[str, Any]) -> Policy:
        if word in _READERS:
            return _READERS[word](self, place, given, common)
        members = self._members(place, given)
        with located(place):
            return OF_MEMBERS[word](*members, **common)

    def _members(self, place: str, given: Any) -> list[Member]:
        """A list of members, or a mapping of their names to their weights."""
        if isinstance(given, Mapping):
            return [
                self._weighed(below(place, name), name, weight) for name, weight in mapping_at(place, given).items()
            ]
        return [self.member(item(place, number), each) for number, each in enumerate(list_at(place, given))]

    def _weighed(self, place: str, name: str, weight: Any) -> Policy:
        member = self._named(place, name)
        number = _number(place, weight)
        with located(place):
            return Ordered(member, name=name, weight=number)

    def _named(self, place: str, name: str) -> Member:
        """A policy or target by its name in the document, else `provider/model`."""
        if name in self._given:
            return self._named_policy(name)
        if name in self._targets:
            return self._targets[name]
        if "/" not in name:
            known = [*self._given, *self._targets]
            meant = get_close_matches(name, known, n=1) or [f"{each}/{name}" for each in providers_of(name)[:1]]
            guess = f" Did you mean `{meant[0]}`?" if meant else ""
            said = f"`{name}` is neither provider/model nor a name in this document: {', '.join(known) or 'none'}"
            raise refused(place, f"{said}.{guess}" if guess else said)
        if name not in self._anonymous:
            self._anonymous[name] = self._target(place, name)
        return self._anonymous[name]

    def _named_policy(self, name: str) -> Member:
        if name in self._being_read:
            raise refused(below("policies", name), f"it leads to itself: {' > '.join([*self._being_read, name])}")
        if name not in self._policies:
            self._being_read.append(name)
            self._policies[name] = self.member(below("policies", name), self._given[name])
            self._being_read.pop()
        return self._policies[name]

    def _target(self, place: str, given: Any, name: str = "") -> Target:
        """A target: `provider/model`, or a mapping with it as `model`."""
        target = target_at(place, given, name)
        count = self._names[target.name] = self._names.get(target.name, 0) + 1
        if count > 1:
            target = replace(target, name=f"{target.name}#{count}")
        self.places[target] = place
        return target

    # ------------------------------------------------------------------ policies with words of their own

    def sticky(self, place: str, given: Any, common: dict[str, Any]) -> Policy:
        node = mapping_at(place, {"members": given} if isinstance(given, list) else given)
        refuse_unknown(place, node, ("by", "balance", "members"))
        said = {key: _CHECKS[key](below(place, key), node[key]) for key in ("by", "balance") if key in node}
        members = self._members(below(place, "members"), required(place, node, "members"))
        with located(place):
            return Sticky(*members, **said, **common)

    def table(self, place: str, given: Any, common: dict[str, Any]) -> Policy:
        node = mapping_at(place, given)
        refuse_unknown(place, node, ("by", "rows", "default"))
        rows = mapping_at(below(place, "rows"), required(place, node, "rows"))
        read = {str(value): self.member(below(below(place, "rows"), value), each) for value, each in rows.items()}
        by, default = _text(below(place, "by"), required(place, node, "by")), self._default(place, node)
        with located(place):
            return Table(by, read, default, **common)

    def when(self, place: str, given: Any, common: dict[str, Any]) -> Policy:
        node = mapping_at(place, given)
        refuse_unknown(place, node, ("cases", "default"))
        cases = list_at(below(place, "cases"), required(place, node, "cases"))
        read = [self._case(item(below(place, "cases"), number), case) for number, case in enumerate(cases)]
        default = self._default(place, node)
        with located(place):
            return When(read, default, **common)

    def _case(self, place: str, given: Any) -> tuple[Any, Member]:
        case = mapping_at(place, given)
        refuse_unknown(place, case, ("if", "use"))
        where = below(place, "if")
        said = mapping_at(where, required(place, case, "if"))
        with located(where):
            condition = as_condition(said)
        return condition, self.member(below(place, "use"), required(place, case, "use"))

    def _default(self, place: str, node: Mapping[str, Any]) -> Member | None:
        return self.member(below(place, "default"), node["default"]) if "default" in node else None


_READERS: Final[dict[str, Callable[[PolicyTree, str, Any, dict[str, Any]], Policy]]] = {
    "sticky": PolicyTree.sticky,
    "table": PolicyTree.table,
    "when": PolicyTree.when,
}


POLICY_WORDS: Final = (*OF_MEMBERS, *_READERS, *_COMMON)
"""What may stand where a policy is said by a mapping."""


def target_at(place: str, given: Any, name: str = "") -> Target:
    """A target: `provider/model`, or a mapping with it as `model`."""
    fields = {"model": given} if isinstance(given, str) else dict(mapping_at(place, given))
    served = _text(below(place, "model"), required(place, fields, "model"))
    del fields["model"]
    refuse_unknown(place, fields, ["model", *_OF_TARGETS])
    target = record_at(place, {"served": served, "name": name or served, **fields}, Target)
    said = {word: options_at(below(place, word), fields[word]) for word in ("options", "client") if word in fields}
    return replace(target, **said)


def _text(place: str, given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise refused(place, f"here stands a text, not {given!r}")
    return given


def _number(place: str, given: Any) -> float:
    try:
        if not isinstance(given, bool):
            return float(given)
    except (TypeError, ValueError):
        pass
    raise refused(place, f"here stands a number, not {given!r}")


_CHECKS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "name": _text,
    "weight": _number,
    "by": _text,
    "balance": lambda place, given: None if given is None else _number(place, given),
}
