"""A streamed answer, written: our events in, events of the wire out.

An item opens when its first event comes, takes the next place in the output, and closes when it is complete: a message
when something else begins, all that is left at the end. What comes for a closed one, such as the sources of a text that
calls have followed, is told by an event of its own where there is one, and by the last event, which holds all again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from dragoman.dialects.base import MoreText, Wire
from dragoman.dialects.openai_chat.annotations import encode_logprobs
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_responses.annotations import encode_annotation
from dragoman.dialects.openai_responses.assistant import encode_content, header_of
from dragoman.dialects.openai_responses.errors import error_event, failure_fields
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.response import ONE_ANSWER, encode_ending, head
from dragoman.dialects.openai_responses.written_items import Content, WrittenCall, WrittenMessage, WrittenReasoning
from dragoman.errors import Error, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import (
    CitationDelta,
    Event,
    Extra,
    Finish,
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
    Text,
    TextDelta,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    encode_json,
)

LATE: Final = "it came after what it stands before, and follows it now"


class ResponsesStreamEncoder:
    """Writes one stream for the client that sent `request`."""

    __slots__ = (
        "_calls", "_contents", "_ended", "_head", "_kinds", "_logprobs", "_losses", "_message", "_number", "_output",
        "_request", "_thoughts", "_usage",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        self._request = request
        self._losses = Losses()
        self._head: Wire = {}
        self._number = 0  # of the next event
        self._output = Output(None, self._losses)
        self._message: WrittenMessage | None = None  # the open one
        self._contents: dict[int, Content] = {}
        self._thoughts: dict[int, WrittenReasoning] = {}
        self._calls: dict[int, WrittenCall] = {}
        self._kinds: set[type[Part]] = set()
        self._logprobs: list[TokenLogprob] = []  # that came when no text was open
        self._usage = Usage()
        self._ended = False

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses.found)

    def feed(self, event: Event) -> list[Frame]:
        if self._ended:
            return []
        if getattr(event, "choice", 0):
            self._lose_once(Loss(effect="dropped", where="alternatives", why=ONE_ANSWER))
            return []
        write = self._WRITE.get(type(event))
        return [] if write is None else write(self, event)

    def more_text(self, event: TextDelta) -> MoreText | None:
        content = self._contents.get(event.index)
        if self._ended or event.choice or content is None or not content.is_open:
            return None
        kind, fields = content.delta("")
        wire = encode_json({**fields, "type": kind, "sequence_number": 0})
        before, after = wire.rsplit(b'"delta":""', 1)
        before, after = before + b'"delta":', after[:-2]  # without the number

        def data(text: str, ahead: int) -> bytes:
            return b"%b%b%b%d}" % (before, encode_json(text), after, self._number + ahead)

        def said(texts: list[str]) -> None:
            self._number += len(texts)
            content.more(texts)

        return MoreText(kind, data, said)

    def finish(self) -> list[Frame]:
        """Nothing after a `Finish`; without one the stream has failed."""
        return [] if self._ended else self.fail(StreamInterrupted("the answer broke off before its end"))

    def fail(self, error: Error) -> list[Frame]:
        """An `error`, at which OpenAI's own clients raise, then the end that others wait for."""
        if self._ended:
            return []
        frames = self._begin()
        frames.append(self._frame("error", error_event(error)))
        body = {**self._head, **failure_fields(error), "output": self._output.items}
        frames.append(self._frame("response.failed", {"response": body}))
        self._ended = True
        return frames

    def _lose_once(self, loss: Loss) -> None:
        if loss not in self._losses.found:
            self._losses.found.append(loss)

    # ------------------------------------------------------------------ frames

    def _frame(self, kind: str, fields: Wire) -> Frame:
        """`fields` may have a `type` of their own, which says less."""
        wire = {**fields, "type": kind, "sequence_number": self._number}
        self._number += 1
        return (kind, encode_json(wire))

    def _frames(self, events: list[tuple[str, Wire]]) -> list[Frame]:
        return [self._frame(kind, fields) for kind, fields in events]

    def _start(self, event: ResponseStart) -> list[Frame]:
        if self._head:
            return []
        model = event.model or self._request.model
        self._head = head(event.id, event.created_at, model, self._request)
        self._output = Output(event.id, self._losses)
        return [self._frame(kind, {"response": self._head}) for kind in ("response.created", "response.in_progress")]

    def _begin(self) -> list[Frame]:
        return [] if self._head else self._start(ResponseStart())

    def _opening(self) -> list[Frame]:
        """What comes before a new item: the beginning, and the end of the message that is open."""
        frames, message = self._begin(), self._message
        if message is not None:
            self._message = None
            frames += self._frames(message.close())
        return frames

    # ------------------------------------------------------------------ messages

    def _text(self, event: TextDelta) -> list[Frame]:
        return self._say(Text(event.text, extra=event.extra), event.index)

    def _refusal(self, event: RefusalDelta) -> list[Frame]:
        return self._say(Refusal(event.text, extra=event.extra), event.index)

    def _say(self, part: Text | Refusal, index: int) -> list[Frame]:
        content, frames = self._content(part, index)
        if part.text:
            frames.append(self._frame(*content.say(part.text)))
        return frames

    def _content(self, part: Text | Refusal, index: int) -> tuple[Content, list[Frame]]:
        """The open content at `index`. One that was closed goes on in a new message."""
        content = self._contents.get(index)
        if content is not None and content.is_open:
            if part.extra is not None:
                content.head.correct(header_of(part.extra))
            return content, []
        if content is not None and not part.text:
            content.head.correct(header_of(part.extra))
            return content, []
        empty = Text("", extra=part.extra) if isinstance(part, Text) else Refusal("", extra=part.extra)
        self._kinds.add(type(part))
        content, frames = self._add_content(empty, index)
        self._contents[index] = content
        return content, frames

    def _add_content(self, part: Text | Refusal | Opaque, index: int) -> tuple[Content, list[Frame]]:
        frames = self._message_for(part.extra)
        assert self._message is not None  # opened just now
        self._losses.at = ("parts", index)
        content, events = self._message.add(encode_content(part, self._losses))
        return content, frames + self._frames(events)

    def _message_for(self, extra: Extra | None) -> list[Frame]:
        """Open a message, unless the open one has the same fields."""
        header = header_of(extra) or {}
        if self._message is not None and self._message.head.fields == header:
            return []
        frames = self._opening()
        place = len(self._output.items)
        item = self._output.message(extra, place)
        self._output.items.append(item)
        self._message = WrittenMessage(item, place, header)
        return frames + self._frames(self._message.open())

    def _citation(self, event: CitationDelta) -> list[Frame]:
        """Also for a text that is closed."""
        content, frames = self._contents.get(event.index), list[Frame]()
        if content is None:
            content, frames = self._content(Text(""), event.index)
        self._losses.at = ("parts", event.index)
        annotation = encode_annotation(event.citation, self._losses)
        return frames if annotation is None else [*frames, self._frame(*content.cite(annotation))]

    def _add_logprobs(self, event: LogprobsDelta) -> list[Frame]:
        content = self._message.content if self._message is not None else None
        if content is None or content.kind != "output_text":
            self._logprobs += event.tokens
            return []
        return [self._frame(*content.weigh(encode_logprobs(event.tokens)["content"]))]

    # ------------------------------------------------------------------ reasoning

    def _thought(self, index: int, extra: Extra | None) -> tuple[WrittenReasoning, list[Frame]]:
        thought = self._thoughts.get(index)
        if thought is not None:
            thought.extra = extra or thought.extra
            return thought, []
        frames = self._opening()
        place = len(self._output.items)
        thought = self._thoughts[index] = WrittenReasoning(self._output.id_of("reasoning", extra, place), place, extra)
        self._output.items.append(thought.item)
        return thought, frames + self._frames(thought.open())

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        thought, frames = self._thought(event.index, event.extra)
        return [*frames, *self._frames(thought.say(event.text))] if event.text else frames

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        thought, frames = self._thought(event.index, event.extra)
        self._losses.at = ("parts", event.index)
        return [*frames, *self._frames(thought.close(event.payload, event.dialect, self._losses))]

    # ------------------------------------------------------------------ calls

    def _call_start(self, event: ToolCallStart) -> list[Frame]:
        """Its arguments are not known yet, whatever the record says."""
        text = "" if event.free_form else None
        return self._open_call(ToolCall(id=event.id, name=event.name, text=text, extra=event.extra), event.index)

    def _open_call(self, call: ToolCall, index: int) -> list[Frame]:
        frames = self._opening()
        place = len(self._output.items)
        written = self._calls[index] = WrittenCall(call, place, self._output)
        self._output.items.append(written.item)
        self._kinds.add(ToolCall)
        return frames + self._frames(written.open())

    def _call_delta(self, event: ToolCallDelta) -> list[Frame]:
        """Without a start it comes whole, at its end."""
        call = self._calls.get(event.index)
        return [self._frame(*call.say(event.arguments))] if call is not None and event.arguments else []

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        return self._end_call(event.call, event.index)

    def _end_call(self, call: ToolCall, index: int) -> list[Frame]:
        frames = self._open_call(call, index) if index not in self._calls else []
        self._losses.at = ("parts", index)
        return [*frames, *self._frames(self._calls[index].close(call, self._losses))]

    # ------------------------------------------------------------------ whole parts

    def _part(self, event: PartAdded) -> list[Frame]:
        part, index = event.part, event.index
        match part:
            case Text():
                frames = self._say(part, index)
                return frames + [
                    each
                    for citation in part.citations
                    for each in self._citation(CitationDelta(citation=citation, index=index))
                ]
            case Refusal():
                return self._say(part, index)
            case Reasoning():
                frames = self._reasoning(ReasoningDelta(part.text, index, 0, part.extra))
                end = ReasoningEnd(index=index, payload=part.payload, dialect=part.dialect)
                return frames + self._reasoning_end(end)
            case ToolCall():
                return self._end_call(part, index)
            case Opaque() if header_of(part.extra) is not None:
                return self._add_content(part, index)[1]
            case _:
                return self._whole(part, index)

    def _whole(self, part: Part, index: int) -> list[Frame]:
        self._losses.at = ("parts", index)
        item = self._output.whole_item(part)
        if item is None:
            return []
        if index < max((*self._contents, *self._thoughts, *self._calls), default=0):
            self._losses.changed("", LATE)
        frames, place = self._opening(), len(self._output.items)
        self._output.items.append(item)
        fields: Wire = {"output_index": place, "item": item}
        return [*frames, *self._frames([(f"response.output_item.{end}", fields) for end in ("added", "done")])]

    # ------------------------------------------------------------------ the end

    def _keep_usage(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _finish(self, event: Finish) -> list[Frame]:
        frames = self._opening()
        for thought in self._thoughts.values():
            frames += [] if thought.closed else self._frames(thought.close(None, None, self._losses))
        for index, call in self._calls.items():
            frames += [] if call.closed else self._end_call(call.so_far(), index)
        self._losses.at = ()
        self._output.add_logprobs(tuple(self._logprobs))
        ending = encode_ending(event, self._usage, self._kinds, self._losses)
        body = {**self._head, "output": self._output.items, **ending}
        frames.append(self._frame(f"response.{body['status']}", {"response": body}))
        self._ended = True
        return frames

    def _restart(self, event: Restarted) -> list[Frame]:
        """What was written cannot be taken back; what comes now are items of their own."""
        if self._output.items:
            self._losses.at = ()
            self._losses.changed("", f"what came before the restart at `{event.target}` was already sent")
        frames = self._opening()
        for closing in (self._contents, self._thoughts, self._calls):
            closing.clear()
        return frames

    _WRITE: ClassVar[dict[type, Callable[[ResponsesStreamEncoder, Any], list[Frame]]]] = {
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
        LogprobsDelta: _add_logprobs,
        UsageUpdate: _keep_usage,
        Restarted: _restart,
        Finish: _finish,
    }
