"""Policies that ask who or what a request is: tables and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from operator import gt, lt
from typing import Any, Final, Self, TypeAlias, cast

from msgspec import Struct, ValidationError, convert

from dragoman.errors import ConfigurationError
from dragoman.routing.features import Features, Need
from dragoman.routing.misfit import misfit
from dragoman.routing.policies.base import Member, Policy, Score, Situation, as_member
from dragoman.routing.policies.sticky import WORDS, word_of


class Table(Policy):
    """The member that stands beside what the request says of itself.

        Table("task", {"coding": "ollama/llama3.1", "analysis": "anthropic/claude-sonnet-4-5"}, default="openai/gpt-4o")

    Attributes:
        by: `tenant`, `task`, `tier`, `session`, `model`, or a label of the application's.
        rows: What it says, and who is asked then.
        default: Who is asked when it says nothing or something else; nobody when left out.
    """

    def __init__(
        self, by: str, rows: Mapping[Any, Any], default: Any = None, *, name: str = "", weight: float = 1.0
    ) -> None:
        self.by = by
        self.rows = {_text(value): as_member(member) for value, member in rows.items()}
        self.default = None if default is None else as_member(default)
        super().__init__(*_with(self.rows.values(), self.default), name=name, weight=weight)

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        word = word_of(situation.features, self.by)
        found = None if word is None else self.rows.get(word)
        if found is not None:
            yield found, f"{self.by} {word}"
        elif self.default is not None:
            yield self.default, f"{self.by} {word or 'not said'}"

    def _over(self, members: list[Member]) -> Self:
        rows = dict(zip(self.rows, members, strict=False))
        default = None if self.default is None else members[-1]
        return type(self)(self.by, rows, default, name=self.name, weight=self.weight)


_Test: TypeAlias = tuple[str, Callable[[Any, Any], bool], Any]
"""A feature, what is asked of it, and beside what."""

_NOTHING_SAID: Final = (None, frozenset[str](), dict[str, str]())


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must hold of a request, all of it.

    Attributes:
        prompt_characters_below: Its text is shorter.
        prompt_characters_above: Its text is longer; likewise for tokens.
        needs: It needs all of these.
        task: It says one of these; so do `tier`, `tenant`, `session` and `model`.
        labels: It has these labels.
    """

    prompt_characters_below: int | None = None
    prompt_characters_above: int | None = None
    input_tokens_below: int | None = None
    input_tokens_above: int | None = None
    needs: Need | frozenset[Need] = frozenset()
    task: str | frozenset[str] | None = None
    tier: str | frozenset[str] | None = None
    tenant: str | frozenset[str] | None = None
    session: str | frozenset[str] | None = None
    model: str | frozenset[str] | None = None
    labels: Mapping[str, str] = {}

    @property
    def tests(self) -> tuple[_Test, ...]:
        """What it says, each with the feature it is said of."""
        said = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return tuple((*_TESTS[name], value) for name, value in said if value not in _NOTHING_SAID)

    def __str__(self) -> str:
        said = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return ", ".join(f"{name}={_words(value)}" for name, value in said if value not in _NOTHING_SAID)


class When(Policy):
    """The member beside the first condition that holds.

        When([({"prompt_characters_below": 100}, "openai/gpt-4o-mini")], default="openai/gpt-4o")

    Attributes:
        cases: Conditions, and who is asked when one holds. A mapping is read as the fields of a `Match`.
        default: Who is asked when none does; nobody when left out.
    """

    def __init__(
        self, cases: Iterable[tuple[Any, Any]], default: Any = None, *, name: str = "", weight: float = 1.0
    ) -> None:
        self.cases = [(as_condition(condition), as_member(member)) for condition, member in cases]
        self.default = None if default is None else as_member(default)
        self._cases = [(condition.tests, str(condition), member) for condition, member in self.cases]
        super().__init__(*_with((member for _, member in self.cases), self.default), name=name, weight=weight)

    def ranked(self, situation: Situation) -> Iterator[tuple[Member, Score]]:
        for tests, words, member in self._cases:
            if _all_hold(tests, situation.features):
                yield member, words
                return
        if self.default is not None:
            yield self.default, "no condition holds"

    def _over(self, members: list[Member]) -> Self:
        cases = [(condition, member) for (condition, _), member in zip(self.cases, members, strict=False)]
        default = None if self.default is None else members[-1]
        return type(self)(cases, default, name=self.name, weight=self.weight)


def as_condition(given: Match | Mapping[str, Any]) -> Match:
    """A condition as it is, or from its fields. Raises `ConfigurationError` for others."""
    if isinstance(given, Match):
        return given
    unknown = sorted(set(given) - set(Match.__struct_fields__))
    if unknown:
        raise ConfigurationError(f"unknown condition `{unknown[0]}`. There are: {', '.join(Match.__struct_fields__)}")
    fields = {name: _plain(value) for name, value in given.items()}
    try:
        return convert(fields, Match)
    except ValidationError as error:
        keys, message = misfit(Match, fields, error, strict=True)
        raise ConfigurationError(f"`{keys[0]}`: {message}" if keys else message) from error


def _with(members: Iterable[Member], default: Member | None) -> list[Member]:
    return [*members, *([] if default is None else [default])]


def _text(value: Any) -> str:
    """A word as requests have it; a member of an `Enum` stands for its value."""
    return str(value.value) if isinstance(value, Enum) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple | list):
        return [_plain(each) for each in cast("Iterable[Any]", value)]
    return value.value if isinstance(value, Enum) else value


def _all_hold(tests: Iterable[_Test], features: Features) -> bool:
    return all(test(getattr(features, name), said) for name, test, said in tests)


def _is_one(word: str | None, wanted: str | frozenset[str]) -> bool:
    return word == wanted if isinstance(wanted, str) else word in wanted


def _has_all(needs: frozenset[str], wanted: str | frozenset[str]) -> bool:
    return wanted in needs if isinstance(wanted, str) else wanted <= needs


def _has_labels(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return wanted.items() <= labels.items()


_TESTS: Final[dict[str, tuple[str, Callable[[Any, Any], bool]]]] = {
    "prompt_characters_below": ("prompt_characters", lt),
    "prompt_characters_above": ("prompt_characters", gt),
    "input_tokens_below": ("input_tokens", lt),
    "input_tokens_above": ("input_tokens", gt),
    "needs": ("needs", _has_all),
    **{word: (word, _is_one) for word in WORDS},
    "labels": ("labels", _has_labels),
}
"""What a field of a `Match` asks of which feature."""


def _words(value: Any) -> str:
    return "|".join(sorted(map(str, cast("frozenset[str]", value)))) if isinstance(value, frozenset) else str(value)
