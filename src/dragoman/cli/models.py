"""`dragoman models`: what the catalog knows, or what a provider lists."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape

from dragoman import catalog
from dragoman.catalog import ModelFacts, ModelList
from dragoman.catalog.day import utc_today
from dragoman.cli.output import console, print_json, table
from dragoman.client import list_models
from dragoman.errors import ConfigurationError, NoModelFits, UnknownProvider
from dragoman.messages import ModelInfo
from dragoman.providers import how_unknown, is_provider, provider_names


def complete_provider(incomplete: str) -> list[str]:
    """What the shell offers."""
    return [name for name in provider_names() if name.startswith(incomplete)]


def models(
    provider: Annotated[
        str | None, typer.Argument(help="Only this provider's; or PROVIDER/MODEL.", autocompletion=complete_provider)
    ] = None,
    *,
    search: Annotated[str | None, typer.Option("--search", "-s", help="Only names that contain this.")] = None,
    tools: Annotated[bool, typer.Option("--tools", help="Only those that call tools.")] = False,
    vision: Annotated[bool, typer.Option("--vision", help="Only those that read pictures.")] = False,
    json_schema: Annotated[bool, typer.Option("--json-schema", help="Only those held to a JSON schema.")] = False,
    context: Annotated[int | None, typer.Option("--context", help="Only those with so large a window.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the provider what it offers to your key.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List models: their windows and prices from the catalog, or with `--live` what a provider offers now."""
    if provider and "/" in provider and search is None:
        provider, _, search = provider.partition("/")
    if provider and not (catalog.has_list(provider) or is_provider(provider)):
        raise UnknownProvider(how_unknown(provider))
    demands = {
        "tools": tools or None,
        "vision": vision or None,
        "json_schema": json_schema or None,
        "context_tokens": context,
    }
    wanted = {name: value for name, value in demands.items() if value is not None}
    if live:
        _show_live(provider, search, wanted, as_json=json)
        return
    found = catalog.require(provider, **wanted) if wanted else catalog.models(provider)  # pyright: ignore[reportArgumentType]  # as the names above
    chosen = ModelList(facts for facts in found if search is None or search.lower() in facts.name.lower())
    if not chosen:
        raise NoModelFits(f"no model's name contains `{search}`", demands={})
    if json:
        print_json([_as_json(facts) for facts in chosen])
    else:
        console().print(f"{chosen!r}", markup=False)


def _as_json(facts: ModelFacts) -> dict[str, Any]:
    day = utc_today()
    return {
        "id": facts.id,
        "provider": facts.provider,
        "context_tokens": facts.context_tokens,
        "output_tokens": facts.output_tokens,
        "input": list(facts.input),
        "tools": facts.tools,
        "techniques": list(facts.techniques),
        "reasoning": True if facts.reasoning else facts.tools and False,
        "input_price": _amount(facts, "input", day),
        "output_price": _amount(facts, "output", day),
        "retired_on": facts.retired_on,
        "successor": facts.successor,
    }


def _amount(facts: ModelFacts, what: str, day: str) -> str | None:
    price = facts.price(what, day)
    return None if price is None else f"{price:f}"


def _show_live(provider: str | None, search: str | None, wanted: dict[str, Any], *, as_json: bool) -> None:
    if provider is None:
        raise ConfigurationError("--live asks one provider: name it")
    if wanted:
        raise ConfigurationError(f"--live lists what the provider says: leave out --{min(wanted).replace('_', '-')}")
    listed = [info for info in list_models(provider) if search is None or search.lower() in info.id.lower()]
    if as_json:
        print_json([_info_as_json(info) for info in listed])
        return
    rows = table("model", "window", "longest answer", "owner")
    for info in listed:
        rows.add_row(
            escape(info.id), _count(info.context_tokens), _count(info.max_output_tokens), escape(info.owner or "")
        )
    console().print(rows)


def _info_as_json(info: ModelInfo) -> dict[str, Any]:
    return {
        "id": info.id,
        "provider": info.provider,
        "name": info.name,
        "owner": info.owner,
        "context_tokens": info.context_tokens,
        "max_output_tokens": info.max_output_tokens,
        "abilities": sorted(info.abilities),
        "prices": {name: f"{price:f}" for name, price in info.prices.items()},
    }


def _count(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}"
