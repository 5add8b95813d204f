"""A connection on which the last word is said while its sender still speaks.

Closed with bytes in it that nobody read, it would be reset, and the last word lost on its way (RFC 9112, 9.6). So our
half is closed, and what still comes is thrown away: until the sender is done, or it is too much or takes too long.
"""

from __future__ import annotations

import asyncio
from typing import Final

MOST_BYTES: Final = 256 * 1024 * 1024
SECONDS: Final = 15.0


class Lingering(asyncio.Protocol):
    """Takes the place of `protocol`, which hears of nothing more than the connection's end."""

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.BaseProtocol) -> None:
        self._transport, self._protocol = transport, protocol
        self._left = MOST_BYTES
        self._deadline = asyncio.get_running_loop().call_later(SECONDS, transport.close)
        transport.set_protocol(self)
        if transport.can_write_eof():
            transport.write_eof()

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Nothing more is written."""

    def resume_writing(self) -> None:
        """Nothing more is written."""
