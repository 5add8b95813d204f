"""A call as a flow: scripts of replies, the tries that follow, and what the caller gets. No socket, clock or sleep."""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.calls import Call, RetryConfig, Target, generate
from dragoman.catalog import refresh
from dragoman.dialects import get_dialect
from dragoman.errors import (
    ConfigurationError,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    Error,
    LossRefused,
    MissingKey,
    RateLimited,
    Rejected,
    StreamInterrupted,
    TimedOut,
    Unauthorized,
    UnsupportedFeature,
)
from dragoman.http import Origin, Timeouts
from dragoman.messages import Audio, Document, Finish, Message, Request, Restarted, Text, TextDelta, Video
from dragoman.providers import get_spec
from dragoman.secret import HIDDEN, Secret

from ..drive import MODES, Transport, drive
from .conftest import Clock

both = pytest.mark.parametrize("mode", MODES)

SOUND = Audio(data=b"RIFF", media_type="audio/wav")
KEY = "sk-marked-secret-key"


def call(transport: Transport, clock: Clock, *, provider: str = "openai", **options: Any) -> Call:
    spec = get_spec(provider)
    request = options.pop("request", {})
    target = Target(
        spec=spec,
        model="gpt-4o-mini",
        dialect=get_dialect(spec.dialect),
        origin=Origin("https", "api.test", 443),
        prefix=spec.default_prefix,
        transport=transport,
        key=options.pop("key", Secret(KEY)),
        headers=options.pop("target_headers", ()),
    )
    return Call(
        target=target,
        request=Request(**{"model": "gpt-4o-mini", "messages": (Message("user", "Hi"),), **request}),
        retry=options.pop("retry", RetryConfig(use_jitter=False)),
        clock=clock,
        wall_clock=lambda: 1_795_219_200.0,
        today=lambda: "2026-11-21",
        **options,
    )


def answer(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
    }
    headers = {"content-type": "application/json", "x-request-id": "req_1"}
    return {"body": json.dumps(body).encode(), "headers": headers, **fields}


def failure(status: int, message: str = "no", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message, "type": "t", "code": None, "param": None}}).encode()
    return {"status": status, "body": body, "headers": {"content-type": "application/json", **named}}


