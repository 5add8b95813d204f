"""Canonical records at random: those that the chat dialect can hold as they are, and any at all.

What it holds is in the form that decoding gives: one text of a turn is a string, results stand in turns of their own,
reasoning comes first and calls last.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dragoman.messages import (
    Audio,
    CacheMark,
    Citation,
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
    Refusal,
    Request,
    Role,
    Text,
    TokenLogprob,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)

NAME = "openai_chat"

texts = st.text(min_size=1, max_size=12)
words = st.from_regex(r"[a-z]{3,8}", fullmatch=True)
numbers = st.integers(0, 10**6)
scalars = st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=4
)
objects = st.dictionaries(texts, values, max_size=3)
base64 = st.binary(min_size=1, max_size=9).map(lambda octets: Image.from_bytes(octets, "x/y").data)
media_types = st.sampled_from(["image/png", "application/pdf", "video/mp4"])
unknown_fields = st.dictionaries(words.map(lambda word: f"x_{word}"), scalars, min_size=1, max_size=2)
own_extras = unknown_fields.map(lambda fields: Extra(fields=fields, dialect=NAME))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


# ---------------------------------------------------------------------- what the dialect holds: requests

_common = {
    "cache": maybe(st.sampled_from(["30m", "12h"]).map(lambda ttl: CacheMark(ttl=ttl))),
    "extra": maybe(own_extras),
}

held_texts = st.builds(Text, texts, **_common)
held_images = st.builds(
    Image, url=texts.map(lambda text: f"https://{text}"), detail=maybe(words), **_common
) | st.builds(Image, data=base64, media_type=media_types, detail=maybe(words), **_common)
held_audio = st.builds(
    Audio, data=base64, media_type=st.sampled_from(["audio/wav", "audio/mpeg", "audio/ogg"]), **_common
)
held_documents = st.builds(Document, data=base64, name=maybe(words), **_common) | st.builds(
    Document, file_id=words, **_common
)
held_opaque = texts.map(lambda url: Opaque(dialect=NAME, payload={"type": "video_url", "video_url": {"url": url}}))
held_parts = held_texts | held_images | held_audio | held_documents | held_opaque


def is_more_than_text(parts: tuple[Part, ...]) -> bool:
    return len(parts) > 1 or parts[0].cache is not None or parts[0].extra is not None or not isinstance(parts[0], Text)


def lists(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(parts, min_size=1, max_size=3).map(tuple).filter(is_more_than_text)


developer = st.just(Extra(dialect=NAME, spelling={"role": "developer"}))
held_system = st.builds(
    Message, st.just(Role.SYSTEM), st.text() | lists(held_texts), extra=maybe(own_extras | developer)
)
held_user = st.builds(Message, st.just(Role.USER), st.text() | lists(held_parts), extra=maybe(own_extras))

held_calls = st.builds(ToolCall, id=words, name=words, arguments=objects, extra=maybe(own_extras)) | st.builds(
    ToolCall, id=words, name=words, text=st.text()
)


@st.composite
def held_reasoning(draw: st.DrawFn) -> Reasoning:
    field = draw(st.sampled_from(["reasoning_content", "reasoning"]))
    details = draw(st.lists(st.fixed_dictionaries({"type": st.just("reasoning.encrypted"), "data": texts}), max_size=2))
    payload = {field: None, **({"reasoning_details": details} if details else {})}
    return Reasoning(draw(texts), payload=payload, dialect=NAME)


@st.composite
def held_assistant(draw: st.DrawFn) -> Message:
    parts: list[Part] = draw(st.lists(held_reasoning(), max_size=1))
    parts += draw(st.lists(st.builds(Text, texts), max_size=1))
    parts += draw(st.lists(st.builds(Refusal, texts), max_size=1))
    parts += draw(st.lists(st.builds(Audio, id=words), max_size=1))
    parts += draw(st.lists(held_calls, max_size=3))
    plain = len(parts) == 1 and isinstance(parts[0], Text)
    content = parts[0].text if plain else tuple(parts) if parts else draw(st.just(""))
    return Message(Role.ASSISTANT, content, extra=draw(maybe(own_extras)))


def in_result(part: Any) -> Any:
    """As it comes out of a tool result: marked to go back into one."""
    return (
        part
        if isinstance(part, Text)
        else type(part)(
            url=part.url, data=part.data, media_type=part.media_type, detail=part.detail, extra=Extra(dialect=NAME)
        )
    )


held_results = st.builds(
    ToolResult,
    id=words,
    content=st.text() | lists((held_texts | held_images).map(in_result)),
    name=maybe(words),
    extra=maybe(own_extras),
).map(lambda result: Message(Role.TOOL, (result,)))
held_messages = held_system | held_user | held_assistant() | held_results

held_tools = st.builds(
    Tool, name=words, description=maybe(texts), parameters=objects, strict=maybe(st.booleans()), extra=maybe(own_extras)
) | st.builds(
    Tool,
    name=words,
    text_format=st.sampled_from(
        [{}, {"type": "text"}, {"type": "grammar", "syntax": "lark", "definition": "start: x"}]
    ),
)
server_tools = words.map(lambda word: Opaque(dialect=NAME, payload={"type": f"host:{word}", "size": 3}))
held_choices = st.sampled_from(["auto", "required", "none"]).map(lambda mode: ToolChoice(mode=mode)) | st.builds(
    ToolChoice, mode=st.sampled_from(["auto", "required"]), names=st.lists(words, min_size=1, max_size=3).map(tuple)
)
held_formats = st.builds(
    OutputFormat,
    kind=st.just("json_schema"),
    schema=objects,
    name=maybe(words),
    description=maybe(texts),
    strict=maybe(st.booleans()),
    extra=maybe(own_extras),
) | st.sampled_from([OutputFormat(kind="json_object"), OutputFormat(kind="text")])
held_options = st.builds(ReasoningOptions, effort=words) | st.builds(
    ReasoningOptions,
    effort=maybe(words),
    budget_tokens=maybe(numbers),
    enabled=maybe(st.booleans()),
    extra=unknown_fields.map(lambda fields: Extra(fields=fields, dialect=NAME, spelling={"reasoning": {}})),
)
floats = st.floats(0, 2)


@st.composite
def held_requests(draw: st.DrawFn) -> Request:
    stream = draw(st.booleans())
    plain: dict[str, Any] = {
        "max_tokens": numbers, "temperature": floats, "top_p": floats, "top_k": numbers, "seed": numbers,
        "frequency_penalty": floats, "presence_penalty": floats, "n": numbers, "logprobs": st.booleans(),
        "top_logprobs": numbers, "user": texts, "service_tier": words, "metadata": objects,
        "parallel_tool_calls": st.booleans(),
    }  # fmt: skip
    return Request(
        model=draw(texts),
        messages=tuple(draw(st.lists(held_messages, max_size=4))),
        tools=tuple(draw(st.lists(held_tools | server_tools, max_size=3))),
        tool_choice=draw(maybe(held_choices)),
        output_format=draw(maybe(held_formats)),
        reasoning=draw(maybe(held_options)),
        stream=stream,
        include_usage=draw(st.booleans()) if stream else None,
        stop=tuple(draw(st.lists(texts, max_size=2))),
        extra=tuple(draw(st.lists(own_extras, max_size=1))),
        **{name: draw(maybe(strategy)) for name, strategy in plain.items()},
    )


# ---------------------------------------------------------------------- what the dialect holds: responses

passages = st.builds(Citation, url=texts, title=texts, cited_text=maybe(texts), start=numbers, end=numbers)


@st.composite
def sources(draw: st.DrawFn) -> tuple[Citation, ...]:
    urls = draw(st.lists(texts, unique=True, max_size=3))
    return tuple(Citation(url=url, title=draw(maybe(texts)), cited_text=draw(maybe(texts))) for url in urls)


tokens = st.builds(
    TokenLogprob,
    token=texts,
    logprob=st.floats(-100, 0),
    bytes=maybe(st.lists(st.integers(0, 255), max_size=3).map(tuple)),
)
logprobs = st.builds(
    lambda token, top: TokenLogprob(token=token.token, logprob=token.logprob, bytes=token.bytes, top=top),
    tokens,
    st.lists(tokens, max_size=2).map(tuple),
)
answer_calls = st.builds(ToolCall, name=words, arguments=objects, id=words, extra=maybe(own_extras))


@st.composite
def answer_reasoning(draw: st.DrawFn) -> Reasoning:
    text = draw(st.text(max_size=10))
    kinds = st.fixed_dictionaries({"type": st.just("reasoning.encrypted"), "data": texts})
    details = draw(st.lists(kinds, min_size=0 if text else 1, max_size=2))
    payload = {**({"reasoning_content": None} if text else {}), **({"reasoning_details": details} if details else {})}
    return Reasoning(text, payload=payload, dialect=NAME)


@st.composite
def answers(draw: st.DrawFn, *, first: bool = True) -> dict[str, Any]:
    """Parts and the reason that goes with them."""
    cited = draw(st.lists(passages, max_size=2)) or (draw(sources()) if first else ())
    parts: list[Part] = draw(st.lists(answer_reasoning(), max_size=1))
    parts += [Text(text, tuple(cited)) for text in draw(st.lists(texts, max_size=1))]
    parts += draw(st.lists(st.builds(Refusal, texts), max_size=1))
    parts += draw(st.lists(st.builds(Image, data=base64, media_type=media_types), max_size=2))
    parts += draw(st.lists(st.builds(Audio, id=words, data=maybe(base64), transcript=maybe(texts)), max_size=1))
    calls = draw(st.lists(answer_calls, max_size=3, unique_by=lambda call: call.id))
    reason = draw(st.sampled_from(["stop", "length", "content_filter"]))
    unified = reason
    if reason == "stop" and calls:
        reason = unified = "tool_calls"
    elif reason == "stop" and any(isinstance(part, Refusal) for part in parts):
        unified = "refusal"
    return {"parts": (*parts, *calls), "finish_reason": unified, "raw_finish_reason": reason}


COUNTED_ELSEWHERE = ("tool_prompt_tokens", "billed_input_tokens", "billed_output_tokens")
"""What this dialect does not count."""


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    counts = {
        name: draw(maybe(numbers))
        for name in Usage.__struct_fields__
        if name not in ("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", *COUNTED_ELSEWHERE)
    }
    given, reasoning, rest = draw(st.tuples(numbers, maybe(numbers), st.integers(1, 10**6)))
    output = (reasoning or 0) + rest
    return Usage(
        input_tokens=given, output_tokens=output, total_tokens=given + output, reasoning_tokens=reasoning, **counts
    )


@st.composite
def held_responses(draw: st.DrawFn) -> LLMResponse:
    model = draw(texts)
    others = draw(st.lists(answers(first=False), max_size=2))
    return LLMResponse(
        model=model,
        id=draw(texts),
        created_at=draw(st.integers(1, 2**31)),
        usage=draw(usages() | st.just(Usage())),
        stop_sequence=draw(maybe(texts)),
        logprobs=tuple(draw(st.lists(logprobs, max_size=2))) or None,
        alternatives=tuple(LLMResponse(model=model, **fields) for fields in others),
        **draw(answers()),
    )


# ---------------------------------------------------------------------- anything at all

unique = st.integers(10**8, 10**9)
tags = unique.map(lambda number: f"tag{number}q")
"""Texts and numbers that are found again wherever they end up."""

marks = (tags | st.sampled_from([None, "5m", "30m"])).map(lambda ttl: CacheMark(ttl=ttl))

foreign = st.sampled_from([NAME, "anthropic_messages", None])


def tagged_fields(prefix: str) -> st.SearchStrategy[dict[str, str]]:
    """Fields whose values follow from their names: a name met twice says the same."""
    return st.sets(tags, min_size=1, max_size=2).map(
        lambda names: {f"{prefix}{name}": f"{prefix}{name}v" for name in names}
    )


any_extras = st.builds(Extra, fields=tagged_fields("x"), dialect=foreign)
any_common = {"cache": maybe(marks), "extra": maybe(any_extras)}
tagged = {name: maybe(tags) for name in ("title", "context")}


@st.composite
def any_media(draw: st.DrawFn, kind: type, **fields: Any) -> Any:
    source = draw(st.sampled_from(["url", "data", "file_id"]))
    drawn = {name: draw(strategy) for name, strategy in {**any_common, **fields}.items()}
    return kind(
        **{source: draw(tags)},
        media_type="audio/" + draw(tags) if source == "data" else None,
        name=draw(maybe(tags)),
        **drawn,
    )


any_citations = st.builds(
    Citation, unit=st.sampled_from(["answer", "char", "page"]), url=maybe(tags), title=maybe(tags), start=maybe(unique)
)
simple_parts = st.one_of(
    st.builds(Text, tags, st.lists(any_citations, max_size=1).map(tuple), **any_common),
    any_media(Image, detail=maybe(tags)),
    any_media(Audio, id=maybe(tags), transcript=maybe(tags)),
    any_media(Document, citations=maybe(st.booleans()), **tagged),
    st.builds(Document, text=tags, **tagged, **any_common),
    st.builds(Refusal, tags, **any_common),
    st.builds(Opaque, dialect=foreign.filter(bool), payload=tagged_fields("p"), **any_common),
    st.builds(
        Reasoning,
        tags,
        payload=maybe(st.dictionaries(tags, tags, max_size=1)),
        dialect=st.sampled_from([None, "anthropic_messages"]),
        **any_common,
    ),
    st.builds(Reasoning, tags, payload=st.just({"reasoning": None}), dialect=st.just(NAME), **any_common),
    st.builds(ToolCall, id=tags, name=tags, arguments=st.dictionaries(tags, tags, max_size=2), **any_common),
    st.builds(ToolCall, id=tags, name=tags, text=tags, **any_common),
)
any_parts = simple_parts | st.builds(
    ToolResult,
    id=tags,
    content=tags | st.lists(simple_parts, max_size=3).map(tuple),
    is_error=st.booleans(),
    name=maybe(tags),
    **any_common,
)
any_messages = st.builds(
    Message, st.sampled_from(list(Role)), tags | st.just("") | st.lists(any_parts, max_size=4).map(tuple), **any_common
)
any_tools = st.one_of(
    st.builds(
        Tool,
        name=tags,
        description=maybe(tags),
        parameters=st.dictionaries(tags, tags),
        strict=maybe(st.booleans()),
        **any_common,
    ),
    st.builds(Tool, name=tags, text_format=st.dictionaries(tags, tags), strict=maybe(st.booleans()), **any_common),
    st.builds(Opaque, dialect=foreign.filter(bool), payload=st.dictionaries(tags, tags, min_size=1)),
)
any_formats = st.builds(
    OutputFormat,
    kind=st.sampled_from(["text", "json_object", "json_schema"]),
    schema=maybe(st.dictionaries(tags, tags)),
    name=maybe(tags),
    description=maybe(tags),
    strict=maybe(st.booleans()),
    extra=maybe(any_extras),
)
any_options = st.builds(
    ReasoningOptions,
    effort=maybe(tags),
    budget_tokens=maybe(unique),
    enabled=maybe(st.booleans()),
    extra=maybe(any_extras),
)
any_choices = st.builds(
    ToolChoice, mode=st.sampled_from(["auto", "required", "none"]), names=st.lists(tags, max_size=2).map(tuple)
)
any_requests = st.builds(
    Request,
    model=tags,
    messages=st.lists(any_messages, max_size=4).map(tuple),
    tools=st.lists(any_tools, max_size=3).map(tuple),
    tool_choice=maybe(any_choices),
    parallel_tool_calls=maybe(st.booleans()),
    output_format=maybe(any_formats),
    reasoning=maybe(any_options),
    stream=st.booleans(),
    include_usage=maybe(st.booleans()),
    **{name: maybe(unique) for name in ("max_tokens", "temperature", "top_p", "top_k", "seed", "n", "top_logprobs")},
    **{name: maybe(unique) for name in ("frequency_penalty", "presence_penalty")},
    stop=st.lists(tags, max_size=2).map(tuple),
    logprobs=maybe(st.booleans()),
    user=maybe(tags),
    service_tier=maybe(tags),
    metadata=maybe(st.dictionaries(tags, tags)),
    extra=st.lists(any_extras, max_size=2).map(tuple),
)
