"""What `/health` and `/ready` answer. Health asks whether the process lives, readiness whether to send it calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from dragoman import __version__

Check: TypeAlias = "Callable[[], str | None]"
"""What is wrong with something, or `None`. It is asked at each request, so it answers from memory."""


class Status:
    """Both answers, as (HTTP status, JSON).

    Args:
        needed: Checks that must be well for the gateway to take calls: its name → the check.
        told: Checks that `/health` shows and that keep nobody away, such as a configuration that could not be reloaded.
        facts: What else `/health` shows.
    """

    def __init__(
        self,
        needed: Mapping[str, Check] | None = None,
        told: Mapping[str, Check] | None = None,
        facts: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        self._needed = dict(needed or {})
        self._told = dict(told or {})
        self._facts = facts
        self._began = time.monotonic()

    def ready(self) -> tuple[int, bytes]:
        """503 with the reasons, when something that calls need is not well."""
        wrong = _wrong(self._needed)
        answer = {"status": "not ready", "reasons": wrong} if wrong else {"status": "ready"}
        return 503 if wrong else 200, msgspec.json.encode(answer)

    def health(self) -> tuple[int, bytes]:
        """200 for as long as anything answers: a supervisor that restarts on more would make an outage of a warning."""
        wrong = _wrong(self._needed) | _wrong(self._told)
        answer = {
            "status": "degraded" if wrong else "ok",
            "version": __version__,
            "uptime_seconds": round(time.monotonic() - self._began, 3),
            **(self._facts() if self._facts else {}),
            **({"reasons": wrong} if wrong else {}),
        }
        return 200, msgspec.json.encode(answer)


def _wrong(checks: Mapping[str, Check]) -> dict[str, str]:
    found = ((name, check()) for name, check in checks.items())
    return {name: reason for name, reason in found if reason is not None}
