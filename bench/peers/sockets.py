"""The floor: bare sockets, `msgspec`, and no more HTTP than this upstream needs. A limit, not a client.

It has no proxy, no TLS, no errors, no retries and no prices, and trusts every length it is told.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from bench.peers.base import Adapter
from bench.work import OPENAI_MODEL, TIMEOUT_SECONDS, Answer, chat, question

LABEL = "bare sockets (floor)"
ENVIRONMENT = "rawhttp"
START = """
import asyncio, ssl, socket, msgspec
from urllib.parse import urlsplit
url = urlsplit(URL)
connection = socket.create_connection((url.hostname, url.port), timeout=30)
"""
FIRST = r"""
body = msgspec.json.encode({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": QUESTION}]})
head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {url.netloc}\r\ncontent-length: {len(body)}\r\n\r\n"
connection.sendall(head.encode() + body)
received = connection.recv(65536)
completion = msgspec.json.decode(received[received.find(b"\r\n\r\n") + 4 :])
print(completion["choices"][0]["message"]["content"])
"""


class Body:
    """Takes what a socket gave, gives the body's bytes; `done` when it has all."""

    def __init__(self) -> None:
        self.pending = b""
        self.head = True
        self.chunked = False
        self.left = 0
        self.done = False

    def feed(self, data: bytes) -> bytes:
        data = self.pending + data
        self.pending = b""
        if self.head:
            head, end, rest = data.partition(b"\r\n\r\n")
            if not end:
                self.pending = data
                return b""
            self.read_head(head.lower())
            data = rest
        return self.chunks(data) if self.chunked else self.counted(data)

    def read_head(self, head: bytes) -> None:
        self.head = False
        self.chunked = b"transfer-encoding: chunked" in head
        if not self.chunked:
            self.left = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])

    def counted(self, data: bytes) -> bytes:
        self.left -= len(data)
        self.done = self.left <= 0
        return data

    def chunks(self, data: bytes) -> bytes:
        found: list[bytes] = []
        position = 0
        while (end := data.find(b"\r\n", position)) >= 0:
            size = int(data[position:end], 16)
            after = end + 2 + size + 2
            if after > len(data):
                break
            found.append(data[end + 2 : after - 2])
            position = after
            self.done = size == 0
        self.pending = data[position:]
        return b"".join(found)


class Waiting(asyncio.Protocol):
    """A connection that hands over what came since it was last asked."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.got = b""
        self.waiter: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(exc or ConnectionResetError())

    async def receive(self) -> bytes:
        if not self.got:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        got, self.got = self.got, b""
        return got


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.address = (parts.hostname or "", parts.port or 80)
        self.head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer k\r\n"
            "content-type: application/json\r\ncontent-length: "
        ).encode()
        self.connection = socket.create_connection(self.address, timeout=TIMEOUT_SECONDS)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.idle: list[Waiting] = []
        self.encode, self.decode = codecs()

    def message(self, text: str, **fields: Any) -> bytes:
        body = self.encode({"model": OPENAI_MODEL, "messages": chat(text), **fields})
        return b"%b%d\r\n\r\n%b" % (self.head, len(body), body)

    def received(self) -> Iterator[bytes]:
        body = Body()
        while not body.done:
            yield body.feed(self.connection.recv(65536))

    def call(self) -> Answer:
        self.connection.sendall(self.message(question()))
        return self.answer(b"".join(self.received()))

    def stream(self, text: str) -> list[str]:
        self.connection.sendall(self.message(text, stream=True))
        events, texts = Events(self.decode), []
        for data in self.received():
            texts += events.feed(data)
        return texts

    def close(self) -> None:
        self.connection.close()

    async def close_async(self) -> None:
        for connection in self.idle:
            connection.transport.close()

    async def connected(self) -> Waiting:
        if self.idle:
            return self.idle.pop()
        return (await asyncio.get_running_loop().create_connection(Waiting, *self.address))[1]

    async def call_async(self) -> Answer:
        connection, body, received = await self.connected(), Body(), b""
        async with asyncio.timeout(TIMEOUT_SECONDS):
            connection.transport.write(self.message(question()))
            while not body.done:
                received += body.feed(await connection.receive())
        self.idle.append(connection)
        return self.answer(received)

    async def stream_async(self, text: str) -> list[str]:
        connection, body, events, texts = await self.connected(), Body(), Events(self.decode), []
        connection.transport.write(self.message(text, stream=True))
        while not body.done:
            texts += events.feed(body.feed(await connection.receive()))
        self.idle.append(connection)
        return texts

    def answer(self, body: bytes) -> Answer:
        completion = self.decode(body)
        usage = completion.usage
        return Answer(completion.choices[0].message.content, usage.prompt_tokens, usage.completion_tokens)


class Events:
    """Takes the bytes of a stream, gives the texts of its events."""

    def __init__(self, decode: Callable[[bytes], Any]) -> None:
        self.decode = decode
        self.pending = b""

    def feed(self, data: bytes) -> list[str]:
        *events, self.pending = (self.pending + data).split(b"\n\n")
        chunks = (self.decode(event[6:]) for event in events if event.startswith(b"data: {"))
        return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]


def codecs() -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    """To JSON, and from it to typed records."""
    import msgspec

    message = msgspec.defstruct("Message", [("content", str | None, None)])
    choice = msgspec.defstruct("Choice", [("message", message | None, None), ("delta", message | None, None)])
    usage = msgspec.defstruct("Usage", [("prompt_tokens", int), ("completion_tokens", int)])
    completion = msgspec.defstruct("Completion", [("choices", list[choice]), ("usage", usage | None, None)])
    return msgspec.json.Encoder().encode, msgspec.json.Decoder(completion).decode
