"""`dragoman usage`: what calls through the gateway have used and cost, and what nobody knows of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import to_builtins

from dragoman.cli.choices import choice
from dragoman.cli.keys import BudgetOption, JsonOption, StoreOption, day, opened, place_of
from dragoman.cli.output import console, print_json, table
from dragoman.errors import ConfigurationError
from dragoman.gateway.store import (
    Column,
    SqliteStore,
    UnknownHold,
    UsageRow,
    read_only,
    unknown_holds,
    usage_rows,
)


class By(StrEnum):
    """What usage can be added up by."""

    DAY = "day"
    KEY = "key"
    TENANT = "tenant"
    MODEL = "model"
    PROVIDER = "provider"
    SERVED = "served"


DayOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day of UTC, included.")]


def usage(
    *,
    by: Annotated[
        list[By] | None, choice(By, "--by", help="What to add up by (key, model, provider); may be repeated.")
    ] = None,
    since: DayOption = None,
    until: DayOption = None,
    key: Annotated[str | None, typer.Option(help="Of one key only: its id, or its name.")] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="List the calls whose cost is not known: they count at their worst.")
    ] = False,
    resolve: Annotated[
        int | None, typer.Option(metavar="HOLD", help="Say what such a call cost, with --cost; 0: it was never made.")
    ] = None,
    cost: BudgetOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Print what calls through the gateway have used and cost."""
    place = place_of(store)
    if resolve is not None:
        _resolve(place, resolve, cost)
    elif unknown:
        _print_unknown(place, json=json)
    else:
        columns: list[Column] = [each.value for each in by or (By.KEY, By.MODEL, By.PROVIDER)]
        which = None if key is None else _id_of(place, key)
        with read_only(place) as connection:
            rows = usage_rows(connection, columns, since=_date(since), until=_date(until), key=which)
        _print_usage(rows, columns, json=json)


def _date(moment: datetime | None) -> Any:
    return None if moment is None else moment.date()


def _id_of(place: Path, which: str) -> str:
    with opened(place) as keys:
        return keys.named(which).id


def _resolve(place: Path, hold: int, cost: Decimal | None) -> None:
    if cost is None:
        raise ConfigurationError("say what the call cost: --cost 0.0123, or --cost 0")
    with SqliteStore(place) as store:
        store.resolve(hold, cost).result()
    typer.echo(f"{hold} has cost ${cost:f}.")


def _print_unknown(place: Path, *, json: bool) -> None:
    with read_only(place) as connection:
        holds = unknown_holds(connection)
    if json:
        print_json([{**to_builtins(hold), "when": day(hold.when)} for hold in holds])
        return
    shown = table("hold", "when", "key", "model", "request", "at worst", "why")
    for hold in holds:
        shown.add_row(*_unknown_row(hold))
    console().print(shown)


def _unknown_row(hold: UnknownHold) -> list[str]:
    worst = "not known" if hold.worst is None else f"${hold.worst:f}"
    return [str(hold.id), day(hold.when) or "", hold.key, hold.model, hold.request_id, worst, hold.why]


def _print_usage(rows: list[UsageRow], columns: list[Column], *, json: bool) -> None:
    if json:
        print_json(list(map(_usage_facts, rows)))
        return
    shown = table(*columns, "requests", "failed", "input", "output", "cost", "unpriced")
    for row in rows:
        counts = (row.requests, row.failed, row.input_tokens, row.output_tokens)
        numbers = [f"{count:,}" for count in counts]
        shown.add_row(*(row.place[name] for name in columns), *numbers, f"${row.cost:f}", str(row.unpriced or ""))
    console().print(shown)


def _usage_facts(row: UsageRow) -> dict[str, Any]:
    facts = to_builtins(row)
    return {**facts.pop("place"), **facts}
