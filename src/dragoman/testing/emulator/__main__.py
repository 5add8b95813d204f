"""`python -m dragoman.testing.emulator`: the emulator in the foreground, until it is interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.testing.emulator.command_line import emulator_from, parser_for
from dragoman.testing.emulator.foreground import serve

_BROKEN_PIPE: Final = 141
"""As a shell reports a program that wrote to a pipe nobody reads any more."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = vars(parser_for("python -m dragoman.testing.emulator", str(__doc__)).parse_args(arguments))
    try:
        serve(emulator_from(given), given["model"] or ())
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return _BROKEN_PIPE
    return 0


if __name__ == "__main__":
    sys.exit(main())
