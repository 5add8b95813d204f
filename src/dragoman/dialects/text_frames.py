"""Frames that bring a piece of the answer's text and nothing else, told from all others by one typed reading.

Who passes a stream on, or writes it in another dialect, need not make events of such frames: their decoder would give
one `TextDelta` and know nothing that it did not know before. So each field that a decoder looks at stands here, and
must be as it is when it says nothing; what is not known where a decoder looks makes the frame another.

Most providers write all such frames of a stream alike, byte for byte, but for the text: what is known to stand around
it need not be read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, Generic, Literal, TypeVar

from msgspec import Raw, Struct
from msgspec.json import Decoder

from dragoman.messages import encode_json

FrameT = TypeVar("FrameT")


class TextFrames(Struct, Generic[FrameT], frozen=True, kw_only=True):
    """How such frames of a dialect, read as `FrameT`, are known.

    Attributes:
        decode: Raises `ValueError` for every other frame.
        place: What must be as it was in such a frame that the dialect's decoder has read.
        text: The text.
    """

    decode: Callable[[str], FrameT]
    place: Callable[[FrameT], object]
    text: Callable[[FrameT], str]


class _ChatDelta(Struct, forbid_unknown_fields=True):
    content: str
    role: str | None = None
    refusal: None = None
    reasoning: None = None
    reasoning_content: None = None
    reasoning_details: tuple[()] | None = None
    tool_calls: None = None
    function_call: None = None


class _ChatChoice(Struct, forbid_unknown_fields=True):
    delta: _ChatDelta
    index: Literal[0] = 0
    finish_reason: None = None
    logprobs: None = None
    native_finish_reason: None = None  # OpenRouter
    stop_reason: None = None  # vLLM
    token_ids: None = None  # vLLM
    content_filter_results: dict[str, Raw] | None = None  # Azure


class _ChatChunk(Struct):
    """Of the chunk itself a decoder looks at these alone."""

    choices: tuple[_ChatChoice]
    service_tier: str | None = None
    usage: None = None
    error: None = None
    x_groq: None = None
    citations: None = None
    search_results: None = None


class _MessagesDelta(Struct):
    type: Literal["text_delta"]
    text: str


class _MessagesEvent(Struct):
    type: Literal["content_block_delta"]
    index: int
    delta: _MessagesDelta


class _ResponsesEvent(Struct):
    type: Literal["response.output_text.delta"]
    delta: str
    output_index: int
    content_index: int = 0
    item_id: str | None = None
    logprobs: tuple[()] | None = None


def _chat_text(chunk: _ChatChunk) -> str:
    return chunk.choices[0].delta.content


_ROWS: Final[Mapping[str, TextFrames[Any]]] = {
    "anthropic_messages": TextFrames(
        decode=Decoder(_MessagesEvent).decode, place=attrgetter("index"), text=attrgetter("delta.text")
    ),
    "openai_chat": TextFrames(decode=Decoder(_ChatChunk).decode, place=attrgetter("service_tier"), text=_chat_text),
    "openai_responses": TextFrames(
        decode=Decoder(_ResponsesEvent).decode,
        place=attrgetter("output_index", "content_index", "item_id"),
        text=attrgetter("delta"),
    ),
}

text_frames_in: Final[Callable[[str], TextFrames[Any] | None]] = _ROWS.get
"""The row of a dialect; `None` for one whose frames all say more, as Gemini's do, which tell the usage so far."""

read_string: Final[Callable[[bytes], str]] = Decoder(str).decode
"""The text in exactly one JSON string. Raises `ValueError` for anything else."""

_ANOTHER: Final = "\0another"


def around_text(row: TextFrames[FrameT], data: bytes, read: FrameT) -> tuple[bytes, bytes] | None:
    """What stands before and behind the text's JSON string in `data`, which was read as `read`.

    With any other string between them it is a frame of text alone, too. `None` where it is not plain to see which of
    the frame's strings that is.
    """
    before, _, after = data.partition(encode_json(row.text(read)))
    try:
        another = row.decode(str(before + encode_json(_ANOTHER) + after, "utf-8"))
    except ValueError:
        return None
    return (before, after) if row.text(another) == _ANOTHER else None
