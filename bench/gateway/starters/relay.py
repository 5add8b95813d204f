"""The floor: what any gateway in Python must spend.   relay.py PORT UPSTREAM

One event loop, bytes in and bytes out by callbacks, no task for a request. It checks a key, looks up a name, writes the
provider's model into the body, reads the usage. It has no second provider, no retries, timeouts, limits, money or log,
and trusts every length it is told.
"""

import asyncio
import sys
from collections import deque
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

KEYS = {b"Bearer sk-bench"}
MODELS = {"fast": msgspec.Raw(b'"gpt-4o-mini"')}
FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
NAME = msgspec.json.Decoder(str)
USAGE = {"answers": 0}


class Upstream(asyncio.Protocol):
    """A connection to the provider: lent to one caller at a time, kept for the next."""

    idle: ClassVar[deque["Upstream"]] = deque()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, request: bytes, caller: "Caller") -> None:
        self.caller, self.tail = caller, b""
        self.parser = httptools.HttpResponseParser(self)
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_headers_complete(self) -> None:
        self.caller.begin(self.parser.get_status_code())

    def on_body(self, body: bytes) -> None:
        self.tail = body
        self.caller.transport.write(b"%x\r\n%b\r\n" % (len(body), body))

    def on_message_complete(self) -> None:
        USAGE["answers"] += b'"usage":{' in self.tail
        self.caller.transport.write(b"0\r\n\r\n")
        Upstream.idle.append(self)


class Caller(asyncio.Protocol):
    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.body, self.known = b"", False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self.known = value in KEYS

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if not self.known:
            self.transport.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
            return
        fields = FIELDS.decode(self.body)
        fields["model"] = MODELS[NAME.decode(fields["model"])]
        body = msgspec.json.encode(fields)
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: upstream\r\nauthorization: Bearer sk-upstream\r\n"
        self.send(head + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    def send(self, request: bytes) -> None:
        if Upstream.idle:
            Upstream.idle.pop().ask(request, self)
        else:
            self.connecting = asyncio.ensure_future(self.connect(request))

    async def connect(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(Upstream, self.upstream.hostname, self.upstream.port)
        upstream.ask(request, self)

    def begin(self, status: int) -> None:
        self.transport.write(
            b"HTTP/1.1 %d x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n" % status
        )


async def main(port: str, upstream: str) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Caller(upstream), "127.0.0.1", int(port), backlog=2048)
    await server.serve_forever()


uvloop.run(main(*sys.argv[1:]))
