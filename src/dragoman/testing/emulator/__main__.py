"""`python -m dragoman.testing.emulator`: the emulator in the foreground, until it is interrupted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from dragoman.errors import ConfigurationError
from dragoman.testing.emulator.emulator import Emulator
from dragoman.testing.emulator.faults import Fault
from dragoman.testing.emulator.foreground import serve
from dragoman.testing.emulator.settings import DEFAULT_BODY_BYTES


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    emulator = Emulator(
        host=options.host,
        port=options.port,
        seed=options.seed,
        keys=frozenset(options.key) or None,
        models=options.model or None,
        piece=options.piece,
        pace=Fault(head_delay_seconds=options.head_delay, event_delay_seconds=options.event_delay),
        max_body_bytes=options.max_body_bytes,
    )
    try:
        serve(emulator, options.model)
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dragoman.testing.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=int, default=8399, help="0 takes any free one (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="decides ids and chances (%(default)s)")
    parser.add_argument("--key", action="append", default=[], help="a key that may call; without any, all may")
    parser.add_argument("--model", action="append", default=[], help="a model there is; without any, all names are")
    parser.add_argument("--piece", type=int, default=8, help="average characters in a streamed piece (%(default)s)")
    parser.add_argument("--head-delay", type=float, default=0.0, help="seconds before each answer (%(default)s)")
    parser.add_argument("--event-delay", type=float, default=0.0, help="seconds between two pieces (%(default)s)")
    parser.add_argument("--max-body-bytes", type=int, default=DEFAULT_BODY_BYTES, help="the longest request body")
    return parser


if __name__ == "__main__":
    sys.exit(main())
