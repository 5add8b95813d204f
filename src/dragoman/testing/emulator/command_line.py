"""The options of the command that runs an emulator, written once: for `python -m` and for `dragoman emulate`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from msgspec import Struct

from dragoman.testing.emulator.emulator import Emulator
from dragoman.testing.emulator.faults import Fault
from dragoman.testing.emulator.settings import DEFAULT_BODY_BYTES
from dragoman.testing.tape.tape import Mode, Tape

PORT: Final = 8399
"""Where a command listens unless it is told; `Emulator()` takes any free port."""


class Option(Struct, frozen=True, kw_only=True):
    """One option. `kind` is what its text becomes; one that may be `repeated` gives a list."""

    name: str
    kind: Any
    default: Any = None
    repeated: bool = False
    help: str

    @property
    def flag(self) -> str:
        """As it is written: `--max-body-bytes`."""
        return f"--{self.name.replace('_', '-')}"


OPTIONS: Final = (
    Option(name="host", kind=str, default="127.0.0.1", help="Where to listen."),
    Option(name="port", kind=int, default=PORT, help="0 takes any free one."),
    Option(name="seed", kind=int, default=0, help="Decides ids and chances."),
    Option(name="key", kind=str, repeated=True, help="A key that may call; without any, all may."),
    Option(name="model", kind=str, repeated=True, help="A model there is; without any, all names are."),
    Option(name="strict", kind=bool, default=False, help="Refuse what the provider itself refuses."),
    Option(name="piece", kind=int, default=8, help="Average characters in a streamed piece."),
    Option(name="head_delay", kind=float, default=0.0, help="Seconds before each answer."),
    Option(name="event_delay", kind=float, default=0.0, help="Seconds between two pieces."),
    Option(name="max_body_bytes", kind=int, default=DEFAULT_BODY_BYTES, help="The longest request body."),
    Option(name="tape", kind=Path, help="Answer from recorded traffic in this file."),
    Option(name="mode", kind=Mode, default="replay", help="What to do with calls that are not on the tape."),
)


def parser_for(program: str, description: str) -> ArgumentParser:
    """What reads the options from a command line."""
    parser = ArgumentParser(prog=program, description=description)
    for option in OPTIONS:
        if option.kind is bool:
            parser.add_argument(option.flag, action="store_true", help=option.help)
            continue
        choices = get_args(option.kind)
        parser.add_argument(
            option.flag,
            type=str if choices else option.kind,
            choices=choices or None,
            action="append" if option.repeated else "store",
            default=option.default,
            help=f"{option.help} (%(default)s)" if option.default is not None else option.help,
        )
    return parser


def emulator_from(given: Mapping[str, Any]) -> Emulator:
    """The emulator that `given` options describe. Raises `ConfigurationError` for a tape that is none."""
    return Emulator(
        host=given["host"],
        port=given["port"],
        seed=given["seed"],
        keys=frozenset(given["key"] or ()) or None,
        models=given["model"] or None,
        strict=given["strict"],
        piece=given["piece"],
        pace=Fault(head_delay_seconds=given["head_delay"], event_delay_seconds=given["event_delay"]),
        max_body_bytes=given["max_body_bytes"],
        tape=None if given["tape"] is None else Tape(given["tape"], given["mode"]),
    )
