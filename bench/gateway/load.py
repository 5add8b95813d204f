"""Makes the load that an order asks for, and checks every answer: text, usage, and how a stream ends.

python -m bench.gateway.load ORDER       an `Order` as JSON; prints an `Outcome` as JSON
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

from bench import work
from bench.gateway.order import EVENTS, Order, Outcome, question

TEXT = "".join(work.pieces(EVENTS))
MOST_ERRORS = 50
"""A gateway that fails so often is not measured further."""


class Load:
    """All connections together."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.request = request_of(order)
        self.asked = 0
        self.times: list[float] = []
        self.firsts: list[float] = []
        self.errors = 0
        self.first_error: str | None = None
        self.statuses: Counter[str] = Counter()
        self.until = time.perf_counter() + order.seconds

    def may_ask(self) -> bool:
        """Whether there is something left to ask; it counts as asked."""
        over = self.asked >= self.order.requests or time.perf_counter() > self.until
        if over or self.errors >= MOST_ERRORS:
            return False
        self.asked += 1
        return True

    def answered(self, status: int, body: bytes, began: float, first: float) -> None:
        now = time.perf_counter()
        self.statuses[str(status)] += 1
        if self.order.faults and status != 200:
            self.times.append(now - began)
            return
        wrong = what_is_wrong(status, body, stream=self.order.stream, faults=self.order.faults)
        if wrong is None:
            self.times.append(now - began)
            self.firsts.append(first - began)
        else:
            self.failed(wrong)

    def failed(self, why: str) -> None:
        self.errors += 1
        self.first_error = self.first_error or why[:300]

    def outcome(self, seconds: float) -> Outcome:
        return Outcome(
            answered=len(self.times),
            errors=self.errors,
            seconds=round(seconds, 3),
            p50=quantile(self.times, 0.5),
            p99=quantile(self.times, 0.99),
            first_p50=quantile(self.firsts, 0.5),
            statuses=dict(self.statuses),
            first_error=self.first_error,
        )


def request_of(order: Order) -> bytes:
    url = urlsplit(order.url)
    body = msgspec.json.encode(question(order.model, stream=order.stream))
    headers = {
        "host": url.netloc,
        "content-type": "application/json",
        "accept": "*/*",
        "user-agent": "bench/1",
        "authorization": f"Bearer {order.key}",
        "content-length": str(len(body)),
        **order.headers,
    }
    lines = [f"POST {url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def quantile(seconds: list[float], part: float) -> float | None:
    """In milliseconds."""
    if not seconds:
        return None
    return round(sorted(seconds)[min(len(seconds) - 1, int(part * len(seconds)))] * 1e3, 4)


# ---------------------------------------------------------------------- is it right?


def what_is_wrong(status: int, body: bytes, *, stream: bool, faults: bool = False) -> str | None:
    if status != 200:
        return f"status {status}: {body!r}"
    try:
        return wrong_in_stream(body, faults=faults) if stream else wrong_in_answer(body)
    except (msgspec.DecodeError, LookupError, TypeError) as error:
        return f"{error!r}: {body!r}"


def wrong_in_answer(body: bytes) -> str | None:
    answer = msgspec.json.decode(body)
    if answer["choices"][0]["message"]["content"] != work.TEXT:
        return f"another text: {body!r}"
    return wrong_usage(answer["usage"])


def wrong_in_stream(body: bytes, *, faults: bool) -> str | None:
    texts: list[str] = []
    finished, usage, done = None, None, False
    for line in body.split(b"\n"):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if done:
            return f"something after the end: {data!r}"
        if data == b"[DONE]":
            done = True
            continue
        chunk = msgspec.json.decode(data)
        if faults and "error" in chunk:
            return None
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or ():
            texts.append(choice["delta"].get("content") or "")
            finished = choice.get("finish_reason") or finished
    if not done or not finished:
        return f"no end: {body[-200:]!r}"
    if "".join(texts) != TEXT:
        return f"another text: {''.join(texts)[-200:]!r}"
    return wrong_usage(usage)


def wrong_usage(usage: dict[str, Any] | None) -> str | None:
    expected = (work.INPUT_TOKENS, work.OUTPUT_TOKENS)
    if usage is None or (usage["prompt_tokens"], usage["completion_tokens"]) != expected:
        return f"another usage: {usage}"
    return None


# ---------------------------------------------------------------------- connections


class Connection(asyncio.Protocol):
    """Asks, reads, checks, asks again; `closed` is done when it is over."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.busy = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        if self.transport.is_closing() or not self.load.may_ask():
            self.transport.close()
            return
        self.parser = httptools.HttpResponseParser(self)
        self.pieces: list[bytes] = []
        self.first = 0.0
        self.busy = True
        self.began = time.perf_counter()
        self.transport.write(self.load.request)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.over(f"no HTTP: {error!r}")
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        self.first = self.first or time.perf_counter()
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        self.busy = False
        self.load.answered(self.parser.get_status_code(), b"".join(self.pieces), self.began, self.first)
        if self.parser.should_keep_alive():
            asyncio.get_running_loop().call_soon(self.ask)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.busy:
            self.over(f"connection lost: {exc!r}")
        self.closed.set_result(None)

    def over(self, why: str) -> None:
        self.busy = False
        self.load.failed(why)


async def keep_asking(load: Load) -> None:
    """One connection after another, as long as there is something to ask."""
    url = urlsplit(load.order.url)
    while load.asked < load.order.requests and load.errors < MOST_ERRORS and time.perf_counter() < load.until:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(load), url.hostname, url.port
            )
        except OSError as error:
            load.failed(f"no connection: {error!r}")
            continue
        await connection.closed


async def make(order: Order) -> Outcome:
    load = Load(order)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(order.seconds + 30):
            await asyncio.gather(*(keep_asking(load) for _ in range(order.connections)))
    except TimeoutError:
        load.failed("some answers never ended")
    return load.outcome(time.perf_counter() - began)


if __name__ == "__main__":
    outcome = uvloop.run(make(msgspec.json.decode(sys.argv[1], type=Order)))
    print(msgspec.json.encode(outcome).decode())
