"""A body that is passed on as its sender wrote it: what is said anew in it, and that nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from dragoman.calls.verbatim import Verbatim, body_as_written
from dragoman.dialects.forwarding import fields_in, forwarding_in, only_tells_usage
from dragoman.messages import Message, Request, encode_json
from dragoman.providers.quirks import (
    OF_OPENAI,
    OLDER_LIMIT,
    Quirk,
    ask_for_a_tool,
    drop_from_tools,
    name_version,
    one_answer,
    search_models_only,
)

ODD = b'{ "b" : 1.0, "a": [1e3, "\\u00e9"],"n":123456789012345678901 }'
"""JSON that no two writers write alike."""

TURNS = (Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Well?"))


def written(
    dialect: str,
    body: bytes,
    *,
    said: dict[str, Any] | None = None,
    quirks: tuple[Quirk, ...] = (),
    **request: Any,
) -> tuple[str, list[str]]:
    """What goes out for `body`, and what of it was lost."""
    verbatim = Verbatim(dialect=dialect, body=fields_in(body))
    before = dict(verbatim.body)
    sent, losses = body_as_written(verbatim, Request(model="served", messages=TURNS, **request), said or {}, quirks)
    assert verbatim.body == before
    return encode_json(sent).decode(), [f"{loss.effect} {loss.where}" for loss in losses]


@pytest.mark.parametrize("dialect", ["anthropic_messages", "openai_chat", "openai_responses"])
def test_the_model_is_said_anew_and_nothing_else(dialect: str) -> None:
    body = b'{"messages":[%b], "model":"public","x":%b}' % (ODD, ODD)
    assert written(dialect, body) == (f'{{"messages":[{ODD.decode()}],"model":"served","x":{ODD.decode()}}}', [])


def test_where_the_path_names_the_model_nothing_is() -> None:
    assert written("gemini", b'{"contents":%b}' % ODD) == (f'{{"contents":{ODD.decode()}}}', [])


@pytest.mark.parametrize(
    ("dialect", "body", "limit", "sent"),
    [
        ("openai_chat", '"max_tokens":50', 20, '"max_tokens":20'),
        ("openai_chat", '"max_completion_tokens":50', 20, '"max_completion_tokens":20'),
        ("openai_chat", '"max_tokens":50,"max_completion_tokens":10', 10, '"max_tokens":10,"max_completion_tokens":10'),
        ("openai_chat", '"max_tokens":null', 20, '"max_tokens":null,"max_completion_tokens":20'),
        ("openai_chat", '"x":1', 20, '"x":1,"max_completion_tokens":20'),
        ("openai_chat", '"max_tokens":20.0', 20, '"max_tokens":20.0'),
        ("openai_chat", '"max_tokens":20', None, '"max_tokens":20'),
        ("anthropic_messages", '"max_tokens":50', 20, '"max_tokens":20'),
        ("openai_responses", '"max_output_tokens":50', 20, '"max_output_tokens":20'),
        (
            "gemini",
            '"generationConfig":{"a" : 1,"maxOutputTokens":50}',
            20,
            '"generationConfig":{"a":1,"maxOutputTokens":20}',
        ),
        (
            "gemini",
            '"generation_config":{"max_output_tokens":50}',
            20,
            '"generation_config":{"max_output_tokens":20}',
        ),
        ("gemini", '"x":1', 20, '"x":1,"generationConfig":{"maxOutputTokens":20}'),
    ],
)
def test_a_limit_is_lowered_where_the_sender_wrote_it(dialect: str, body: str, limit: int | None, sent: str) -> None:
    row = forwarding_in(dialect)
    assert row is not None
    model = '"model":"served",' if row.model else ""
    out, _ = written(dialect, f"{{{model}{body}}}".encode(), max_tokens=limit)
    assert out == f"{{{model}{sent}}}"


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ("", ',"stream_options":{"include_usage":true}'),
        (',"stream_options":null', ',"stream_options":{"include_usage":true}'),
        (',"stream_options":{"x":1}', ',"stream_options":{"x":1,"include_usage":true}'),
        (',"stream_options":{"include_usage": false}', ',"stream_options":{"include_usage":true}'),
    ],
)
def test_a_chat_stream_is_asked_what_it_used(options: str, sent: str) -> None:
    body = f'{{"model":"served"{options}}}'.encode()
    assert written("openai_chat", body, stream=True)[0] == f'{{"model":"served"{sent}}}'
    assert written("openai_chat", body)[0] == body.decode()


@pytest.mark.parametrize(
    ("frame", "alone"),
    [
        (b'{"choices":[],"usage":{"total_tokens":3}}', True),
        (b'{"choices": [], "usage": {"total_tokens": 3}}', True),
        (b'{"choices":[],"usage":null,"prompt_filter_results":[]}', False),
        (b'{"choices":[{"delta":{"content":"\\"choices\\":[]"}}],"usage":null}', False),
        (b'{"choices":[{"delta":{}}],"usage":{"total_tokens":3}}', False),
        (b'{"choices":[], no JSON', False),
        (b"[DONE]", False),
    ],
)
def test_a_frame_for_the_usage_alone_is_known(frame: bytes, alone: bool) -> None:
    assert only_tells_usage(frame) is alone


def test_what_was_left_open_is_filled_in() -> None:
    said = {"temperature": 0.5, "generationConfig": {"topK": 3, "topP": 0.5}}
    out, _ = written("gemini", b'{"generationConfig":{"topK":9},"temperature":1}', said=said)
    assert out == '{"generationConfig":{"topK":9,"topP":0.5},"temperature":1}'


@pytest.mark.parametrize(
    ("quirk", "body", "sent", "losses"),
    [
        (OLDER_LIMIT, {"max_completion_tokens": 5}, {"max_tokens": 5}, []),
        (OLDER_LIMIT, {"max_tokens": 5}, {"max_tokens": 5}, []),
        (OF_OPENAI[0], {"top_k": 5}, {}, ["dropped top_k"]),
        (OF_OPENAI[0], {"top_k": None}, {}, []),
        (OF_OPENAI[1], {"messages": [{"role": "user", "content": "reasoning"}]}, None, []),
        (OF_OPENAI[1], {"messages": [{"role": "user", "reasoning": 1}]}, None, []),
        (
            OF_OPENAI[1],
            {"messages": [{"role": "assistant", "reasoning": "x", "y": 1}]},
            {"messages": [{"role": "assistant", "y": 1}]},
            ["dropped messages[0].reasoning"],
        ),
        (one_answer(why="x"), {"n": 2}, {}, ["dropped n"]),
        (one_answer(why="x"), {"n": 1}, {}, []),
        (ask_for_a_tool(why="x"), {"tool_choice": "required"}, {"tool_choice": "auto"}, ["changed tool_choice"]),
        (ask_for_a_tool(why="x"), {"tool_choice": "none"}, None, []),
        (search_models_only(why="x"), {"web_search_options": {}}, {}, ["dropped web_search_options"]),
        (
            drop_from_tools("strict", why="x"),
            {"tools": [{"function": {"name": "a", "strict": True}}]},
            {"tools": [{"function": {"name": "a"}}]},
            ["dropped tools[0].strict"],
        ),
        (Quirk("own", "x", lambda body: body.update(z=1) or ()), {"y": 1}, {"y": 1, "z": 1}, []),
    ],
)
def test_quirks_correct_what_they_are_for(
    quirk: Quirk, body: dict[str, Any], sent: dict[str, Any] | None, losses: list[str]
) -> None:
    """And no more: what a quirk does not read goes out as it came, though it be no JSON."""
    odd = {} if quirk.reads is None else {"odd": Raw(b"[1,, ]")}
    wire = encode_json({"model": "served", **body, **odd})
    wanted = encode_json({"model": "served", **(body if sent is None else sent), **odd})
    verbatim = Verbatim(dialect="openai_chat", body={"model": Raw(b'"served"'), **_raws(body), **odd})
    found, lost = body_as_written(verbatim, Request(model="served", messages=TURNS), {}, (quirk,))
    assert sorted(encode_json(found)) == sorted(wanted)
    assert [f"{loss.effect} {loss.where}" for loss in lost] == losses
    assert wire == encode_json(verbatim.body)


def test_a_version_in_place_of_the_model() -> None:
    out, _ = written("anthropic_messages", b'{"model":"a","x":1}', quirks=(name_version("v1", why="x"),))
    assert out == '{"x":1,"anthropic_version":"v1"}'


def test_nothing_of_it_is_shown() -> None:
    verbatim = Verbatim(
        dialect="openai_chat", body=fields_in(b'{"model":"a","user":"sesame"}'), headers=(("a", "sesame"),)
    )
    assert repr(verbatim) == "<Verbatim openai_chat model, user>"


def _raws(body: dict[str, Any]) -> dict[str, Raw]:
    return {name: Raw(encode_json(value)) for name, value in body.items()}


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ('"reasoning":"so"', ""),
        ('"reasoning_content":"so","x":1', ',"x":1'),
        ('"reasoned":"so"', ',"reasoned":"so"'),
        ('"x":"\\"reasoning\\""', ',"x":"\\"reasoning\\""'),
    ],
)
def test_what_a_provider_takes_no_more_is_left_out_of_history(fields: str, kept: str) -> None:
    body = f'{{"model":"served","messages":[{{"role":"assistant","content":"a",{fields}}}]}}'
    sent = f'{{"model":"served","messages":[{{"role":"assistant","content":"a"{kept}}}]}}'
    assert written("openai_chat", body.encode(), quirks=OF_OPENAI)[0] == sent


def test_where_the_assistant_has_not_spoken_there_is_no_history_to_search() -> None:
    verbatim = Verbatim(dialect="openai_chat", body=fields_in(b'{"messages":[{"role":"assistant","reasoning":"so"}]}'))
    alone = Request(model="served", messages=TURNS[:1])
    assert body_as_written(verbatim, alone, {}, OF_OPENAI)[0]["messages"] == verbatim.body["messages"]
