"""Write `src/dragoman/catalog/data/*.json` from the public genai-prices data set.

    pip install genai-prices && python scripts/update_catalog.py [--date 2026-11-21]

genai-prices (MIT, github.com/pydantic/genai-prices) is needed here only, never at run time. Prices that depend on the
hour of the day are left out: their models then have no price, which costs report as unknown.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data import providers

DATA = Path(__file__).parents[1] / "src" / "dragoman" / "catalog" / "data"

FILES = {"openai": "openai", "anthropic": "anthropic"}
"""Our file → the provider's id in genai-prices."""

UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "web_searches_kcount": "web_search",
}
"""Price per million tokens, or per thousand searches; other units are not counted by our `Usage`."""


def price(value: Decimal | types.TieredPrices) -> Any:
    """A price as text; with tiers, what holds above so many input tokens."""
    if isinstance(value, types.TieredPrices):
        return {"base": str(value.base), "above": [[tier.start, str(tier.price)] for tier in value.tiers]}
    return {"base": str(value)}


def price_list(prices: types.ModelPrice) -> dict[str, Any]:
    known = {ours: getattr(prices, theirs, None) for theirs, ours in UNITS.items()}
    return {name: price(value) for name, value in known.items() if value is not None}


def dated_prices(model: types.ModelInfo) -> list[dict[str, Any]]:
    """Price lists with the day each begins to hold (`null`: always did), earliest first, service tiers beside."""
    rows: list[dict[str, Any]] = []
    base = model.prices if isinstance(model.prices, list) else [types.ConditionalPrice(prices=model.prices)]
    for row in base:
        if isinstance(row.constraint, types.TimeOfDateConstraint):
            return []
        rows.append({"since": start(row.constraint), "prices": price_list(row.prices)})
    for variant in getattr(model, "price_variants", None) or []:
        tier = variant.when.get("service_tier")
        prices = price_list(variant.prices)
        if (
            tier
            and len(variant.when) == 1
            and prices
            and not isinstance(variant.constraint, types.TimeOfDateConstraint)
        ):
            rows.append({"since": start(variant.constraint), "service_tier": tier, "prices": prices})
    return rows


def start(constraint: Any) -> str | None:
    return constraint.start_date.isoformat() if isinstance(constraint, types.StartDateConstraint) else None


def clauses(match: Any) -> list[list[str]]:
    """The names a model answers to, as `[kind, text]` pairs of which one must hold."""
    if isinstance(match, types.ClauseOr):
        return [pair for clause in match.or_ for pair in clauses(clause)]
    for kind in ("equals", "starts_with", "ends_with", "contains", "regex"):
        if hasattr(match, kind):
            return [[kind, getattr(match, kind)]]
    raise SystemExit(f"a match rule of a new kind: {match!r}")


def model_row(model: types.ModelInfo) -> dict[str, Any]:
    row = {"id": model.id, "match": clauses(model.match), "prices": dated_prices(model)}
    if model.context_window:
        row["context_tokens"] = model.context_window
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", default=dt.datetime.now(dt.UTC).date().isoformat())
    as_of = parser.parse_args().date
    known = {provider.id: provider for provider in providers}
    DATA.mkdir(exist_ok=True)
    for file, provider_id in FILES.items():
        rows = [json.dumps(model_row(model), ensure_ascii=False) for model in known[provider_id].models]
        head = {"as_of": as_of, "source": f"genai-prices {version('genai-prices')}"}
        lines = ",\n".join(rows)  # one model a line: a change of price is a change of one line
        (DATA / f"{file}.json").write_text(f'{json.dumps(head)[:-1]}, "models": [\n{lines}\n]}}\n')
        print(f"{file}: {len(rows)} models")


if __name__ == "__main__":
    main()
