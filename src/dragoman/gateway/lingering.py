"""A connection on which the last word is said while its sender still speaks.

Closed with bytes in it that nobody read, it would be reset, and the last word lost on its way (RFC 9112, 9.6). So our
half is closed, and what still comes is thrown away: until the sender is done, or it is too much or takes too long.
Inside TLS no half can be closed alone: there who waits for the end has it once it has been silent for a second.
"""

from __future__ import annotations

import asyncio
from typing import Final

MOST_BYTES: Final = 256 * 1024 * 1024
SECONDS: Final = 15.0
SILENT_SECONDS: Final = 1.0


class Lingering(asyncio.Protocol):
    """Takes the place of `protocol`, which hears of nothing more than the connection's end."""

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.BaseProtocol) -> None:
        self._transport, self._protocol = transport, protocol
        self._left = MOST_BYTES
        self._deadline = asyncio.get_running_loop().call_later(SECONDS, transport.close)
        transport.set_protocol(self)
        self._silence: asyncio.TimerHandle | None = None
        self._heard = False
        if transport.can_write_eof():
            transport.write_eof()
        else:
            self._listen()

    def _listen(self) -> None:
        self._heard = False
        self._silence = asyncio.get_running_loop().call_later(SILENT_SECONDS, self._end_silence)

    def _end_silence(self) -> None:
        if self._heard:
            self._listen()
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._left -= len(data)
        if self._left < 0:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        if self._silence is not None:
            self._silence.cancel()
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Nothing more is written."""

    def resume_writing(self) -> None:
        """Nothing more is written."""
