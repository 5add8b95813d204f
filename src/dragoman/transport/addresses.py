"""Names to addresses, in threads of their own: the system's resolver cannot be interrupted, a caller's time can.

Callers who want the same name at the same time share one look-up.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from math import inf
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, TypeAlias

Address: TypeAlias = tuple[int, Any]
"""A family, and what `socket.connect` takes for it."""

_running: dict[tuple[str, int], Lookup] = {}
_lock = Lock()


class Lookup:
    """One name being looked up."""

    __slots__ = ("_callbacks", "_done", "_failure", "_found", "_key")

    def __init__(self, host: str, port: int) -> None:
        self._key = (host, port)
        self._callbacks: list[Callable[[], None]] = []
        self._found: list[Address] = []
        self._failure: OSError | None = None
        self._done = Event()

    def then(self, callback: Callable[[], None]) -> None:
        """Call `callback` when the look-up is over, from whichever thread."""
        with _lock:
            if not self._done.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def wait(self, at: float) -> bool:
        """Wait until it is over. False when `at` has passed."""
        return self._done.wait(None if at == inf else max(at - monotonic(), 0.0))

    def addresses(self) -> list[Address]:
        """What was found, once it is over. Raises `OSError`."""
        if self._failure is not None:
            raise self._failure
        return self._found

    def run(self) -> None:
        try:
            self._found = _ask(*self._key)
        except OSError as error:
            self._failure = error
        except UnicodeError:  # a name that no resolver could know, such as one with an empty label
            self._failure = socket.gaierror(socket.EAI_NONAME, "not a host name")
        with _lock:
            _running.pop(self._key, None)
            self._done.set()
        for callback in self._callbacks:
            callback()


def numeric(host: str, port: int) -> list[Address] | None:
    """The address, when `host` is one already; this asks nobody."""
    try:
        return _ask(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None


def look_up(host: str, port: int) -> Lookup:
    """The running look-up of a name; one is begun when there is none. Raises `OSError` when that cannot be."""
    with _lock:
        lookup = _running.get((host, port))
        if lookup is None:
            lookup = Lookup(host, port)
            try:
                Thread(target=lookup.run, name=f"dragoman-lookup-{host}", daemon=True).start()
            except RuntimeError as error:
                raise OSError(f"no thread could be started to look up the name: {error}") from None
            _running[host, port] = lookup
        return lookup


def _ask(host: str, port: int, flags: int = 0) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _forget() -> None:
    """In a forked child: the threads that were asking are not here."""
    global _lock  # noqa: PLW0603  # the parent's may be held for ever here
    _lock = Lock()
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
