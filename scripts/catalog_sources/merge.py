"""From the sources to one list of models a provider."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from catalog_sources import abilities, genai, litellm
from catalog_sources.providers import MAKERS, Provider

Row = dict[str, Any]

_HERE = Path(__file__).parent
_HAND = tomllib.loads((_HERE / "hand.toml").read_text())["model"]
_LOCAL = tomllib.loads((_HERE / "local.toml").read_text())

_MATCHES = {
    "equals": str.__eq__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
    "regex": lambda name, pattern: re.search(pattern, name) is not None,
}
_NEW_KINDS = frozenset({"chat", "completion", "embedding", "rerank"})
"""Of what only LiteLLM lists, these are taken."""

_REGION = re.compile(r"^(?:us|eu|apac|jp|au|ca|in|us-gov|global|regional)\.")
_PATH = re.compile(r"^(?:bedrock|\d+-month|[a-z]+-[a-z]+-\d)/|^(?:us|eu)/")
"""Names that are a place and a model: regions, terms."""


def models_of(
    provider: Provider, new: dict[str, Row], old: dict[str, Row], made: dict[str, list[Row]], as_of: str
) -> tuple[list[Row], list[str]]:
    """The provider's models and where their facts come from.

    `old` says something only of models that `new` lacks; `made` has the lists of those who make models.
    """
    current = litellm.rows_of(new, provider.litellm, provider.prefix)
    known = litellm.rows_of(old, provider.litellm, provider.prefix) | current
    priced = [row for row in _priced(provider) if _wanted(provider, row["id"])]
    rows = [*_joined(provider, priced, known), *_unpriced(provider, priced, current), *_by_hand(provider)]
    for row in rows:
        _borrow(row, made)
    sources = dict.fromkeys(source for row in rows for source in _corrected(provider, row))
    kept = [_tidy(row) for row in _distinct(_first_of_each(rows)) if _is_current(provider, row, as_of)]
    return [_without_past(row, as_of) if provider.only_current else row for row in kept], [
        *_said_by(provider),
        *sources,
    ]


def _said_by(provider: Provider) -> list[str]:
    return [
        *(genai.urls_of(provider.genai) if provider.genai else []),
        *_LOCAL.get(provider.name, {}).get("sources", []),
    ]


def _by_hand(provider: Provider) -> list[Row]:
    return [{"match": [], **row} for row in _LOCAL.get(provider.name, {}).get("model", [])]


# ---------------------------------------------------------------------- which models


def _priced(provider: Provider) -> Iterator[Row]:
    for row in genai.rows_of(provider.genai) if provider.genai else []:
        yield _plain(row) if row["id"].startswith("regional.") else row


def _plain(row: Row) -> Row:
    """Bedrock's regional prices hold for the plain name: a lookup comes to it by taking the region off."""
    match = dict.fromkeys((kind, _REGION.sub("", text)) for kind, text in row["match"] if not text.startswith("/"))
    unique = [list(pair) for pair in match if pair[0] != "contains" or ("starts_with", pair[1]) not in match]
    return row | {"id": row["id"].removeprefix("regional."), "match": unique}


def _wanted(provider: Provider, name: str) -> bool:
    name = name.lower()
    return not re.search(provider.leave_out, name) and re.search(provider.keep, name) is not None


def _is_current(provider: Provider, row: Row, as_of: str) -> bool:
    ended = row.get("deprecated") or (row.get("retired_on") or as_of) < as_of
    return not provider.only_current or (not ended and "context_tokens" in row)


def _first_of_each(rows: list[Row]) -> list[Row]:
    return list({row["id"].lower(): row for row in reversed(rows)}.values())[::-1]


def _distinct(rows: list[Row]) -> list[Row]:
    """Without the snapshots of which, after all, nothing else holds than of the model that answers to their name."""
    return [row for row in rows if row["match"] or not any(_says_the_same(row, other) for other in rows)]


