"""From events to a response and back.

`Assembler` adds events up; `events_of` takes a response apart. One undoes the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from msgspec import Struct

from dragoman.messages.events import (
    ChoiceFinish,
    CitationDelta,
    Event,
    Finish,
    LogprobsDelta,
    PartAdded,
    ReasoningDelta,
    ReasoningEnd,
    RefusalDelta,
    ResponseStart,
    Restarted,
    Seam,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from dragoman.messages.part_base import Extra, JsonObject
from dragoman.messages.parts import Citation, Part, Reasoning, Refusal, Text, ToolCall
from dragoman.messages.response import FinishReason, LLMResponse, TokenLogprob
from dragoman.messages.usage import Usage


class _Draft(Struct, kw_only=True):
    """A part under construction."""

    finish: Callable[[_Draft], Part]
    pieces: list[str] = []
    citations: list[Citation] = []
    payload: JsonObject | None = None
    dialect: str | None = None
    id: str = ""
    name: str = ""
    free_form: bool = False
    extra: Extra | None = None
    part: Part | None = None

    def text(self) -> str:
        return "".join(self.pieces)


class _Choice(Struct, kw_only=True):
    """An answer under construction."""

    drafts: dict[int, _Draft] = {}
    logprobs: list[TokenLogprob] = []
    finish_reason: FinishReason | None = None
    raw_finish_reason: str | None = None
    stop_sequence: str | None = None

    def response(self, **fields: Any) -> LLMResponse:
        drafts = self.drafts
        return LLMResponse(
            parts=tuple([drafts[index].finish(drafts[index]) for index in sorted(drafts)]),
            finish_reason=self.finish_reason,
            raw_finish_reason=self.raw_finish_reason,
            stop_sequence=self.stop_sequence,
            logprobs=tuple(self.logprobs) if self.logprobs else None,
            **fields,
        )


def _text_part(draft: _Draft) -> Part:
    return Text(draft.text(), tuple(draft.citations), extra=draft.extra)


def _reasoning_part(draft: _Draft) -> Part:
    return Reasoning(draft.text(), payload=draft.payload, dialect=draft.dialect, extra=draft.extra)


def _refusal_part(draft: _Draft) -> Part:
    return Refusal(draft.text(), extra=draft.extra)


def _tool_call_part(draft: _Draft) -> Part:
    """The call; while it is unfinished, as much of it as has come."""
    if draft.part is not None:
        return draft.part
    given: dict[str, Any] = {"text" if draft.free_form else "arguments_json": draft.text()}
    return ToolCall(id=draft.id, name=draft.name, complete=False, **given)


def _whole_part(draft: _Draft) -> Part:
    assert draft.part is not None  # set where the draft is made
    return draft.part


class Assembler:
    """Adds events up to a response. `response()` may be asked at any time: it gives what has arrived.

    `finished` is whether that is all: a `Finish` has come.
    """

    __slots__ = ("_choices", "_first", "created_at", "extra", "finished", "id", "model", "service_tier", "usage")

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self.id: str | None = None
        self.model: str | None = None
        self.created_at: int | None = None
        self.usage: Usage | None = None
        self.service_tier: str | None = None
        self.extra: Extra | None = None
        self.finished = False
        self._first = _Choice()
        self._choices = {0: self._first}

    def add(self, event: Event) -> None:
        self._ADD[type(event)](self, event)

    def text_of(self, event: TextDelta) -> list[str]:
        """The pieces of the text that `event` is of. More of it may be put there, until another event is added."""
        return self._draft(event, _text_part).pieces

    def response(self, **fields: Any) -> LLMResponse:
        """The answer so far. `fields` are further fields of `LLMResponse`."""
        others = tuple(
            self._choices[number].response(model=self.model or "") for number in sorted(self._choices) if number
        )
        return self._first.response(
            id=self.id,
            created_at=self.created_at,
            model=self.model or "",
            usage=Usage() if self.usage is None else self.usage,  # one without totals is false
            alternatives=others,
            service_tier=self.service_tier,
            extra=self.extra,
            **fields,
        )

    def _choice(self, number: int) -> _Choice:
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Choice()
        return choice

    def _draft(self, event: Any, finish: Callable[[_Draft], Part]) -> _Draft:
        drafts = (self._choice(event.choice) if event.choice else self._first).drafts
        draft = drafts.get(event.index)
        if draft is None:
            draft = drafts[event.index] = _Draft(finish=finish)
        return draft

    def _start(self, event: ResponseStart) -> None:
        self.id, self.model, self.created_at = event.id, event.model, event.created_at

    def _text(self, event: TextDelta) -> None:
        draft = self._draft(event, _text_part)
        draft.pieces.append(event.text)
        if event.extra is not None:
            draft.extra = event.extra

    def _citation(self, event: CitationDelta) -> None:
        self._draft(event, _text_part).citations.append(event.citation)

    def _reasoning(self, event: ReasoningDelta) -> None:
        draft = self._draft(event, _reasoning_part)
        draft.pieces.append(event.text)
        if event.extra is not None:
            draft.extra = event.extra

    def _reasoning_end(self, event: ReasoningEnd) -> None:
        draft = self._draft(event, _reasoning_part)
        draft.payload, draft.dialect = event.payload, event.dialect
        if event.extra is not None:
            draft.extra = event.extra

    def _refusal(self, event: RefusalDelta) -> None:
        draft = self._draft(event, _refusal_part)
        draft.pieces.append(event.text)
        if event.extra is not None:
            draft.extra = event.extra

    def _call_start(self, event: ToolCallStart) -> None:
        draft = self._draft(event, _tool_call_part)
        draft.id, draft.name, draft.free_form = event.id, event.name, event.free_form

    def _call_delta(self, event: ToolCallDelta) -> None:
        self._draft(event, _tool_call_part).pieces.append(event.arguments)

    def _call_end(self, event: ToolCallEnd) -> None:
        self._draft(event, _tool_call_part).part = event.call

    def _part(self, event: PartAdded) -> None:
        self._draft(event, _whole_part).part = event.part

    def _logprobs(self, event: LogprobsDelta) -> None:
        self._choice(event.choice).logprobs.extend(event.tokens)

    def _usage(self, event: UsageUpdate) -> None:
        self.usage = event.usage

    def _restart(self, _: Restarted) -> None:
        self._reset()

    def _seam(self, _: Seam) -> None:
        """The text goes on."""

    def _choice_finish(self, event: ChoiceFinish) -> None:
        choice = self._choice(event.choice)
        choice.finish_reason, choice.raw_finish_reason = event.finish_reason, event.raw_finish_reason

    def _finish(self, event: Finish) -> None:
        first = self._first
        first.finish_reason, first.raw_finish_reason = event.finish_reason, event.raw_finish_reason
        first.stop_sequence = event.stop_sequence
        self.service_tier, self.extra = event.service_tier, event.extra
        self.finished = True

    _ADD: ClassVar[dict[type, Callable[[Assembler, Any], None]]] = {
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
        UsageUpdate: _usage,
        ChoiceFinish: _choice_finish,
        Restarted: _restart,
        Seam: _seam,
        Finish: _finish,
    }


def events_of(response: LLMResponse, *, piece: int = 24) -> Iterator[Event]:
    """The events that add up to `response`, its text and arguments cut into pieces of about `piece` characters."""
    yield ResponseStart(id=response.id, model=response.model or None, created_at=response.created_at)
    for number, choice in enumerate((response, *response.alternatives)):
        for index, part in enumerate(choice.parts):
            yield from _events_of_part(part, index, number, piece)
        if choice.logprobs:
            yield LogprobsDelta(tokens=choice.logprobs, choice=number)
        if number:
            yield ChoiceFinish(
                choice=number, finish_reason=choice.finish_reason, raw_finish_reason=choice.raw_finish_reason
            )
    if response.usage != Usage():
        yield UsageUpdate(usage=response.usage)
    yield Finish(
        finish_reason=response.finish_reason,
        raw_finish_reason=response.raw_finish_reason,
        stop_sequence=response.stop_sequence,
        service_tier=response.service_tier,
        extra=response.extra,
    )


def _events_of_part(part: Part, index: int, choice: int, piece: int) -> Iterator[Event]:
    match part:
        case Text():
            for text, extra in _with_extra(part, piece):
                yield TextDelta(text, index=index, choice=choice, extra=extra)
            for citation in part.citations:
                yield CitationDelta(citation=citation, index=index, choice=choice)
        case Reasoning():
            for text, extra in _with_extra(part, piece):
                yield ReasoningDelta(text, index=index, choice=choice, extra=extra)
            yield ReasoningEnd(index=index, choice=choice, payload=part.payload, dialect=part.dialect)
        case Refusal():
            for text, extra in _with_extra(part, piece):
                yield RefusalDelta(text, index=index, choice=choice, extra=extra)
        case ToolCall():
            free_form = part.text is not None
            yield ToolCallStart(
                id=part.id, name=part.name, index=index, choice=choice, extra=part.extra, free_form=free_form
            )
            for text in _pieces(part.arguments_json if part.text is None else part.text, piece):
                yield ToolCallDelta(arguments=text, index=index, choice=choice)
            yield ToolCallEnd(call=part, index=index, choice=choice)
        case _:
            yield PartAdded(part=part, index=index, choice=choice)


def _with_extra(part: Text | Reasoning | Refusal, piece: int) -> Iterator[tuple[str, Extra | None]]:
    """The pieces of a text, the first with the part's `extra`."""
    for number, text in enumerate(_pieces(part.text, piece)):
        yield text, None if number else part.extra


def _pieces(text: str, size: int) -> Iterator[str]:
    """`text` cut up; empty text is one empty piece, so that the part exists."""
    return (text[start : start + size] for start in range(0, len(text) or 1, size))
