"""A lock that finalizers may want where it is held: garbage is collected anywhere, also beneath its holder."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import RLock, get_ident


class Turn:
    """One thread at a time, and a chore that finalizers ask for.

    A finalizer neither waits for the holder nor changes things under its hands: where it cannot have the lock, whoever
    holds it does the chore when letting go.
    """

    def __init__(self, chore: Callable[[], object]) -> None:
        self._lock = RLock()  # re-entered only before a holder has begun and after it has ended
        self._holder: int | None = None
        self._chore = chore
        self._is_due = False

    @property
    def is_mine(self) -> bool:
        """Whether this thread holds it already, as in a finalizer that runs beneath the holder."""
        return self._holder == get_ident()

    @contextmanager
    def held(self) -> Generator[None]:
        try:
            with self._lock, self._holding():
                yield
        finally:
            self._catch_up()

    @contextmanager
    def _holding(self) -> Generator[None]:
        before, self._holder = self._holder, get_ident()
        try:
            yield
        finally:
            self._holder = before

    def ask(self) -> None:
        """Have the chore done: now, or by whoever holds the lock. Never waits."""
        self._is_due = True
        self._catch_up()

    def _catch_up(self) -> None:
        # Asked again after each try: what was asked for while another held it must not be left to nobody
        while self._is_due and not self.is_mine and self._lock.acquire(blocking=False):
            try:
                with self._holding():
                    self._is_due = False
                    self._chore()
            finally:
                self._lock.release()
