"""A value that is seen growing, whoever gives it: targets are asked in different ways, and shown by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.client.value_streams import Heard
from dragoman.messages import Event, Restarted
from dragoman.structured.partial import NOTHING


class Following:
    """Hears by the ears of whoever is asked at present; what came before a restart is void."""

    def __init__(self) -> None:
        self.restarts: list[Restarted] = []
        self._now: Any = None

    def follow(self, hearing: Heard) -> None:
        """Another target is asked."""
        self._now = hearing

    def take(self, event: Event) -> bool:
        if isinstance(event, Restarted):
            self.restarts.append(event)
        return self._now is not None and self._now.take(event)

    def show(self) -> Any:
        return NOTHING if self._now is None else self._now.show()

    def is_complete(self, path: Sequence[str]) -> bool:
        return self._now is not None and self._now.is_complete(path)
