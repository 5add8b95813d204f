"""`dragoman batch`: a file of questions in, a file of answers out, whatever happens in between."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dragoman.batch import Totals, summary
from dragoman.cli.choices import choice
from dragoman.cli.client_options import (
    BaseUrlOption,
    EffortOption,
    MaxTokensOption,
    ModelOption,
    SystemOption,
    TemperatureOption,
    TimeoutOption,
    connect_async,
    mode_named,
)
from dragoman.cli.output import INTERRUPTED, ROWS_FAILED, code_of, complain
from dragoman.cli.schema_file import type_at
from dragoman.client import AsyncLLM
from dragoman.client.batch_files import FileBatch, FileRules
from dragoman.errors import Error


class Over(StrEnum):
    """Rows that are over without an answer."""

    FAILED = "failed"
    UNKNOWN = "unknown"


def batch(
    source: Annotated[Path, typer.Argument(help="Questions, one a line: JSON texts or objects.")],
    target: Annotated[Path, typer.Argument(help="Where the answers go, one a line, in the order of the questions.")],
    *,
    model: ModelOption = None,
    schema: Annotated[
        str | None, typer.Option("--schema", metavar="FILE.py:NAME", help="The type of the values, if any is wanted.")
    ] = None,
    concurrency: Annotated[int, typer.Option(help="How many at once, at most.")] = 32,
    max_cost: Annotated[float | None, typer.Option(help="US dollars that all runs together may cost.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run was ended.")] = False,
    again: Annotated[
        list[Over] | None, choice(Over, "--again", help="Which rows to ask again; with --resume, may be repeated.")
    ] = None,
    idempotency_header: Annotated[
        str | None, typer.Option(help="The header by which this server knows what it has answered before.")
    ] = None,
    mode: Annotated[str | None, typer.Option(help="How to ask: tools, tools_strict, json_schema, json …")] = None,
    max_retries: Annotated[
        int | None, typer.Option(help="How often to ask again when an answer does not fit (3); with --schema.")
    ] = None,
    system: SystemOption = None,
    temperature: TemperatureOption = None,
    max_tokens: MaxTokensOption = None,
    reasoning: EffortOption = None,
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
    progress: Annotated[bool, typer.Option(help="Show how far it is.")] = True,
) -> None:
    """Ask a file of questions, many at once. Killed at any moment, it goes on with `--resume`."""
    llm = connect_async(
        model,
        base_url,
        system=system,
        temperature=temperature,
        max_tokens=max_tokens,
        reasoning_effort=reasoning,
        timeout=timeout,
        mode=mode_named(mode),
    )
    rules = FileRules(
        concurrency=concurrency,
        progress=progress,
        again=[rows.value for rows in again or ()],
        max_cost=max_cost,
        idempotency_header=idempotency_header,
        resume=resume,
        max_retries=max_retries,
    )
    wanted = None if schema is None else type_at(schema)
    totals, stopped = asyncio.run(_run(llm, source, target, wanted, rules))
    _finish(totals, stopped)


async def _run(
    llm: AsyncLLM, source: Path, target: Path, wanted: object, rules: FileRules
) -> tuple[Totals, BaseException | None]:
    async with llm:
        work = FileBatch(llm, source, target, wanted, rules)
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # Windows: there Ctrl-C ends it at once
            loop.add_signal_handler(signal.SIGINT, _drain, work, loop)
        return await work.run()


def _drain(work: FileBatch, loop: asyncio.AbstractEventLoop) -> None:
    """The first Ctrl-C begins nothing more; after it, one ends the program as ever."""
    typer.echo("no more rows are begun; Ctrl-C again leaves those that are being asked", err=True)
    loop.remove_signal_handler(signal.SIGINT)
    work.stop(KeyboardInterrupt())


def _finish(totals: Totals, stopped: BaseException | None) -> None:
    typer.echo(summary(totals.counts, totals.paid), err=True)
    if isinstance(stopped, Error):
        complain(f"{stopped}\n  What is left is kept: go on with --resume.")
        raise typer.Exit(code_of(stopped))
    if stopped is not None:
        raise typer.Exit(INTERRUPTED)
    if totals.over > totals.counts.get("done", 0):
        raise typer.Exit(ROWS_FAILED)
