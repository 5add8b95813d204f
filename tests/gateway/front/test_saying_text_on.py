"""A translated stream whose frames of text alone are written without a decoder and an encoder is the same stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.calls.verbatim import Translated, Verbatim
from dragoman.dialects import get_dialect
from dragoman.dialects.text_frames import text_frames_in
from dragoman.errors import Error
from dragoman.flow import Flow, pump
from dragoman.gateway.streams import Manner, Outgoing, Patience
from dragoman.gateway.surfaces import surface_of
from dragoman.http import Frame, Tap
from dragoman.messages import LLMResponse, Request, events_of
from dragoman.messages.parts import Reasoning, Text, ToolCall
from dragoman.messages.usage import Usage
from dragoman.transport.framing import SseDecoder, encode_sse
from tests.conformance.corpus import exchanges

PROVIDERS = ["anthropic_messages", "openai_chat", "openai_responses"]
"""Dialects with frames that are text and nothing else."""
CALLERS = [*PROVIDERS, "mistral", "gemini", "ollama"]
AT_ONCE = {*PROVIDERS, "mistral"}
"""Dialects that can say beforehand how more of a text is written."""
PAIRS = [pair for pair in product(PROVIDERS, CALLERS) if pair[0] != pair[1]]
QUIET = Patience(heartbeat_seconds=None, write_seconds=None)


class Body:
    """The pieces of a provider's body, offered to a tap as the transport does."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter(pieces)
        self._sse = SseDecoder()
        self._tap: Tap | None = None
        self._ended = False

    def frames(self, _: str) -> Body:
        return self

    def tap(self, take: Tap) -> None:
        self._tap = take

    def close(self) -> None:
        """There is nothing to close."""

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> list[Frame]:
        for piece in self._pieces:
            if self._tap is not None and self._sse.between_frames and self._tap(piece):
                continue
            if frames := self._sse.feed(piece):
                return frames
        if self._ended:
            raise StopAsyncIteration
        self._ended = True
        return self._sse.finish()


class Told:
    """What a caller got of a stream, and what was known of it at the end.

    `takes` answers, for each piece written at once, whether it can be.
    """

    def __init__(
        self, provider: str, caller: str, pieces: list[bytes], *, takes: Iterator[bool] | None, **asked: Any
    ) -> None:
        self.written: list[bytes] = []
        self.at_once = 0
        self._takes = takes
        self.response: LLMResponse | None = None
        self.failure: Error | None = None
        sender = Verbatim(dialect=caller, body={})
        manner = Manner(
            surface=surface_of(caller),
            request=Request(model="asked", stream=True, **asked),
            head=list,
            completed=lambda event, _: event,
        )
        self.outgoing = Outgoing(manner, sender, self._send, None if takes is None else self._write)
        dialect = get_dialect(provider)
        say = sender.say
        self.said = 0

        def counted(piece: bytes, texts: list[str]) -> bool:
            assert say is not None
            done = say(piece, texts)
            self.said += done
            return done

        text = text_frames_in(provider)
        self.intake = Translated(dialect.stream_decoder(), lambda: 0.0, text, None if say is None else counted)
        asyncio.run(self._run(pieces))

    async def _run(self, pieces: list[bytes]) -> None:
        try:
            self.response = await self.outgoing.pump(self._flow(Body(pieces)), QUIET)
        except Error as error:
            self.failure = error
            if self.outgoing.began:
                await self.outgoing.fail(error)
        else:
            await self.outgoing.end()

    def _flow(self, body: Any) -> Flow[LLMResponse]:
        yield from pump(body, "sse", self.intake, self.intake.tap)
        return self.intake.response()

    async def _send(self, message: Any) -> None:
        self.written.append(message.get("body", b""))

    def _write(self, piece: bytes) -> bool:
        assert self._takes is not None
        if not next(self._takes):
            return False
        self.written.append(piece)
        return True

    @property
    def outcome(self) -> tuple[Any, ...]:
        failure, answer = self.failure, self.intake.response()
        return (
            b"".join(self.written), replace(answer, raw=None), self.intake.frames, self.intake.finished,
            self.intake.first_content_at,
            self.outgoing.losses, self.outgoing.usage, failure and (type(failure), failure.message, failure.status),
        )  # fmt: skip


def always() -> Iterator[bool]:
    while True:
        yield True


def compared(
    provider: str, caller: str, pieces: list[bytes], takes: Callable[[], Iterator[bool]] = always, **asked: Any
) -> Told:
    """The stream said at once where that can be; what is written and known is as when all of it is read."""
    told, read = (Told(provider, caller, pieces, takes=each, **asked) for each in (takes(), None))
    assert told.outcome == read.outcome
    return told


def frames_of(dialect: str, text: str = 'Rivers "run" down\nhill, été 🌊. ' * 6, **more: Any) -> list[bytes]:
    """An answer of our own, as a server of the dialect would stream it."""
    given = {"parts": (Text(text),), "finish_reason": "stop", "usage": Usage(input_tokens=7, output_tokens=9), **more}
    answer = LLMResponse(model="served", id="answer-1", created_at=1, **given)
    encoder = get_dialect(dialect).stream_encoder(Request(model="asked", stream=True, include_usage=True))
    frames = [frame for event in events_of(answer, piece=6) for frame in encoder.feed(event)]
    return [encode_sse(frame) for frame in [*frames, *encoder.finish()]]


@pytest.mark.parametrize(("provider", "caller"), PAIRS)
def test_text_is_said_at_once(provider: str, caller: str) -> None:
    told = compared(provider, caller, frames_of(provider))
    assert told.response is not None
    assert told.response.text.startswith("Rivers")
    assert (told.said > 10) == (caller in AT_ONCE)


