"""Whole answers: what hosts send, and what clients get."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects import get_dialect
from dragoman.errors import DecodeError, Error, ProviderError, RateLimited
from dragoman.messages import (
    Audio,
    Citation,
    Document,
    Extra,
    FinishReason,
    Image,
    LLMResponse,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    TokenLogprob,
    Tool,
    ToolCall,
    Usage,
)

from .strategies import values

CHAT = get_dialect("openai_chat")
NAME = "openai_chat"
ANY = Request(model="m")


def completion(finish_reason: Any = "stop", usage: Any = None, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}
    return {"id": "chatcmpl-1", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def decoded(finish_reason: Any = "stop", **message: Any) -> LLMResponse:
    return CHAT.decode_response(completion(finish_reason, **message))


def call_entry(name: str = "f", arguments: Any = "{}", **fields: Any) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}, **fields}


# ---------------------------------------------------------------------- decode

OWN = {"reasoning_content": None}
MESSAGES: dict[str, tuple[dict[str, Any], list[Part]]] = {
    "text": ({"content": "Hi"}, [Text("Hi")]),
    "nothing": ({"content": None}, []),
    "zero values (Snowflake)": (
        {"content": "", "refusal": "", "audio": {"id": ""}, "function_call": {"name": ""}, "tool_calls": []},
        [],
    ),
    "object (Cloudflare)": ({"content": {"age": 3}}, [Text('{"age":3}')]),
    "list": (
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
                {"type": "text", "text": "Hi"},
                {"type": "refusal", "refusal": "No"},
                {"type": "image_url", "image_url": {"url": "https://x"}},
                {"type": "new", "x": 1},
                "!",
            ]
        },
        [
            Reasoning("Hm"),
            Reasoning("Hm"),
            Text("Hi"),
            Refusal("No"),
            Image(url="https://x"),
            Opaque(NAME, {"type": "new", "x": 1}),
            Text("!"),
        ],
    ),
    "refusal": ({"content": None, "refusal": "No"}, [Refusal("No")]),
    "refusal kept aside (LiteLLM)": ({"provider_specific_fields": {"refusal": "No"}}, [Refusal("No")]),
    "nothing kept aside (LiteLLM)": ({"content": "Hi", "provider_specific_fields": None}, [Text("Hi")]),
    "reasoning_content": (
        {"content": "Hi", "reasoning_content": "Hm"},
        [Reasoning("Hm", payload=OWN, dialect=NAME), Text("Hi")],
    ),
    "reasoning": (
        {"content": "Hi", "reasoning": "Hm"},
        [Reasoning("Hm", payload={"reasoning": None}, dialect=NAME), Text("Hi")],
    ),
    "empty reasoning": ({"content": "Hi", "reasoning": "", "reasoning_content": None}, [Text("Hi")]),
    "details alone": (
        {"content": "Hi", "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": "s"}]},
        [
            Reasoning(
                "Hm",
                payload={"reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": "s"}]},
                dialect=NAME,
            ),
            Text("Hi"),
        ],
    ),
    "thought signature": (
        {"content": "Hi", "extra_content": {"google": {"thought_signature": "s"}}},
        [
            Reasoning("", payload={"extra_content": {"google": {"thought_signature": "s"}}}, dialect=NAME),
            Text("Hi"),
        ],
    ),
    "call": ({"tool_calls": [call_entry(arguments='{"a":1}')]}, [ToolCall(id="c1", name="f", arguments={"a": 1})]),
    "call with an object": (
        {"tool_calls": [call_entry(arguments={"a": 1})]},
        [ToolCall(id="c1", name="f", arguments={"a": 1})],
    ),
    "call without arguments": ({"tool_calls": [call_entry(arguments="")]}, [ToolCall(id="c1", name="f")]),
    "call with null (Groq)": ({"tool_calls": [call_entry(arguments="null")]}, [ToolCall(id="c1", name="f")]),
    "cut-off call": (
        {"tool_calls": [call_entry(arguments='{"a": ')]},
        [ToolCall(id="c1", name="f", arguments_json='{"a": ', complete=False)],
    ),
    "free-form call": (
        {"tool_calls": [{"id": "c1", "type": "custom", "custom": {"name": "math", "input": "1+1"}}]},
        [ToolCall(id="c1", name="math", text="1+1")],
    ),
    "signed call (Google)": (
        {"tool_calls": [call_entry(index=0, extra_content={"google": {"thought_signature": "s"}})]},
        [
            ToolCall(
                id="c1",
                name="f",
                extra=Extra(fields={"extra_content": {"google": {"thought_signature": "s"}}}, dialect=NAME),
            )
        ],
    ),
    "voice": (
        {"content": None, "audio": {"id": "a", "data": "QUJD", "transcript": "Hi", "expires_at": 9}},
        [Audio(id="a", data="QUJD", transcript="Hi", extra=Extra(dialect=NAME, spelling={"expires_at": 9}))],
    ),
    "picture (OpenRouter)": (
        {"content": "Here", "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}]},
        [Text("Here"), Image(data="QUJD", media_type="image/png")],
    ),
    "pictures that are none": ({"content": "Hi", "images": [{"type": "image_url"}, 1]}, [Text("Hi")]),
    "annotations": (
        {
            "content": "Hi",
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 2}},
                {"type": "file", "file": {"hash": "h"}},
            ],
        },
        [
            Text("Hi", (Citation(url="u", title="t", start=0, end=2),)),
            Opaque(NAME, {"annotations": [{"type": "file", "file": {"hash": "h"}}]}),
        ],
    ),
}


@pytest.mark.parametrize(("message", "parts"), MESSAGES.values(), ids=MESSAGES)
def test_messages(message: dict[str, Any], parts: list[Part]) -> None:
    assert decoded(**message).parts == tuple(parts)


FINISHES: list[tuple[Any, dict[str, Any], str | None, str | None]] = [
    ("stop", {"content": "Hi"}, "stop", "stop"),
    ("length", {"content": "Hi"}, "length", "length"),
    ("eos", {"content": "Hi"}, "stop", "eos"),
    ("STOP", {"content": "Hi"}, "stop", "STOP"),
    ("brand_new", {"content": "Hi"}, "other", "brand_new"),
    ("content_filter", {"content": "Hi"}, "content_filter", "content_filter"),
    ("network_error", {"content": "Hi"}, "error", "network_error"),
    (None, {"content": "Hi"}, None, None),
    ("", {"content": "Hi"}, None, None),
    ("stop", {"refusal": "No"}, "refusal", "stop"),
    ("stop", {"provider_specific_fields": {"refusal": "No"}}, "refusal", "stop"),
    ("stop", {"tool_calls": [call_entry()]}, "tool_calls", "stop"),
    ("eos", {"tool_calls": [call_entry()]}, "tool_calls", "eos"),
    ("tool_call", {"tool_calls": [call_entry()]}, "tool_calls", "tool_call"),
    ("", {"tool_calls": [call_entry()]}, "tool_calls", None),
    ("length", {"tool_calls": [call_entry()]}, "length", "length"),
    ("function_call", {"function_call": {"name": "f", "arguments": "{}"}}, "tool_calls", "function_call"),
]


@pytest.mark.parametrize(("raw", "message", "unified", "kept"), FINISHES)
def test_finish_reasons(raw: Any, message: dict[str, Any], unified: str | None, kept: str | None) -> None:
    response = decoded(raw, **message)
    assert (response.finish_reason, response.raw_finish_reason) == (unified, kept)


def test_the_first_vision_models_have_details_in_place_of_a_reason() -> None:
    body = completion(None, content="Hi")
    body["choices"][0]["finish_details"] = {"type": "max_tokens"}
    response = CHAT.decode_response(body)
    assert (response.finish_reason, response.raw_finish_reason) == ("length", None)


USAGES: dict[str, tuple[dict[str, Any], Usage]] = {
    "all of OpenAI's": (
        {
            "prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2, "audio_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
        },
        Usage(
            input_tokens=10, output_tokens=7, total_tokens=17, cache_read_tokens=4, cache_write_tokens=2,
            input_audio_tokens=1, reasoning_tokens=3, output_audio_tokens=0,
        ),
    ),
    "nulls are absences": (
        {"prompt_tokens": 10, "completion_tokens": None, "prompt_tokens_details": None},
        Usage(input_tokens=10),
    ),
    "reasoning beside the output (xAI)": (
        {
            "prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 117,
            "completion_tokens_details": {"reasoning_tokens": 100},
        },
        Usage(input_tokens=10, output_tokens=107, total_tokens=117, reasoning_tokens=100),
    ),
    "reasoning beside the output and the total (Vercel)": (
        {
            "prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
            "completion_tokens_details": {"reasoning_tokens": 100},
        },
        Usage(input_tokens=10, output_tokens=107, total_tokens=17, reasoning_tokens=100),
    ),
    "DeepSeek": (
        {"prompt_tokens": 10, "prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 4},
        Usage(input_tokens=10, cache_read_tokens=6),
    ),
    "Databricks": (
        {"prompt_tokens": 10, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2},
        Usage(input_tokens=10, cache_read_tokens=3, cache_write_tokens=2),
    ),
    "an hour": (
        {"prompt_tokens": 10, "cache_creation": {"ephemeral_1h_input_tokens": 2}},
        Usage(input_tokens=10, cache_write_1h_tokens=2),
    ),
    "Writer": (
        {"prompt_tokens": 10, "prompt_token_details": {"cached_tokens": 2}},
        Usage(input_tokens=10, cache_read_tokens=2),
    ),
    "Perplexity": (
        {"prompt_tokens": 10, "completion_tokens": 7, "reasoning_tokens": 3, "num_search_queries": 2},
        Usage(input_tokens=10, output_tokens=7, reasoning_tokens=3, web_searches=2),
    ),
    "whole floats": ({"prompt_tokens": 10.0, "completion_tokens": "7"}, Usage(input_tokens=10)),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "usage"), USAGES.values(), ids=USAGES)
def test_usage(wire: dict[str, Any], usage: Usage) -> None:
    assert CHAT.decode_response(completion(usage=wire, content="Hi")).usage == usage


def test_sources_of_the_whole_answer() -> None:
    body = completion(content="Hi")
    body["citations"] = ["https://a", "https://b"]
    body["search_results"] = [{"url": "https://a", "title": "A", "snippet": "a…"}]
    assert CHAT.decode_response(body).citations == (
        Citation(url="https://a", title="A", cited_text="a…"),
        Citation(url="https://b"),
    )


def test_logprobs() -> None:
    body = completion(content="Hi")
    top = {"token": "Ho", "logprob": None, "bytes": None}
    body["choices"][0]["logprobs"] = {
        "content": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [top]}]
    }
    other = TokenLogprob(token="Ho", logprob=float("-inf"))
    assert CHAT.decode_response(body).logprobs == (
        TokenLogprob(token="Hi", logprob=-0.5, bytes=(72, 105), top=(other,)),
    )


def test_alternatives_stand_by_their_number() -> None:
    body = completion(content="first")
    body["choices"].insert(0, {"index": 1, "message": {"content": "second"}, "finish_reason": "length"})
    response = CHAT.decode_response(body)
    assert response.content == "first"
    assert [(other.content, other.finish_reason, other.model) for other in response.alternatives] == [
        ("second", "length", "m")
    ]


def test_ids_are_made_up_where_there_are_none() -> None:
    entries = [{"function": {"name": "f", "arguments": "{}"}}, {"id": "", "function": {"name": "f", "arguments": "{}"}}]
    first, again = decoded(tool_calls=entries), decoded(tool_calls=entries)
    ids = [call.id for call in first.tool_calls]
    assert ids == [call.id for call in again.tool_calls]
    assert len(set(ids)) == 2
    assert all(id_.startswith("call_") and len(id_) <= 40 for id_ in ids)


def test_another_answer_has_other_made_up_ids() -> None:
    entries = [{"function": {"name": "f", "arguments": "{}"}}]
    body = completion(tool_calls=entries)
    other = {**body, "id": "chatcmpl-2"}
    assert CHAT.decode_response(body).tool_calls[0].id != CHAT.decode_response(other).tool_calls[0].id


def test_the_facts_of_the_reply() -> None:
    body = completion(content="Hi")
    body["choices"][0]["stop_reason"] = "END"
    response = CHAT.decode_response(body)
    assert (response.id, response.created_at, response.model, response.stop_sequence) == ("chatcmpl-1", 1, "m", "END")
    assert response.raw is body


# ---------------------------------------------------------------------- what is no answer


def test_an_error_in_a_good_reply_is_raised() -> None:
    with pytest.raises(RateLimited) as raised:
        CHAT.decode_response({"error": {"code": 429, "message": "slow down"}, "user_id": "u"})
    assert (raised.value.message, raised.value.http_status) == ("slow down", 200)


def test_a_provider_that_broke_off_leaves_what_it_said() -> None:
    body = completion("error", content="Hal")
    body["choices"][0]["error"] = {"code": 502, "message": "upstream died"}
    with pytest.raises(ProviderError) as raised:
        CHAT.decode_response(body)
    assert raised.value.partial is not None
    assert raised.value.partial.content == "Hal"


@pytest.mark.parametrize(
    "body", [{"detail": "no"}, {"object": "error", "message": "no"}, {"errors": [{"message": "no"}]}]
)
def test_other_errors_in_a_good_reply(body: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as raised:
        CHAT.decode_response(body)
    assert raised.value.message == "no"


@pytest.mark.parametrize(
    "body", [{}, {"choices": None}, {"choices": []}, {"choices": [{}]}, {"choices": [1]}, {"ok": 1}]
)
def test_what_is_no_completion_breaks_the_dialect(body: dict[str, Any]) -> None:
    with pytest.raises(DecodeError) as raised:
        CHAT.decode_response(body)
    assert raised.value.data.startswith(b"{")


MESSAGE_FIELDS = [
    "content",
    "refusal",
    "tool_calls",
    "function_call",
    "audio",
    "images",
    "reasoning",
    "reasoning_content",
]
MESSAGE_FIELDS += ["reasoning_details", "extra_content", "annotations"]
CHOICE_FIELDS = ["index", "finish_reason", "finish_details", "logprobs", "stop_reason"]
BODY_FIELDS = ["id", "created", "model", "usage", "citations", "search_results"]


@given(
    st.dictionaries(st.sampled_from(MESSAGE_FIELDS), values),
    st.dictionaries(st.sampled_from(CHOICE_FIELDS), values),
    st.dictionaries(st.sampled_from(BODY_FIELDS), values),
)
def test_no_answer_raises_a_foreign_error(message: Any, choice: Any, body: Any) -> None:
    try:
        response = CHAT.decode_response({"choices": [{"message": message, **choice}], **body})
    except Error:
        return
    CHAT.encode_response(response, ANY)


# ---------------------------------------------------------------------- encode


def encoded(response: LLMResponse, request: Request = ANY) -> dict[str, Any]:
    return CHAT.encode_response(response, request).wire


@pytest.mark.parametrize("text", ["Hi", "", "é\ud83d"])
@pytest.mark.parametrize("reason", [None, *get_args(FinishReason)])
@pytest.mark.parametrize(
    "asked",
    [ANY, Request(model="m", tools=(Tool(name="f", extra=Extra(dialect=NAME, spelling={"type": None})),))],
    ids=["", "legacy"],
)
@pytest.mark.parametrize("stop", [None, "END"])
def test_one_text_is_written_as_the_same_in_two_parts(
    text: str, reason: FinishReason | None, asked: Request, stop: str | None
) -> None:
    def answer(*parts: Part) -> LLMResponse:
        usage = Usage(input_tokens=3, output_tokens=2, cache_read_tokens=1, web_searches=1, tool_prompt_tokens=1)
        extra = Extra(fields={"system_fingerprint": "fp"}, dialect=NAME)
        return LLMResponse(
            parts=parts, finish_reason=reason, stop_sequence=stop, usage=usage, extra=extra, service_tier="flex"
        )

    alone, in_two = (CHAT.encode_response(answer(*parts), asked) for parts in [(Text(text),), (Text(text), Text(""))])
    assert (list(alone.wire.items()), alone.losses) == (list(in_two.wire.items()), in_two.losses)


def test_a_body_for_openais_clients() -> None:
    response = LLMResponse("Hi", "m", Usage(input_tokens=3, output_tokens=2), id="chatcmpl-1", created_at=5)
    assert encoded(response) == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hi", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    }


def test_what_is_unknown_is_empty_where_clients_want_it() -> None:
    body = encoded(LLMResponse("Hi"))
    assert (body["id"], body["created"], body["model"]) == ("", 0, "")
    assert "usage" not in body


CONTENTS: list[tuple[list[Part], Any]] = [
    ([Text("Hi")], "Hi"),
    ([], ""),
    ([Reasoning("Hm")], ""),
    ([ToolCall(id="c", name="f")], None),
    ([Text("I'll look."), ToolCall(id="c", name="f")], "I'll look."),
    ([Refusal("No")], None),
    ([Audio(id="a", transcript="Hi")], None),
    ([Image(url="https://x")], None),
    ([Text("a"), Text("b")], "ab"),
]


@pytest.mark.parametrize(("parts", "content"), CONTENTS)
def test_content_is_null_beside_what_stands_for_it(parts: list[Part], content: Any) -> None:
    assert encoded(LLMResponse(parts=tuple(parts)))["choices"][0]["message"]["content"] == content


WORDS: list[tuple[str | None, list[Part], str]] = [
    ("stop", [Text("a")], "stop"),
    ("length", [Text("a")], "length"),
    ("tool_calls", [ToolCall(id="c", name="f")], "tool_calls"),
    ("content_filter", [], "content_filter"),
    ("refusal", [Refusal("No")], "stop"),
    ("refusal", [], "content_filter"),
    ("pause", [Text("a")], "stop"),
    ("error", [Text("a")], "stop"),
    ("other", [Text("a")], "stop"),
    (None, [Text("a")], "stop"),
    (None, [ToolCall(id="c", name="f")], "tool_calls"),
]


@pytest.mark.parametrize(("reason", "parts", "word"), WORDS)
def test_only_openais_words_are_said(reason: Any, parts: list[Part], word: str) -> None:
    result = CHAT.encode_response(LLMResponse(parts=tuple(parts), finish_reason=reason), ANY)
    assert result.wire["choices"][0]["finish_reason"] == word
    assert bool(result.losses) == (
        reason in ("pause", "error", "other") or (reason, word) == ("refusal", "content_filter")
    )


def test_reasoning_has_one_name_for_clients() -> None:
    parts = (
        Reasoning("Hm", payload={"reasoning": None, "reasoning_details": [{"data": "x"}]}, dialect=NAME),
        Text("Hi"),
    )
    message = encoded(LLMResponse(parts=parts))["choices"][0]["message"]
    assert message["reasoning_content"] == "Hm"
    assert message["reasoning_details"] == [{"data": "x"}]
    assert "reasoning" not in message


def test_a_client_of_the_old_functions_gets_a_function_call() -> None:
    request = CHAT.decode_request({"model": "m", "messages": [], "functions": [{"name": "f"}]})
    call = ToolCall(id="c1", name="f", arguments={"a": 1})
    result = CHAT.encode_response(LLMResponse(parts=(call, call), finish_reason="tool_calls"), request)
    [choice] = result.wire["choices"]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"a":1}'}
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "function_call"
    assert len(result.losses) == 1


LOST: dict[str, tuple[Part, str]] = {
    "signature": (Reasoning("Hm", payload={"signature": "s"}, dialect="anthropic_messages"), "parts[0].payload"),
    "block": (Opaque("anthropic_messages", {"type": "x"}), "parts[0]"),
    "file": (Document(file_id="f"), "parts[0]"),
    "citation of a document": (Text("a", (Citation(unit="page", document_index=0, start=1),)), "parts[0].citations"),
    "field of another": (Text("a", extra=Extra(fields={"x": 1}, dialect="anthropic_messages")), "parts[0].x"),
    "picture by file id": (Image(file_id="f"), "parts[0]"),
    "place in a source": (Text("a", (Citation(unit="char", url="u", start=1, end=2),)), "parts[0].citations"),
}


@pytest.mark.parametrize(("part", "where"), LOST.values(), ids=LOST)
def test_what_clients_cannot_get_is_reported(part: Part, where: str) -> None:
    [loss] = CHAT.encode_response(LLMResponse(parts=(part,)), ANY).losses
    assert loss.where == where


def test_a_free_form_call_is_custom() -> None:
    request = Request(model="m", tools=(Tool(name="math", text_format={}),))
    [choice] = encoded(LLMResponse(parts=(ToolCall(id="c", name="math", text="1+1"),)), request)["choices"]
    assert choice["message"]["tool_calls"] == [
        {"id": "c", "type": "custom", "custom": {"name": "math", "input": "1+1"}}
    ]
