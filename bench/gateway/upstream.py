"""A stand-in for the providers that a gateway calls: stored answers, streams whose events come one by one.

    python -m bench.gateway.upstream [--faults]       binds a free port of 127.0.0.1 and prints it

It answers only what a gateway did right: the provider's model in the body, the provider's key in a header. An event of
a stream goes out every four milliseconds, so that each reaches the gateway alone, as a model's do. With `--faults`
every twentieth request fails, in one way after the other.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from itertools import cycle
from typing import Any, NamedTuple

import httptools
import uvloop

from bench import work
from bench.gateway.order import ANTHROPIC_MODEL, EVENTS, OPENAI_MODEL, UPSTREAM_KEY
from bench.upstream import HEAD, NOT_FOUND, chat_chunks, chat_completion, dump, message, message_events

EVENT_SECONDS = 0.004
FAULT_EVERY = 20

SSE_HEAD = HEAD + b"Content-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


class Answer(NamedTuple):
    """What one endpoint says: to those that name the model, whole, or an event a time."""

    model: bytes
    whole: bytes
    events: list[bytes]


def reply(content: bytes, status: bytes = b"200 OK") -> bytes:
    head = HEAD.replace(b"200 OK", status)
    return head + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)


def chunks(events: list[bytes]) -> list[bytes]:
    """Each event as an HTTP chunk; the last one ends the body."""
    sent = [b"%x\r\n%b\r\n" % (len(event), event) for event in events]
    return [*sent[:-1], sent[-1] + END]


def named(model: str) -> bytes:
    return f'"{model}"'.encode()


ANSWERS = {
    b"/chat/completions": Answer(
        named(OPENAI_MODEL), reply(dump(chat_completion())), chunks(chat_chunks(work.pieces(EVENTS)))
    ),
    b"/messages": Answer(named(ANTHROPIC_MODEL), reply(dump(message())), chunks(message_events(work.pieces(EVENTS)))),
}
"""How a path ends → what is answered there."""

REFUSED = reply(b'{"error":{"message":"not the model, or not the key"}}', b"400 Bad Request")

BUSY = dump({"error": {"message": "busy", "type": "server_error"}})
FAULTS = (
    reply(BUSY, b"500 Internal Server Error"),
    reply(BUSY, b"429 Too Many Requests"),
    reply(BUSY, b"503 Service Unavailable"),
    reply(b'{"choices": [{"ind'),
    reply(dump(chat_completion()))[:-100],  # and then the connection ends
)
"""What a failing request is answered, one after the other; for a stream, its first half takes the place of the last."""


class Counts:
    """What was asked."""

    def __init__(self, *, faults: bool) -> None:
        self.requests = 0
        self.refused = 0
        self.fault: Iterator[bytes] | None = cycle(FAULTS) if faults else None

    def next_fault(self) -> bytes | None:
        """How the request fails that just came, if it does."""
        if self.fault is None or self.requests % FAULT_EVERY:
            return None
        return next(self.fault)


class Pacer:
    """Sends each open stream its next event, all at the same tick: one timer costs less than one for each."""

    def __init__(self) -> None:
        self.streams: dict[Any, Iterator[bytes]] = {}

    def tick(self) -> None:
        for transport, events in tuple(self.streams.items()):
            event = None if transport.is_closing() else next(events, None)
            if event is None:
                del self.streams[transport]
            else:
                transport.write(event)
        asyncio.get_running_loop().call_later(EVENT_SECONDS, self.tick)


class Connection(asyncio.Protocol):
    """One connection of the gateway's, a request at a time."""

    def __init__(self, counts: Counts, pacer: Pacer) -> None:
        self.counts = counts
        self.pacer = pacer

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.path, self.body, self.has_key = b"", b"", False

    def on_url(self, url: bytes) -> None:
        self.path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(name) in (9, 13) and name.lower() in (b"authorization", b"x-api-key"):
            self.has_key = value.endswith(UPSTREAM_KEY.encode())

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        path = self.path.partition(b"?")[0]
        if path == b"/counts":
            self.transport.write(reply(json.dumps({"requests": self.counts.requests}).encode()))
            return
        self.counts.requests += 1
        answer = next((ANSWERS[end] for end in ANSWERS if path.endswith(end)), None)
        if answer is None:
            self.transport.write(NOT_FOUND)
        elif answer.model not in self.body or not self.has_key:
            self.transport.write(REFUSED)
        else:
            self.answer(answer, self.counts.next_fault())

    def answer(self, answer: Answer, fault: bytes | None) -> None:
        streamed = b'"stream":true' in self.body or b'"stream": true' in self.body
        if fault is not None:
            self.fail(fault, answer if streamed else None)
        elif streamed:
            self.transport.write(SSE_HEAD)
            self.pacer.streams[self.transport] = iter(answer.events)
        else:
            self.transport.write(answer.whole)

    def fail(self, fault: bytes, streamed: Answer | None) -> None:
        if fault is not FAULTS[-1]:
            self.transport.write(fault)
            return
        half = fault if streamed is None else SSE_HEAD + b"".join(streamed.events[: EVENTS // 2])
        self.transport.write(half)
        self.transport.close()


async def serve(*, faults: bool) -> None:
    counts, pacer = Counts(faults=faults), Pacer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(counts, pacer), "127.0.0.1", 0, backlog=2048)
    pacer.tick()
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(faults="--faults" in sys.argv))
