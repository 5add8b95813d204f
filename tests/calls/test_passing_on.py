"""A stream that is passed on unread where frames are text alone says the same of itself as one that is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman.calls.verbatim import Forward, Verbatim
from dragoman.dialects import get_dialect
from dragoman.dialects.forwarding import fields_in
from dragoman.errors import Error
from dragoman.messages import LLMResponse, Request, events_of
from dragoman.messages.parts import Text, ToolCall
from dragoman.messages.usage import Usage
from dragoman.transport.framing import SseDecoder, encode_sse
from tests.conformance.corpus import exchanges

DIALECTS = ["anthropic_messages", "gemini", "openai_chat", "openai_responses"]
UNREAD = [dialect for dialect in DIALECTS if dialect != "gemini"]
"""Dialects with frames that are text and nothing else."""


class Told:
    """What the sender got of a stream, and what was known of it at the end."""

    def __init__(self, dialect: str, pieces: list[bytes], *, unread: bool, asks_for_usage: bool = True) -> None:
        body = b'{"stream_options":{"include_usage":true}}' if asks_for_usage else b"{}"
        self.sender = Verbatim(dialect=dialect, body=fields_in(body))
        self.written: list[bytes] = []
        self.passed = 0
        if unread:
            self.sender.outlet = self._write
        self.forward = Forward(get_dialect(dialect).stream_decoder(), lambda: 0.0, self.sender)
        self.failure: Error | None = None
        try:
            self._read(pieces)
        except Error as error:
            self.failure = error
        self._take()

    def _write(self, piece: bytes, _: list[str]) -> bool:
        self.written.append(piece)
        self.passed += 1
        return True

    def _read(self, pieces: list[bytes]) -> None:
        """As the driver and the transport do."""
        framing, tap = SseDecoder(), self.forward.tap
        for piece in pieces:
            if tap is not None and framing.between_frames and tap(piece):
                continue
            for name, data in framing.feed(piece):
                self.forward.feed(name, data)
                self._take()
        for name, data in framing.finish():
            self.forward.feed(name, data)
        self.forward.finish()

    def _take(self) -> None:
        self.written += map(encode_sse, self.sender.taken())

    @property
    def outcome(self) -> tuple[Any, ...]:
        """All that is known but the text."""
        answer, failure = self.forward.response(), self.failure
        return (
            answer.usage, answer.finish_reason, answer.raw_finish_reason, answer.stop_sequence, answer.service_tier,
            answer.id, answer.model, answer.created_at, self.forward.finished, self.forward.first_content_at,
            failure and (type(failure), failure.message, failure.status),
        )  # fmt: skip


def compared(dialect: str, pieces: list[bytes], **how: bool) -> Told:
    """The stream passed on unread; what is written and known is as when all of it is read."""
    unread, read = Told(dialect, pieces, unread=True, **how), Told(dialect, pieces, unread=False, **how)
    assert b"".join(unread.written) == b"".join(read.written)
    assert unread.outcome == read.outcome
    return unread


def frames_of(dialect: str, text: str = "Rivers run downhill. " * 6, **more: Any) -> list[bytes]:
    """An answer of our own, as a server of the dialect would stream it."""
    given = {"parts": (Text(text),), "finish_reason": "stop", "usage": Usage(input_tokens=7, output_tokens=9), **more}
    answer = LLMResponse(model="served", id="answer-1", **given)
    encoder = get_dialect(dialect).stream_encoder(Request(model="asked", stream=True))
    frames = [frame for event in events_of(answer, piece=6) for frame in encoder.feed(event)]
    return [encode_sse(frame) for frame in [*frames, *encoder.finish()]]


# ---------------------------------------------------------------------- streams of our own


@pytest.mark.parametrize("dialect", DIALECTS)
def test_text_is_not_read(dialect: str) -> None:
    told = compared(dialect, frames_of(dialect))
    assert told.forward.finished
    assert (told.passed > 10) == (dialect in UNREAD)


@pytest.mark.parametrize("dialect", UNREAD)
def test_pieces_of_several_frames_are_not_read_either(dialect: str) -> None:
    frames = frames_of(dialect)
    told = compared(dialect, [b"".join(frames[start : start + 3]) for start in range(0, len(frames), 3)])
    assert told.passed > 2


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_may_be_cut_anywhere(dialect: str) -> None:
    frames = frames_of(dialect)
    for end in range(len(frames)):
        compared(dialect, frames[:end])
    body = b"".join(frames)
    for end in range(0, len(body), 61):
        compared(dialect, [body[start : min(start + 90, end)] for start in range(0, end, 90)])


ODD = {
    "no JSON": b"data: {oops\n\n",
    "no object": b"data: []\n\n",
    "an error": b'data: {"error":{"message":"broken","type":"server_error"}}\n\n',
    "an error with its name": b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"x"}}\n\n',
    "a comment": b": alive\n\n",
    "nothing": b"data: \n\n",
    "a line too many": b"retry: 5\n\n",
    "the end": b"data: [DONE]\n\n",
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_is_noticed_anywhere(dialect: str, odd: str) -> None:
    frames = frames_of(dialect)
    for place in range(len(frames)):
        compared(dialect, [*frames[:place], ODD[odd], *frames[place:]])
        compared(dialect, [*frames[:place], ODD[odd] + b"".join(frames[place:])])


SPOILT = {
    "bytes that are no UTF-8": lambda frame: frame.replace(b"Rivers", b"R\xffvers"),
    "a name that is no UTF-8": lambda frame: frame.replace(b'{"', b'{"\xff":1,"', 1),
    "a lone surrogate": lambda frame: frame.replace(b"Rivers", b"\\ud83d"),
    "a bare control character": lambda frame: frame.replace(b"Rivers", b"R\x01vers"),
    "a line break inside": lambda frame: frame.replace(b"Rivers", b"Ri\nvers"),
    "a carriage return inside": lambda frame: frame.replace(b"Rivers", b"Ri\rvers"),
    "CR LF": lambda frame: frame.replace(b"\n", b"\r\n"),
    "no space": lambda frame: frame.replace(b"data: ", b"data:"),
    "an end inside": lambda frame: frame.replace(b"Rivers", b'"}}]}'),
}


@pytest.mark.parametrize("dialect", UNREAD)
@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_frame_is_as_spoilt_as_ever(dialect: str, how: str) -> None:
    compared(dialect, [SPOILT[how](frame) if number > 8 else frame for number, frame in enumerate(frames_of(dialect))])


@pytest.mark.parametrize("dialect", UNREAD)
def test_calls_of_tools_are_read(dialect: str) -> None:
    call = ToolCall(id="call-1", name="look", arguments_json='{"where": "everywhere, and then some more"}')
    told = compared(dialect, frames_of(dialect, parts=(Text("Let me look. " * 4), call), finish_reason="tool_calls"))
    assert told.forward.response().tool_calls[0].arguments == {"where": "everywhere, and then some more"}


# ---------------------------------------------------------------------- chat: what may stand beside the text


def chat_frame(content: str = "more", **fields: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None, **fields.pop("choice", {})}
    chunk = {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **fields}
    return b"data: %b\n\n" % json.dumps(chunk).encode()


@pytest.mark.parametrize(
    ("fields", "unread"),
    [
        ({}, True),
        ({"usage": None, "obfuscation": "xyz", "provider": "x"}, True),
        ({"choice": {"logprobs": None, "content_filter_results": {"hate": {"filtered": False}}}}, True),
        ({"service_tier": "flex"}, False),
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 2}}, False),
        ({"choice": {"finish_reason": "length"}}, False),
        ({"choice": {"index": 1}}, False),
        ({"choice": {"delta": {"content": "a", "annotations": [{"type": "url_citation"}]}}}, False),
        ({"choice": {"logprobs": {"content": [{"token": "a", "logprob": -0.1}]}}}, False),
        ({"choice": {"finish_details": {"type": "max_tokens"}}}, False),
        ({"citations": ["https://example.com"]}, False),
        ({"x_groq": {"error": "broken"}}, False),
        ({"error": {"message": "broken"}}, False),
        ({"choices": []}, False),
    ],
)
def test_a_chunk_with_more_than_text_is_read(fields: dict[str, Any], unread: bool) -> None:
    pieces = [chat_frame("first"), chat_frame(**fields), chat_frame(choice={"finish_reason": "stop"})]
    assert compared("openai_chat", [*pieces, b"data: [DONE]\n\n"]).passed == unread


def test_a_stream_that_always_says_more_is_soon_left_alone() -> None:
    frames = [chat_frame("a", citations=["https://example.com"])] * 9 + [chat_frame("a")] * 9
    assert compared("openai_chat", [*frames, b"data: [DONE]\n\n"]).passed == 0


@pytest.mark.parametrize("asks_for_usage", [True, False])
def test_the_chunk_for_the_usage_alone_is_withheld_as_ever(asks_for_usage: bool) -> None:
    usage = chat_frame(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 9})
    pieces = [*[chat_frame()] * 4, chat_frame(choice={"finish_reason": "stop"}), usage, b"data: [DONE]\n\n"]
    told = compared("openai_chat", pieces, asks_for_usage=asks_for_usage)
    assert told.forward.response().usage.output_tokens == 9
    assert (usage in told.written) == asks_for_usage


def test_who_judges_the_end_reads_all() -> None:
    sender = Verbatim(dialect="openai_chat", body={}, outlet=lambda *_: True, holds_end=True)
    assert Forward(get_dialect("openai_chat").stream_decoder(), lambda: 0.0, sender).tap is None


# ---------------------------------------------------------------------- recorded streams


@pytest.mark.parametrize("dialect", DIALECTS)
def test_recorded_streams_say_the_same(dialect: str) -> None:
    recorded = [exchange for exchange in exchanges(dialect) if exchange.streamed and not exchange.is_array]
    if not recorded:
        pytest.skip("the recordings are not here")
    passed = 0
    for exchange in recorded:
        pieces = [frame + b"\n\n" for frame in exchange.body.replace(b"\r\n", b"\n").split(b"\n\n") if frame]
        for end in {len(pieces), *range(0, len(pieces), max(len(pieces) // 3, 1))}:
            passed += compared(dialect, pieces[:end]).passed
    assert (passed > 0) == (dialect in UNREAD)
