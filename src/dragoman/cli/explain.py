"""`dragoman explain`: what becomes of a type of yours at a provider, told before anything is sent."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import to_builtins

from dragoman.cli.client_options import ModeOption, complete_model, mode_named
from dragoman.cli.output import print_json
from dragoman.cli.schema_file import type_at
from dragoman.client.explain import explain_schema


def explain(
    schema: Annotated[str, typer.Argument(metavar="FILE.py:NAME", help="The type: of a Python file, or MODULE:NAME.")],
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Who would be asked: PROVIDER/MODEL.", autocompletion=complete_model)
    ],
    *,
    many: Annotated[bool, typer.Option("--many", help="Of a list of them.")] = False,
    mode: ModeOption = None,
    dialect: Annotated[str | None, typer.Option(help="The wire to speak, when the provider has several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all of it, with the schema that is sent.")] = False,
) -> None:
    """Say how a model is asked for a type of yours, what of it is enforced there, and what that costs."""
    wanted = type_at(schema)
    told = explain_schema(list[wanted] if many else wanted, model, mode=mode_named(mode), dialect=dialect)
    if json:
        print_json(to_builtins(told))
    else:
        typer.echo(str(told))
