"""Options under other names: what the SDKs call them, made what we do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.errors import ConfigurationError


def under_own_names(options: Mapping[str, Any], aliases: Mapping[str, str]) -> dict[str, Any]:
    """`options` with each alias replaced by the name it stands for; those that are `None` are left out.

    Raises `ConfigurationError` when two of them say the same, be they two aliases or one and the name itself.
    """
    given = {name: value for name, value in options.items() if value is not None}
    written: dict[str, str] = {}
    for name in given:
        own = aliases.get(name, name)
        if own in written:
            raise ConfigurationError(f"`{written[own]}` and `{name}` say the same: pass one of them")
        written[own] = name
    return {own: given[name] for own, name in written.items()}