@pytest.mark.parametrize(("provider", "caller"), PAIRS)
def test_so_are_pieces_of_several_frames(provider: str, caller: str) -> None:
    frames = frames_of(provider)
    told = compared(provider, caller, [b"".join(frames[start : start + 3]) for start in range(0, len(frames), 3)])
    assert (told.said > 2) == (caller in AT_ONCE)


@pytest.mark.parametrize(("provider", "caller"), PAIRS)
def test_it_may_be_cut_anywhere(provider: str, caller: str) -> None:
    frames = frames_of(provider)
    for end in range(0, len(frames), 2):
        compared(provider, caller, frames[:end])
    body = b"".join(frames)
    for end in range(0, len(body), 331):
        compared(provider, caller, [body[start : min(start + 90, end)] for start in range(0, end, 90)])


@pytest.mark.parametrize(("provider", "caller"), PAIRS)
def test_a_caller_who_cannot_take_more_gets_it_later(provider: str, caller: str) -> None:
    frames = frames_of(provider)
    for slow in (2, 3):
        compared(provider, caller, frames, lambda slow=slow: (number % slow > 0 for number in range(1000)))


ODD = {
    "no JSON": b"data: {oops\n\n",
    "an error": b'data: {"error":{"message":"broken","type":"server_error"}}\n\n',
    "an error with its name": b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"x"}}\n\n',
    "a comment": b": alive\n\n",
    "nothing": b"data: \n\n",
    "the end": b"data: [DONE]\n\n",
}


@pytest.mark.parametrize(("provider", "caller"), [pair for pair in PAIRS if pair[1] in AT_ONCE])
@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_noticed_anywhere(provider: str, caller: str, odd: str) -> None:
    frames = frames_of(provider)
    for place in range(0, len(frames), 3):
        compared(provider, caller, [*frames[:place], ODD[odd], *frames[place:]])
        compared(provider, caller, [*frames[:place], ODD[odd] + b"".join(frames[place:])])


SPOILT = {
    "no text": lambda frame: frame.replace(b"Rivers", b""),
    "bytes that are no UTF-8": lambda frame: frame.replace(b"Rivers", b"R\xffvers"),
    "a lone surrogate": lambda frame: frame.replace(b"Rivers", b"\\ud83d"),
    "an escaped character": lambda frame: frame.replace(b"Rivers", b"\\u00e9\\ud83c\\udf0a\\u2028<"),
    "a bare control character": lambda frame: frame.replace(b"Rivers", b"R\x01vers"),
    "a line break inside": lambda frame: frame.replace(b"Rivers", b"Ri\nvers"),
    "CR LF": lambda frame: frame.replace(b"\n", b"\r\n"),
    "no space": lambda frame: frame.replace(b"data: ", b"data:"),
}


@pytest.mark.parametrize(("provider", "caller"), [pair for pair in PAIRS if pair[1] in AT_ONCE])
@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_frame_is_as_spoilt_as_ever(provider: str, caller: str, how: str) -> None:
    frames = [SPOILT[how](frame) if number > 8 else frame for number, frame in enumerate(frames_of(provider))]
    compared(provider, caller, frames)


@pytest.mark.parametrize(("provider", "caller"), PAIRS)
def test_what_stands_between_texts_is_written_as_ever(provider: str, caller: str) -> None:
    call = ToolCall(id="call-1", name="look", arguments_json='{"where": "everywhere, and then some more"}')
    parts = (Reasoning("Where to look? " * 3), Text("Let me look. " * 4), call, Text("I have looked. " * 4))
    compared(provider, caller, frames_of(provider, parts=parts, finish_reason="tool_calls"))


def chat_frame(content: str | None = "more", **fields: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None, **fields.pop("choice", {})}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **fields}
    return b"data: %b\n\n" % json.dumps(chunk).encode()


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "openai_chat"])
@pytest.mark.parametrize(
    "between",
    [
        chat_frame(""),
        chat_frame(None),
        chat_frame(choice={"index": 1}),
        chat_frame(service_tier="flex"),
        chat_frame(choice={"delta": {"content": "a", "annotations": [{"type": "url_citation"}]}}),
        chat_frame(choice={"delta": {"reasoning_content": "hm"}}),
        chat_frame(choice={"logprobs": {"content": [{"token": "a", "logprob": -0.1}]}}),
        chat_frame(usage={"prompt_tokens": 1, "completion_tokens": 2}),
        chat_frame(choice={"finish_reason": "length"}),
    ],
)
def test_text_goes_on_behind_other_chunks(caller: str, between: bytes) -> None:
    pieces = [chat_frame("first"), *[chat_frame()] * 3, between, *[chat_frame()] * 3]
    told = compared("openai_chat", caller, [*pieces, chat_frame(choice={"finish_reason": "stop"}), b"data: [DONE]\n\n"])
    assert (told.said >= 3) == (caller in AT_ONCE)


def test_who_judges_the_end_reads_all() -> None:
    sender = Verbatim(dialect="openai_chat", body={})
    assert Translated(get_dialect("openai_chat").stream_decoder(), lambda: 0.0, None, sender.say).tap is None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_recorded_streams_say_the_same(provider: str) -> None:
    recorded = [exchange for exchange in exchanges(provider) if exchange.streamed and not exchange.is_array]
    if not recorded:
        pytest.skip("the recordings are not here")
    said = 0
    for exchange in recorded:
        pieces = [frame + b"\n\n" for frame in exchange.body.replace(b"\r\n", b"\n").split(b"\n\n") if frame]
        for caller in AT_ONCE - {provider}:
            for end in {len(pieces), len(pieces) // 2}:
                said += compared(provider, caller, pieces[:end]).said
    assert said