def _says_the_same(snapshot: Row, other: Row) -> bool:
    if snapshot is other or not _answers(other, snapshot["id"].lower()):
        return False
    return all(snapshot.get(key) == other.get(key) for key in (snapshot | other) if key not in {"id", "match", "names"})


def _answers(row: Row, name: str) -> bool:
    return name == row["id"].lower() or any(_MATCHES[kind](name, text) for kind, text in row["match"])


def _unpriced(provider: Provider, priced: list[Row], current: dict[str, Row]) -> Iterator[Row]:
    """What only LiteLLM lists."""
    for name, raw in current.items():
        new = litellm.KINDS[raw["mode"]] in _NEW_KINDS and not _REGION.match(name) and not _PATH.match(name)
        if new and _wanted(provider, name) and not any(_answers(row, name.lower()) for row in priced):
            facts = _facts(provider, name, raw)
            yield {"id": name, "match": [], "prices": litellm.prices(raw)} | _windows({}, facts)


def _joined(provider: Provider, priced: list[Row], known: dict[str, Row]) -> Iterator[Row]:
    """Each priced model with what is known of it, behind its snapshots of which other things hold."""
    names: dict[str, list[str]] = {}
    for name in known:
        owner = next((row["id"] for row in priced if _answers(row, name.lower())), None)
        if owner is not None:
            names.setdefault(owner, []).append(name)
    for row in priced:
        plain = _REGION.sub("", row["id"])
        yield from _with_facts(provider, row, known, names.get(row["id"]) or names.get(plain) or [])


def _with_facts(provider: Provider, row: Row, known: dict[str, Row], names: list[str]) -> Iterator[Row]:
    if not names:
        yield row
        return
    main = row["id"] if row["id"] in names else min(names, key=len)
    facts = _facts(provider, main, known[main])
    for name in names:
        own = _facts(provider, name, known[name])
        if name != main and _wanted(provider, name) and _answers(row, name.lower()) and _differs(own, facts):
            prices = litellm.prices(known[name]) if _differs(own, facts, "output_tokens", "input_tokens") else []
            yield {**row, "prices": prices or row["prices"], **_windows({}, own), "id": name, "match": []}
    yield {**row, **_windows(row, facts), "prices": _prices(row["prices"], known[main])}


def _differs(one: Row, other: Row, *fields: str) -> bool:
    return any(
        one.get(name) != other.get(name) for name in fields or ("output_tokens", "input_tokens", "retired_on", "kind")
    )


# ---------------------------------------------------------------------- what is known of them


def _facts(provider: Provider, name: str, raw: Row) -> Row:
    """What LiteLLM says of a model, in our words."""
    kind = litellm.KINDS[raw["mode"]]
    inputs, outputs = litellm.modalities(raw)
    if provider.name == "openai" and "image" not in name:
        outputs = [each for each in outputs if each != "image"]  # its tool that draws counts there
    facts: Row = {"kind": kind, **litellm.limits(raw), "input": inputs, "output": outputs}
    if kind == "embedding":
        facts |= {"output": ["embedding"], "output_tokens": None}
    if kind == "chat":
        facts |= _chat_facts(provider, name, raw)
    return facts | {"retired_on": raw.get("deprecation_date")}


def _chat_facts(provider: Provider, name: str, raw: Row) -> Row:
    return {
        "tools": raw.get("supports_function_calling"),
        "forced_tools": raw.get("supports_forced_tool_use"),
        "formats": abilities.formats(provider.name, name.lower(), raw),
        "reasoning": abilities.reasoning(provider.name, name.lower(), raw),
    }