def chunk(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> tuple[str, bytes]:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    return "", json.dumps({"id": "c", "model": "m", "choices": choices, **fields}).encode()


def stream(*frames: tuple[str, bytes], **fields: Any) -> dict[str, Any]:
    return {"headers": {"content-type": "text/event-stream; charset=utf-8"}, "batches": [list(frames)], **fields}


SSE = {"content-type": "text/event-stream"}
HELLO = (chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop"))
DONE = ("", b"[DONE]")


@both
def test_an_answer_comes_with_who_when_how_often_and_how_much(mode: str, clock: Clock) -> None:
    response, events = drive(mode, generate(call(Transport(mode, answer()), clock)))
    assert (response.content, response.finish_reason, response.usage["total_tokens"]) == ("Hello", "stop", 1500)
    assert (response.provider, response.model, response.request_id) == ("openai", "gpt-4o-mini-2024-07-18", "req_1")
    assert response.cost == Decimal("0.00045")  # 1000 at 0.15 and 500 at 0.60 a million
    assert [(a.target, a.outcome, a.status, a.cost) for a in response.attempts] == [
        ("openai/gpt-4o-mini", "ok", 200, Decimal("0.00045"))
    ]
    assert response.raw["object"] == "chat.completion"
    assert events == []


@both
def test_what_is_sent(mode: str, clock: Clock) -> None:
    transport = Transport(mode, answer())
    made = call(
        transport, clock, target_headers=(("X-Team", "a"),), headers=(("x-team", "b"),), timeouts=Timeouts(total=9)
    )
    drive(mode, generate(made))
    (sent,) = transport.requests
    headers = {name.lower(): value for name, value in sent.headers}
    assert (sent.method, sent.target, str(sent.origin)) == ("POST", "/v1/chat/completions", "https://api.test")
    assert (headers["authorization"], headers["content-type"], headers["x-team"]) == (
        f"Bearer {KEY}",
        "application/json",
        "b",
    )
    assert headers["user-agent"].startswith("dragoman/")
    assert sent.deadline == 1009.0
    assert json.loads(sent.body) == {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}
    assert KEY not in repr(sent)


@both
@pytest.mark.parametrize(
    ("script", "pauses", "outcomes"),
    [
        ([answer()], [], ["ok"]),
        ([failure(500), answer()], [0.5], ["ProviderFailed", "ok"]),
        ([ConnectFailed("refused"), failure(503), answer()], [0.5, 1.0], ["ConnectFailed", "Overloaded", "ok"]),
        ([failure(429, retry_after="7"), answer()], [7.0], ["RateLimited", "ok"]),
        ([failure(429, retry_after_ms="250"), answer()], [0.25], ["RateLimited", "ok"]),
        ([failure(429, retry_after="Sat, 21 Nov 2026 00:00:30 GMT"), answer()], [30.0], ["RateLimited", "ok"]),
        ([{"body": b"<html>", "headers": {}}, answer()], [0.5], ["DecodeError", "ok"]),
        ([answer(fail_after=ConnectionLost("cut")), answer()], [0.5], ["ConnectionLost", "ok"]),
    ],
)
def test_what_may_pass_is_tried_again(
    mode: str, clock: Clock, script: list[Any], pauses: list[float], outcomes: list[str]
) -> None:
    response, _ = drive(mode, generate(call(Transport(mode, *script), clock)))
    assert response.content == "Hello"
    assert clock.slept == pauses
    assert [attempt.outcome for attempt in response.attempts] == outcomes
    assert [attempt.waited_seconds for attempt in response.attempts] == [0.0, *pauses]
    assert response.latency_seconds == sum(pauses)


@both
@pytest.mark.parametrize(
    ("script", "raised", "tries"),
    [
        ([failure(400)], Error, 1),
        ([failure(401)], Unauthorized, 1),
        ([failure(429)] * 3, RateLimited, 3),
        ([ConnectFailed("refused")] * 3, ConnectFailed, 3),
        ([TimedOut("all gone", phase="total")], TimedOut, 1),
        ([{"body": b"[]"}] * 3, DecodeError, 3),
    ],
)
def test_what_will_not_pass_is_raised_with_every_try(
    mode: str, clock: Clock, script: list[Any], raised: type[Error], tries: int
) -> None:
    transport = Transport(mode, *script)
    with pytest.raises(raised) as caught:
        drive(mode, generate(call(transport, clock)))
    assert len(caught.value.attempts) == len(transport.requests) == tries
    assert caught.value.target == "openai/gpt-4o-mini"
    assert all(reply.closed for reply in transport.replies)


@both
def test_who_asks_for_too_long_a_pause_is_not_bothered_again(mode: str, clock: Clock) -> None:
    transport = Transport(mode, failure(429, retry_after="100000"), answer())
    with pytest.raises(RateLimited, match="asks for 100000 s") as caught:
        drive(mode, generate(call(transport, clock)))
    assert (len(caught.value.attempts), clock.slept) == (1, [])
    assert caught.value.retry_after_seconds == 100_000


@both
def test_one_deadline_holds_over_all_tries(mode: str, clock: Clock) -> None:
    transport = Transport(mode, failure(503), failure(503), answer())
    with pytest.raises(Error):
        drive(mode, generate(call(transport, clock, timeouts=Timeouts(total=1.2))))
    assert clock.slept == [0.5]  # a second pause of 1 s would outlast the 0.7 s left
    assert {request.deadline for request in transport.requests} == {1001.2}


@both
def test_one_try_means_one(mode: str, clock: Clock) -> None:
    transport = Transport(mode, failure(503))
    with pytest.raises(Error):
        drive(mode, generate(call(transport, clock, retry=RetryConfig(max_attempts=1))))
    assert clock.slept == []


@both
def test_a_stream_is_events_and_then_a_response(mode: str, clock: Clock) -> None:
    usage = chunk({}, None, usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    transport = Transport(mode, stream(*HELLO, usage, DONE))
    response, events = drive(mode, generate(call(transport, clock, request={"stream": True})))
    assert [event.content for event in events if event.content] == ["Hel", "lo"]
    assert isinstance(events[-1], Finish)
    assert (response.content, response.usage.output_tokens, response.finish_reason) == ("Hello", 2, "stop")
    assert response.first_token_seconds == 0.0
    assert response.raw[0]["choices"][0]["delta"]["content"] == "Hel"
    assert (len(response.raw), len(response.raw[1:3])) == (4, 2)
    assert json.loads(transport.requests[0].body)["stream"] is True


@both
def test_a_cut_stream_is_an_error_with_what_had_arrived_and_no_second_try(mode: str, clock: Clock) -> None:
    transport = Transport(mode, stream(HELLO[0], fail_after=ConnectionLost("reset by peer")), answer())
    with pytest.raises(StreamInterrupted, match="reset by peer") as caught:
        drive(mode, generate(call(transport, clock, request={"stream": True})))
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hel"
    assert len(transport.requests) == 1


@both
def test_a_stream_that_ends_too_early_is_interrupted(mode: str, clock: Clock) -> None:
    transport = Transport(mode, stream(*HELLO[:2]))
    with pytest.raises(StreamInterrupted) as caught:
        drive(mode, generate(call(transport, clock, request={"stream": True})))
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hello"


@both
def test_before_the_first_content_a_stream_may_start_over(mode: str, clock: Clock) -> None:
    only_role = stream(chunk({"role": "assistant"}), fail_after=ConnectionLost("cut"))
    usage = chunk({}, None, usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    transport = Transport(mode, only_role, stream(*HELLO, usage, DONE))
    response, events = drive(mode, generate(call(transport, clock, request={"stream": True})))
    assert [event for event in events if isinstance(event, Restarted)] == [
        Restarted(target="openai/gpt-4o-mini", reason="StreamInterrupted")
    ]
    assert response.content == "Hello"
    assert [attempt.outcome for attempt in response.attempts] == ["StreamInterrupted", "ok"]
    assert response.cost is None  # the cut try's price is not known, and unknown is never zero
    assert "cut off" in (response.cost_note or "")


@both
def test_a_whole_answer_to_a_streamed_request_is_taken_too(mode: str, clock: Clock) -> None:
    response, _ = drive(mode, generate(call(Transport(mode, answer()), clock, request={"stream": True})))
    assert response.content == "Hello"


@both
def test_who_asked_for_a_stream_gets_events_all_the_same(mode: str, clock: Clock) -> None:
    """Some servers answer a streamed request with plain JSON."""
    _, seen = drive(mode, generate(call(Transport(mode, answer()), clock, request={"stream": True})))
    assert "".join(event.content for event in seen) == "Hello"
    assert isinstance(seen[-1], Finish)


@both
@pytest.mark.parametrize(("given", "says"), [(None, "NoneType"), ("", "an empty text"), (7, "int")])
def test_what_a_key_function_gives_must_be_a_key(mode: str, clock: Clock, given: Any, says: str) -> None:
    transport = Transport(mode, answer())
    made = call(transport, clock)
    with pytest.raises(ConfigurationError, match=f"returned .*{says}"):
        drive(mode, generate(replace(made, target=replace(made.target, key=lambda: given))))
    assert transport.requests == []


class Vault:
    """A callable object whose call is awaited."""

    async def __call__(self) -> str:
        return "fresh"


@pytest.mark.parametrize("function", [Vault(), functools.partial(Vault().__call__)], ids=["object", "partial"])
def test_an_async_key_function_in_any_form(clock: Clock, function: Any) -> None:
    transport = Transport("async", answer())
    made = call(transport, clock)
    drive("async", generate(replace(made, target=replace(made.target, key=function))))
    assert dict(transport.requests[0].headers)["authorization"] == "Bearer fresh"
    transport = Transport("sync", answer())
    made = call(transport, clock)
    with pytest.raises(UnsupportedFeature, match="async_client=True"):
        drive("sync", generate(replace(made, target=replace(made.target, key=function))))
    assert transport.requests == []


@both
def test_a_stream_in_answer_to_a_plain_request_is_taken_too(mode: str, clock: Clock) -> None:
    response, _ = drive(mode, generate(call(Transport(mode, stream(*HELLO, DONE)), clock)))
    assert response.content == "Hello"


@both
def test_leaving_early_closes_the_connection(mode: str, clock: Clock) -> None:
    transport = Transport(mode, stream(*HELLO, DONE))
    _, events = drive(mode, generate(call(transport, clock, request={"stream": True})), take=2)
    assert TextDelta("Hel") in events
    assert transport.replies[0].closed == 1


@both
def test_losses_are_reported_or_refused_before_anything_is_sent(mode: str, clock: Clock) -> None:
    request = {"messages": (Message("user", [Text("Read"), Document(url="https://h/x.pdf")]),)}
    response, _ = drive(mode, generate(call(Transport(mode, answer()), clock, request=request)))
    assert [loss.effect for loss in response.warnings] == ["dropped"]
    transport = Transport(mode, answer())
    with pytest.raises(LossRefused, match=r"messages\[0\]"):
        drive(mode, generate(call(transport, clock, request=request, on_loss="error")))
    assert transport.requests == []


@both
@pytest.mark.parametrize(
    ("provider", "messages", "lost"),
    [
        ("anthropic", [Message("user", [SOUND])], "messages[0].content[0]"),
        ("ollama", [Message("user", [SOUND])], "messages[0].content[0]"),
        ("openai", [Message("user", "Hi"), Message("user", [Video(url="https://h/v.mp4")])], "messages[1].content[0]"),
    ],
)
def test_a_message_that_would_be_empty_is_not_sent(
    mode: str, clock: Clock, provider: str, messages: list[Message], lost: str
) -> None:
    transport = Transport(mode, answer())
    asked = call(transport, clock, provider=provider, request={"messages": tuple(messages)})
    with pytest.raises(LossRefused, match="Nothing would be left") as caught:
        drive(mode, generate(asked))
    assert [loss.where for loss in caught.value.losses] == [lost]
    assert transport.requests == []


@both
def test_an_error_says_what_got_lost_before_it(mode: str, clock: Clock) -> None:
    """A provider may refuse a request for what is not in it any more."""
    request = {"messages": (Message("user", [Text("Read"), Document(url="https://h/x.pdf")]),)}
    with pytest.raises(Rejected) as caught:
        drive(mode, generate(call(Transport(mode, failure(400)), clock, request=request)))
    assert [loss.where for loss in caught.value.warnings] == ["messages[0].content[1]"]
    with pytest.raises(Rejected) as caught:
        drive(mode, generate(call(Transport(mode, failure(400)), clock)))
    assert caught.value.warnings == ()


@both
def test_a_missing_key_is_said_before_anything_is_sent(
    mode: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    transport = Transport(mode, answer())
    with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
        drive(mode, generate(call(transport, clock, key=None)))
    assert transport.requests == []


@both
def test_a_key_function_gives_a_fresh_key_for_each_try(mode: str, clock: Clock) -> None:
    keys = iter(["first", "second"])
    transport = Transport(mode, failure(503), answer())
    drive(mode, generate(call(transport, clock, key=lambda: next(keys))))
    sent = [dict(request.headers)["authorization"] for request in transport.requests]
    assert sent == ["Bearer first", "Bearer second"]


def test_an_async_key_function(clock: Clock) -> None:
    async def key() -> str:
        return "fresh"

    transport = Transport("async", answer())
    drive("async", generate(call(transport, clock, key=key)))
    assert dict(transport.requests[0].headers)["authorization"] == "Bearer fresh"


@both
def test_a_provider_that_quotes_the_key_is_not_quoted(mode: str, clock: Clock) -> None:
    transport = Transport(mode, failure(401, f"Incorrect API key provided: {KEY}."))
    with pytest.raises(Unauthorized) as caught:
        drive(mode, generate(call(transport, clock)))
    assert HIDDEN in str(caught.value)
    assert KEY not in f"{caught.value!s} {caught.value!r} {caught.value.body} {caught.value.attempts}"


@both
def test_an_unknown_price_is_not_zero(mode: str, clock: Clock) -> None:
    response, _ = drive(mode, generate(call(Transport(mode, answer()), clock, provider="openai_compatible")))
    assert response.cost is None
    assert response.cost_note == "the catalog does not know this model"


@both
def test_a_limit_the_dialect_demands_is_filled_in_and_noted(mode: str, clock: Clock) -> None:
    """S0.18, S1.2, X3."""
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [{"type": "text", "text": "Hi"}],
            "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
    transport = Transport(mode, {"body": json.dumps(body).encode()}, {"body": json.dumps(body).encode()})
    response, _ = drive(mode, generate(call(transport, clock, provider="anthropic")))
    assert json.loads(transport.requests[0].body)["max_tokens"] == 4096
    assert response.attempts[0].notes == ("max_tokens=4096 by default: the dialect demands a limit",)
    response, _ = drive(mode, generate(call(transport, clock, provider="anthropic", request={"max_tokens": 7})))
    assert json.loads(transport.requests[1].body)["max_tokens"] == 7
    assert response.attempts[0].notes == ()


@both
def test_a_limit_filled_in_is_no_more_than_the_model_writes(mode: str, clock: Clock, tmp_path: Path) -> None:
    """X3: the smaller of 4,096 and the model's most."""
    terse = {"id": "claude-terse", "context_tokens": 9000, "output_tokens": 1000}
    file = {"as_of": "2026-11-21", "sources": ["made up"], "models": [terse]}
    (tmp_path / "anthropic.json").write_text(json.dumps(file))
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hi"}],
            "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
    transport = Transport(mode, {"body": json.dumps(body).encode()})
    refresh(tmp_path)
    try:
        asked = call(transport, clock, provider="anthropic", request={"model": "claude-terse"})
        response, _ = drive(mode, generate(asked))
    finally:
        refresh()
    assert json.loads(transport.requests[0].body)["max_tokens"] == 1000
    assert response.attempts[0].notes == ("max_tokens=1000 by default: the dialect demands a limit",)


@both
def test_a_decoder_that_breaks_is_still_our_error(mode: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("surprise")

    made = call(Transport(mode, answer(), answer(), answer()), clock)
    monkeypatch.setattr(type(made.target.dialect), "decode_response", broken)
    with pytest.raises(DecodeError, match="KeyError"):
        drive(mode, generate(made))


@both
def test_a_stream_decoder_that_breaks_is_still_our_error(
    mode: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("surprise")

    made = call(
        Transport(mode, stream(*HELLO, DONE)), clock, request={"stream": True}, retry=RetryConfig(max_attempts=1)
    )
    monkeypatch.setattr(type(made.target.dialect.stream_decoder()), "feed", broken)
    with pytest.raises(DecodeError, match="KeyError") as caught:
        drive(mode, generate(made))
    assert caught.value.data == HELLO[0][1]


@both
def test_what_a_users_own_client_raises_passes_as_it_is_and_is_not_tried_again(mode: str, clock: Clock) -> None:
    transport = Transport(mode, KeyError("a hook of theirs"), answer())
    with pytest.raises(KeyError, match="a hook of theirs"):
        drive(mode, generate(call(transport, clock)))
    assert len(transport.requests) == 1


@both
@pytest.mark.parametrize(
    ("failed", "cost"),
    [
        (failure(503), Decimal("0.00045")),
        (failure(200), Decimal("0.00045")),  # an error in place of the answer
        ({"batches": [[("", b'{"error": {"message": "no"}}')]], "headers": SSE}, None),  # in place of its first piece
        (ConnectFailed("refused"), Decimal("0.00045")),
        (TimedOut("no connection", phase="connect"), Decimal("0.00045")),
        (TimedOut("no answer", phase="first_byte"), None),
        (ConnectionLost("closed before any answer"), None),
    ],
)
def test_a_failed_try_is_free_only_when_it_was_refused_or_never_sent(
    mode: str, clock: Clock, failed: Any, cost: Decimal | None
) -> None:
    response, _ = drive(mode, generate(call(Transport(mode, failed, answer()), clock)))
    assert response.cost == cost
    assert (response.cost_note is None) == (cost is not None)


@both
@pytest.mark.parametrize("content_type", ["", "text/plain; charset=utf-8", "application/octet-stream"])
def test_a_stream_need_not_say_that_it_is_one(mode: str, clock: Clock, content_type: str) -> None:
    """QUIRKS 12: Codex and Together were recorded without a type."""
    reply = {**stream(*HELLO, DONE), "headers": {"content-type": content_type}}
    response, _ = drive(mode, generate(call(Transport(mode, reply), clock, request={"stream": True})))
    assert response.content == "Hello"


@both
@pytest.mark.parametrize("streamed", [False, True])
def test_a_web_page_in_place_of_an_answer_asks_for_the_base_url(mode: str, clock: Clock, *, streamed: bool) -> None:
    """Whoever serves it takes any path, and finds that all went well."""
    page = {"body": b"<html>sign in</html>", "headers": {"content-type": "text/html; charset=utf-8"}}
    says = r"not JSON \(HTTP 200, text/html; charset=utf-8, 20 bytes\): is base_url the API's address\?"
    with pytest.raises(DecodeError, match=says) as caught:
        drive(mode, generate(call(Transport(mode, page, page, page), clock, request={"stream": streamed})))
    assert caught.value.data == page["body"]


@both
@pytest.mark.parametrize("streamed", [False, True])
def test_a_redirect_is_not_followed_and_says_where_to(mode: str, clock: Clock, streamed: bool) -> None:
    """A key must not go where the caller did not send it; nor is the rest of the URL shown, which may hold one."""
    transport = Transport(mode, {"status": 308, "headers": {"location": "https://elsewhere.example/v1?key=hidden"}})
    with pytest.raises(Rejected, match=r"redirect to `https://elsewhere\.example/v1`, .* set base_url") as caught:
        drive(mode, generate(call(transport, clock, request={"stream": streamed})))
    assert caught.value.http_status == 308
    assert len(transport.requests) == 1
