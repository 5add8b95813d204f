"""What the SDKs' own types say as arguments of `create`: nothing at all, or limits of time."""

from __future__ import annotations

from typing import Any, Final

from dragoman.http import Timeouts

_LEFT_OUT: Final = frozenset({"NotGiven", "Omit", "Unset"})
"""Classes of `NOT_GIVEN` and `omit` (OpenAI's and Anthropic's SDK, Groq's, Writer's) and `UNSET` (Mistral's)."""

_PHASES: Final = ("connect", "read", "write", "pool")
"""What `httpx.Timeout` has, which the SDKs give as theirs."""


def is_left_out(value: object) -> bool:
    """Whether it stands for an argument that was not given."""
    return value is None or type(value).__name__ in _LEFT_OUT


def own_timeout(value: Any) -> Any:
    """Limits of an SDK's as ours. They have no total: its longest wait is that, as a number of seconds is."""
    if isinstance(value, Timeouts) or not all(hasattr(value, phase) for phase in _PHASES):
        return value
    limits = [getattr(value, phase) for phase in _PHASES]
    total = None if None in limits else max(limits)
    return Timeouts(connect=value.connect, first_byte=value.read, between_chunks=value.read, total=total)
