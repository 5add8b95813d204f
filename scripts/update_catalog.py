"""Write `src/dragoman/catalog/data/*.json` from public data sets and what was looked up by hand.

    pip install genai-prices
    pip download --no-deps litellm==1.109.1 litellm==1.80.0   # one after the other
    python scripts/update_catalog.py --litellm litellm-1.109.1*.whl --older litellm-1.80.0*.whl [--date 2026-11-21]

genai-prices and LiteLLM's list of models (both MIT) are needed here only, never at run time. Prices are the first's,
limits and abilities the second's; an older list says what is known of models that the newest has dropped. What was
looked up by hand (`catalog_sources/*.toml`) wins over both. Prices that depend on the hour of the day are left out:
their models then have no price, which costs report as unknown.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path
from typing import Any

from catalog_sources import genai, litellm
from catalog_sources.merge import models_of
from catalog_sources.providers import PROVIDERS, Provider

DATA = Path(__file__).parents[1] / "src" / "dragoman" / "catalog" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--date", default=dt.datetime.now(dt.UTC).date().isoformat())
    parser.add_argument("--litellm", type=Path, required=True, help="the newest wheel")
    parser.add_argument("--older", type=Path, action="append", default=[], help="older wheels, newest first")
    asked = parser.parse_args()
    newest, new = litellm.read(asked.litellm)
    old: dict[str, dict[str, Any]] = {}
    names = [newest]
    for wheel in reversed(asked.older):
        name, rows = litellm.read(wheel)
        names.append(name)
        old |= {key: {**row, "deprecation_date": None} for key, row in rows.items()}  # its dates were estimates
    made: dict[str, list[dict[str, Any]]] = {}
    for provider in PROVIDERS:  # those who make models come first
        models, urls = models_of(provider, new, old, made, asked.date)
        made[provider.name] = models
        data_sets = [genai.SOURCE] * bool(provider.genai) + names * bool(provider.litellm)
        write(provider, asked.date, [*data_sets, *urls], models)


def write(provider: Provider, as_of: str, sources: list[str], models: list[dict[str, Any]]) -> None:
    """One model a line: a change of price is a change of one line."""
    head: dict[str, Any] = {"as_of": as_of, "sources": sources, "serves": provider.serves}
    if provider.falls_back_to:
        head["falls_back_to"] = provider.falls_back_to
    if provider.variants:
        head["variants"] = True
    rows = [json.dumps(model, ensure_ascii=False, separators=(",", ":")) for model in models]
    lines = ",\n".join(rows)
    (DATA / f"{provider.name}.json").write_text(
        f'{json.dumps(head, ensure_ascii=False)[:-1]}, "models": [\n{lines}\n]}}\n'
    )
    print(f"{provider.name}: {len(rows)} models")


if __name__ == "__main__":
    main()
