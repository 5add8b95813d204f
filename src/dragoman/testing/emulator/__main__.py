"""`python -m dragoman.testing.emulator`: the emulator in the foreground, until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from threading import Event
from types import FrameType

from dragoman.errors import ConfigurationError
from dragoman.testing.emulator.control import CONTROL
from dragoman.testing.emulator.emulator import Emulator
from dragoman.testing.emulator.faults import Fault
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
        emulator.start()
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(_greeting(emulator, options.model))
    sys.stdout.flush()
    _wait_for_interrupt()
    emulator.stop()
    sys.stdout.write(f"{emulator.bill!r}\n")
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


def _greeting(emulator: Emulator, models: Sequence[str]) -> str:
    variables = "".join(f"  export {name}={value}\n" for name, value in emulator.environment().items())
    return (
        f"The emulator listens on {emulator.url} and answers for {', '.join(models) or 'every model'}.\n"
        f"To use it in place of the providers:\n\n{variables}\n"
        f"What it has seen: {emulator.url}{CONTROL}requests, {emulator.url}{CONTROL}bill\n"
    )


def _wait_for_interrupt() -> None:
    asked = Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the form that `signal` wants
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    asked.wait()


if __name__ == "__main__":
    sys.exit(main())
