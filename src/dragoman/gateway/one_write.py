"""The head of a reply and the beginning of its body in one write.

uvicorn writes them one after the other, and each write is a system call that wakes whoever reads: that is the dearest
of all that a short reply does (a tenth of the whole, measured 2026-11-21).
"""

from __future__ import annotations

import asyncio
from typing import Final

_INFORMATIONAL: Final = b"HTTP/1.1 1"


class OneWrite:
    """The way out for one reply: what uvicorn's cycle calls its transport.

    A head waits for the body that is sent in the same turn of the event loop. Where none is, it goes out alone.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._alone: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        if self._head is not None:
            data, self._head = self._head + data, None
            if self._alone is not None:
                self._alone.cancel()
            self._transport.write(data)
        elif self._alone is None and not data.startswith(_INFORMATIONAL):
            self._head = data
            self._alone = self._loop.call_soon(self._write_alone)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._write_alone()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _write_alone(self) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head)
