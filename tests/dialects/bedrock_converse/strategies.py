"""Canonical records for hypothesis that this dialect can hold whole.

They are in the form the decoder gives (one system message at most, turns that alternate, tool results first …), so that
decoding what was encoded must give them back.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any

from hypothesis import strategies as st

from dragoman.dialects.bedrock_converse.citations import decode_citation
from dragoman.dialects.bedrock_converse.name import NAME
from dragoman.dialects.bedrock_converse.response import FINISH_REASONS
from dragoman.messages import (
    Audio,
    CacheMark,
    Document,
    Extra,
    Image,
    LLMResponse,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    ReasoningOptions,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
    Video,
)

from ..anthropic_messages.strategies import counts, json_objects, json_values, maybe, texts, words

call_ids = st.from_regex(r"[a-zA-Z0-9_.:-]{1,12}", fullmatch=True)
titles = st.from_regex(r"[A-Za-z0-9_()\[\]-]{1,8}( [A-Za-z0-9_()\[\]-]{1,8})?", fullmatch=True)


def kept(fields: dict[str, Any]) -> Extra:
    return Extra(fields=fields, dialect=NAME)


new_fields = st.dictionaries(words.map("new_{}".format), json_values, min_size=1, max_size=2)
extras = maybe(new_fields.map(kept))
marks = maybe(st.builds(CacheMark, ttl=maybe(st.sampled_from(["5m", "1h"]))))
marked = {"cache": marks, "extra": extras}

# ---------------------------------------------------------------------- parts

_numbers = {"start": counts, "end": counts}
_documents = {"documentIndex": counts, **_numbers}
_locations = st.one_of(
    *(st.fixed_dictionaries({kind: st.fixed_dictionaries(_documents)}) for kind in ("documentChar", "documentPage")),
    st.fixed_dictionaries(
        {"searchResultLocation": st.fixed_dictionaries({"searchResultIndex": counts, **_numbers})},
    ),
    st.fixed_dictionaries({"web": st.fixed_dictionaries({"url": words, "domain": words})}),
    st.fixed_dictionaries({"location_of_next_year": json_objects}),
)
citations = st.fixed_dictionaries(
    {"location": _locations},
    optional={"title": words, "source": words, "sourceContent": words.map(lambda text: [{"text": text}])},
).map(decode_citation)
cited = st.builds(Text, words, citations=st.lists(citations, min_size=1, max_size=2).map(tuple))
sources_alone = cited.map(lambda part: Text("", part.citations))
"""Sources after the text, as Nova gives them."""

_bytes = {"data": st.binary(max_size=6).map(lambda content: content.hex())}
_s3 = {"url": words.map("s3://{}".format)}


def _media(kind: type, media_type: str) -> st.SearchStrategy[Any]:
    """Of an S3 address the owner may be said too, which keeps it whole: here it is plain."""
    return st.one_of(*(st.builds(kind, media_type=st.just(media_type), **source, **marked) for source in (_bytes, _s3)))


held_images, held_films = _media(Image, "image/png"), _media(Video, "video/mp4")
held_sounds = _media(Audio, "audio/wav")
_titled = {"title": maybe(titles), "context": maybe(words), "citations": maybe(st.booleans())}
held_documents = st.one_of(
    *(
        st.builds(Document, media_type=st.just("application/pdf"), **source, **_titled, **marked)
        for source in (_bytes, _s3)
    ),
    st.builds(Document, text=texts, media_type=st.just("text/plain"), **_titled, **marked),
)
held_texts = st.builds(Text, words, cache=marks, extra=extras) | st.builds(Text, words)
held_calls = st.builds(ToolCall, id=call_ids, name=words, arguments=json_objects, **marked)
held_thoughts = st.builds(
    Reasoning, texts, payload=st.fixed_dictionaries({}, optional={"signature": words}), dialect=st.just(NAME)
) | words.map(lambda data: Reasoning(payload={"redactedContent": data}, dialect=NAME))
held_opaques = st.builds(
    lambda kind, fields: Opaque(NAME, {kind: fields}),
    st.sampled_from(["guardContent", "searchResult", "toolAddition", "block_of_next_year"]),
    json_objects,
)
_unmarked = held_texts.map(lambda part: Text(part.text)) | st.builds(Image, media_type=st.just("image/gif"), **_bytes)
_result_parts = st.tuples(_unmarked | held_opaques, _unmarked)
held_results = st.builds(ToolResult, id=call_ids, content=texts | _result_parts, is_error=st.booleans(), **marked)

# ---------------------------------------------------------------------- requests

_user_parts = st.builds(
    lambda results, others: (*results, *others),
    st.lists(held_results, max_size=2),
    st.lists(cited | held_images | held_films | held_sounds | held_documents | held_opaques, min_size=1, max_size=3),
)
_user_turns = st.one_of(
    st.builds(Message, st.just(Role.USER), words | _user_parts, extra=extras),
    st.builds(Message, st.just(Role.TOOL), st.lists(held_results, min_size=1, max_size=2).map(tuple), extra=extras),
)
_assistant_parts = st.lists(held_calls | held_thoughts | held_opaques | cited, min_size=1, max_size=4).map(tuple)
_assistant_turns = st.builds(Message, st.just(Role.ASSISTANT), words | _assistant_parts, extra=extras)
_systems = st.lists(
    st.builds(Message, st.just(Role.SYSTEM), words | st.tuples(held_texts, held_texts)),
    max_size=1,
)


@st.composite
def held_conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    count = draw(st.integers(1, 4))
    turns = [draw(turn) for turn, _ in zip(cycle([_user_turns, _assistant_turns]), range(count), strict=False)]
    return (*draw(_systems), *turns)


held_tools = st.builds(
    Tool, name=words, description=maybe(words), parameters=json_objects, strict=maybe(st.booleans()), **marked
) | st.builds(lambda name: Opaque(NAME, {"systemTool": {"name": name}}), words)
_formats = st.builds(
    OutputFormat,
    kind=st.just("json_schema"),
    schema=json_objects,
    name=maybe(words),
    description=maybe(words),
    extra=extras,
)
_reasoning = st.one_of(
    st.builds(ReasoningOptions, effort=st.sampled_from(["low", "medium", "high", "max"])),
    st.builds(ReasoningOptions, budget_tokens=st.integers(1, 9999), effort=maybe(st.just("low"))),
    st.builds(ReasoningOptions, enabled=st.booleans()),
)


@st.composite
def held_requests(draw: st.DrawFn) -> Request:
    tools = tuple(draw(st.lists(held_tools, min_size=1, max_size=2)))  # without any, history may need some
    choices = st.sampled_from([ToolChoice(), ToolChoice(mode="required"), ToolChoice(mode="required", names=("f",))])
    return Request(
        model=draw(words),
        messages=draw(held_conversations()),
        tools=tools,
        tool_choice=draw(maybe(choices)),
        output_format=draw(maybe(_formats)),
        reasoning=draw(maybe(_reasoning)),
        stream=draw(st.booleans()),
        max_tokens=draw(maybe(st.integers(1, 10**6))),
        temperature=draw(maybe(st.floats(0, 1))),
        top_p=draw(maybe(st.floats(0, 1))),
        top_k=draw(maybe(counts)),
        stop=tuple(draw(st.lists(texts, max_size=2))),
        service_tier=draw(maybe(words)),
        metadata=draw(maybe(st.dictionaries(words, texts, max_size=2))),
        extra=draw(st.just(()) | new_fields.map(lambda fields: (kept(fields),))),
    )


# ---------------------------------------------------------------------- answers


@st.composite
def held_usages(draw: st.DrawFn) -> Usage:
    read, written = draw(maybe(counts)), draw(maybe(counts))
    return Usage(
        input_tokens=draw(counts) + (read or 0) + (written or 0),
        output_tokens=draw(counts),
        total_tokens=draw(counts),
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=draw(maybe(counts)),
    )


_server_parts = st.builds(
    lambda name, given: Opaque(
        NAME, {"toolUse": {"toolUseId": "s", "name": name, "type": "server_tool_use", "input": given}}
    ),
    words,
    json_objects,
)
answer_parts = st.one_of(
    texts.map(Text),
    cited,
    held_thoughts,
    st.builds(ToolCall, id=words, name=words, arguments=json_objects),
    st.builds(Image, media_type=st.just("image/png"), **_bytes),
    _server_parts,
)


_told = new_fields.map(lambda fields: {name: value for name, value in fields.items() if value is not None})
"""A `null` beside an answer says nothing, and is not kept."""


@st.composite
def held_responses(draw: st.DrawFn, parts: st.SearchStrategy[Part] = answer_parts) -> LLMResponse:
    raw = draw(st.sampled_from([*FINISH_REASONS, "word_of_next_year"]))
    return LLMResponse(
        parts=tuple(draw(st.lists(parts, max_size=4))),
        finish_reason=FINISH_REASONS.get(raw, "other"),
        raw_finish_reason=raw,
        stop_sequence=draw(maybe(words)),
        usage=draw(held_usages()),
        service_tier=draw(maybe(st.sampled_from(["default", "flex", "priority", "reserved"]))),
        extra=Extra(fields=draw(_told), dialect=NAME, spelling={"metrics": {"latencyMs": 5}}),
    )
