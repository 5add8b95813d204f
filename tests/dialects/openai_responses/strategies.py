"""Records that the Responses API holds: what it writes it reads again, with nothing lost."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dragoman.dialects.openai_responses.wire import NAME
from dragoman.messages import (
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

from ..openai_chat.strategies import base64, maybe, numbers, objects, texts, unknown_fields, words

extras = unknown_fields.map(lambda fields: Extra(fields=fields, dialect=NAME))
media_types = st.sampled_from(["image/png", "application/pdf", "text/csv"])

# ---------------------------------------------------------------------- requests

held_texts = st.builds(Text, texts, extra=maybe(extras))
held_images = st.builds(Image, url=texts.map(lambda text: f"https://{text}"), detail=maybe(words)) | st.builds(
    Image, data=base64, media_type=media_types, extra=maybe(extras)
)
held_documents = st.one_of(
    st.builds(Document, data=base64, media_type=media_types, name=maybe(words)),
    st.builds(Document, file_id=words),
    st.builds(Document, url=texts.map(lambda text: f"https://{text}")),
)
held_content = held_texts | held_images | held_documents


def lists(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Of more than one plain text, which is a string."""
    return (
        st.lists(parts, min_size=1, max_size=3)
        .map(tuple)
        .filter(lambda all_: all_ != (Text(all_[0].text),) if len(all_) == 1 and isinstance(all_[0], Text) else True)
    )


developer = st.just(Extra(dialect=NAME, spelling={"role": "developer"}))
typed = st.just(Extra(dialect=NAME, spelling={"type": "message"}))
held_system = st.builds(Message, st.just(Role.SYSTEM), texts | lists(held_texts), extra=maybe(extras | developer))
held_user = st.builds(Message, st.just(Role.USER), texts | lists(held_content), extra=maybe(extras | typed))
held_results = st.builds(ToolResult, id=words, content=texts | lists(held_content), extra=maybe(extras)).map(
    lambda result: Message(Role.TOOL, (result,))
)


def spelled(kind: str, **fields: Any) -> st.SearchStrategy[Extra]:
    return words.map(lambda id_: Extra(dialect=NAME, spelling={"id": f"{kind}_{id_}", "status": "completed", **fields}))


def headed(**fields: Any) -> st.SearchStrategy[Extra]:
    """What the texts of a message of the model spell."""
    return words.map(
        lambda id_: Extra(
            dialect=NAME,
            spelling={"message": {"type": "message", "id": f"msg_{id_}", "status": "completed", **fields}},
        )
    )


urls = st.builds(Citation, url=texts, title=texts, start=numbers, end=numbers)
files = st.builds(
    Citation,
    title=texts,
    extra=words.map(
        lambda id_: Extra(fields={"file_id": id_, "index": 1}, dialect=NAME, spelling={"type": "file_citation"})
    ),
)
citations = st.lists(urls | files, max_size=2).map(tuple)
spoken = st.builds(Text, texts, citations, extra=headed() | headed(phase="commentary")) | st.builds(
    Refusal, texts, extra=headed()
)
payloads = st.one_of(
    st.builds(lambda sealed: {"summary": None, "encrypted_content": sealed}, texts),
    st.just({"summary": [], "content": None}),
)
thoughts = st.builds(Reasoning, texts, payload=payloads, dialect=st.just(NAME), extra=spelled("rs"))
calls = st.one_of(
    st.builds(ToolCall, id=words, name=words, arguments=objects, extra=spelled("fc")),
    st.builds(ToolCall, id=words, name=words, text=texts, extra=spelled("ctc")),
)
searches = words.map(lambda id_: Opaque(NAME, {"type": "web_search_call", "id": id_, "status": "completed"}))


@st.composite
def turns(draw: st.DrawFn) -> Message:
    """One run of items. Neighbours in one message have one header."""
    parts: list[Part] = []
    for part in draw(st.lists(spoken | thoughts | calls | searches, min_size=1, max_size=4)):
        speaks = isinstance(part, Text | Refusal)
        if not (speaks and parts and isinstance(parts[-1], Text | Refusal)):
            parts.append(part)
    return Message(Role.ASSISTANT, tuple(parts))


