"""Prices and names from genai-prices (MIT, github.com/pydantic/genai-prices)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from genai_prices import types
from genai_prices.data import providers

SOURCE = f"genai-prices {version('genai-prices')}"
_PROVIDERS = {provider.id: provider for provider in providers}

UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "output_image_mtok": "output_image",
    "web_searches_kcount": "web_search",
    "requests_kcount": "request",
}
"""Price per million tokens, or per thousand searches and requests."""

_TIERS = {"service_tier": {"default": None}, "processing": {}, "speed": {}}
"""What a price may depend on besides date and length, with the words that mean the usual one."""


def rows_of(provider_id: str) -> list[dict[str, Any]]:
    """The models of one provider in our shape: `id`, `match`, `prices`, `context_tokens`, `deprecated`."""
    return [_row(model) for model in _PROVIDERS[provider_id].models]


def urls_of(provider_id: str) -> list[str]:
    return list(_PROVIDERS[provider_id].pricing_urls or [])


def _row(model: types.ModelInfo) -> dict[str, Any]:
    match = _clauses(model.match)
    row: dict[str, Any] = {"id": _callable_name(model.id, match), "match": match, "prices": _dated_prices(model)}
    if model.context_window:
        row["context_tokens"] = model.context_window
    if model.deprecated:
        row["deprecated"] = True
    return row


def _callable_name(name: str, match: list[list[str]]) -> str:
    """A name that the provider takes: where the data set's own is a label, the first that is."""
    exact = [text for kind, text in match if kind == "equals"]
    if not exact or name.lower() in exact or len(exact) < len(match):
        return name
    return exact[0]


def _price(value: Decimal | types.TieredPrices) -> list[Any]:
    if isinstance(value, types.TieredPrices):
        return [str(value.base), [[tier.start, str(tier.price)] for tier in value.tiers]]
    return [str(value)]


def _price_list(prices: types.ModelPrice) -> dict[str, Any]:
    known = {ours: getattr(prices, theirs, None) for theirs, ours in UNITS.items()}
    return {name: _price(value) for name, value in known.items() if value is not None}


def _dated_prices(model: types.ModelInfo) -> list[dict[str, Any]]:
    """Price lists with the day each begins to hold; none for a model whose prices depend on the hour."""
    base = model.prices if isinstance(model.prices, list) else [types.ConditionalPrice(prices=model.prices)]
    if any(isinstance(row.constraint, types.TimeOfDateConstraint) for row in base):
        return []
    rows = [_dated(row.constraint, _price_list(row.prices)) for row in base]
    for variant in getattr(model, "price_variants", None) or []:
        tier = _tier(variant.when)
        prices = _price_list(variant.prices)
        if tier and prices and not isinstance(variant.constraint, types.TimeOfDateConstraint):
            rows.append(_dated(variant.constraint, prices) | {"service_tier": tier})
    return [row for row in rows if row["prices"]]


def _tier(when: dict[str, str]) -> str | None:
    """The service tier that a variant is for, `None` when it is the usual one or depends on something else."""
    if len(when) != 1:
        return None
    ((what, word),) = when.items()
    return _TIERS[what].get(word, word) if what in _TIERS else None


def _dated(constraint: Any, prices: dict[str, Any]) -> dict[str, Any]:
    since = constraint.start_date.isoformat() if isinstance(constraint, types.StartDateConstraint) else None
    return {"prices": prices} | ({"since": since} if since else {})


_AS_REGEX: dict[str, Callable[[str], str]] = {
    "equals": lambda text: f"(?=^{re.escape(text)}$)",
    "starts_with": lambda text: f"(?=^{re.escape(text)})",
    "ends_with": lambda text: f"(?=.*{re.escape(text)}$)",
    "contains": lambda text: f"(?=.*{re.escape(text)})",
    "regex": lambda text: f"(?={text})" if text.startswith("^") else f"(?=.*(?:{text}))",
}


def _lower(kind: str, text: str) -> str:
    """Names are looked for in lower case; a pattern stays as it is."""
    return text if kind == "regex" else text.lower()


def _clauses(match: Any) -> list[list[str]]:
    """The names a model answers to, as `[kind, text]` pairs of which one must hold."""
    if isinstance(match, types.ClauseOr):
        return [pair for clause in match.or_ for pair in _clauses(clause)]
    if isinstance(match, types.ClauseAnd):
        parts = [_clauses(clause) for clause in match.and_]
        return [["regex", "^" + "".join("(?:" + "|".join(_AS_REGEX[k](t) for k, t in part) + ")" for part in parts)]]
    for kind in _AS_REGEX:
        if hasattr(match, kind):
            return [[kind, _lower(kind, getattr(match, kind))]]
    raise SystemExit(f"a match rule of a new kind: {match!r}")
