"""What servers leave out, add and bend, in answers and in streams."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.errors import DecodeError, Error, StreamInterrupted
from dragoman.messages import Assembler, Event, Finish, LLMResponse, Text, ToolCallDelta, encode_json

RESPONSES = get_dialect("openai_responses")

HEAD = {"id": "resp_1", "object": "response", "created_at": 5, "model": "m", "status": "completed"}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "c1",
    "name": "f",
    "arguments": '{"a":1}',
    "status": "completed",
}
SAID = {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}
MESSAGE = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [SAID]}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]}

Wire = dict[str, Any]


def whole(*items: Any, **fields: Any) -> LLMResponse:
    return RESPONSES.decode_response({**HEAD, "output": list(items), **fields})


def events_of(*wires: Wire, names: bool = False) -> list[Event]:
    """The events of a stream; with `names` the type stands beside the data only."""
    decoder, events = RESPONSES.stream_decoder(), list[Event]()
    for wire in wires:
        data = {name: value for name, value in wire.items() if name != "type"} if names else wire
        events += decoder.feed(wire["type"], encode_json(data))
    return events + decoder.finish()


def added_up(events: list[Event]) -> LLMResponse:
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    return assembler.response()


def streamed(*wires: Wire, **options: Any) -> LLMResponse:
    return added_up(events_of(*wires, **options))


def added(item: Wire, place: int = 0) -> Wire:
    return {"type": "response.output_item.added", "output_index": place, "item": item}


def done(item: Wire, place: int = 0) -> Wire:
    return {"type": "response.output_item.done", "output_index": place, "item": item}


def delta(text: str, kind: str = "output_text", place: int = 0, **fields: Any) -> Wire:
    return {"type": f"response.{kind}.delta", "output_index": place, "content_index": 0, "delta": text, **fields}


def end(*items: Wire, kind: str = "completed", **fields: Any) -> Wire:
    return {"type": f"response.{kind}", "response": {**HEAD, "status": kind, "output": list(items), **fields}}


# ---------------------------------------------------------------------- whole answers

TEXTS: dict[str, tuple[Wire, str]] = {
    "as documented": (MESSAGE, "Hi"),
    "without annotations (mistral.rs)": ({**MESSAGE, "content": [{"type": "output_text", "text": "Hi"}]}, "Hi"),
    "the text alone": ({**MESSAGE, "content": "Hi"}, "Hi"),
    "a part of type text": ({**MESSAGE, "content": [{"type": "text", "text": "Hi"}]}, "Hi"),
    "no content": ({**MESSAGE, "content": []}, ""),
    "null as content": ({**MESSAGE, "content": None}, ""),
    "unknown parts beside it": ({**MESSAGE, "content": [SAID, {"type": "hologram", "text": "?"}]}, "Hi"),
}


@pytest.mark.parametrize(("item", "text"), TEXTS.values(), ids=TEXTS)
def test_text_is_found(item: Wire, text: str) -> None:
    assert whole(item).content == text
    assert streamed(end(item)).content == text


def test_several_messages_are_joined_without_a_separator() -> None:
    assert whole(MESSAGE, {**MESSAGE, "id": "msg_2"}).content == "HiHi"


def test_a_call_with_one_id_only_is_named_by_it() -> None:
    item = {name: value for name, value in CALL.items() if name != "call_id"}
    assert whole(item).tool_calls[0].id == "fc_1"


@pytest.mark.parametrize("arguments", ["", "null", "{}", None, {}])
def test_no_arguments_are_an_empty_object(arguments: Any) -> None:
    assert whole({**CALL, "arguments": arguments}).tool_calls[0].arguments_json == "{}"


def test_a_call_without_any_id_gets_one_that_stays_the_same() -> None:
    item = {"type": "function_call", "name": "f", "arguments": "{}"}
    created = {"type": "response.created", "response": HEAD}
    ids = {whole(item).tool_calls[0].id, streamed(created, added(item), done(item), end(item)).tool_calls[0].id}
    assert len(ids) == 1
    assert "" not in ids


STATUSES: list[tuple[Wire, str | None]] = [
    ({"status": "completed"}, "stop"),
    ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
    ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
    ({"status": "incomplete", "incomplete_details": {"reason": "steered"}}, "other"),
    ({"status": "incomplete", "incomplete_details": None}, "other"),
    ({"status": "cancelled"}, "error"),
    ({"status": "queued"}, None),
    ({"status": "in_progress"}, None),
]


@pytest.mark.parametrize(("fields", "reason"), STATUSES)
def test_statuses(fields: Wire, reason: str | None) -> None:
    answer = whole(MESSAGE, **fields)
    assert (answer.finish_reason, answer.raw_finish_reason) == (reason, fields["status"])


def test_calls_and_refusals_are_not_told_by_the_status() -> None:
    assert whole(MESSAGE, CALL).finish_reason == "tool_calls"
    refusal = {**MESSAGE, "content": [{"type": "refusal", "refusal": "No"}]}
    assert (whole(refusal).finish_reason, whole(refusal).refusal) == ("refusal", "No")


@pytest.mark.parametrize("created", [None, 0, 0.0, "soon"])
def test_an_unknown_time_is_none(created: Any) -> None:
    assert whole(MESSAGE, created_at=created).created_at is None
    assert whole(MESSAGE, created_at=7.5).created_at == 7


@pytest.mark.parametrize("body", [{}, {"id": "r"}, {"output": "x"}, {"choices": []}])
def test_what_is_no_response_is_an_error(body: Wire) -> None:
    with pytest.raises(DecodeError, match="no response"):
        RESPONSES.decode_response(body)


# ---------------------------------------------------------------------- streams

TWO = (delta("H"), delta("i"))
STREAMS: dict[str, tuple[Wire, ...]] = {
    "as documented": (added({**MESSAGE, "content": []}), *TWO, done(MESSAGE), end(MESSAGE)),
    "nothing but the end": (end(MESSAGE),),
    "an end without items (ChatGPT)": (added({**MESSAGE, "content": []}), *TWO, done(MESSAGE), end()),
    "items without deltas": (added({**MESSAGE, "content": []}), done(MESSAGE), end(MESSAGE)),
    "items that were never added": (done(MESSAGE), end()),
    "items that are never done": (added({**MESSAGE, "content": []}), *TWO, end(MESSAGE)),
    "deltas alone": (*TWO, end(MESSAGE)),
    "the text, at once": ({"type": "response.output_text.done", "output_index": 0, "text": "Hi"}, end()),
    "done twice": (done(MESSAGE), done(MESSAGE), end(MESSAGE)),
    "no indices (llama.cpp)": (
        {"type": "response.output_item.added", "item": {**MESSAGE, "content": []}},
        {"type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hi"},
        {"type": "response.output_item.done", "item": MESSAGE},
        end(MESSAGE),
    ),
    "events of tomorrow": (
        {"type": "response.dream.started", "depth": 3},
        *TWO,
        {"type": "response.web_search_call.searching", "output_index": 5},
        {"type": "response.content_part.added", "output_index": 0, "part": {"type": "hologram"}},
        end(MESSAGE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("wires", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("names", [False, True], ids=["type in the data", "type beside it"])
def test_a_text_is_told_once(wires: tuple[Wire, ...], names: bool) -> None:
    answer = streamed(*wires, names=names)
    assert (answer.content, answer.finish_reason, answer.id) == ("Hi", "stop", "resp_1")


CALLS: dict[str, tuple[Wire, ...]] = {
    "as documented": (
        added({**CALL, "arguments": "", "status": "in_progress"}),
        delta('{"a"', "function_call_arguments"),
        delta(":1}", "function_call_arguments"),
        done(CALL),
        end(CALL),
    ),
    "the end alone": (end(CALL),),
    "no deltas": (added({**CALL, "arguments": ""}), done(CALL), end(CALL)),
    "arguments done, item done without them": (
        added({**CALL, "arguments": ""}),
        {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": '{"a":1}'},
        done({**CALL, "arguments": ""}),
        end(),
    ),
    "never done": (
        added({**CALL, "arguments": ""}),
        delta('{"a":1}', "function_call_arguments"),
        end(),
    ),
    "the name late": (
        added({"type": "function_call", "id": "fc_1", "call_id": "c1", "arguments": ""}),
        delta('{"a":1}', "function_call_arguments"),
        done(CALL),
        end(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("wires", CALLS.values(), ids=CALLS)
def test_a_call_is_told_once(wires: tuple[Wire, ...]) -> None:
    events = events_of(*wires)
    answer = added_up(events)
    assert [(call.id, call.name, call.arguments) for call in answer.tool_calls] == [("c1", "f", {"a": 1})]
    assert answer.finish_reason == "tool_calls"
    told = "".join(event.arguments for event in events if isinstance(event, ToolCallDelta))
    assert told in ("", '{"a":1}')


def test_what_runs_side_by_side_keeps_its_order() -> None:
    """OpenAI lists the tools of three servers at once, and tells of two of them in its last event only."""
    lists = [{"type": "mcp_list_tools", "id": f"mcpl_{n}", "tools": []} for n in range(3)]
    answer = streamed(
        *(added(item, n) for n, item in enumerate(lists)), done(lists[2], 2), done(MESSAGE, 3), end(*lists, MESSAGE)
    )
    assert [getattr(part, "payload", {}).get("id") for part in answer.parts] == ["mcpl_0", "mcpl_1", "mcpl_2", None]


SEARCH = {
    "type": "custom_tool_call",
    "id": "ctc_1_xs_call_2",
    "call_id": "xs_call_2",
    "name": "x_keyword_search",
    "input": '{"limit":1}',
    "status": "completed",
}
BEGUN_SEARCH = {**SEARCH, "input": "", "status": "in_progress"}
X_SEARCH: Wire = {"tools": [{"type": "x_search"}]}
CREATED: Wire = {"type": "response.created", "response": {**HEAD, "status": "in_progress", **X_SEARCH}}
SEARCHES: dict[str, tuple[Wire, ...]] = {
    "as recorded": (CREATED, added(BEGUN_SEARCH), delta('{"limit":1}', "custom_tool_call_input"), done(SEARCH)),
    "never closed": (CREATED, added(BEGUN_SEARCH), delta('{"limit":1}', "custom_tool_call_input")),
    "only done": (CREATED, done(SEARCH)),
    "only at the end": (end(SEARCH, MESSAGE, **X_SEARCH),),
}


@pytest.mark.parametrize("wires", SEARCHES.values(), ids=SEARCHES)
def test_what_xai_runs_is_no_call_to_the_caller(wires: tuple[Wire, ...]) -> None:
    """No tool of the caller's takes free text: what is searched on X is told in such calls all the same."""
    ending = () if "response" in wires[-1] else (done(MESSAGE, 1), end(SEARCH, MESSAGE, **X_SEARCH))
    response = streamed(*wires, *ending)
    assert response.tool_calls == ()
    assert response.finish_reason == "stop"
    assert response.content == "Hi"
    assert [(call.name, call.input) for call in response.server_tool_calls] == [("x_keyword_search", {"limit": 1})]
    assert response.parts == whole(SEARCH, MESSAGE, **X_SEARCH).parts


