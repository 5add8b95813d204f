"""Whose line a warning is about."""

from __future__ import annotations

from inspect import currentframe


def stacklevel_of_caller() -> int:
    """The `stacklevel` that makes `warnings.warn`, called right here, speak of the first line that is not ours."""
    frame, level = currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("dragoman."):
        frame, level = frame.f_back, level + 1
    return level
