"""Limits, abilities and dates from LiteLLM's model list (MIT, github.com/BerriAI/litellm), read out of its wheel."""

from __future__ import annotations

import json
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

_FILE = "model_prices_and_context_window_backup.json"

KINDS = {
    "chat": "chat",
    "responses": "chat",
    "completion": "completion",
    "embedding": "embedding",
    "rerank": "rerank",
    "moderation": "moderation",
    "audio_transcription": "transcription",
    "audio_speech": "speech",
    "realtime": "realtime",
    "image_generation": "image",
    "image_edit": "image",
    "ocr": "ocr",
}
"""Its modes, in our words; the rest (video, search …) are not in the catalog."""

_MODALITIES = {
    "image": ("supports_vision", "supports_image_input", "supports_embedding_image_input"),
    "audio": ("supports_audio_input",),
    "video": ("supports_video_input",),
    "document": ("supports_pdf_input",),
}

_UNITS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_image_token": "output_image",
}
_TIERS = {"_batches": "batch", "_priority": "priority", "_flex": "flex"}
_MILLION = Decimal(1_000_000)
_NOT_NAMES = re.compile(r"\d+-x-\d+/|/container$|^perplexity/preset/|^ft:|/month-commitment/|^bedrock/")
"""Rows that are not names of models: sizes of images, containers, presets, reserved capacity."""


def read(wheel: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """What the wheel calls itself, and its rows by name."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(_FILE)]
        rows = json.loads(archive.read(name), parse_float=Decimal)
    return f"litellm {wheel.name.split('-')[1]}", {
        key: row for key, row in rows.items() if row.get("mode") in KINDS and not _NOT_NAMES.search(key)
    }


def rows_of(rows: dict[str, dict[str, Any]], providers: tuple[str, ...], prefix: str) -> dict[str, dict[str, Any]]:
    """The rows of some of its providers by the name the provider itself uses."""
    return {key.removeprefix(prefix): row for key, row in rows.items() if row["litellm_provider"] in providers}


def limits(row: dict[str, Any]) -> dict[str, int]:
    """Its limits: what goes in, and what comes out. An output as long as the window means that no limit is known."""
    known = {"input_tokens": row.get("max_input_tokens"), "output_tokens": row.get("max_output_tokens")}
    found = {name: int(value) for name, value in known.items() if isinstance(value, (int, Decimal)) and value > 0}
    if found.get("output_tokens", 0) >= found.get("input_tokens", 0):
        found.pop("output_tokens", None)
    return found


def modalities(row: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What goes in and what comes out, text first."""
    takes = set(row.get("supported_modalities") or [])
    inputs = [kind for kind, flags in _MODALITIES.items() if kind in takes or any(row.get(flag) for flag in flags)]
    gives = set(row.get("supported_output_modalities") or []) | (
        {"audio"} if row.get("supports_audio_output") else set()
    )
    return ["text", *inputs], ["text", *sorted(gives & {"image", "audio"})]


def prices(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Its prices in our shape; none when they are not by the token or depend on the hour.

    Of ranges of length that are priced apart, each begins above the last.
    """
    if row.get("off_peak_pricing"):
        return []
    lists = [{"prices": _price_list(row, "")}]
    lists += [{"prices": _price_list(row, suffix), "service_tier": tier} for suffix, tier in _TIERS.items()]
    return [each for each in lists if "input" in each["prices"]]


def _price_list(row: dict[str, Any], suffix: str) -> dict[str, Any]:
    ranges = row.get("tiered_pricing") if not suffix else None
    if ranges:
        return _ranged(ranges)
    found: dict[str, Any] = {}
    for theirs, ours in _UNITS.items():
        base = row.get(theirs + suffix)
        if base is not None and (base > 0 or ours in {"input", "output"}):
            above = _above(row, theirs, suffix)
            found[ours] = [_per_million(base), above] if above else [_per_million(base)]
    search = row.get("search_context_cost_per_query")
    if search and not suffix:
        found["web_search"] = [_text(Decimal(search["search_context_size_medium"]) * 1000)]
    return found


def _above(row: dict[str, Any], unit: str, suffix: str) -> list[list[Any]]:
    pattern = re.compile(rf"^{unit}_above_(\d+)k_tokens{suffix}$")
    found = [(int(hit[1]) * 1000, value) for key, value in row.items() if (hit := pattern.match(key))]
    return [[tokens, _per_million(value)] for tokens, value in sorted(found)]


def _ranged(ranges: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for theirs, ours in _UNITS.items():
        steps = [(int(each["range"][0]), each[theirs]) for each in ranges if theirs in each]
        if steps and steps[0][0] == 0:
            above = [[tokens, _per_million(value)] for tokens, value in steps[1:]]
            found[ours] = [_per_million(steps[0][1]), above] if above else [_per_million(steps[0][1])]
    return found


def _per_million(dollars: Any) -> str:
    """Without what dividing by a million left behind: 9.99999 is 10."""
    amount = Decimal(dollars) * _MILLION
    short = Decimal(f"{amount:.3g}")
    return _text(short if abs(short - amount) <= amount / 5000 else round(amount, 6))


def _text(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
