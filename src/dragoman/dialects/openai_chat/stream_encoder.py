"""A streamed answer, written: events in, chunks out.

What an event says that a chunk cannot is in `losses` when the stream has been written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from dragoman.dialects.base import MoreText, Wire, more_text
from dragoman.dialects.openai_chat.annotations import encode_annotations, encode_logprobs, sources_fields
from dragoman.dialects.openai_chat.errors import encode_error
from dragoman.dialects.openai_chat.finish import encode_finish, report_ending
from dragoman.dialects.openai_chat.losses import Losses, restore
from dragoman.dialects.openai_chat.response import OF_THE_WHOLE, add_audio, add_image, encode_answer_reasoning
from dragoman.dialects.openai_chat.tools import is_legacy
from dragoman.dialects.openai_chat.usage import encode_usage, report_usage
from dragoman.dialects.openai_chat.variant import OPENAI, Variant
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import (
    Audio,
    ChoiceFinish,
    CitationDelta,
    Event,
    Extra,
    Finish,
    Image,
    LogprobsDelta,
    Loss,
    Opaque,
    Part,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    Request,
    ResponseStart,
    Restarted,
    Seam,
    Text,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    encode_json,
)

_DONE: Final[Frame] = ("", b"[DONE]")

_LISTS: Final = ("annotations", "images")
"""Lists whose entries are numbered in deltas: OpenAI's client adds them up by `index` and refuses those without."""


class WrittenCall:
    """A call as it is written. `number` counts the calls of the choice, `said` is whether its arguments have begun."""

    __slots__ = ("extra", "is_custom", "number", "said")

    def __init__(self, number: int, extra: Extra | None, *, is_custom: bool) -> None:
        self.number = number
        self.extra = extra
        self.is_custom = is_custom
        self.said = False


class WrittenChoice:
    """An answer as it is written. `listed` counts what has been written of each list."""

    __slots__ = ("calls", "has_audio", "has_refusal", "listed", "next_call")

    def __init__(self) -> None:
        self.calls: dict[int, WrittenCall] = {}
        self.next_call = 0
        self.has_audio = False
        self.has_refusal = False
        self.listed = dict.fromkeys(_LISTS, 0)


