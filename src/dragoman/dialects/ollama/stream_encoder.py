"""Writing a streamed answer: events in, lines out.

Calls are written when they are whole. What every stream of one answer keeps is in `dialects/one_answer.py`.
"""

from __future__ import annotations

from typing import ClassVar

from dragoman.dialects.base import Wire, Writers, merge_extra
from dragoman.dialects.ollama.errors import encode_error
from dragoman.dialects.ollama.logprobs import encode_logprobs
from dragoman.dialects.ollama.parts import Turn
from dragoman.dialects.ollama.response import NO_ID, ending, head_of
from dragoman.dialects.ollama.wire import NAME
from dragoman.dialects.one_answer import OneAnswerEncoder
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import (
    Citation,
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
    ToolCallEnd,
    encode_json,
)

_NOT_DONE = b',"done":false}'


class StreamEncoder(OneAnswerEncoder):
    """Writes one stream."""

    __slots__ = ("_created", "_head")

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._created: int | None = None
        self._head = self._make_head()

    def fail(self, error: Error) -> list[Frame]:
        return [("", encode_json(encode_error(error)[1]))]

    def _make_head(self) -> bytes:
        """What every line begins with, as far as the message."""
        return encode_json(head_of(self._model, self._created))[:-1] + b',"message":'

    def _line(self, message: Wire) -> list[Frame]:
        self._said = True
        return [("", self._head + encode_json(message) + _NOT_DONE)]

    def _start(self, event: ResponseStart) -> list[Frame]:
        self._model = event.model or self._model
        self._created = event.created_at
        self._head = self._make_head()
        if event.id is not None:
            self._lost[NO_ID] = None
        return []

    def _text(self, event: TextDelta | RefusalDelta) -> list[Frame]:
        if isinstance(event, TextDelta) and event.extra is not None:
            self._turn(Text("", extra=event.extra), f"parts[{event.index}]")
        return self._line({"role": "assistant", "content": event.text}) if event.text else []

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        return self._line({"role": "assistant", "content": "", "thinking": event.text}) if event.text else []

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        self._turn(Reasoning("", payload=event.payload, dialect=event.dialect), _part(event.index))
        return []

    def _citation(self, event: CitationDelta) -> list[Frame]:
        self._turn(Text("", citations=(Citation(),)), _part(event.index))
        return []

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        self._whole_calls.append(event.call)
        return self._line(self._turn(event.call, _part(event.index)))

    def _part_added(self, event: PartAdded) -> list[Frame]:
        if isinstance(event.part, Refusal):
            return self._refusal(RefusalDelta(event.part.text))
        message = self._turn(event.part, _part(event.index))
        return self._line(message) if len(message) > 2 or message["content"] else []

    def _encode_turn(self, part: Part, where: str, losses: list[Loss]) -> Wire:
        turn = Turn(losses)
        turn.add(part, where)
        return turn.wire("assistant")

    def _logprobs(self, event: LogprobsDelta) -> list[Frame]:
        line = (
            self._head + b'{"role":"assistant","content":""},"logprobs":' + encode_json(encode_logprobs(event.tokens))
        )
        return [("", line + _NOT_DONE)]

    def _restart(self, event: Restarted) -> list[Frame]:
        self._report_restart(event)
        self._whole_calls.clear()
        return []

    def _finish(self, event: Finish) -> list[Frame]:
        losses: list[Loss] = []
        message: Wire = {"role": "assistant", "content": ""}
        wire = {**head_of(self._model, self._created), "message": message, **ending(self._answer(event), losses)}
        merge_extra(wire, event.extra, NAME, "", losses)
        self._lose(losses)
        return [("", encode_json(wire))]

    WRITE: ClassVar[Writers] = {
        **OneAnswerEncoder.WRITE,
        ResponseStart: _start,
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        ToolCallEnd: _call_end,
        PartAdded: _part_added,
        LogprobsDelta: _logprobs,
        Restarted: _restart,
        Finish: _finish,
    }


def _part(index: int) -> str:
    return f"parts[{index}]"