@pytest.mark.parametrize(
    "tools",
    [None, [], [{"type": "x_search"}, {"type": "custom", "name": "f"}], [{"type": "namespace", "tools": []}]],
)
def test_a_call_with_free_text_is_the_callers_where_it_may_be(tools: Any) -> None:
    created: Wire = {"type": "response.created", "response": {**HEAD, "tools": tools}}
    for response in (whole(SEARCH, tools=tools), streamed(created, added(BEGUN_SEARCH), end(SEARCH, tools=tools))):
        assert [(call.id, call.text) for call in response.tool_calls] == [("xs_call_2", '{"limit":1}')]
        assert response.finish_reason == "tool_calls"


def test_the_end_of_an_item_corrects_its_beginning() -> None:
    """GitHub Copilot has another id at the end; of an answer cut off the message is incomplete."""
    final = {**MESSAGE, "id": "msg_2", "status": "incomplete", "phase": "commentary"}
    answer = streamed(added({**MESSAGE, "content": [], "status": "in_progress"}), *TWO, done(final), end(final))
    text = answer.parts[0]
    assert isinstance(text, Text)
    assert text.extra is not None
    assert text.extra.spelling == {
        "message": {"type": "message", "id": "msg_2", "status": "incomplete", "phase": "commentary"}
    }


