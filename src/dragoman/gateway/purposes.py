"""Whom a call is for: by its key, its headers, its tenant and the rules, in this order. Who says a word first wins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from typing import Final, Protocol

from dragoman.client.routers.purpose import Purpose
from dragoman.gateway.config.records import GatewayConfig, PurposeRule
from dragoman.gateway.lines import Headers

ANYONE: Final = Purpose()
"""Of calls that nobody says anything of."""

_WORDS: Final = ("tenant", "task", "tier", "session")

_MOST_KEPT: Final = 1024
"""Purposes that are kept: callers choose the words."""


class Caller(Protocol):
    """What is read of a virtual key."""

    @property
    def name(self) -> str: ...

    @property
    def tenant(self) -> str | None: ...

    @property
    def tier(self) -> str | None: ...


class Purposes:
    """Tells purposes by one configuration."""

    def __init__(self, config: GatewayConfig) -> None:
        names = config.purpose.headers
        self._words = [(word, name.lower().encode()) for word in _WORDS if (name := getattr(names, word))]
        self._labels = [(label, name.lower().encode()) for label, name in names.labels.items()]
        self._tenants = config.tenants
        self._rules = [_Rule(rule) for rule in config.purpose.rules]
        read = [name for _, name in (*self._words, *self._labels)]
        self._read = tuple(dict.fromkeys([*read, *(name for rule in self._rules for name in rule.headers)]))
        self._known: dict[tuple[object, ...], Purpose] = {}

    def of(self, headers: Headers, key: Caller | None = None) -> Purpose:
        """Whom a call is for; `ANYONE`, that very object, where nobody says anything.

        Args:
            headers: The request's, as ASGI has them: names in small letters.
            key: The caller's, if there is one.
        """
        if not self._rules and (key is None or (key.tenant is None and key.tier is None)):
            for name in self._read:
                if name in headers:
                    break
            else:
                return ANYONE
        caller = None if key is None else (key.name, key.tenant, key.tier)
        said = (caller, *map(headers.get, self._read))
        found = self._known.get(said)
        return self._kept(said, self._told(headers, key)) if found is None else found

    def _kept(self, said: tuple[object, ...], purpose: Purpose) -> Purpose:
        """`purpose`, kept for those who say the same; there are too many sessions to keep theirs."""
        if purpose.session is None:
            if len(self._known) >= _MOST_KEPT:
                del self._known[next(iter(self._known))]
            self._known[said] = purpose
        return purpose

    def _told(self, headers: Headers, key: Caller | None) -> Purpose:
        words: dict[str, str] = {}
        labels: dict[str, str] = {}
        if key is not None:
            _add(words, {"tenant": key.tenant, "tier": key.tier})
        _add(words, {word: _text(headers.get(name)) for word, name in self._words})
        _add(labels, {label: _text(headers.get(name)) for label, name in self._labels})
        tenant = self._tenants.get(words.get("tenant", ""))
        if tenant is not None:
            _add(words, {"tier": tenant.tier, "task": tenant.task})
            _add(labels, tenant.labels)
        for rule in self._rules:
            if rule.holds(words, headers, key):
                _add(words, {word: getattr(rule.says, word) for word in _WORDS})
                _add(labels, rule.says.labels)
        return Purpose(**words, labels=labels) if words or labels else ANYONE


def _add(words: dict[str, str], said: Mapping[str, str | None]) -> None:
    """What is said, where nobody has said anything else."""
    for word, value in said.items():
        if value:
            words.setdefault(word, value)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace").strip()


class _Rule:
    """A rule whose patterns are compiled.

    Attributes:
        says: Its words.
        headers: The names of those that it looks at.
    """

    def __init__(self, rule: PurposeRule) -> None:
        self.says = rule.say
        when = rule.when
        self._words = [(word, said) for word in ("tenant", "tier", "task") if (said := getattr(when, word)) is not None]
        self.headers = [name.lower().encode() for name in when.headers]
        self._headers = [(name.lower().encode(), _pattern(pattern)) for name, pattern in when.headers.items()]
        self._key = None if when.key is None else _pattern(when.key)

    def holds(self, words: Mapping[str, str], headers: Headers, key: Caller | None) -> bool:
        if self._key is not None and (key is None or not self._key.match(key.name)):
            return False
        if any(words.get(word) != said for word, said in self._words):
            return False
        return all(name in headers and pattern.match(_text(headers[name]) or "") for name, pattern in self._headers)


def _pattern(said: str) -> re.Pattern[str]:
    return re.compile(translate(said))
