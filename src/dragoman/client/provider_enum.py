"""`Provider`: the names of the providers as an enum, which some programs compare with `client.provider`."""

from __future__ import annotations

from enum import StrEnum

from dragoman.providers import built_in_names

Provider = StrEnum(
    "Provider", {**{name.upper(): name for name in built_in_names()}, "UNKNOWN": "unknown"}, module=__name__
)
"""The built-in providers. A member is equal to its name, so `client.provider == Provider.ANTHROPIC` compares well."""
Provider.__doc__ = "The built-in providers by name. A member is equal to its name, as `client.provider` is."
