"""Writing a streamed answer: events in, frames out.

Every frame is an answer of its own with one part in it, so parts may interleave as they like. Text and thinking go out
as they come, calls and other parts whole. Usage, and all that is said beside the content, waits for the last frame,
which alone has a finish reason: clients know by it that the answer is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from dragoman.dialects.base import Wire
from dragoman.dialects.gemini.citations import encode_logprobs
from dragoman.dialects.gemini.errors import encode_error
from dragoman.dialects.gemini.extras import objects_in, restore, unite
from dragoman.dialects.gemini.finish import encode_finish, report_ending
from dragoman.dialects.gemini.name import NAME
from dragoman.dialects.gemini.parts import report_payload
from dragoman.dialects.gemini.response import (
    encode_answer_part,
    grounding,
    is_blocked,
    place_of,
    report_refusal,
    report_stop_sequence,
    rest_of_body,
    timestamp,
)
from dragoman.dialects.gemini.usage import encode_usage, report_usage
from dragoman.dialects.service_tiers import GEMINI_TOLD
from dragoman.errors import Error, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import (
    ChoiceFinish,
    Citation,
    CitationDelta,
    Event,
    Finish,
    LLMResponse,
    LogprobsDelta,
    Loss,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    RefusalDelta,
    Request,
    ResponseStart,
    Restarted,
    TextDelta,
    ToolCallEnd,
    Usage,
    UsageUpdate,
    encode_json,
)


class StreamEncoder:
    """Writes one stream."""

    __slots__ = ("_choices", "_ended", "_head", "_losses", "_request", "_said", "_usage")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._head: Wire = {"modelVersion": request.model}
        self._usage = Usage()
        self._losses: list[Loss] = []
        self._choices: dict[int, _Choice] = {}
        self._said = False  # whether any content is out
        self._ended = False

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses)

    def feed(self, event: Event) -> list[Frame]:
        write = None if self._ended else self._WRITE.get(type(event))
        return [] if write is None else write(self, event)

    def finish(self) -> list[Frame]:
        """Nothing after a `Finish`; without one the stream has failed."""
        return self.fail(StreamInterrupted("the answer broke off before its end"))

    def fail(self, error: Error) -> list[Frame]:
        if self._ended:
            return []
        self._ended = True
        return [("", encode_json(encode_error(error)[1]))]

    # ------------------------------------------------------------------ the answer

    def _start(self, event: ResponseStart) -> list[Frame]:
        """Nothing yet: every frame says whose it is."""
        head: Wire = {"modelVersion": event.model or self._request.model}
        if event.id is not None:
            head["responseId"] = event.id
        if event.created_at is not None:
            head["createTime"] = timestamp(event.created_at)
        self._head = head
        return []

    def _usage_update(self, event: UsageUpdate) -> list[Frame]:
        self._usage = event.usage
        return []

    def _restarted(self, event: Restarted) -> list[Frame]:
        """Before the first content nothing is void; after it nothing can be taken back."""
        if self._said:
            return self.fail(StreamInterrupted(f"the answer began anew at {event.target}: {event.reason}"))
        self._usage, self._losses, self._choices = Usage(), [], {}
        return []

    def _alternative(self, event: ChoiceFinish) -> list[Frame]:
        """It ends with the rest: what only this dialect knows of it comes with the last event."""
        self._choice(event.choice).end = event
        return []

    def _finish(self, event: Finish) -> list[Frame]:
        self._ended = True
        left = rest_of_body(event.extra, self._losses)
        rests = objects_in(left.pop("candidates", None))
        self._choice(0).end = event
        wire: Wire = {
            "candidates": [
                self._last(number, choice, rests[number] if number < len(rests) else {})
                for number, choice in sorted(self._choices.items())
            ]
        }
        report_stop_sequence(event.stop_sequence, "", self._losses)
        ending = LLMResponse(raw_finish_reason=event.raw_finish_reason)
        if not self._said and is_blocked(left, ending):
            del wire["candidates"]
        wire["usageMetadata"] = encode_usage(self._usage, GEMINI_TOLD.word_for(event.service_tier, self._losses))
        wire.update(self._head)
        unite(wire, left)
        report_usage(self._usage, self._losses)
        return [("", encode_json(wire))]

    def _last(self, number: int, choice: _Choice, rest: Wire) -> Wire:
        """A candidate of the last frame, with an empty text, as Google's own server ends."""
        end = choice.end
        reason, raw = (None, None) if end is None else (end.finish_reason, end.raw_finish_reason)
        word = encode_finish(reason, raw)
        report_ending(reason, word, place_of(number), self._losses, called=choice.called, refused=choice.refused)
        content = {"parts": [{"text": ""}], "role": "model"}
        sources = grounding(choice.cited, "".join(choice.texts), rest, self._losses)
        return {"content": content, "finishReason": word, "index": number, **sources, **rest}

    # ------------------------------------------------------------------ its parts

    def _choice(self, number: int) -> _Choice:
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Choice()
        return choice

    def _frame(self, number: int, candidate: Wire) -> list[Frame]:
        self._said = True
        return [("", encode_json({"candidates": [{**candidate, "index": number}], **self._head}))]

    def _part(self, number: int, part: Wire | None) -> list[Frame]:
        if part is None:
            return []
        return self._frame(number, {"content": {"parts": [part], "role": "model"}})

    def _text(self, event: TextDelta) -> list[Frame]:
        self._choice(event.choice).texts.append(event.text)
        part: Wire = {"text": event.text}
        if event.extra is not None:
            restore(part, event.extra, _place(event), self._losses)
        return self._part(event.choice, part)

    def _citation(self, event: CitationDelta) -> list[Frame]:
        self._choice(event.choice).cite(event, _place(event))
        return []

    def _reasoning(self, event: ReasoningDelta) -> list[Frame]:
        return self._part(event.choice, {"text": event.text, "thought": True}) if event.text else []

    def _reasoning_end(self, event: ReasoningEnd) -> list[Frame]:
        report_payload(Reasoning(payload=event.payload, dialect=event.dialect), _place(event), self._losses)
        if event.payload is None or event.dialect not in (None, NAME):
            return []
        return self._part(event.choice, {"text": "", "thought": True, **event.payload})

    def _refuse(self, event: RefusalDelta) -> list[Frame]:
        choice = self._choice(event.choice)
        choice.texts.append(event.text)
        choice.refused = True
        report_refusal(_place(event), self._losses)
        return self._part(event.choice, {"text": event.text})

    def _call_end(self, event: ToolCallEnd) -> list[Frame]:
        self._choice(event.choice).called = True
        return self._part(event.choice, encode_answer_part(event.call, _place(event), self._losses))

    def _part_added(self, event: PartAdded) -> list[Frame]:
        return self._part(event.choice, encode_answer_part(event.part, _place(event), self._losses))

    def _logprobs(self, event: LogprobsDelta) -> list[Frame]:
        return self._frame(
            event.choice, {"logprobsResult": encode_logprobs(event.tokens, place_of(event.choice), self._losses)}
        )

    _WRITE: ClassVar[dict[type, Callable[[StreamEncoder, Any], list[Frame]]]] = {
        ResponseStart: _start,
        TextDelta: _text,
        CitationDelta: _citation,
        ReasoningDelta: _reasoning,
        ReasoningEnd: _reasoning_end,
        RefusalDelta: _refuse,
        ToolCallEnd: _call_end,
        PartAdded: _part_added,
        LogprobsDelta: _logprobs,
        UsageUpdate: _usage_update,
        ChoiceFinish: _alternative,
        Restarted: _restarted,
        Finish: _finish,
    }


class _Choice:
    """What waits for the last frame of an answer."""

    __slots__ = ("_counts", "called", "cited", "end", "refused", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.called = self.refused = False
        self.cited: list[tuple[str, Citation]] = []
        self.end: Finish | ChoiceFinish | None = None
        self._counts: dict[int, int] = {}

    def cite(self, event: CitationDelta, where: str) -> None:
        number = self._counts.get(event.index, 0)
        self._counts[event.index] = number + 1
        self.cited.append((f"{where}.citations[{number}]", event.citation))


def _place(event: Any) -> str:
    return f"{place_of(event.choice)}parts[{event.index}]"
