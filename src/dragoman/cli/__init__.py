"""The command `dragoman`. Its packages come with `pip install 'dragoman[cli]'`."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command; what is wrong is said in one line on standard error."""
    missing = [name for name in ("typer", "rich") if find_spec(name) is None]
    if missing:
        sys.exit(f"the command `dragoman` needs {' and '.join(missing)}: pip install 'dragoman[cli]'")
    from dragoman.cli.app import app

    app(prog_name="dragoman")