def _windows(row: Row, facts: Row) -> Row:
    """The facts, with the window told from the limit on input.

    LiteLLM says what may go in, genai-prices what the model holds, often rounded. Where input and output make up the
    window, both are kept; where the two are near, the exact one; otherwise the smaller.
    """
    window, limit, output = row.get("context_tokens"), facts.get("input_tokens"), facts.get("output_tokens") or 0
    rest = {key: value for key, value in facts.items() if key != "input_tokens"}
    if limit is None:
        return rest
    if window and output and abs(limit + output - window) <= window * 0.01:
        return rest | {"context_tokens": window, "input_tokens": limit}
    near = window is None or window * 0.9 <= limit <= window * 1.1
    return rest | {"context_tokens": max(limit if near else min(window, limit), output)}


def _prices(ours: list[Row], raw: Row) -> list[Row]:
    """Our prices, with the service tiers that only LiteLLM knows."""
    tiers = {row.get("service_tier") for row in ours}
    return ours + [row for row in litellm.prices(raw) if ours and row.get("service_tier") not in tiers]


def _borrow(row: Row, made: dict[str, list[Row]]) -> None:
    """What a model can do is what it can do at its maker, where nothing is known of it here."""
    maker, _, name = row["id"].lower().partition("/")
    if "tools" in row or maker not in MAKERS:
        return
    own = next((each for each in made.get(MAKERS[maker], []) if _named(each, name.partition(":")[0])), None)
    if own is not None:
        row.update({key: own[key] for key in ("tools", "forced_tools", "input", "output", "reasoning") if key in own})
        row["formats"] = [form for form in own.get("formats", []) if form == "json_schema"]


def _named(row: Row, name: str) -> bool:
    names = {row["id"].lower(), *row.get("names", [])}
    return name in names or any(_MATCHES[kind](name, text) for kind, text in row.get("match", []))


_NOT_FACTS = {"provider", "source", "match", "end_is_a_promise"}
"""`end_is_a_promise`: the data sets have as its end the day before which it is not retired."""


def _corrected(provider: Provider, row: Row) -> Iterator[str]:
    """Put in what was looked up by hand, and say where."""
    for fact in _HAND:
        if fact["provider"] == provider.name and any(fnmatchcase(row["id"].lower(), name) for name in fact["match"]):
            row.update({key: value for key, value in fact.items() if key not in _NOT_FACTS})
            if fact.get("end_is_a_promise") and row.get("retired_on"):
                row["kept_until"] = row.pop("retired_on")
            yield fact["source"]


# ---------------------------------------------------------------------- how they are written

_ORDER = (
    "id", "names", "match", "kind", "context_tokens", "input_tokens", "output_tokens", "input", "output", "tools",
    "forced_tools", "formats", "reasoning", "deprecated", "retired_on", "kept_until", "successor", "note", "local",
    "prices",
)  # fmt: skip
_UNSAID: Row = {"kind": "chat", "input": ["text"], "output": ["text"], "forced_tools": True}


def _tidy(row: Row) -> Row:
    """One line of the file: exact names apart from patterns, nothing that says the default, in a fixed order."""
    match = row.get("match", [])
    exact = {text.lower() for kind, text in match if kind == "equals"} | set(row.get("names", []))
    row["names"] = sorted(exact - {row["id"].lower()})
    row["match"] = [pair for pair in match if pair[0] != "equals"]
    row["prices"] = [each for each in row.get("prices") or [] if row["id"].endswith(":free") or _costs(each)]
    return {key: row[key] for key in _ORDER if row.get(key) not in (None, [], _UNSAID.get(key))}


def _without_past(row: Row, as_of: str) -> Row:
    """Only the prices of today and later."""
    lists = row.get("prices", [])
    now = {each.get("service_tier"): each.get("since") for each in lists if each.get("since", "") <= as_of}
    kept = [each for each in lists if each.get("since", "") >= (now.get(each.get("service_tier")) or "")]
    return row | ({"prices": kept} if kept else {})


def _costs(prices: Row) -> bool:
    """A list of zeros says that the price is not known, but for what is called free."""
    return any(float(price[0]) > 0 for price in prices["prices"].values())
