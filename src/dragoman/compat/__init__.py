"""Peers' module paths, for programs that are to run unchanged: `dragoman.compat.install("instructor")`.

After that `import instructor`, and its public submodules, give what is here. Only aliases live in this room: what a
name means is said where it is at home. Nothing else imports this room.
"""

from dragoman.compat.finder import install, installed, uninstall

__all__ = ["install", "installed", "uninstall"]
