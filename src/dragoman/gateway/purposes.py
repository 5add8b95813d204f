"""Whom a call is for: by its key, its headers, its tenant and the rules, in this order. Who says a word first wins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import translate
from typing import Final, Protocol

from dragoman.client.routers.purpose import Purpose
from dragoman.gateway.config.records import GatewayConfig, PurposeRule

ANYONE: Final = Purpose()
"""Of calls that nobody says anything of."""

Headers = Mapping[bytes, bytes]
"""As ASGI has them: names in small letters."""

_WORDS: Final = ("tenant", "task", "tier", "session")


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
        self._names = [name for _, name in (*self._words, *self._labels)]
        self._tenants = config.tenants
        self._rules = [_Rule(rule) for rule in config.purpose.rules]

    def of(self, headers: Headers, key: Caller | None) -> Purpose:
        """Whom a call is for; `ANYONE`, that very object, where nobody says anything."""
        for name in self._names:
            if name in headers:
                return self._told(headers, key)
        if self._rules or (key is not None and (key.tenant is not None or key.tier is not None)):
            return self._told(headers, key)
        return ANYONE

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
    """A rule whose patterns are compiled."""

    def __init__(self, rule: PurposeRule) -> None:
        self.says = rule.say
        when = rule.when
        self._words = [(word, said) for word in ("tenant", "tier", "task") if (said := getattr(when, word)) is not None]
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
