"""What is known of those who serve models, besides the models: their names here, and how they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from msgspec import Struct

from dragoman.catalog.facts import Technique
from dragoman.catalog.tables import table


class Host(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of `tables/hosts.json`.

    Attributes:
        list: The list in which its models stand.
        also_called: Other names of it, and providers who serve the same models at the same prices.
        technique: What is sure where nothing is known of a model, or it cannot be made to call tools; `None`: nothing.
        by_model: Techniques that the founding documents give by a part of the model's name (S4.16).
    """

    list: str
    also_called: tuple[str, ...] = ()
    technique: Technique | None = None
    by_model: tuple[tuple[str, Technique], ...] = ()


@cache
def hosts() -> Mapping[str, Host]:
    """By list: the hosts of which there is something to say."""
    return {host.list: host for host in table("hosts", tuple[Host, ...])}


NOBODY: Final = Host(list="")
"""A host of which nothing is said."""


@cache
def _same_list() -> Mapping[str, str]:
    return {name: host.list for host in hosts().values() for name in host.also_called}


def list_name(provider: str) -> str:
    """The list in which a provider's models stand."""
    name = provider.strip().lower().replace("-", "_")
    return _same_list().get(name, name)
