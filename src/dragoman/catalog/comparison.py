"""Providers, machines and speeds compared, as the founding guides have them (2024), for questions of choice.

Prices of models, which changed since, are not here but in the data files.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from dragoman.catalog.tables import table


class ProviderComparison(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provider is like, with the model the comparison was made with."""

    provider: str
    model: str
    cost: Literal["$$$", "$$", "free"]
    runs: Literal["cloud", "local"]
    technique: str
    context_tokens: int | None
    best_for: str
    set_up: Literal["easy", "medium", "hard"]
    source: str


class Machine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model of `least_billions` parameters and more needs."""

    least_billions: int
    memory_gb: int
    or_gpu: bool = False
    source: str


class Speed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tokens a second of a model with 7 billion parameters in 4 bits; `most` is `None` where no end is given."""

    chip: str
    least: int
    most: int | None = None
    source: str


class _Tables(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `tables/comparison.json` holds."""

    providers: tuple[ProviderComparison, ...]
    machines: tuple[Machine, ...]
    speeds: tuple[Speed, ...]


_TABLES: Final = table("comparison", _Tables)
COMPARISON: Final = _TABLES.providers
HARDWARE: Final = _TABLES.machines
SPEEDS: Final = _TABLES.speeds