def test_encrypted_content_is_that_of_the_item_that_is_done() -> None:
    early, late = ({**THOUGHT, "encrypted_content": word} for word in ("partial", "whole"))
    answer = streamed(added(early), done(late), end({**THOUGHT, "encrypted_content": "encrypted anew"}))
    payload: Any = getattr(answer.parts[0], "payload", None)
    assert payload["encrypted_content"] == "whole"
    assert answer.reasoning == "Hm"


def test_log_probabilities_are_told_once() -> None:
    tokens = [{"token": text, "logprob": -0.5, "bytes": None, "top_logprobs": []} for text in ("H", "i")]
    final = {**MESSAGE, "content": [{**SAID, "logprobs": tokens}]}
    both = streamed(delta("H", logprobs=tokens[:1]), delta("i", logprobs=tokens[1:]), done(final), end(final))
    late = streamed(*TWO, done(final), end(final))
    assert both.logprobs == late.logprobs == whole(final).logprobs
    assert [token.token for token in both.logprobs or ()] == ["H", "i"]


def test_sources_are_told_once() -> None:
    source = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
    second = {**source, "url": "https://b"}
    final = {**MESSAGE, "content": [{**SAID, "annotations": [source, second]}]}
    event = {
        "type": "response.output_text.annotation.added",
        "output_index": 0,
        "content_index": 0,
        "annotation": source,
    }
    answer = streamed(*TWO, event, done(final), end(final))
    assert [citation.url for citation in answer.citations] == ["https://a", "https://b"]


