"""Which model a name means, and what is known about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

_DATA: Final = Path(__file__).parent / "data"


class Price(Struct, frozen=True):
    """US dollars per million tokens (per thousand searches for `web_search`).

    `above` lists `(tokens, price)`: with more input than `tokens`, that price holds for all of them.
    """

    base: Decimal
    above: tuple[tuple[int, Decimal], ...] = ()


class PriceList(Struct, frozen=True, kw_only=True):
    """Prices that hold from the day `since` (ISO; `None`: from the start) at a service tier (`None`: standard).

    `prices` is keyed by `input`, `output`, `cache_read`, `cache_write`, `cache_write_1h`, `input_audio`,
    `output_audio` and `web_search`. A part of the input or output without a price of its own costs what the whole does.
    """

    prices: dict[str, Price]
    since: str | None = None
    service_tier: str | None = None


class ModelFacts(Struct, frozen=True, kw_only=True):
    """What is known about a model. `context_tokens` is its window, `None` when not known."""

    id: str
    match: tuple[tuple[str, str], ...]
    prices: tuple[PriceList, ...] = ()
    context_tokens: int | None = None


class _DataFile(Struct, frozen=True, kw_only=True):
    as_of: str
    source: str
    models: tuple[ModelFacts, ...]


_MATCHES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equals": str.__eq__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
    "regex": lambda name, pattern: re.search(pattern, name) is not None,
}


@cache
def _load(provider: str) -> tuple[ModelFacts, ...]:
    path = _DATA / f"{provider}.json"
    return msgspec.json.decode(path.read_bytes(), type=_DataFile).models if path.is_file() else ()


@lru_cache(maxsize=4096)
def find_model(provider: str, model: str) -> ModelFacts | None:
    """The facts about `model` as `provider` names it, or `None` when the catalog has none.

    `provider` is the name of a price list: several providers may share one.
    """
    name = model.lower()
    for facts in _load(provider):
        if any(_MATCHES[kind](name, text) for kind, text in facts.match):
            return facts
    return None


@lru_cache(maxsize=1024)
def providers_of(model: str) -> tuple[str, ...]:
    """The price lists that know `model`, by name."""
    return tuple(sorted(path.stem for path in _DATA.glob("*.json") if find_model(path.stem, model)))
