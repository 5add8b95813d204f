"""Pools of connections, shared by everyone in the process who goes the same way, and leased.

A transport leases the pools it uses; when the last lease of a pool ends, its idle connections are closed. The key of a
pool is its destination (origin, proxy, options) and, for the async face, the event loop: never an API key.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Hashable
from math import inf
from threading import RLock
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from dragoman.transport.options import Destination


class Pooled(Protocol):
    """A connection as its pool sees it. `expires` is when it is too old to be used again."""

    expires: float

    def is_quiet(self) -> bool:
        """Whether it is open with nothing to read: what comes between two requests belongs to nobody."""
        ...

    def close(self) -> None: ...

    def abandon(self) -> None:
        """In a forked child: let go of the parent's socket without a word to the peer."""
        ...


C = TypeVar("C", bound=Pooled)


C_contra = TypeVar("C_contra", contravariant=True)


class Waiter(Protocol[C_contra]):
    """Someone who wants a connection; `owner` is the transport on whose behalf."""

    @property
    def owner(self) -> object: ...

    def grant(self, connection: C_contra | None, /) -> None:
        """Its turn has come: here is a connection or, with `None`, the right to open one."""
        ...


class Pool(Generic[C]):
    """Connections that go one way: the idle ones, newest last, and who waits for one, first come first served.

    Its lock may be taken again by the thread that has it: the garbage collector may drop a reply, and so discard a
    connection, in the midst of anything. Therefore nothing here relies on what it saw before it made an object.
    """

    def __init__(self, key: Hashable, destination: Destination) -> None:
        self.key = key
        self.destination = destination
        self.host = destination.host_header()
        self.prefix = str(destination.origin) if destination.proxy and not destination.tunnelled else ""
        self.extra = destination.proxy.header() if destination.proxy and not destination.tunnelled else ""
        self.max_body_bytes = destination.options.max_body_bytes
        self.lessees: set[int] = set()
        self.closed = False
        self._lock = RLock()
        self._idle: list[C] = []
        self._all: set[C] = set()
        self._opening = 0
        self._most = destination.options.max_connections or inf
        self._max_idle = destination.options.max_idle
        self._keepalive = destination.options.keepalive_seconds
        self._waiters: deque[Waiter[C]] = deque()

    def __repr__(self) -> str:
        return f"<Pool {self.destination.origin} {len(self._idle)} idle of {len(self._all)}>"

    def take(self) -> C | None:
        """A connection that is idle and as it should be, if there is one."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.expires > monotonic() and connection.is_quiet():
                return connection
            self.discard(connection)

    def queue(self, waiter: Waiter[C]) -> None:
        """Stand in line. The turn may come at once."""
        with self._lock:
            self._waiters.append(waiter)
            self._serve()

    def leave(self, waiter: Waiter[C]) -> bool:
        """Give up a place in the line. False: its turn had come already."""
        with self._lock:
            try:
                self._waiters.remove(waiter)
            except ValueError:
                return False
            return True

    def dismiss(self, owner: object) -> None:
        """Send away those who wait on behalf of `owner`: they get the right to open, and find it closed."""
        with self._lock:
            for waiter in list(self._waiters):
                if waiter.owner is owner and self.leave(waiter):
                    self._opening += 1
                    waiter.grant(None)

    def opened(self, connection: C) -> None:
        """The right to open a connection was used."""
        with self._lock:
            self._opening -= 1
            self._all.add(connection)

    def not_opened(self) -> None:
        """The right to open a connection was not used."""
        with self._lock:
            self._opening -= 1
            self._serve()

    def give_back(self, connection: C) -> None:
        """A connection is ready for another request: for whoever waits, else for later."""
        now = monotonic()
        connection.expires = now + self._keepalive
        surplus: list[C] = []
        with self._lock:
            idle = self._idle
            idle.append(connection)
            if self._waiters:
                self._serve()
            while idle and (idle[0].expires <= now or len(idle) > self._max_idle or self.closed):
                surplus.append(idle.pop(0))
        for old in surplus:
            self.discard(old)

    def discard(self, connection: C) -> None:
        """Close a connection, and let the next in line open one in its place. More than once is harmless."""
        connection.close()
        with self._lock:
            self._all.discard(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._serve()

    def drop_idle(self) -> None:
        """Close the idle connections: a newer one than they has just turned out to be dead."""
        with self._lock:
            idle = self._idle.copy()
        for connection in idle:
            self.discard(connection)

    def close(self) -> None:
        """Close the idle connections, and the others when they come back."""
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, []
            self._all.difference_update(idle)
        for connection in idle:
            connection.close()

    def shut_down(self) -> None:
        """Close every connection, also those in use."""
        self.close()
        with self._lock:
            in_use, self._all = self._all, set()
        for connection in in_use:
            connection.close()

    def abandon(self) -> None:
        """In a forked child: forget every connection, and locks that a thread of the parent may have held."""
        self._lock = RLock()
        for connection in self._all:
            connection.abandon()
        self._all, self._idle, self._opening = set(), [], 0
        self._waiters.clear()

    def _serve(self) -> None:
        """Give the first in line what there is, as long as there is something."""
        while self._waiters:
            connection = self._idle.pop() if self._idle else None
            if connection is None:
                if len(self._all) + self._opening >= self._most:
                    return
                self._opening += 1
            try:
                waiter = self._waiters.popleft()
            except IndexError:  # served in the meantime
                if connection is None:
                    self._opening -= 1
                else:
                    self._idle.append(connection)
                return
            waiter.grant(connection)


# ---------------------------------------------------------------------- the pools of this process

_pools: dict[Hashable, Pool[Any]] = {}
_lock = RLock()


def lease(key: Hashable, lessee: object, create: Callable[[], Pool[C]]) -> Pool[C]:
    """The pool of that key, made when there is none, for one more user. Leasing it twice is leasing it once."""
    with _lock:
        pool = _pools.get(key)
        if pool is None:
            pool = _pools[key] = create()
        pool.lessees.add(id(lessee))
        return pool


def release(pool: Pool[Any], lessee: object) -> None:
    """One user of the pool fewer; the last one closes it."""
    with _lock:
        pool.lessees.discard(id(lessee))
        if pool.lessees:
            return
        if _pools.get(pool.key) is pool:
            del _pools[pool.key]
    pool.close()


def forget(key: Hashable) -> None:
    """Shut down a pool that can serve nobody any more, whoever leases it."""
    with _lock:
        pool = _pools.pop(key, None)
    if pool is not None:
        pool.shut_down()


def known_keys() -> list[Hashable]:
    """The keys of the pools there are."""
    with _lock:
        return list(_pools)


def _abandon_all() -> None:
    """In a forked child: the sockets are the parent's."""
    global _lock  # noqa: PLW0603  # another thread of the parent may have held it
    _lock = RLock()
    for pool in _pools.values():
        pool.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