class ChatStreamEncoder:
    """Writes one stream for the client that sent `request`."""

    VARIANT: ClassVar[Variant] = OPENAI
    __slots__ = (
        "_choices", "_ended", "_head", "_include_usage", "_legacy", "_losses", "_said", "_sources", "_usage",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self._include_usage = request.include_usage is True
        self._legacy = any(is_legacy(tool) for tool in request.tools)
        self._losses = Losses(self.VARIANT)
        self._head = b""
        self._choices: dict[int, WrittenChoice] = {}
        self._usage = Usage()
        self._sources: list[Wire] = []
        self._said = False
        self._ended = False

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses.found)

    def feed(self, event: Event) -> list[Frame]:
        return self._WRITE[type(event)](self, event)

    def more_text(self, event: TextDelta) -> MoreText | None:
        return more_text(self._chunk(event.choice, {"content": ""}), b'"content":""')

    def finish(self) -> list[Frame]:
        if self._ended:
            return []
        self._ended = True
        return [_DONE]

    def fail(self, error: Error) -> list[Frame]:
        """OpenAI's clients raise at a chunk with `error`; no `[DONE]` follows."""
        self._ended = True
        return [("", encode_json(encode_error(error)[1]))]

    # ------------------------------------------------------------------ chunks

    def _begin(self, event: ResponseStart) -> None:
        """The fields that every chunk repeats. Unknown ones are empty: clients want them there."""
        head = {
            "id": event.id or "",
            "object": "chat.completion.chunk",
            "created": event.created_at or 0,
            "model": event.model or "",
        }
        self._head = encode_json(head)[:-1] + b',"choices":['

    def _opened(self, number: int) -> tuple[WrittenChoice, list[Frame]]:
        """The choice, and the chunk that opens it when nothing of it was written yet."""
        choice = self._choices.get(number)
        if choice is not None:
            return choice, []
        if not self._head:
            self._begin(ResponseStart())
        choice = self._choices[number] = WrittenChoice()
        return choice, [self._chunk(number, {"role": "assistant", "content": ""})]

    def _chunk(self, number: int, delta: Wire, reason: str | None = None, **fields: Any) -> Frame:
        wire: Wire = {"index": number, "delta": delta, "logprobs": None, "finish_reason": reason, **fields}
        return ("", self._head + encode_json(wire) + b"]}")

    def _delta(self, number: int, delta: Wire) -> list[Frame]:
        _, frames = self._opened(number)
        self._said = True
        frames.append(self._chunk(number, delta))
        return frames

    def _numbered(self, number: int, delta: Wire) -> list[Frame]:
        choice, frames = self._opened(number)
        for name in _LISTS:
            if name in delta:
                first = choice.listed[name]
                choice.listed[name] += len(delta[name])
                delta[name] = [{"index": first + place, **entry} for place, entry in enumerate(delta[name])]
        return [*frames, *self._delta(number, delta)]

    # ------------------------------------------------------------------ writers of events

    def _start(self, event: ResponseStart) -> list[Frame]:
        self._begin(event)
        return self._opened(0)[1]

    def _text(self, event: TextDelta) -> list[Frame]:
        if event.extra is not None:
            self._losses.at = place_of(event)
            restore({}, event.extra, self._losses)
        return self._delta(event.choice, {"content": event.text})

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        return self._delta(event.choice, {"reasoning_content": event.text})

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        delta: Wire = {}
        self._losses.at = place_of(event)
        encode_answer_reasoning(Reasoning("", payload=event.payload, dialect=event.dialect), delta, self._losses)
        return self._delta(event.choice, delta) if delta else []

    def _refusal(self, event: RefusalDelta) -> list[Frame]:
        choice, frames = self._opened(event.choice)
        choice.has_refusal = True
        return [*frames, *self._delta(event.choice, {"refusal": event.text})]

    def _citation(self, event: CitationDelta) -> list[Frame]:
        self._losses.at = place_of(event)
        annotations, sources = encode_annotations([event.citation], self._losses)
        self._sources += sources
        if sources and event.choice:
            self._losses.at = _answer(event.choice)
            self._losses.changed("citations", OF_THE_WHOLE)
        return self._numbered(event.choice, {"annotations": annotations}) if annotations else []

    def _logprobs(self, event: LogprobsDelta) -> list[Frame]:
        _, frames = self._opened(event.choice)
        return [*frames, self._chunk(event.choice, {}, logprobs=encode_logprobs(event.tokens))]

    def _call_start(self, event: ToolCallStart) -> list[Frame]:
        call = ToolCall(id=event.id, name=event.name, extra=event.extra)
        self._losses.at = place_of(event)
        return self._open_call(event.choice, event.index, call, is_custom=event.free_form)

    def _open_call(self, number: int, index: int, call: ToolCall, *, is_custom: bool) -> list[Frame]:
        choice, frames = self._opened(number)
        written = choice.calls[index] = WrittenCall(choice.next_call, call.extra, is_custom=is_custom)
        choice.next_call += 1
        if self._legacy:
            return [*frames, *self._legacy_delta(number, written, {"name": call.name, "arguments": ""})]
        kind, body = ("custom", "input") if is_custom else ("function", "arguments")
        entry: Wire = {"index": written.number, "id": call.id, "type": kind, kind: {"name": call.name, body: ""}}
        restore(entry, call.extra, self._losses)
        return [*frames, *self._delta(number, {"tool_calls": [entry]})]

    def _legacy_delta(self, number: int, call: WrittenCall, function: Wire) -> list[Frame]:
        if call.number == 0:
            return self._delta(number, {"function_call": function})
        if "name" in function:
            self._losses.dropped("", f"`function_call` holds one call: `{function['name']}` is left out")
        return []

    def _call_delta(self, event: ToolCallDelta) -> list[Frame]:
        call = self._choices[event.choice].calls[event.index]
        return self._arguments(event.choice, call, event.arguments, {}) if event.arguments else []

    def _arguments(self, number: int, call: WrittenCall, text: str, extra: Wire) -> list[Frame]:
        call.said = True
        if self._legacy:
            return self._legacy_delta(number, call, {"arguments": text})
        body: Wire = {"custom": {"input": text}} if call.is_custom else {"function": {"arguments": text}}
        return self._delta(number, {"tool_calls": [{"index": call.number, **body, **extra}]})

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        self._losses.at = place_of(event)
        return self._end_call(event.choice, event.index, event.call)

    def _end_call(self, number: int, index: int, call: ToolCall) -> list[Frame]:
        """What has not been said: all of a call that comes whole, `{}` for one without arguments."""
        choice, frames = self._opened(number)
        if index not in choice.calls:
            frames += self._open_call(number, index, call, is_custom=call.text is not None)
        written = choice.calls[index]
        extra: Wire = {}
        if call.extra != written.extra:
            restore(extra, call.extra, self._losses)
        rest = "" if written.said else call.arguments_json if call.text is None else call.text
        return [*frames, *self._arguments(number, written, rest, extra)] if rest or extra else frames

    def _part(self, event: PartAdded) -> list[Frame]:
        self._losses.at = place_of(event)
        if isinstance(event.part, ToolCall):
            return self._end_call(event.choice, event.index, event.part)
        choice, frames = self._opened(event.choice)
        delta = self._whole_part(event.part, choice)
        return [*frames, *self._numbered(event.choice, delta)] if delta else frames

    def _whole_part(self, part: Part, choice: WrittenChoice) -> Wire:
        delta: Wire = {}
        match part:
            case Text():
                delta["content"] = part.text
            case Refusal():
                delta["refusal"] = part.text
                choice.has_refusal = True
            case Reasoning():
                encode_answer_reasoning(part, delta, self._losses)
            case Image():
                add_image(part, delta, self._losses)
            case Audio() if not choice.has_audio:
                add_audio(part, delta, self._losses)
                choice.has_audio = bool(delta)
            case Opaque() if part.dialect == NAME and "type" not in part.payload:
                delta |= part.payload
            case _:
                self._losses.dropped("", f"an answer has no place for a {type(part).__name__}")
                return delta
        if not isinstance(part, Image | Audio):
            restore(delta, part.extra, self._losses)
        return delta

    def _keep_usage(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _choice_finish(self, event: ChoiceFinish) -> list[Frame]:
        """That of the first answer comes with `Finish`."""
        return self._close(event.choice, event) if event.choice else []

    def _finish(self, event: Finish) -> list[Frame]:
        fields: Wire = {} if event.stop_sequence is None else {"stop_reason": event.stop_sequence}
        *frames, last = self._close(0, event, **fields)
        whole = self._of_the_whole(event)
        if whole:
            last = ("", last[1][:-1] + b"," + encode_json(whole)[1:])
        frames.append(last)
        usage = encode_usage(self._usage) if self._include_usage else None
        if usage is not None:
            frames.append(("", self._head + b'],"usage":' + encode_json(usage) + b"}"))
        return frames

    def _of_the_whole(self, event: Finish) -> Wire:
        """What the body of a whole answer has at its top."""
        wire = sources_fields(self._sources)
        self._losses.variant.tiers.write(event.service_tier, wire, "service_tier", self._losses.found)
        report_usage(self._usage, self._losses)
        self._losses.at = ()
        restore(wire, event.extra, self._losses)
        return wire

    def _close(self, number: int, event: ChoiceFinish | Finish, **fields: Any) -> list[Frame]:
        choice, frames = self._opened(number)
        reason = encode_finish(
            event.finish_reason,
            self._losses,
            has_calls=bool(choice.calls),
            has_refusal=choice.has_refusal,
            legacy=self._legacy,
        )
        self._losses.at = _answer(number)
        report_ending(event.finish_reason, reason, self._losses, has_calls=bool(choice.calls))
        return [*frames, self._chunk(number, {}, reason, **fields)]

    def _restart(self, event: Restarted) -> list[Frame]:
        """What was written cannot be taken back; calls are numbered on, so that new ones do not join old ones."""
        if self._said:
            self._losses.changed("", f"what came before the restart at `{event.target}` was already sent")
        for choice in self._choices.values():
            choice.calls.clear()
        return []

    def _nothing(self, _: Seam) -> list[Frame]:
        return []

    _WRITE: ClassVar[dict[type, Callable[[Any, Any], list[Frame]]]] = {
        ResponseStart: _start,
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        RefusalDelta: _refusal,
        ToolCallStart: _call_start,
        ToolCallDelta: _call_delta,
        ToolCallEnd: _call_end,
        PartAdded: _part,
        LogprobsDelta: _logprobs,
        UsageUpdate: _keep_usage,
        ChoiceFinish: _choice_finish,
        Restarted: _restart,
        Seam: _nothing,
        Finish: _finish,
    }


def _answer(choice: int) -> tuple[str | int, ...]:
    """Where an answer is, as `Losses.at` has it."""
    return ("alternatives", choice - 1) if choice else ()


def place_of(
    event: TextDelta | CitationDelta | ReasoningEnd | RefusalDelta | ToolCallStart | ToolCallEnd | PartAdded,
) -> tuple[str | int, ...]:
    """Where the part of an event is."""
    return (*_answer(event.choice), "parts", event.index)
