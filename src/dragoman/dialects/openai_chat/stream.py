"""A streamed answer, read: chunks in, events out."""

from __future__ import annotations

from typing import Any, ClassVar, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.annotations import decode_sources
from dragoman.dialects.openai_chat.errors import error_of
from dragoman.dialects.openai_chat.response import call_seed, created_at, response_id, service_tier
from dragoman.dialects.openai_chat.stream_choice import StreamedChoice
from dragoman.dialects.openai_chat.usage import decode_usage
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.errors import DecodeError, ProviderError, StreamInterrupted
from dragoman.messages import ChoiceFinish, CitationDelta, Event, Finish, ResponseStart, UsageUpdate, decode_json

_DONE: Final = b"[DONE]"


class ChatStreamDecoder:
    """Reads one stream. Frames after `[DONE]` are ignored."""

    CHOICE: ClassVar[type[StreamedChoice]] = StreamedChoice

    __slots__ = ("_choices", "_ended", "_failure", "_seed", "_sources", "_started", "_strict_end", "_tier")

    def __init__(self, *, strict_end: bool = True) -> None:
        self._strict_end = strict_end
        self._choices: dict[int, StreamedChoice] = {}
        self._seed: tuple[Any, ...] = ()
        self._sources: Wire = {}
        self._started = False
        self._tier: str | None = None
        self._ended = False
        self._failure: ProviderError | None = None

    def feed(self, name: str, data: bytes) -> list[Event]:
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return []
        if data.startswith(_DONE):
            return self._end()
        chunk = _decode_chunk(data)
        events: list[Event] = []
        choices = chunk.get("choices")
        if not self._started:
            self._start(chunk, events)
        if choices:
            for choice in _checked_list(choices):
                self._feed_choice(choice, events)
        if "service_tier" in chunk:  # in the first, the last or every one
            self._tier = service_tier(chunk) or self._tier
        if chunk.get("usage") or "x_groq" in chunk or "citations" in chunk or "search_results" in chunk:
            self._feed_rest(chunk, events)
        if name == "error" or chunk.get("error") or (not choices and chunk.get("object") == "error"):
            self._fail(chunk, events)
        return events

    def finish(self) -> list[Event]:
        if self._failure is not None:
            raise self._failure
        if self._ended:
            return []
        if self._strict_end or not all(choice.raw for choice in self._choices.values()):
            raise StreamInterrupted("the stream ended before `[DONE]`")
        return self._end()

    def _start(self, chunk: Wire, events: list[Event]) -> None:
        """Azure's first chunk has neither choices nor an id: it starts nothing."""
        id_, model = response_id(chunk), chunk.get("model")
        if id_ is not None or chunk.get("choices"):
            self._started = True
            self._seed = call_seed(chunk)
            model = model if isinstance(model, str) and model else None
            events.append(ResponseStart(id=id_, model=model, created_at=created_at(chunk), dialect=NAME))

    def _feed_choice(self, value: Any, events: list[Event]) -> None:
        if not isinstance(value, dict):
            raise DecodeError("a choice in the stream is no object")
        wire = cast("Wire", value)
        number = wire.get("index")
        place = number if isinstance(number, int) else 0
        choice = self._choices.get(place)
        if choice is None:
            choice = self._choices[place] = self.CHOICE(place, self._seed)
        choice.read(wire, events)

    def _feed_rest(self, chunk: Wire, events: list[Event]) -> None:
        """Usage, of which the last counts, and the sources of the whole answer, which repeat in every chunk."""
        groq = chunk.get("x_groq")
        extras = cast("Wire", groq) if isinstance(groq, dict) else {}
        usage = decode_usage(chunk.get("usage") or extras.get("usage"))
        if usage is not None:
            events.append(UsageUpdate(usage=usage))
        if chunk.get("citations") or chunk.get("search_results"):
            self._sources = chunk
        if extras.get("error"):
            self._fail(extras, events)

    def _fail(self, body: Wire, events: list[Event]) -> None:
        """The stream has failed. What came in the same chunk is handed on first, and the error raised next time."""
        first = self._choices.get(0)
        if first is not None and first.raw is not None:
            events.append(ChoiceFinish(choice=0, finish_reason=first.reason, raw_finish_reason=first.raw))
        self._failure = error_of(200, {}, body)
        if not events:
            raise self._failure

    def _end(self) -> list[Event]:
        if not self._choices:
            raise StreamInterrupted("the stream ended without an answer")
        self._ended = True
        events: list[Event] = []
        for choice in self._choices.values():
            choice.close(events)
        first = self._choices.get(0) or self.CHOICE(0, self._seed)
        sources = decode_sources(self._sources, first.citations) if self._sources else ()
        events += [CitationDelta(citation=source, index=first.text_place()) for source in sources]
        events += [choice.end() for choice in self._choices.values() if choice.number]
        finish = Finish(
            finish_reason=first.reason,
            raw_finish_reason=first.raw,
            stop_sequence=first.stop_sequence,
            service_tier=self._tier,
        )
        return [*events, finish]


def _decode_chunk(data: bytes) -> Wire:
    try:
        chunk = decode_json(data)
    except ValueError:
        if not data.strip():  # a sign of life
            return {}
        raise DecodeError("a frame of the stream is not JSON", data=data) from None
    if not isinstance(chunk, dict):
        raise DecodeError("a frame of the stream is no JSON object", data=data)
    return cast("Wire", chunk)


def _checked_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DecodeError("the `choices` of a chunk are no list")
    return cast("list[Any]", value)
