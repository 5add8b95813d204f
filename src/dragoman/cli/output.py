"""What every command shares: how things are printed, and the exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from dragoman.client import Stream
from dragoman.errors import CallerError, Error, OutputError, ProviderError, TransportError
from dragoman.messages import LLMResponse, encode_json

P = ParamSpec("P")
T = TypeVar("T")

EXIT_CODES: Final[tuple[tuple[type[Error], int, str], ...]] = (
    (CallerError, 2, "The call is wrong: an option, a model's name, a missing key or package."),
    (OutputError, 5, "The model's answer does not fit what was asked for."),
    (ProviderError, 3, "The provider refused or failed."),
    (TransportError, 4, "The provider could not be reached, or the connection broke."),
)
"""Which kind of failure ends with which exit code; the first that fits holds. 0: all went well."""

ANYTHING_ELSE: Final = 1
ROWS_FAILED: Final = 6
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""As a shell reports a program that wrote to a pipe nobody reads any more."""

_WIDE: Final = 10_000
"""Columns of what no person looks at: every row is one line, for `grep` and its like."""


def code_of(error: Error) -> int:
    """The exit code for a failure."""
    return next((code for kind, code, _ in EXIT_CODES if isinstance(error, kind)), ANYTHING_ELSE)


def console() -> Console:
    """Where tables and greetings go. Colours, and rows folded to fit, only where a person is looking."""
    looked_at = sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=not looked_at, width=None if looked_at else _WIDE)


def table(*headings: str) -> Table:
    """An empty table. What is too long for its column is folded, never cut short."""
    return Table(*(Column(heading, overflow="fold") for heading in headings), box=None, header_style="bold")


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, style="red", markup=False)


def exits(command: Callable[P, T]) -> Callable[P, T]:
    """`command` with our errors as one line on standard error and an exit code in place of a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
            raise typer.Exit(BROKEN_PIPE) from None
        except Error as error:
            complain(str(error))
            raise typer.Exit(code_of(error)) from None
        except OSError as error:  # a file that was named
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            raise typer.Exit(code_of(CallerError(str(error)))) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None

    return run


def write_text(stream: Stream) -> None:
    """The text of an answer on standard output, as it comes, and the end of its last line."""
    for event in stream:
        sys.stdout.write(event.content)
        sys.stdout.flush()
    sys.stdout.write("\n")


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(encode_json(value).decode() + "\n")


def response_json(response: LLMResponse) -> dict[str, Any]:
    """A response as JSON for other programs: what most of them want to know, costs as decimal text."""
    return {
        "content": response.content,
        "model": response.model,
        "provider": response.provider,
        "finish_reason": response.finish_reason,
        "reasoning": response.reasoning,
        "refusal": response.refusal,
        "tool_calls": [{"id": it.id, "name": it.name, "arguments": it.arguments} for it in response.tool_calls],
        "usage": dict(response.usage.items()),
        "cost_usd": None if response.cost is None else f"{response.cost:f}",
        "cost_note": response.cost_note,
        "latency_seconds": response.latency_seconds,
        "first_token_seconds": response.first_token_seconds,
        "request_id": response.request_id,
        "attempts": [
            {"target": it.target, "outcome": it.outcome, "seconds": it.seconds, "status": it.status}
            for it in response.attempts
        ],
        "warnings": [str(loss) for loss in response.warnings],
    }


def summary(response: LLMResponse) -> str:
    """One line about an answer, for people: who, how much, how long."""
    usage, cost = response.usage, response.cost
    facts = [
        f"{response.provider}/{response.model}",
        f"{usage.input_tokens} + {usage.output_tokens} tokens" if usage else "tokens not reported",
        f"${cost:f}" if cost is not None else f"cost not known ({response.cost_note})",
        f"{response.latency_seconds:.2f} s" if response.latency_seconds is not None else "",
        f"{len(response.attempts)} tries" if len(response.attempts) > 1 else "",
        f"ended by {response.finish_reason}" if response.finish_reason not in ("stop", None) else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def remark(response: LLMResponse, *, verbose: bool) -> None:
    """What has to be said of the answer besides its text, on standard error."""
    for loss in response.warnings:
        typer.echo(f"warning: {loss}", err=True)
    if response.refusal:
        typer.echo(f"the model refused: {response.refusal}", err=True)
    if verbose:
        typer.echo(summary(response), err=True)


def piped_in() -> str:
    """What standard input holds; nothing where a person types."""
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
