"""A value that is seen growing, whoever gives it: targets are asked in different ways, and shown by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dragoman.client.value_streams import Heard
from dragoman.messages import Event, Restarted
from dragoman.structured.ask_streamed import UNFIT
from dragoman.structured.partial import NOTHING


class Following:
    """Hears by the ears of whoever is asked at present; what came before a restart is void.

    Args:
        delivered: Whether any element was, of a list whose elements come one by one.

    Attributes:
        restarts: Where nothing had been seen of an answer, nobody need know that another target begins anew.
    """

    def __init__(self, delivered: Callable[[], bool] | None = None) -> None:
        self.restarts: list[Restarted] = []
        self._delivered = delivered or self._shows
        self._seen = False
        self._now: Any = None

    def follow(self, hearing: Heard) -> None:
        """Another target is asked."""
        self._now = hearing

    def take(self, event: Event) -> bool:
        if self._now is None:
            return False
        if isinstance(event, Restarted):
            return self._begin_anew(event)
        known = len(self._now.restarts)
        is_new = self._now.take(event)
        self.restarts += self._now.restarts[known:]
        return is_new

    def _begin_anew(self, event: Restarted) -> bool:
        self._seen = self.seen()
        if self._seen or event.reason == UNFIT:
            self.restarts.append(event)
        return self._now.take(event)

    def seen(self) -> bool:
        """Whether the caller may have seen anything, of whatever answer."""
        return self._seen or self._delivered()

    def _shows(self) -> bool:
        return self.show() is not NOTHING

    def show(self) -> Any:
        return NOTHING if self._now is None else self._now.show()

    def is_complete(self, path: Sequence[str]) -> bool:
        return self._now is not None and self._now.is_complete(path)
