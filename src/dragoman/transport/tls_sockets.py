"""A blocking connection inside TLS. Imported when an https origin is first used."""

from __future__ import annotations

import ssl

from dragoman.errors import Error
from dragoman.transport.clock import ConnectClock
from dragoman.transport.options import Destination
from dragoman.transport.readiness import READ, WRITE
from dragoman.transport.sockets import Connection
from dragoman.transport.tls import lost_after_handshake, tls_context, tls_failed


class TlsConnection(Connection):
    """Takes over the socket of a connection whose first hop, and tunnel if any, stand."""

    __slots__ = ("_proven", "_tls")

    def __init__(self, plain: Connection, destination: Destination) -> None:
        super().__init__(plain.sock, destination.origin)
        self._proven = False
        try:
            self.sock = self._tls = tls_context(destination.options).wrap_socket(
                plain.sock,
                server_hostname=destination.server_name(),
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,  # an end that the peer did not announce may be an attacker's
            )
        except OSError as error:  # the peer has gone already
            raise tls_failed(destination.origin, error) from error
        self.closed = plain.closed

    def shake_hands(self, clock: ConnectClock) -> None:
        """Agree on keys and check who answers. Raises `ConnectFailed` or `TimedOut`."""
        self._begin()
        try:
            while wanted := self._shake_once():
                if not self.readiness.wait(wanted, clock.at):
                    raise clock.timed_out()
        except OSError as error:
            raise self._ended_here() if self.closed else tls_failed(self.origin, error) from error
        finally:
            self._end()

    def is_quiet(self) -> bool:
        if self.closed:
            return False
        if not (self._tls.pending() or self.readiness.is_readable()):
            return True
        try:  # a session ticket may have come, which is no data
            self._tls.recv(1)
        except ssl.SSLWantReadError:
            return True
        except OSError:
            return False
        return False

    def lost(self, error: OSError) -> Error:
        return super().lost(error) if self.closed or self._proven else lost_after_handshake(self.origin, error)

    def _shake_once(self) -> int:
        """What has to be waited for before going on; 0 when done."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return READ
        except ssl.SSLWantWriteError:
            return WRITE
        return 0

    def _wait_readable(self, at: float) -> bool:
        return self._tls.pending() > 0 or super()._wait_readable(at)

    def _read(self) -> bytes | None:
        try:
            data = super()._read()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        self._proven = True
        return data

    def _write(self, data: bytes | memoryview) -> int:
        try:
            return super()._write(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except ssl.SSLEOFError as error:  # why may still stand in what can be read, such as an alert
            raise BrokenPipeError from error
