"""Options that several commands have, and the client they make."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias, cast

import typer

import dragoman
from dragoman.client.mode import Mode
from dragoman.client.options import ClientOptions
from dragoman.errors import ConfigurationError
from dragoman.providers import provider_names

MODEL_VARIABLE: Final = "DRAGOMAN_MODEL"


def complete_model(incomplete: str) -> list[str]:
    """What the shell offers for `--model`: providers, until one is named."""
    return [f"{name}/" for name in provider_names() if f"{name}/".startswith(incomplete)]


ModelOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", help=f"PROVIDER/MODEL; else ${MODEL_VARIABLE}.", autocompletion=complete_model, metavar="MODEL"
    ),
]
SystemOption: TypeAlias = Annotated[str | None, typer.Option("--system", "-s", help="Instructions for the model.")]
TemperatureOption: TypeAlias = Annotated[
    float | None, typer.Option("--temperature", "-t", help="0 (steady) to 2 (varied).")
]
MaxTokensOption: TypeAlias = Annotated[int | None, typer.Option("--max-tokens", help="Limit on the answer.")]
EffortOption: TypeAlias = Annotated[str | None, typer.Option("--reasoning", help="How hard to think: low, high …")]
BaseUrlOption: TypeAlias = Annotated[str | None, typer.Option("--base-url", help="Where the provider's API is.")]
TimeoutOption: TypeAlias = Annotated[float | None, typer.Option("--timeout", help="Seconds for the whole call.")]

ModeOption: TypeAlias = Annotated[
    str | None, typer.Option("--mode", help="How to ask: tools, tools_strict, json_schema, json …")
]


def mode_named(name: str | None) -> Mode | None:
    """The mode of that name. Raises `ConfigurationError` for one that is none."""
    if name is None:
        return None
    modes = {mode.name.lower(): mode for mode in Mode if mode.core is mode}
    if name.lower() not in modes:
        raise ConfigurationError(f"--mode is one of {', '.join(modes)}, not {name}")
    return modes[name.lower()]


def connect(model: str | None, base_url: str | None, **options: object) -> dragoman.LLM:
    """A client for the model named on the command line or in the environment. Options that are `None` are left out."""
    return dragoman.create_llm(_named(model), base_url=base_url, **_given(options))


def connect_async(model: str | None, base_url: str | None, **options: object) -> dragoman.AsyncLLM:
    """`connect`, for a client that is awaited."""
    return dragoman.create_llm(_named(model), async_client=True, base_url=base_url, **_given(options))


def _named(model: str | None) -> str:
    name = model or os.environ.get(MODEL_VARIABLE)
    if not name:
        raise ConfigurationError(f"which model? Pass --model PROVIDER/MODEL, or set {MODEL_VARIABLE}")
    return name


def _given(options: Mapping[str, object]) -> ClientOptions:
    return cast("ClientOptions", {key: value for key, value in options.items() if value is not None})
