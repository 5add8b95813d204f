"""`python -m dragoman`: the command, also where no script of its name is on the path."""

from __future__ import annotations

from dragoman.cli import main

if __name__ == "__main__":
    main()
