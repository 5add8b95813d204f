"""Writing a stream that holds one answer, whose end says what was in it (Cohere, Ollama).

What has no place in such a stream is left out, and is in `losses`, once. How frames look, and when they are written, is
in `<name>/stream_encoder.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from dragoman.dialects.base import Wire, Writers
from dragoman.dialects.losses import NO_ALTERNATIVES
from dragoman.http import Frame
from dragoman.messages import (
    Event,
    Finish,
    LLMResponse,
    Loss,
    Part,
    Refusal,
    RefusalDelta,
    Request,
    Restarted,
    TextDelta,
    ToolCall,
    Usage,
    UsageUpdate,
)


class OneAnswerEncoder(ABC):
    """Keeps what the end of the answer depends on, and what was lost."""

    __slots__ = ("_lost", "_model", "_refused", "_said", "_usage", "_whole_calls")

    def __init__(self, request: Request) -> None:
        self._model = request.model
        self._usage = Usage()
        self._whole_calls: list[ToolCall] = []
        self._refused = self._said = False  # whether the model has refused, whether any content is out
        self._lost: dict[Loss, None] = {}

    @abstractmethod
    def _text(self, event: TextDelta | RefusalDelta) -> list[Frame]: ...

    @abstractmethod
    def _encode_turn(self, part: Part, where: str, losses: list[Loss]) -> Wire:
        """The message that holds `part` alone."""

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._lost)

    def feed(self, event: Event) -> list[Frame]:
        if getattr(event, "choice", 0):
            self._lost[NO_ALTERNATIVES] = None
            return []
        write = self.WRITE.get(type(event))
        return [] if write is None else write(self, event)

    def finish(self) -> list[Frame]:
        return []

    def _lose(self, losses: list[Loss]) -> None:
        self._lost.update(dict.fromkeys(losses))

    def _turn(self, part: Part, where: str) -> Wire:
        """The message that holds `part` alone; what it could not say is noted."""
        losses: list[Loss] = []
        wire = self._encode_turn(part, where, losses)
        self._lose(losses)
        return wire

    def _refusal(self, event: RefusalDelta) -> list[Frame]:
        self._refused = True
        self._turn(Refusal(""), "refusal")
        return self._text(event)

    def _keep_usage(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _report_restart(self, event: Restarted) -> None:
        """What was written cannot be taken back."""
        if self._said:
            why = f"what came before the restart at `{event.target}` was already sent"
            self._lost[Loss(effect="changed", where="", why=why)] = None

    def _answer(self, event: Finish) -> LLMResponse:
        """As much of the answer as its ending depends on."""
        refusal = (Refusal(""),) if self._refused else ()
        return LLMResponse(
            parts=(*self._whole_calls, *refusal),
            usage=self._usage,
            finish_reason=event.finish_reason,
            raw_finish_reason=event.raw_finish_reason,
            stop_sequence=event.stop_sequence,
            service_tier=event.service_tier,
        )

    WRITE: ClassVar[Writers] = {RefusalDelta: _refusal, UsageUpdate: _keep_usage}
    """An event that is not here says nothing on this wire."""
