"""The emulator in the foreground of a terminal, until it is interrupted."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from threading import Event
from types import FrameType

from dragoman.testing.emulator.control import CONTROL
from dragoman.testing.emulator.emulator import Emulator


def serve(emulator: Emulator, models: Sequence[str]) -> None:
    """Run until interrupted; print how to use it before, and its bill after.

    Raises `ConfigurationError` when the address cannot be had.
    """
    asked = _interrupt()
    emulator.start()
    _say(_greeting(emulator, models))
    asked.wait()
    emulator.stop()
    _say(f"{emulator.bill!r}\n")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _greeting(emulator: Emulator, models: Sequence[str]) -> str:
    """What a shell may read as it is: all but the variables are comments."""
    variables = "".join(f"  export {name}={value}\n" for name, value in emulator.environment().items())
    answered = ", ".join(models) or ("the models of the catalog" if emulator.strict else "every model")
    strictly = " It refuses what the providers themselves refuse." if emulator.strict else ""
    return (
        f"# The emulator listens on {emulator.url} and answers for {answered}.{strictly}\n"
        f"# To use it in place of the providers:\n\n{variables}\n"
        f"# What it has seen: {emulator.url}{CONTROL}requests, {emulator.url}{CONTROL}bill\n"
    )


def _interrupt() -> Event:
    """Set when the process is asked to end."""
    asked = Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the form that `signal` wants
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return asked
