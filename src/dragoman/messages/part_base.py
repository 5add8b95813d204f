"""What every content part has, and what travels beside a record for one dialect alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import Struct

JsonObject: TypeAlias = Mapping[str, Any]
"""A decoded JSON object."""


class Extra(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, repr_omit_defaults=True):
    """Fields of a record that only one dialect knows.

    Written back when the record is encoded for `dialect`; reported as a loss for any other.
    `dialect=None` means "write them whatever the dialect": the caller vouches for them.
    `spelling` is how that dialect wrote what the record says anyway (`developer` for `system`, say): it is written
    back too, and elsewhere nothing is lost without it.
    """

    fields: JsonObject = {}
    dialect: str | None = None
    spelling: JsonObject = {}


class CacheMark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, repr_omit_defaults=True):
    """Asks the provider to cache the prompt up to and including the marked part.

    `ttl` is the provider's own duration word (`"5m"`, `"1h"`), or `None` for its default.
    """

    ttl: str | None = None


class PartBase(
    Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True, repr_omit_defaults=True
):
    """What every content part has. In JSON a field that is none is an error, not dropped."""

    cache: CacheMark | None = None
    extra: Extra | None = None