held_turns = turns() | st.builds(Message, st.just(Role.ASSISTANT), texts)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """Two turns of the assistant that touch are one."""
    messages: list[Message] = []
    for message in draw(st.lists(held_system | held_user | held_turns | held_results, max_size=5)):
        if not (messages and message.role is messages[-1].role is Role.ASSISTANT):
            messages.append(message)
    return tuple(messages)


held_tools = st.one_of(
    st.builds(
        Tool, name=words, description=maybe(texts), parameters=objects, strict=maybe(st.booleans()), extra=maybe(extras)
    ),
    st.builds(
        Tool, name=words, text_format=st.sampled_from([{}, {"type": "grammar", "syntax": "lark", "definition": "x"}])
    ),
    words.map(lambda word: Opaque(dialect=NAME, payload={"type": f"host:{word}", "size": 3})),
)
held_choices = st.sampled_from(["auto", "required", "none"]).map(lambda mode: ToolChoice(mode=mode)) | st.builds(
    ToolChoice, mode=st.sampled_from(["auto", "required"]), names=st.lists(words, min_size=1, max_size=3).map(tuple)
)
held_formats = st.sampled_from([OutputFormat(kind="json_object"), OutputFormat(kind="text")]) | st.builds(
    OutputFormat,
    kind=st.just("json_schema"),
    schema=objects,
    name=maybe(words),
    description=maybe(texts),
    strict=maybe(st.booleans()),
    extra=maybe(extras),
)
held_options = st.builds(ReasoningOptions, effort=words, extra=maybe(extras)) | st.builds(
    ReasoningOptions, extra=extras
)


@st.composite
def held_requests(draw: st.DrawFn) -> Request:
    plain: dict[str, Any] = {
        "max_tokens": numbers, "temperature": st.floats(0, 2), "top_p": st.floats(0, 1), "top_logprobs": numbers,
        "user": texts, "service_tier": words, "metadata": objects, "parallel_tool_calls": st.booleans(),
        "logprobs": st.just(True), "tool_choice": held_choices, "output_format": held_formats,
        "reasoning": held_options,
    }  # fmt: skip
    return Request(
        model=draw(words),
        messages=draw(conversations()),
        tools=tuple(draw(st.lists(held_tools, max_size=3))),
        stream=draw(st.booleans()),
        extra=tuple(draw(st.lists(extras, max_size=1))),
        **{name: draw(maybe(strategy)) for name, strategy in plain.items()},
    )


# ---------------------------------------------------------------------- answers

tokens = st.builds(
    TokenLogprob,
    token=texts,
    logprob=st.floats(-100, 0),
    bytes=maybe(st.lists(st.integers(0, 255), max_size=3).map(tuple)),
)
pictures = st.builds(
    Image,
    data=base64,
    media_type=st.just("image/png"),
    extra=words.map(
        lambda id_: Extra(
            dialect=NAME, spelling={"type": "image_generation_call", "id": f"ig_{id_}", "status": "completed"}
        )
    ),
)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    given, reasoning, rest = draw(st.tuples(numbers, numbers, st.integers(1, 10**6)))
    parts = ("input_audio_tokens", "output_audio_tokens", "web_searches")
    return Usage(
        input_tokens=given,
        output_tokens=reasoning + rest,
        total_tokens=given + reasoning + rest,
        cache_read_tokens=draw(numbers),
        cache_write_tokens=draw(numbers),
        reasoning_tokens=reasoning,
        **{name: draw(maybe(numbers)) for name in parts},
    )


@st.composite
def held_responses(draw: st.DrawFn) -> LLMResponse:
    parts = list(draw(turns()).parts) + draw(st.lists(pictures, max_size=1))
    kinds = {type(part) for part in parts}
    ending = draw(st.sampled_from(["completed", "length", "content_filter"]))
    whole = "tool_calls" if ToolCall in kinds else "refusal" if Refusal in kinds else "stop"
    return LLMResponse(
        model=draw(words),
        id=draw(words),
        created_at=draw(st.integers(1, 2**31)),
        parts=tuple(parts),
        usage=draw(usages() | st.just(Usage())),
        service_tier=draw(maybe(words)),
        logprobs=tuple(draw(st.lists(tokens, max_size=2))) or None if Text in kinds else None,
        finish_reason=whole if ending == "completed" else ending,
        raw_finish_reason="completed" if ending == "completed" else "incomplete",
    )
