"""Streams cut at every byte, over real HTTP: one error, and with it exactly what had arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

import dragoman
from dragoman import ConnectionLost, Error, LLMResponse, RetryConfig, StreamInterrupted
from dragoman.dialects import get_dialect
from dragoman.messages import Assembler, Event, Finish
from dragoman.transport.framing import frame_decoder

from .corpus import Exchange
from .cutting import CuttingServer, Framed
from .test_codecs import STREAMS

pytestmark = pytest.mark.skipif(not STREAMS, reason="the recorded traffic is not beside the repository")

HOME = {
    "openai_chat": "openai",
    "anthropic_messages": "anthropic",
    "ollama": "ollama",
    "cohere_v2": "cohere",
    "bedrock_converse": "bedrock",
    "gemini": "gemini",
    "openai_responses": "openai",
}
"""The provider whose streams always end with the dialect's end marker, or as the dialect ends."""

ASKED = {**HOME, "gemini": "openai_compatible"}
"""The provider whose client asks."""

ONCE = RetryConfig(max_attempts=1)


def shortest(dialect: str, count: int) -> list[Exchange]:
    """Recordings of `dialect` with something in them: text, calls, thoughts."""
    own = [each for each in STREAMS if each.dialect == dialect and each.provider == HOME[dialect] and not each.is_array]
    whole = [each for each in own if "stream_error" not in each.expect and len(each.body) > 1200]
    return sorted(whole, key=lambda each: len(each.body))[:count]


BRIEF = [each for dialect in HOME for each in shortest(dialect, 1)]
SEVERAL = [each for dialect in HOME for each in shortest(dialect, 4)]


@pytest.fixture(scope="module")
def server() -> Iterator[CuttingServer]:
    with CuttingServer() as server:
        yield server


def arrived(exchange: Exchange, body: bytes, framed: Framed) -> tuple[LLMResponse, bool]:
    """What the codec makes of the first bytes of a body, and whether the dialect's end was among them.

    An end of the connection that is the end of the body completes the last frame; one inside a chunk does not.
    """
    dialect = get_dialect(exchange.dialect)
    frames, decoder, assembler = frame_decoder(dialect.framing), dialect.stream_decoder(), Assembler()
    ended = False
    for frame in [*frames.feed(body), *(frames.finish() if framed == "close" else [])]:
        for event in decoder.feed(*frame):
            assembler.add(event)
            ended = ended or isinstance(event, Finish)
    if framed == "close" and not ended:
        with suppress(StreamInterrupted):
            for event in decoder.finish():
                assembler.add(event)
                ended = True
    return assembler.response(), ended


def ask(url: str, dialect: str) -> tuple[list[Event], Error | None, LLMResponse | None]:
    """The events of a stream, and the error that ended it or the response."""
    events: list[Event] = []
    model = f"{ASKED[dialect]}/m"
    with dragoman.create_llm(model, dialect=dialect, base_url=url, api_key="k", retry_config=ONCE) as llm:
        stream = llm.generate("Hi", stream=True)
        try:
            events.extend(stream)
        except Error as error:
            return events, error, error.partial
        return events, None, stream.response


async def ask_async(url: str, dialect: str) -> tuple[list[Event], Error | None, LLMResponse | None]:
    events: list[Event] = []
    options: dict[str, Any] = {"dialect": dialect, "base_url": url, "api_key": "k", "retry_config": ONCE}
    async with dragoman.create_llm(f"{ASKED[dialect]}/m", async_client=True, **options) as llm:
        stream = llm.generate("Hi", stream=True)
        try:
            async for event in stream:
                events.append(event)  # noqa: PERF401  # an error keeps what came before it
        except Error as error:
            return events, error, error.partial
        return events, None, stream.response


def comparable(response: LLMResponse | None) -> LLMResponse | None:
    """Without what the client adds: who, when, how often, and the model it has asked for."""
    if response is None:
        return None
    plain: dict[str, Any] = dict.fromkeys(("request_id", "provider", "cost", "cost_note", "raw"))
    timing: dict[str, Any] = dict.fromkeys(("latency_seconds", "first_token_seconds"))
    model = "" if response.model == "m" else response.model
    bare = replace(response, model=model, attempts=(), warnings=(), **plain, **timing)
    return None if bare == LLMResponse(finish_reason=None) else bare


def check(server: CuttingServer, exchange: Exchange, cuts: range, framed: Framed, mode: str) -> None:
    async def one_loop() -> None:
        for cut in cuts:
            server.send(exchange.body, cut, framed)
            check_one(await ask_async(server.url, exchange.dialect), cut)

    def check_one(outcome: tuple[list[Event], Error | None, LLMResponse | None], cut: int) -> None:
        events, error, response = outcome
        expected, ended = arrived(exchange, exchange.body[:cut], framed)
        if ended and not expected.model:
            expected = replace(expected, model="m")  # the client knows what it has asked for
        assert comparable(response) == comparable(expected), f"cut at byte {cut}"
        assert sum(isinstance(event, Finish) for event in events) == ended
        assert (error is None) is ended, f"cut at byte {cut}: {error!r}"
        assert error is None or isinstance(error, StreamInterrupted if events else ConnectionLost)
        assert error is None or [attempt.outcome for attempt in error.attempts] == [type(error).__name__]

    if mode == "async":
        asyncio.run(one_loop())
        return
    for cut in cuts:
        server.send(exchange.body, cut, framed)
        check_one(ask(server.url, exchange.dialect), cut)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("framed", ["chunked", "close"])
@pytest.mark.parametrize("exchange", BRIEF, ids=lambda exchange: exchange.id)
def test_a_cut_keeps_what_had_arrived(server: CuttingServer, exchange: Exchange, framed: Framed, mode: str) -> None:
    length = len(exchange.body)
    check(server, exchange, range(0, length, length // 60), framed, mode)
    check(server, exchange, range(length - 20, length + 1), framed, mode)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("framed", ["chunked", "close"])
@pytest.mark.parametrize("exchange", SEVERAL, ids=lambda exchange: exchange.id)
def test_a_cut_at_every_byte(server: CuttingServer, exchange: Exchange, framed: Framed, mode: str) -> None:
    check(server, exchange, range(len(exchange.body) + 1), framed, mode)
