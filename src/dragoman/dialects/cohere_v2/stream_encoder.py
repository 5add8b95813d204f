"""Writing a streamed answer: events in, frames out.

One content is open at a time; when another part comes between, it is ended, and later text of it begins a new one.
What has no place in this stream is left out, and is in `losses`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from dragoman.dialects.base import Wire, Writers, merge_extra
from dragoman.dialects.cohere_v2.assistant import Turn
from dragoman.dialects.cohere_v2.citations import encode_citation, is_ours
from dragoman.dialects.cohere_v2.errors import encode_error
from dragoman.dialects.cohere_v2.response import NO_MODEL, encode_logprobs, ending
from dragoman.dialects.cohere_v2.wire import NAME
from dragoman.dialects.one_answer import OneAnswerEncoder
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import (
    CitationDelta,
    Finish,
    LogprobsDelta,
    Loss,
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
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    encode_json,
)


class StreamEncoder(OneAnswerEncoder):
    """Writes one stream."""

    __slots__ = (
        "_begun", "_calls", "_citations", "_cited", "_content", "_open", "_places", "_started",
    )  # fmt: skip

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._content = self._citations = 0  # how many there are
        self._open: tuple[str, int] | None = None  # the kind and part of the open one, which is the last
        self._places: dict[int, int] = {}  # the last content of each part
        self._cited: dict[int, int] = {}  # the last citation of each part
        self._calls: dict[int, int] = {}  # the numbers of the calls that are open
        self._begun: set[int] = set()  # those of them whose arguments have begun
        self._started = False

    def fail(self, error: Error) -> list[Frame]:
        wire = encode_error(error)[1]
        delta: Wire = {"finish_reason": "ERROR", "usage": {}, "error": wire.pop("message"), **wire}
        return [_frame("message-end", delta=delta)]

    # ------------------------------------------------------------------ content

    def _start(self, event: ResponseStart) -> list[Frame]:
        if event.model not in (None, "", self._model):
            self._lost[NO_MODEL] = None
        if self._started:
            return []
        self._started = True
        message: Wire = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        return [_frame("message-start", id=event.id, delta={"message": message})]

    def _text(self, event: TextDelta | RefusalDelta) -> list[Frame]:
        if isinstance(event, TextDelta) and event.extra is not None:
            self._turn(Text("", extra=event.extra), f"parts[{event.index}]")
        return self._grow("text", event.index, event.text)

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        return self._grow("thinking", event.index, event.text)

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        self._turn(Reasoning("", payload=event.payload, dialect=event.dialect), f"parts[{event.index}]")
        return self._close()

    def _grow(self, kind: str, part: int, text: str) -> list[Frame]:
        frames: list[Frame] = []
        if self._open != (kind, part):
            if not text and (kind == "thinking" or part in self._places):
                return []
            frames = [*self._close(), self._begin(kind, part)]
        if text:
            self._said = True
            frames.append(_content("content-delta", self._content - 1, {kind: text}))
        return frames

    def _begin(self, kind: str, part: int) -> Frame:
        self._open = (kind, part)
        self._places[part] = self._content
        self._content += 1
        return _content("content-start", self._content - 1, {"type": kind, kind: ""})

    def _close(self) -> list[Frame]:
        if self._open is None:
            return []
        self._open = None
        return [_frame("content-end", index=self._content - 1)]

    def _citation(self, event: CitationDelta) -> list[Frame]:
        losses: list[Loss] = []
        frames = [] if event.index in self._places else self._begin_text(event.index)
        own = self._cited[event.index] = self._cited.get(event.index, -1) + 1
        wire = encode_citation(event.citation, f"parts[{event.index}].citations[{own}]", losses)
        self._lose(losses)
        if not is_ours(event.citation):
            wire["content_index"] = self._places[event.index]
        number, self._citations = self._citations, self._citations + 1
        start = _frame("citation-start", index=number, delta={"message": {"citations": wire}})
        return [*frames, start, _frame("citation-end", index=number)]

    def _begin_text(self, part: int) -> list[Frame]:
        """Elsewhere a source may come before the text it is of; here it names a content that has begun."""
        return self._grow("text", part, "")

    # ------------------------------------------------------------------ calls

    def _call_start(self, event: ToolCallStart) -> list[Frame]:
        if event.free_form:  # its text is JSON here: it waits for its end
            return []
        return [*self._close(), self._begin_call(event.id, event.name, event.index)]

    def _begin_call(self, id_: str, name: str, part: int) -> Frame:
        number = self._calls[part] = len(self._whole_calls) + len(self._calls)
        entry = {"id": id_, "type": "function", "function": {"name": name, "arguments": ""}}
        return _frame("tool-call-start", index=number, delta={"message": {"tool_calls": entry}})

    def _call_delta(self, event: ToolCallDelta) -> list[Frame]:
        number = self._calls.get(event.index)
        if number is None or not event.arguments:
            return []
        self._said = True
        self._begun.add(event.index)
        entry = {"function": {"arguments": event.arguments}}
        return [_frame("tool-call-delta", index=number, delta={"message": {"tool_calls": entry}})]

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        call, part = event.call, event.index
        entry = self._turn(call, f"parts[{part}]")["tool_calls"][0]
        frames = self._close()
        if part not in self._calls:
            frames.append(self._begin_call(call.id, call.name, part))
        if part not in self._begun:
            frames += self._call_delta(ToolCallDelta(arguments=entry["function"]["arguments"], index=part))
        self._begun.discard(part)
        frames.append(_frame("tool-call-end", index=self._calls.pop(part)))
        self._whole_calls.append(call)
        return frames

    # ------------------------------------------------------------------ other parts

    def _part(self, event: PartAdded) -> list[Frame]:
        if isinstance(event.part, Refusal):
            return self._refusal(RefusalDelta(event.part.text, event.index))
        message = self._turn(event.part, f"parts[{event.index}]")
        frames: list[Frame] = []
        for content in message.get("content", ()):
            frames += self._whole(content)
        if "tool_plan" in message:
            frames.append(_frame("tool-plan-delta", delta={"message": {"tool_plan": message["tool_plan"]}}))
        for citation in message.get("citations", ()):
            frames.append(_frame("citation-start", index=0, delta={"message": {"citations": citation}}))
        return frames

    def _whole(self, content: Wire) -> list[Frame]:
        kind = content["type"]
        if kind == "text":
            return self._grow("text", -1 - self._content, content["text"]) + self._close()
        frames = [*self._close(), _content("content-start", self._content, content)]
        self._content += 1
        return [*frames, _frame("content-end", index=self._content - 1)]

    def _encode_turn(self, part: Part, where: str, losses: list[Loss]) -> Wire:
        turn = Turn(losses)
        turn.add(part, where)
        return turn.wire()

    def _logprobs(self, event: LogprobsDelta) -> list[Frame]:
        losses: list[Loss] = []
        entries = encode_logprobs(event.tokens, losses)
        self._lose(losses)
        place, delta = max(self._content - 1, 0), {"message": {"content": {"text": ""}}}
        return [_frame("content-delta", index=place, delta=delta, logprobs=entry) for entry in entries]

    # ------------------------------------------------------------------ the whole

    def _restart(self, event: Restarted) -> list[Frame]:
        self._report_restart(event)
        frames = [*self._close(), *(_frame("tool-call-end", index=number) for number in self._calls.values())]
        self._calls.clear()
        self._places.clear()
        return frames

    def _finish(self, event: Finish) -> list[Frame]:
        losses: list[Loss] = []
        delta = ending(self._answer(event), losses)
        merge_extra(delta, event.extra, NAME, "", losses)
        self._lose(losses)
        return [*self._close(), _frame("message-end", delta=delta)]

    WRITE: ClassVar[Writers] = {
        **OneAnswerEncoder.WRITE,
        ResponseStart: _start,
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        ToolCallStart: _call_start,
        ToolCallDelta: _call_delta,
        ToolCallEnd: _call_end,
        PartAdded: _part,
        LogprobsDelta: _logprobs,
        Restarted: _restart,
        Finish: _finish,
    }


def _frame(kind: str, **fields: Any) -> Frame:
    return kind, encode_json({"type": kind, **fields})


def _content(kind: str, number: int, content: Wire) -> Frame:
    return _frame(kind, index=number, delta={"message": {"content": content}})
