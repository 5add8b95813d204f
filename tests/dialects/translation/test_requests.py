"""Translation between dialects reports every loss: requests.

A request is encoded in a dialect and read back by it, as its provider reads it. What it said before it says again, or
a loss names the path where it does not. Every example is told to every dialect: making it up costs more than that.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects import dialect_names, get_dialect
from dragoman.messages import (
    Audio,
    Citation,
    Document,
    Extra,
    Image,
    Loss,
    Message,
    Opaque,
    Reasoning,
    Refusal,
    Request,
    Role,
    Text,
    ToolCall,
    ToolResult,
    decode_json,
    encode_json,
)

from ..anthropic_messages import strategies as anthropic
from ..bedrock_converse import strategies as bedrock
from ..openai_chat import strategies as chat
from .statements import compare, of_request

DIALECTS = tuple(dialect_names())
whole_citations = st.builds(
    Citation,
    unit=st.sampled_from(["answer", "char", "page", "block", "search"]),
    url=chat.maybe(chat.tags),
    title=chat.maybe(chat.tags),
    cited_text=chat.tags,
    document_index=st.integers(10**9, 10**10),
    start=chat.unique,
    end=chat.unique,
    extra=chat.maybe(chat.any_extras),
)
"""Those that say enough for a dialect that points into documents."""

cited_texts = st.builds(Text, chat.tags, st.lists(whole_citations, min_size=1, max_size=2).map(tuple))
cited_turns = st.builds(Message, st.just(Role.ASSISTANT), st.lists(cited_texts, min_size=1, max_size=2).map(tuple))


def talk(turns: st.SearchStrategy[Message]) -> st.SearchStrategy[Request]:
    """Nothing but turns, so that more of what they may hold is met."""
    return st.builds(Request, model=st.just("m"), messages=st.lists(turns, min_size=1, max_size=3).map(tuple))


SOURCES: dict[str, st.SearchStrategy[Request]] = {
    "what openai_chat holds": chat.held_requests(),
    "what anthropic_messages holds": anthropic.held_requests(),
    "what bedrock_converse holds": bedrock.held_requests(),
    "turns that openai_chat holds": talk(chat.held_messages),
    "turns that anthropic_messages holds": anthropic.held_conversations.map(
        lambda turns: Request(model="m", messages=turns)
    ),
    "anything": chat.any_requests,
    "answers with sources": talk(cited_turns),
    "anything else": anthropic.any_request(),
}
EXAMPLES = [80, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(0)])]


def thorough(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples < 1000,  # the long form looks elsewhere each time
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def asked(request: Request) -> Request:
    """With what every dialect needs to read it: a limit, and someone who speaks."""
    turns = (*map(sensible, request.messages), Message("user", "Go on."))
    return replace(request, max_tokens=request.max_tokens or 1, messages=turns)


MISPLACED: dict[Role, tuple[type, ...]] = {
    Role.SYSTEM: (Image, Audio, Document, ToolCall, ToolResult, Reasoning, Refusal),
    Role.USER: (ToolCall, Reasoning, Refusal),
    Role.ASSISTANT: (Image, Document, ToolResult),
    Role.TOOL: (Text, Image, Audio, Document, ToolCall, Reasoning, Refusal, Opaque),
}
"""Parts that mean nothing in a turn of the role; that they are reported is each dialect's own law."""


def sensible(message: Message) -> Message:
    if isinstance(message.content, str):
        return message if message.role is not Role.TOOL else replace(message, role=Role.USER)
    parts = [part for part in message.content if not isinstance(part, MISPLACED[message.role])]
    return replace(message, content=tuple(parts))


def foreign(record: Any, dialect: str) -> Any:
    """The record as it would come from the other dialect: nothing in it is `dialect`'s own."""
    other = next(name for name in DIALECTS if name != dialect)
    if isinstance(record, tuple):
        return tuple(foreign(each, dialect) for each in record)
    if not isinstance(record, Struct):
        return record
    fields = {name: foreign(getattr(record, name), dialect) for name in record.__struct_fields__}
    if "dialect" in fields:
        fields |= {"dialect": other} | ({"spelling": {}} if isinstance(record, Extra) else {})
    return replace(record, **fields)


def over(dialect: str, request: Request) -> tuple[Request, tuple[Loss, ...]]:
    """The request as the other side reads it, and what was reported."""
    codec = get_dialect(dialect)
    encoded = codec.encode_request(request)
    return codec.decode_request(decode_json(encode_json(encoded.wire)), codec.path(request)), encoded.losses


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("source", SOURCES)
def test_a_request_says_the_same_or_the_loss_is_reported(source: str, examples: int) -> None:
    @thorough(examples)
    @given(SOURCES[source])
    def law(request: Request) -> None:
        for dialect in DIALECTS:
            said = foreign(asked(request), dialect)
            read, losses = over(dialect, said)
            silent, invented = compare(of_request(said), of_request(read), losses)
            assert silent == [], f"{dialect}: neither said nor reported"
            assert invented == [], f"{dialect}: nobody said this"

    law()
