"""`dragoman keys`: the gateway's own keys, in its store. A running gateway sees every change within a second."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec, TypeVar

import typer
from msgspec import to_builtins

from dragoman.cli.choices import choice
from dragoman.cli.output import console, exits, print_json, table
from dragoman.errors import ConfigurationError
from dragoman.gateway.keys import Keys, VirtualKey
from dragoman.gateway.store import SqliteStore, Standing, read_only, standing_of, usual_place

P = ParamSpec("P")
T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Make, list, change and revoke the keys that callers of the gateway have.")


class Period(StrEnum):
    """How often a budget begins anew."""

    TOTAL = "total"
    DAY = "day"
    MONTH = "month"


def dollars(text: str) -> Decimal:
    """An amount as people write it."""
    try:
        return Decimal(text.removeprefix("$"))
    except InvalidOperation:
        raise typer.BadParameter(f"{text} is no amount: write US dollars, like 12.50") from None


StoreOption = Annotated[
    Path | None,
    typer.Option("--store", envvar="DRAGOMAN_STORE", help="The gateway's store; `keys.file` of its configuration."),
]
WhichArgument = Annotated[str, typer.Argument(metavar="KEY", help="Its id, or its name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
BudgetOption = Annotated[Decimal | None, typer.Option(metavar="USD", parser=dollars, help="US dollars.")]

_UNPRICED = "--allow-unpriced/--refuse-unpriced"
TERMS: Final[dict[str, Any]] = {
    "tenant": Annotated[str | None, typer.Option(help="On whose behalf it calls.")],
    "tier": Annotated[str | None, typer.Option(help="What routes may depend on.")],
    "models": Annotated[
        list[str] | None,
        typer.Option("--model", help="A model it may ask for, or a pattern: `openai/*`; may be repeated."),
    ],
    "requests_per_minute": Annotated[int | None, typer.Option("--rpm", help="Requests a minute.")],
    "tokens_per_minute": Annotated[int | None, typer.Option("--tpm", help="Tokens a minute.")],
    "concurrency": Annotated[int | None, typer.Option(help="Calls at once.")],
    "budget": Annotated[Decimal | None, typer.Option(metavar="USD", parser=dollars, help="What it may spend.")],
    "period": Annotated[
        Period | None, choice(Period, "--per", help="How often the budget begins anew (total: never).")
    ],
    "unpriced": Annotated[
        bool | None, typer.Option(_UNPRICED, help="Whether a key with a budget may ask for what has no price.")
    ],
    "expires": Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="From when on it is refused (UTC)."),
    ],
}
"""The options that say what a key may, by the fields of `VirtualKey`."""

_FIELDS: Final[dict[str, Callable[[Any], Any]]] = {
    "models": tuple,
    "period": lambda period: period.value,
    "unpriced": lambda allowed: "allow" if allowed else "refuse",
    "expires": lambda moment: moment.replace(tzinfo=UTC).timestamp(),
}
"""How what is typed becomes a field, where it is not one."""


def with_terms(command: Callable[P, T]) -> Callable[P, T]:
    """`command` with the options that say what a key may in the place of its `**terms`."""
    # annotations that stay texts would be left as they are: no help, no `--json`
    given = signature(command, eval_str=True).parameters.values()
    named = [parameter for parameter in given if parameter.kind is not Parameter.VAR_KEYWORD]
    terms = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in TERMS.items()]
    vars(command)["__signature__"] = Signature([*named, *terms])  # typer asks `inspect` for it
    return command


def _fields(terms: dict[str, Any]) -> dict[str, Any]:
    return {name: _FIELDS.get(name, lambda it: it)(value) for name, value in terms.items() if value not in (None, [])}


def place_of(path: Path | None) -> Path:
    """Where the store is. Raises `ConfigurationError` where there is none: who asks what is in it does not make it."""
    place = path or usual_place()
    if not place.exists():
        raise ConfigurationError(
            f"there is no store at {place} yet: `dragoman keys create` makes it; --store names another"
        )
    return place


@contextmanager
def opened(place: Path) -> Generator[Keys]:
    """The keys of a store, which is made where there is none."""
    with SqliteStore(place) as store:
        yield Keys(store)


@app.command("create")
@exits
@with_terms
def create(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    *,
    store: StoreOption = None,
    json: JsonOption = False,
    **terms: Any,
) -> None:
    """Make a key and print its token: now, and never again."""
    with opened(store or usual_place()) as keys:
        key, token = keys.create(name, **_fields(terms))
    if json:
        print_json({**_facts(key), "token": token.reveal()})
        return
    typer.echo(token.reveal())
    typer.echo(f"This is {key.id}, `{key.name}`. Its token is shown this once: it is not kept.", err=True)


@app.command("list")
@exits
def list_(*, store: StoreOption = None, json: JsonOption = False) -> None:
    """List the keys, with what they may and what they have spent. Tokens are not kept, so they cannot be listed."""
    place = place_of(store)
    with opened(place) as keys:
        listed = keys.all()
    with read_only(place) as connection:
        now = datetime.now(UTC).timestamp()
        rows = [(key, standing_of(connection, key.id, key.period_at(now))) for key in listed]
    if json:
        print_json([_facts(key) | to_builtins(standing) for key, standing in rows])
        return
    shown = table("id", "name", "token", "tenant", "models", "limits", "budget", "spent", "held", "state")
    for key, standing in rows:
        shown.add_row(*_row(key, standing, now), style="dim" if key.refused_because(now) else "")
    console().print(shown)


@app.command("change")
@exits
@with_terms
def change(
    key: WhichArgument,
    *,
    store: StoreOption = None,
    json: JsonOption = False,
    **terms: Any,
) -> None:
    """Change what a key may; what is not named stays as it is. It holds from the next call on."""
    with opened(place_of(store)) as keys:
        _say(keys.change(key, **_fields(terms)), json=json, done="changed")


@app.command("revoke")
@exits
def revoke(key: WhichArgument, *, store: StoreOption = None, json: JsonOption = False) -> None:
    """Refuse a key from now on, for ever. What it has spent stays in the reports."""
    with opened(place_of(store)) as keys:
        _say(keys.revoke(key), json=json, done="revoked")


def _facts(key: VirtualKey) -> dict[str, Any]:
    return {**to_builtins(key), "created": day(key.created), "expires": day(key.expires), "revoked": day(key.revoked)}


def day(moment: float | None) -> str | None:
    """A moment as other programs read it, in UTC."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _row(key: VirtualKey, standing: Standing, now: float) -> list[str]:
    limits = {"rpm": key.requests_per_minute, "tpm": key.tokens_per_minute, "at once": key.concurrency}
    budget = "" if key.budget is None else f"${key.budget:f}" + ("" if key.period == "total" else f" a {key.period}")
    return [
        key.id,
        key.name,
        f"…{key.ending}",
        key.tenant or "",
        " ".join(key.models) or "all",
        ", ".join(f"{limit:,} {name}" for name, limit in limits.items() if limit is not None),
        budget,
        f"${standing.spent:f}",
        f"${standing.held:f}",
        (key.refused_because(now) or "").removeprefix("this key ") or f"{standing.inside} under way",
    ]


def _say(key: VirtualKey, *, json: bool, done: str) -> None:
    if json:
        print_json(_facts(key))
    else:
        typer.echo(f"{key.id}, `{key.name}`, is {done}.")
