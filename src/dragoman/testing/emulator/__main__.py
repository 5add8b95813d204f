"""`python -m dragoman.testing.emulator`: the emulator in the foreground, until it is interrupted."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dragoman.errors import ConfigurationError
from dragoman.testing.emulator.command_line import emulator_from, parser_for
from dragoman.testing.emulator.foreground import serve


def main(arguments: Sequence[str] | None = None) -> int:
    given = vars(parser_for("python -m dragoman.testing.emulator", str(__doc__)).parse_args(arguments))
    try:
        serve(emulator_from(given), given["model"] or ())
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
