"""The time that is left, in an SDK's words."""

from __future__ import annotations

from typing import Any, cast

from dragoman.transport.carried.sending import LEAST_SECONDS


def narrowed(own: Any, seconds: float | None) -> Any:
    """The client's own limit, lowered to the time that is left, never raised.

    A limit of httpx's is lowered phase by phase.
    """
    if seconds is None:
        return own
    if isinstance(own, int | float):
        return max(min(own, seconds), LEAST_SECONDS)
    phases = getattr(own, "as_dict", None)
    found: object = phases() if callable(phases) else None
    if not isinstance(found, dict):
        return seconds
    limits = cast("dict[str, float | None]", found)
    lowered = {phase: seconds if limit is None else min(limit, seconds) for phase, limit in limits.items()}
    return own if lowered == limits else type(own)(**lowered)
