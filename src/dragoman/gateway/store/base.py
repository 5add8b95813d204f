"""What keys and ledger need of a store. `SqliteStore` is one; others may come behind the same names."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from decimal import Decimal
from typing import Protocol

from dragoman.gateway.store.entries import Batch
from dragoman.gateway.store.unknown import UnknownHold
from dragoman.gateway.store.virtual_key import VirtualKey


class Store(Protocol):
    """Where keys and money are kept. Any thread may call it, and each process opens its own.

    What is posted is written in the order in which it came. Errors: `StorageFailed` and `StorageFull`.
    """

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now."""
        ...

    @property
    def keys(self) -> Mapping[bytes, VirtualKey]:
        """All keys by digest, as they were at most a second ago."""
        ...

    def digest(self, token: str) -> bytes:
        """What is kept of a token."""
        ...

    def add_key(self, key: VirtualKey, digest: bytes) -> Future[None]: ...

    def change_key(self, key: VirtualKey) -> Future[None]:
        """Other terms for a key of the same id."""
        ...

    def find(self, token: str) -> VirtualKey | None:
        """Whose token it is, by `keys`. Every call asks."""
        ...

    def post(self, batch: Batch) -> None:
        """Write it; who asks is told when that is done."""
        ...

    def flushed(self) -> Future[None]:
        """Done when all that was posted before is written."""
        ...

    def unknown_holds(self) -> list[UnknownHold]: ...

    def resolve(self, hold: int, cost: Decimal) -> Future[None]:
        """Say what the call of an unknown hold cost."""
        ...

    def close(self) -> None:
        """Write what waits and let go. What was let in and not settled becomes unknown."""
        ...
