"""A real forward proxy: CONNECT tunnels and absolute-form requests, with credentials if wanted."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .scripted import PATIENCE, Received


@dataclass
class ForwardProxy:
    """Listens on 127.0.0.1. With `authorization`, that header's value is demanded; `refusal` answers every CONNECT."""

    authorization: str | None = None
    refusal: bytes | None = None
    requests: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    def stop(self) -> None:
        for sock in [self._listener, *self._open]:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        for sock in [self._listener, *self._open]:
            sock.close()

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.add(client)
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                piece = client.recv(65536)
                if not piece:
                    return
                data += piece
            head, _, rest = data.partition(b"\r\n\r\n")
            request = Received(len(self.requests), head, rest)
            self.requests.append(request)
            if self.authorization is not None and request.headers.get("proxy-authorization") != self.authorization:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            elif request.line.startswith("CONNECT "):
                self._connect(client, request)
            else:
                self._forward(client, request)

    def _connect(self, client: socket.socket, request: Received) -> None:
        if self.refusal is not None:
            client.sendall(self.refusal)
            return
        host, _, port = request.line.split(" ")[1].rpartition(":")
        server = self._dial(host.strip("[]"), int(port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        self._start(self._relay, client, server)
        self._relay(server, client)

    def _forward(self, client: socket.socket, request: Received) -> None:
        """Send one request on in origin form, and everything else as it comes."""
        method, target, version = request.line.split(" ")
        url = urlsplit(target)
        server = self._dial(url.hostname or "", url.port or 80)
        lines = request.head.split(b"\r\n")
        kept = [line for line in lines[1:] if not line.lower().startswith(b"proxy-")]
        first = f"{method} {url.path}{'?' + url.query if url.query else ''} {version}".encode()
        server.sendall(b"\r\n".join([first, *kept]) + b"\r\n\r\n" + request.body)
        self._start(self._relay, client, server)
        self._relay(server, client)

    def _dial(self, host: str, port: int) -> socket.socket:
        server = socket.create_connection((host, port))
        self._open.add(server)
        return server

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for sock in (source, target):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
