"""`dragoman providers`: who there is, and whose key is found."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from rich.markup import escape

from dragoman.cli.output import console, print_json, table
from dragoman.errors import ConfigurationError
from dragoman.providers import ProviderSpec, get_spec, provider_names


def providers(
    json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List the providers: dialect, where their key is looked for, and whether one was found (it is never shown)."""
    rows = list(map(row_of, provider_names()))
    if json:
        print_json(rows)
        return
    listed = table("provider", "dialect", "key", "found in")
    for it in rows:
        if it.get("failed"):
            listed.add_row(it["name"], "(failed)", escape(it["failed"]), style="red")
            continue
        key = " or ".join(it["key_variables"]) if it["key_required"] else "(none needed)"
        note = " (deprecated)" if it["deprecated"] else ""
        listed.add_row(
            it["name"] + note, it["dialect"], key, it["key_found_in"] or "", style="" if it["key_found_in"] else "dim"
        )
    console().print(listed)


def row_of(name: str) -> dict[str, Any]:
    """The facts of the provider called `name`, or why there are none: a plugin may be broken."""
    try:
        return row(get_spec(name))
    except ConfigurationError as error:
        return {"name": name, "failed": error.message}


def row(spec: ProviderSpec) -> dict[str, Any]:
    """A provider's facts, and the variable its key was found in."""
    return {
        "name": spec.name,
        "dialect": spec.dialect_for(""),
        "also_speaks": list(spec.also_speaks),
        "key_variables": list(spec.auth.variables),
        "key_required": spec.auth.required,
        "key_found_in": key_variable(spec),
        "deprecated": spec.deprecated,
        "docs_url": spec.docs_url,
    }


def key_variable(spec: ProviderSpec) -> str | None:
    """The environment variable that holds the provider's key."""
    return next((name for name in spec.auth.variables if os.environ.get(name, "").strip()), None)