@pytest.mark.parametrize("wires", [(), TWO, (done(MESSAGE),)], ids=["nothing", "deltas", "an item"])
def test_without_its_end_a_stream_is_broken(wires: tuple[Wire, ...]) -> None:
    with pytest.raises(StreamInterrupted):
        events_of(*wires)


def test_after_the_end_nothing_counts() -> None:
    decoder = RESPONSES.stream_decoder()
    assert isinstance(decoder.feed("", encode_json(end(MESSAGE)))[-1], Finish)
    assert decoder.feed("", b"[DONE]") == decoder.feed("", b"oops") == decoder.finish() == []


@pytest.mark.parametrize(
    "data",
    [
        b"{oops",
        b"[]",
        b'"x"',
        b'{"type":"response.output_item.added"}',
        b'{"type":"response.output_item.done","item":5}',
    ],
)
def test_what_is_no_event_is_an_error(data: bytes) -> None:
    with pytest.raises(DecodeError):
        RESPONSES.stream_decoder().feed("", data)


# ---------------------------------------------------------------------- errors in a stream

ERRORS: dict[str, tuple[Wire, str, str | None]] = {
    "in error, as OpenAI sends it": (
        {"type": "error", "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "Slow", "param": None}},
        "RateLimited",
        "rate_limit_exceeded",
    ),
    "at the top, as documented": (
        {"type": "error", "code": "server_error", "message": "Slow", "param": None},
        "ProviderFailed",
        "server_error",
    ),
    "without a type": ({"type": "", "error": {"message": "Slow", "code": "insufficient_quota"}}, "OutOfCredit", "insufficient_quota"),
    "a failed response": (
        end(kind="failed", error={"code": "context_length_exceeded", "message": "Slow"}),
        "ContextTooLong",
        "context_length_exceeded",
    ),
    "refused for its contents": (end(kind="failed", error={"code": "bio_policy", "message": "Slow"}), "Filtered", "bio_policy"),
    "a prompt that is none": (end(kind="failed", error={"code": "invalid_prompt", "message": "Slow"}), "Rejected", "invalid_prompt"),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "kind", "code"), ERRORS.values(), ids=ERRORS)
def test_an_error_in_a_stream_raises(wire: Wire, kind: str, code: str | None) -> None:
    decoder = RESPONSES.stream_decoder()
    decoder.feed("", encode_json({"type": "response.created", "response": {**HEAD, "status": "in_progress"}}))
    decoder.feed("", encode_json(delta("Hi")))
    with pytest.raises(Error) as caught:
        decoder.feed("", encode_json(wire))
    error: Any = caught.value
    assert (type(error).__name__, error.code, error.message, error.http_status) == (kind, code, "Slow", 200)
    with pytest.raises(type(error)):
        decoder.finish()


def test_a_failed_response_raises_also_without_a_stream_or_a_reason() -> None:
    with pytest.raises(Error, match="Slow") as caught:
        whole(MESSAGE, status="failed", error={"code": "server_error", "message": "Slow"})
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hi"
    with pytest.raises(Error, match="without saying why"):
        whole(status="failed")
