"""The commands, one module each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from dragoman._version import __version__
from dragoman.cli.batch import batch
from dragoman.cli.chat import chat
from dragoman.cli.doctor import doctor
from dragoman.cli.emulate import emulate
from dragoman.cli.explain import explain
from dragoman.cli.extract import extract
from dragoman.cli.generate import generate
from dragoman.cli.keys import app as keys
from dragoman.cli.models import models
from dragoman.cli.output import exits
from dragoman.cli.providers import providers
from dragoman.cli.serve import serve
from dragoman.cli.usage import usage

app = typer.Typer(
    name="dragoman",
    help="One command for every LLM provider.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """One command for every LLM provider. Exit codes: see `docs/command-line.md`."""


def _add(command: Callable[..., None]) -> None:
    app.command(command.__name__)(exits(command))


for _command in (generate, extract, explain, chat, batch, serve, emulate, providers, models, usage, doctor):
    _add(_command)

app.add_typer(keys, name="keys")
