"""`dragoman doctor`: what works here, and what to do about what does not."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Annotated, Final, Literal, TypeAlias

import typer
from msgspec import Struct
from rich.markup import escape
from rich.progress import track

from dragoman._version import __version__
from dragoman.cli.models import complete_provider
from dragoman.cli.output import ANYTHING_ELSE, console, print_json, table
from dragoman.cli.providers import key_variable
from dragoman.client import list_models
from dragoman.errors import ConfigurationError, Error, ProviderError, TransportError
from dragoman.providers import ProviderSpec, get_spec, provider_names

State: TypeAlias = Literal["ok", "missing", "failed", "not asked"]

EXTRAS: Final[dict[str, tuple[str, ...]]] = {
    "cli": ("typer", "rich"),
    "gateway": ("fastapi", "uvicorn"),
    "bedrock": ("botocore",),
    "vertex": ("google.auth",),
    "mlx": ("mlx_lm",),
    "huggingface": ("transformers", "torch"),
    "gguf": ("llama_cpp",),
    "otel": ("opentelemetry.sdk",),
    "templates": ("jinja2",),
    "yaml": ("yaml",),
}
"""Extra → the modules that it installs."""

_SECONDS: Final = 5.0
_AT_ONCE: Final = 8


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `advice` is what to do about it."""

    what: str
    state: State
    found: str = ""
    advice: str = ""


def doctor(
    provider: Annotated[
        list[str] | None,
        typer.Argument(help="Look at these only; else at all whose key is found.", autocompletion=complete_provider),
    ] = None,
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Send nothing.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Show a row for every provider's key, as --json does.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look for packages and keys, and ask each provider for its models. Keys are never shown.

    Ends with 1 when a provider that was named, or whose key was found, does not answer, or when one cannot be loaded.
    """
    specs, broken = _found(provider or provider_names())
    asked = [spec for spec in specs if provider or key_variable(spec)]
    findings = [_python(), *_packages(), *broken]
    findings += map(_key, specs) if provider or every or json else _keys_in_short(specs)
    findings += [_not_asked(spec) for spec in asked] if offline else _reachable(asked, quiet=json)
    if json:
        print_json([{field: getattr(it, field) for field in it.__struct_fields__} for it in findings])
    else:
        _show(findings)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(ANYTHING_ELSE)


def _found(names: Sequence[str]) -> tuple[list[ProviderSpec], list[Finding]]:
    """The providers called `names`, and those that cannot be loaded: a plugin may be broken."""
    specs: list[ProviderSpec] = []
    broken: list[Finding] = []
    for name in names:
        try:
            specs.append(get_spec(name))
        except ConfigurationError as error:
            broken.append(Finding(what=f"provider {name}", state="failed", found="not set up", advice=error.message))
    return specs, broken


def _python() -> Finding:
    return Finding(what="dragoman", state="ok", found=f"{__version__} on Python {platform.python_version()}")


def _packages() -> Iterator[Finding]:
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if not _is_there(name)]
        advice = f"pip install 'dragoman[{extra}]', if you need it" if missing else ""
        yield Finding(
            what=f"extra {extra}",
            state="missing" if missing else "ok",
            found=", ".join(name for name in modules if name not in missing),
            advice=advice,
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is not there
        return False


def _key(spec: ProviderSpec) -> Finding:
    variable = key_variable(spec)
    if variable:
        return Finding(what=f"key of {spec.name}", state="ok", found=variable)
    if spec.engine:
        return Finding(what=f"key of {spec.name}", state="ok", found="none: models run in this process, by an extra")
    if not spec.auth.required:
        return Finding(what=f"key of {spec.name}", state="ok", found="none needed")
    return Finding(
        what=f"key of {spec.name}", state="missing", advice=f"set {' or '.join(spec.auth.variables)}, if you need it"
    )


def _keys_in_short(specs: Sequence[ProviderSpec]) -> Iterator[Finding]:
    """A row for each key that is there, and one for all others."""
    found = [spec for spec in specs if key_variable(spec)]
    yield from map(_key, found)
    others = [spec for spec in specs if spec not in found and not spec.deprecated]
    keyless = ", ".join(spec.name for spec in others if not (spec.auth.required or spec.engine))
    lacking = sum(spec.auth.required for spec in others)
    yield Finding(what="no key needed", state="ok", found=keyless)
    yield Finding(
        what="other keys" if found else "keys",
        state="missing",
        found=f"none of {lacking} providers",
        advice="set one, like OPENAI_API_KEY, if you need it; --all lists them",
    )


def _not_asked(spec: ProviderSpec) -> Finding:
    return Finding(what=f"{spec.name} answers", state="not asked")


def _reachable(specs: Sequence[ProviderSpec], *, quiet: bool) -> list[Finding]:
    """What each provider says when asked for its models, several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(_ask, specs)
        return list(track(answers, "asking …", total=len(specs), transient=True, disable=quiet, console=console()))


def _ask(spec: ProviderSpec) -> Finding:
    what = f"{spec.name} answers"
    if spec.listing is None:
        return Finding(what=what, state="not asked", advice="it has no list of models to ask for")
    try:
        listed = list_models(spec.name, timeout=_SECONDS)
    except Error as error:
        return Finding(what=what, state="failed", found=_kind_of(error), advice=error.hint or error.message)
    return Finding(what=what, state="ok", found=f"{len(listed)} models")


def _kind_of(error: Error) -> str:
    match error:
        case ConfigurationError():
            return "not set up"
        case TransportError():
            return "not reachable"
        case ProviderError():
            return f"refuses ({error.http_status})"
        case _:
            return type(error).__name__


_STYLES: Final[dict[State, str]] = {"ok": "green", "missing": "dim", "failed": "red", "not asked": "dim"}


def _show(findings: Sequence[Finding]) -> None:
    rows = table("", "state", "found", "what to do")
    for it in findings:
        rows.add_row(*map(escape, (it.what, it.state, it.found, it.advice)), style=_STYLES[it.state])
    console().print(rows)
