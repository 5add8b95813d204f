"""Whom a call is for, and what for: what tables and sticky policies go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.errors import ConfigurationError

_NO_LABELS: Final[Mapping[str, str]] = {}


class Purpose(Struct, frozen=True, kw_only=True):
    """Words of the application's, as its policies have them.

    Attributes:
        tenant: Who asks.
        task: What is to be done, such as `"extraction"`; the value of an enum stands for its member.
        tier: What the tenant pays for, such as `"free"`.
        session: What shall stay at one target while it can.
        labels: Any other words.
    """

    tenant: str | None = None
    task: str | None = None
    tier: str | None = None
    session: str | None = None
    labels: Mapping[str, str] = _NO_LABELS


def with_words(purpose: Purpose, said: Mapping[str, object], labels: Mapping[str, str]) -> Purpose:
    """`purpose`, with what else is `said`; `None` says nothing. Raises `ConfigurationError` for what is no word."""
    words = {name: _word(name, value) for name, value in said.items() if value is not None}
    return replace(purpose, **words, labels={**purpose.labels, **labels})


def _word(name: str, value: object) -> str:
    word = getattr(value, "value", value)  # of an enum
    if not isinstance(word, str):
        raise ConfigurationError(f"{name}= must be text, or a member of an enum of texts, not {value!r}")
    return word
