"""Canonical records for hypothesis: those this dialect can hold whole, and any at all.

`held_*` are in the form the decoder gives (one system message at most, tool results first in a turn …), so that
decoding what was encoded must give them back. `any_request` is the whole canonical language; every text and number
in it is different, so that each can be looked for on the wire.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.dialects.anthropic_messages.citations import decode_citation
from dragoman.dialects.anthropic_messages.name import NAME
from dragoman.dialects.anthropic_messages.response import FINISH_REASONS
from dragoman.messages import (
    Audio,
    CacheMark,
    Citation,
    CitationDelta,
    Document,
    Event,
    Extra,
    Finish,
    Image,
    LLMResponse,
    Message,
    Opaque,
    OutputFormat,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningOptions,
    Refusal,
    RefusalDelta,
    Request,
    ResponseStart,
    Role,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolChoice,
    ToolResult,
    Usage,
    UsageUpdate,
    encode_json,
)

texts = st.text(max_size=12)
words = st.text(min_size=1, max_size=12)
counts = st.integers(0, 2**40)
call_ids = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(texts, json_values, max_size=3)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def kept(fields: dict[str, Any]) -> Extra:
    return Extra(fields=fields, dialect=NAME)


new_fields = st.dictionaries(words.map("new_{}".format), json_values, min_size=1, max_size=2)
extras = maybe(new_fields.map(kept))
marks = maybe(st.builds(CacheMark, ttl=maybe(st.sampled_from(["5m", "1h"]))))
marked = {"cache": marks, "extra": extras}

# ---------------------------------------------------------------------- parts


def _location(kind: str, start: str, end: str) -> st.SearchStrategy[dict[str, Any]]:
    document = {"document_index": counts, "document_title": maybe(words)}
    return st.fixed_dictionaries({"type": st.just(kind), "cited_text": words, **document, start: counts, end: counts})


citations = st.one_of(
    _location("char_location", "start_char_index", "end_char_index"),
    _location("page_location", "start_page_number", "end_page_number"),
    _location("content_block_location", "start_block_index", "end_block_index"),
    st.fixed_dictionaries({"type": st.just("web_search_result_location"), "url": words, "encrypted_index": words}),
    st.fixed_dictionaries({"type": st.just("location_of_next_year"), "where": json_objects}),
).map(decode_citation)

held_texts = st.builds(
    Text, words, citations=st.lists(citations, max_size=2).map(tuple), cache=marks, extra=extras
) | st.builds(Text, words)
_bytes = {"data": st.binary(max_size=6).map(lambda content: content.hex()), "media_type": st.just("application/pdf")}
_sources: list[dict[str, Any]] = [_bytes, {"url": words.map("https://{}".format)}, {"file_id": words}]
held_images = st.one_of([st.builds(Image, **source, **marked) for source in _sources])
_plain = {"text": texts, "media_type": st.just("text/plain")}
held_documents = st.one_of(
    [
        st.builds(
            Document, title=maybe(words), context=maybe(words), citations=maybe(st.booleans()), **source, **marked
        )
        for source in [*_sources, _plain]
    ]
)
held_calls = st.builds(ToolCall, id=call_ids, name=words, arguments=json_objects, **marked)
held_thoughts = st.builds(
    Reasoning, texts, payload=st.fixed_dictionaries({"signature": words}), dialect=st.just(NAME)
) | words.map(
    lambda data: Reasoning(payload={"type": "redacted_thinking", "data": data}, dialect=NAME),
)
_unknown_blocks = st.sampled_from(["server_tool_use", "web_search_tool_result", "compaction", "block_of_next_year"])
held_opaques = st.builds(
    lambda kind, fields: Opaque(NAME, {"type": kind, **fields}),
    _unknown_blocks,
    st.dictionaries(words.map("field_{}".format), json_values, max_size=2),
)
_result_parts = st.lists(held_texts | held_images | held_documents | held_opaques, max_size=2).map(tuple)
held_results = st.builds(ToolResult, id=call_ids, content=texts | _result_parts, is_error=st.booleans(), **marked)

# ---------------------------------------------------------------------- requests

_user_parts = st.builds(
    lambda results, others: (*results, *others),
    st.lists(held_results, max_size=2),
    st.lists(held_texts | held_images | held_documents | held_opaques, min_size=1, max_size=3),
)
_assistant_parts = st.lists(held_texts | held_calls | held_thoughts | held_opaques, max_size=4).map(tuple)
_turns = st.one_of(
    st.builds(Message, st.just(Role.USER), texts | _user_parts | st.just(()), extra=extras),
    st.builds(Message, st.just(Role.ASSISTANT), texts | _assistant_parts, extra=extras),
    st.builds(Message, st.just(Role.TOOL), st.lists(held_results, min_size=1, max_size=2).map(tuple), extra=extras),
    st.builds(
        Message,
        st.just(Role.SYSTEM),
        texts | st.lists(held_texts | held_opaques, max_size=2).map(tuple),
        extra=new_fields.map(kept) | st.just(Extra(dialect=NAME, spelling={"role": "system"})),
    ),
)
_systems = st.lists(
    st.builds(Message, st.just(Role.SYSTEM), texts | st.lists(held_texts, max_size=2).map(tuple)), max_size=1
)


def _no_two_tool_turns(turns: list[Message]) -> bool:
    """Two turns of results in a row become one."""
    return all(a.role is not Role.TOOL or b.role is not Role.TOOL for a, b in pairwise(turns))


held_conversations = st.builds(
    lambda system, turns: (*system, *turns),
    _systems,
    st.lists(_turns, min_size=1, max_size=4).filter(_no_two_tool_turns),
)
held_tools = st.builds(
    Tool, name=words, description=maybe(texts), parameters=json_objects, strict=maybe(st.booleans()), **marked
) | st.builds(lambda name: Opaque(NAME, {"type": f"{name}_20260101", "name": name}), words)
_choices = st.sampled_from(
    [
        (None, None),
        (ToolChoice(mode="none"), None),
        *(
            (choice, parallel)
            for choice in (ToolChoice(), ToolChoice(mode="required"), ToolChoice(mode="required", names=("f",)))
            for parallel in (None, True, False)
        ),
    ]
)
_formats = st.builds(OutputFormat, kind=st.just("json_schema"), schema=json_objects, extra=extras | st.just(kept({})))
_thinking = st.sampled_from(
    [
        ReasoningOptions(budget_tokens=2048),
        ReasoningOptions(enabled=True),
        ReasoningOptions(enabled=False),
        ReasoningOptions(enabled=True, extra=kept({"type": "between_tools"})),
        ReasoningOptions(enabled=True, extra=kept({"display": "omitted"})),
    ]
)
_efforts = st.sampled_from(["low", "medium", "high", "xhigh", "max"])
_reasoning = st.builds(lambda options, effort: replace(options, effort=effort), _thinking, maybe(_efforts)) | (
    st.builds(ReasoningOptions, effort=_efforts)
)


@st.composite
def held_requests(draw: st.DrawFn) -> Request:
    choice, parallel = draw(_choices)
    return Request(
        model=draw(words),
        messages=draw(held_conversations),
        tools=tuple(draw(st.lists(held_tools, max_size=2))),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        output_format=draw(maybe(_formats)),
        reasoning=draw(maybe(_reasoning)),
        stream=draw(st.booleans()),
        max_tokens=draw(st.integers(1, 10**6)),
        temperature=draw(maybe(st.floats(0, 1))),
        top_p=draw(maybe(st.floats(0, 1))),
        top_k=draw(maybe(counts)),
        stop=tuple(draw(st.lists(texts, max_size=2))),
        user=draw(maybe(texts)),
        service_tier=draw(maybe(words)),
        extra=draw(st.just(()) | new_fields.map(lambda fields: (kept(fields),))),
    )


# ---------------------------------------------------------------------- answers


@st.composite
def held_usages(draw: st.DrawFn) -> Usage:
    read, written = draw(maybe(counts)), draw(maybe(counts))
    return Usage(
        input_tokens=draw(counts) + (read or 0) + (written or 0),
        output_tokens=draw(counts),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=draw(maybe(counts)),
        reasoning_tokens=draw(maybe(counts)),
        web_searches=draw(maybe(counts)),
    )


# Parts of answers bear no cache marks.
answer_calls = st.builds(
    ToolCall,
    id=words,
    name=words,
    arguments=json_objects,
    extra=maybe(st.just(kept({"caller": {"type": "direct"}}))),
)
answer_texts = st.builds(Text, words, citations=st.lists(citations, max_size=2).map(tuple))
answer_parts = answer_texts | answer_calls | held_thoughts | held_opaques


@st.composite
def held_responses(draw: st.DrawFn) -> LLMResponse:
    raw = draw(st.sampled_from([*FINISH_REASONS, "word_of_next_year"]))
    parts = draw(st.lists(answer_parts, max_size=4))
    if raw == "refusal" and draw(st.booleans()):
        parts.append(Refusal(draw(words)))
    return LLMResponse(
        id=draw(words),
        model=draw(words),
        parts=tuple(parts),
        finish_reason=FINISH_REASONS.get(raw, "other"),
        raw_finish_reason=raw,
        stop_sequence=draw(maybe(texts)),
        usage=draw(held_usages()),
    )


@st.composite
def held_streams(draw: st.DrawFn) -> list[Event]:
    """The events of an answer, cut as a provider might, in the order the decoder gives them."""
    response = draw(held_responses())
    events: list[Event] = [
        ResponseStart(id=response.id, model=response.model, dialect=NAME),
        UsageUpdate(usage=replace(response.usage, output_tokens=1)),
    ]
    for index, part in enumerate(response.parts):
        events += _events_of_part(draw, part, index)
    refusal = [events.pop()] if isinstance(events[-1], RefusalDelta) else []  # told at the end
    return [
        *events,
        UsageUpdate(usage=response.usage),
        *refusal,
        Finish(
            finish_reason=response.finish_reason,
            raw_finish_reason=response.raw_finish_reason,
            stop_sequence=response.stop_sequence,
        ),
    ]


def _events_of_part(draw: st.DrawFn, part: Any, index: int) -> list[Event]:
    match part:
        case Text():
            deltas = [TextDelta(piece, index=index) for piece in _pieces(draw, part.text)]
            return [*deltas, *(CitationDelta(citation=citation, index=index) for citation in part.citations)]
        case Reasoning(payload={"signature": _}):
            deltas = [ReasoningDelta(piece, index=index) for piece in _pieces(draw, part.text)]
            return [*deltas, ReasoningEnd(index=index, payload=part.payload, dialect=NAME)]
        case Refusal():
            return [RefusalDelta(part.text, index=index)]
        case ToolCall():
            start = ToolCallStart(id=part.id, name=part.name, index=index, extra=part.extra)
            text = encode_json(part.arguments).decode() if part.arguments else ""
            deltas = [ToolCallDelta(arguments=piece, index=index) for piece in _pieces(draw, text)]
            return [start, *deltas, ToolCallEnd(call=part, index=index)]
        case _:
            return [PartAdded(part=part, index=index)]


def _pieces(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    ends = zip([0, *cuts], [*cuts, len(text)], strict=True)
    return [text[start:end] for start, end in ends if start < end]


# ---------------------------------------------------------------------- any request at all


@st.composite
def any_request(draw: st.DrawFn) -> Request:
    return _AnyRequest(draw).request()


class _AnyRequest:
    """Draws a request in which no two texts or numbers are the same."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._number = 1_000_000

    def request(self) -> Request:
        return Request(
            model=self._text(),
            messages=tuple(self._message() for _ in range(self._upto(4))),
            tools=tuple(self._tool() for _ in range(self._upto(2))),
            tool_choice=self._maybe(self._choice),
            parallel_tool_calls=self._draw(maybe(st.booleans())),
            output_format=self._maybe(self._format),
            reasoning=self._maybe(self._reasoning),
            stream=self._draw(st.booleans()),
            include_usage=self._draw(maybe(st.just(False))),
            stop=tuple(self._text() for _ in range(self._upto(2))),
            logprobs=self._draw(maybe(st.just(True))),
            metadata=self._maybe(lambda: {self._text(): self._text()}),
            extra=tuple(self._extra() for _ in range(self._upto(2))),
            **{
                name: self._maybe(self._count)
                for name in ("max_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty")
            },
            **{name: self._maybe(self._count) for name in ("presence_penalty", "n", "top_logprobs")},
            **{name: self._maybe(self._text) for name in ("user", "service_tier")},
        )

    def _upto(self, most: int) -> int:
        return self._draw(st.integers(0, most))

    def _maybe(self, make: Any) -> Any:
        return make() if self._draw(st.booleans()) else None

    def _one_of(self, *makers: Any) -> Any:
        return self._draw(st.sampled_from(makers))()

    def _count(self) -> int:
        self._number += 1
        return self._number

    def _text(self) -> str:
        return f"text-{self._count()}"

    def _dialect(self) -> str | None:
        return self._draw(st.sampled_from([NAME, "openai_chat", None]))

    def _extra(self) -> Extra:
        return Extra(fields={self._text(): self._text()}, dialect=self._dialect())

    def _marks(self) -> dict[str, Any]:
        return {"cache": self._maybe(self._cache), "extra": self._maybe(self._extra)}

    def _cache(self) -> CacheMark:
        return CacheMark(ttl=self._text())

    def _message(self) -> Message:
        role = self._draw(st.sampled_from(list(Role)))
        content = self._one_of(self._text, lambda: tuple(self._part() for _ in range(self._upto(3))))
        return Message(role, content, **self._marks())

    def _part(self) -> Any:
        makers = (self._plain, self._media, self._call, self._result, self._thought)
        return self._one_of(*makers, self._refusal, self._opaque)

    def _plain(self) -> Text:
        return Text(self._text(), citations=tuple(self._citation() for _ in range(self._upto(2))), **self._marks())

    def _citation(self) -> Citation:
        return Citation(
            unit=self._draw(st.sampled_from(["answer", "char", "page", "block", "search"])),
            **{name: self._maybe(self._text) for name in ("url", "title", "cited_text")},
            **{name: self._maybe(self._count) for name in ("document_index", "start", "end")},
            extra=self._maybe(lambda: Extra(fields={self._text(): self._text()}, dialect="openai_chat")),
        )

    def _media(self) -> Any:
        source = self._draw(st.sampled_from(["url", "data", "file_id", "none"]))
        given = {} if source == "none" else {source: self._text()}
        kind = self._draw(st.sampled_from([Image, Audio, Document, "text"]))
        if kind is Image:
            return Image(**given, detail=self._maybe(self._text), **self._marks())
        if kind is Audio:
            return Audio(**given, transcript=self._maybe(self._text), id=self._maybe(self._text), **self._marks())
        given = {"text": self._text()} if kind == "text" else given
        words = {name: self._maybe(self._text) for name in ("title", "context")}
        return Document(**given, **words, citations=self._draw(maybe(st.booleans())), **self._marks())

    def _call(self) -> ToolCall:
        text = self._draw(st.sampled_from(["arguments", "cut off", "free form"]))
        fields: dict[str, Any] = {"arguments": {self._text(): self._text()}}
        if text == "cut off":
            fields = {"arguments_json": f'{{"{self._text()}": '}
        elif text == "free form":
            fields = {"text": self._text()}
        return ToolCall(id=self._text(), name=self._text(), **fields, **self._marks())

    def _result(self) -> ToolResult:
        content = self._one_of(self._text, lambda: (self._plain(), self._media(), self._refusal()))
        return ToolResult(id=self._text(), content=content, is_error=self._draw(st.booleans()), **self._marks())

    def _thought(self) -> Reasoning:
        payload = self._maybe(lambda: {"signature": self._text()})
        return Reasoning(self._text(), payload=payload, dialect=self._dialect(), **self._marks())

    def _refusal(self) -> Refusal:
        return Refusal(self._text(), **self._marks())

    def _opaque(self) -> Opaque:
        payload = {"type": self._text(), self._text(): self._text()}
        return Opaque(self._dialect() or "gemini", payload, **self._marks())

    def _tool(self) -> Tool | Opaque:
        if self._draw(st.booleans()):
            return self._opaque()
        return Tool(
            name=self._text(),
            description=self._maybe(self._text),
            parameters={self._text(): self._text()},
            strict=self._draw(maybe(st.booleans())),
            text_format=self._maybe(lambda: {"type": self._text()}),
            **self._marks(),
        )

    def _choice(self) -> ToolChoice:
        mode = self._draw(st.sampled_from(["auto", "required", "none"]))
        return ToolChoice(mode=mode, names=tuple(self._text() for _ in range(self._upto(2))))

    def _format(self) -> OutputFormat:
        return OutputFormat(
            kind=self._draw(st.sampled_from(["text", "json_object", "json_schema"])),
            schema=self._maybe(lambda: {self._text(): self._text()}),
            description=self._maybe(self._text),
            strict=self._draw(maybe(st.just(False))),
            extra=self._maybe(self._extra),
        )

    def _reasoning(self) -> ReasoningOptions:
        return ReasoningOptions(
            effort=self._one_of(self._text, lambda: None, lambda: "none", lambda: "minimal"),
            budget_tokens=self._maybe(self._count),
            enabled=self._draw(maybe(st.booleans())),
            extra=self._maybe(self._extra),
        )
