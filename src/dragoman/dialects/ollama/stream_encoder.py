"""Writing a streamed answer: events in, lines out.

Calls are written when they are whole. What has no place in a line is left out, and is in `losses`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.losses import NO_ALTERNATIVES
from dragoman.dialects.ollama.errors import encode_error
from dragoman.dialects.ollama.logprobs import encode_logprobs
from dragoman.dialects.ollama.parts import Turn
from dragoman.dialects.ollama.response import NO_ID, ending, head_of
from dragoman.dialects.ollama.wire import NAME
from dragoman.errors import Error
from dragoman.http import Frame
from dragoman.messages import (
    Citation,
    CitationDelta,
    Event,
    Finish,
    LLMResponse,
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
    ToolCall,
    ToolCallEnd,
    Usage,
    UsageUpdate,
    encode_json,
)

_NOT_DONE = b',"done":false}'


class StreamEncoder:
    """Writes one stream."""

    __slots__ = ("_calls", "_created", "_head", "_lost", "_model", "_refused", "_said", "_usage")

    def __init__(self, request: Request) -> None:
        self._model = request.model
        self._created: int | None = None
        self._head = self._make_head()
        self._usage = Usage()
        self._calls: list[ToolCall] = []
        self._refused = self._said = False
        self._lost: dict[Loss, None] = {}

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._lost)

    def feed(self, event: Event) -> list[Frame]:
        if getattr(event, "choice", 0):
            self._lost[NO_ALTERNATIVES] = None
            return []
        write = self._WRITE.get(type(event))
        return [] if write is None else write(self, event)

    def finish(self) -> list[Frame]:
        return []

    def fail(self, error: Error) -> list[Frame]:
        return [("", encode_json(encode_error(error)[1]))]

    def _make_head(self) -> bytes:
        """What every line begins with, as far as the message."""
        return encode_json(head_of(self._model, self._created))[:-1] + b',"message":'

    def _line(self, message: Wire) -> list[Frame]:
        self._said = True
        return [("", self._head + encode_json(message) + _NOT_DONE)]

    def _lose(self, losses: list[Loss]) -> None:
        self._lost.update(dict.fromkeys(losses))

    def _start(self, event: ResponseStart) -> list[Frame]:
        self._model = event.model or self._model
        self._created = event.created_at
        self._head = self._make_head()
        if event.id is not None:
            self._lost[NO_ID] = None
        return []

    def _text(self, event: TextDelta | RefusalDelta) -> list[Frame]:
        if isinstance(event, TextDelta) and event.extra is not None:
            self._written(Text("", extra=event.extra), f"parts[{event.index}]")
        return self._line({"role": "assistant", "content": event.text}) if event.text else []

    def _refusal(self, event: RefusalDelta) -> list[Frame]:
        self._refused = True
        self._written(Refusal(""), "refusal")
        return self._text(event)

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        return self._line({"role": "assistant", "content": "", "thinking": event.text}) if event.text else []

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        self._written(Reasoning("", payload=event.payload, dialect=event.dialect), _part(event.index))
        return []

    def _citation(self, event: CitationDelta) -> list[Frame]:
        self._written(Text("", citations=(Citation(),)), _part(event.index))
        return []

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        self._calls.append(event.call)
        return self._line(self._written(event.call, _part(event.index)))

    def _part_added(self, event: PartAdded) -> list[Frame]:
        if isinstance(event.part, Refusal):
            return self._refusal(RefusalDelta(event.part.text))
        message = self._written(event.part, _part(event.index))
        return self._line(message) if len(message) > 2 or message["content"] else []

    def _written(self, part: Part, where: str) -> Wire:
        """The message that holds `part` alone; what it could not say is noted."""
        losses: list[Loss] = []
        turn = Turn(losses)
        turn.add(part, where)
        message = turn.wire("assistant")
        self._lose(losses)
        return message

    def _logprobs(self, event: LogprobsDelta) -> list[Frame]:
        line = (
            self._head + b'{"role":"assistant","content":""},"logprobs":' + encode_json(encode_logprobs(event.tokens))
        )
        return [("", line + _NOT_DONE)]

    def _keep_usage(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _restart(self, event: Restarted) -> list[Frame]:
        """What was written cannot be taken back."""
        if self._said:
            why = f"what came before the restart at `{event.target}` was already sent"
            self._lost[Loss(effect="changed", where="", why=why)] = None
        self._calls.clear()
        return []

    def _finish(self, event: Finish) -> list[Frame]:
        losses: list[Loss] = []
        message: Wire = {"role": "assistant", "content": ""}
        wire = {**head_of(self._model, self._created), "message": message, **ending(self._whole(event), losses)}
        merge_extra(wire, event.extra, NAME, "", losses)
        self._lose(losses)
        return [("", encode_json(wire))]

    def _whole(self, event: Finish) -> LLMResponse:
        """As much of the answer as its ending depends on."""
        refusal = (Refusal(""),) if self._refused else ()
        return LLMResponse(
            parts=(*self._calls, *refusal),
            usage=self._usage,
            finish_reason=event.finish_reason,
            raw_finish_reason=event.raw_finish_reason,
            stop_sequence=event.stop_sequence,
            service_tier=event.service_tier,
        )

    _WRITE: ClassVar[dict[type, Callable[[StreamEncoder, Any], list[Frame]]]] = {
        ResponseStart: _start,
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        RefusalDelta: _refusal,
        ToolCallEnd: _call_end,
        PartAdded: _part_added,
        LogprobsDelta: _logprobs,
        UsageUpdate: _keep_usage,
        Restarted: _restart,
        Finish: _finish,
    }


def _part(index: int) -> str:
    return f"parts[{index}]"
