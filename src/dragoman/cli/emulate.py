"""`dragoman emulate`: a provider on this machine, until it is interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from dragoman.testing import Emulator, Fault, Tape
from dragoman.testing.emulator.foreground import serve
from dragoman.testing.emulator.settings import DEFAULT_BODY_BYTES


def emulate(
    *,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8399,
    seed: Annotated[int, typer.Option(help="Decides ids and chances.")] = 0,
    key: Annotated[list[str] | None, typer.Option(help="A key that may call; without any, all may.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model there is; without any, all names are.")] = None,
    piece: Annotated[int, typer.Option(help="Average characters in a streamed piece.")] = 8,
    head_delay: Annotated[float, typer.Option(help="Seconds before each answer.")] = 0.0,
    event_delay: Annotated[float, typer.Option(help="Seconds between two pieces.")] = 0.0,
    max_body_bytes: Annotated[int, typer.Option(help="The longest request body.")] = DEFAULT_BODY_BYTES,
    tape: Annotated[Path | None, typer.Option(help="Answer from recorded traffic in this file.")] = None,
    mode: Annotated[
        Literal["replay", "auto", "record"], typer.Option(help="What to do with calls that are not on the tape.")
    ] = "replay",
) -> None:
    """Serve every dialect on this machine: by rules, by a script sent to it, or from a tape."""
    emulator = Emulator(
        host=host,
        port=port,
        seed=seed,
        keys=frozenset(key or ()) or None,
        models=model or None,
        piece=piece,
        pace=Fault(head_delay_seconds=head_delay, event_delay_seconds=event_delay),
        max_body_bytes=max_body_bytes,
        tape=None if tape is None else Tape(tape, mode),
    )
    serve(emulator, model or ())
