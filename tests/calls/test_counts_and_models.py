"""Counting and listing as flows: what is sent, how pages are followed, and estimates that say that they are."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.calls import Call, RetryConfig, Target, Terms, count_tokens, list_models
from dragoman.calls.estimate import estimate, text_tokens
from dragoman.dialects import get_dialect
from dragoman.errors import LossRefused, Overloaded, Unauthorized, UnsupportedFeature
from dragoman.flow import run
from dragoman.http import Origin
from dragoman.messages import (
    Audio,
    Document,
    Image,
    Message,
    ModelInfo,
    OutputFormat,
    ReasoningOptions,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from dragoman.providers import get_spec
from dragoman.secret import Secret

from ..conformance.corpus import exchanges
from ..drive import MODES, Transport, drive
from .conftest import Clock

both = pytest.mark.parametrize("mode", MODES)
MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-sonnet-4-5"}
SOUND = Audio(data=b"RIFF", media_type="audio/wav")
TOOL = Tool(name="get_weather", parameters={"type": "object"})


def terms(transport: Transport, clock: Clock, provider: str, **options: Any) -> Terms:
    spec = get_spec(provider)
    target = Target(
        spec=spec,
        model=MODELS.get(provider, "m"),
        dialect=get_dialect(spec.dialect),
        origin=Origin("https", "api.test", 443),
        prefix=spec.default_prefix,
        transport=transport,
        key=Secret("k"),
    )
    retry = RetryConfig(use_jitter=False)
    return Terms(target=target, retry=retry, clock=clock, today=lambda: "2026-11-21", **options)


def call(transport: Transport, clock: Clock, provider: str, **request: Any) -> Call:
    plain = terms(transport, clock, provider)
    fields = {name: getattr(plain, name) for name in plain.__struct_fields__}
    messages = (Message("system", "Be brief"), Message("user", "Hi"))
    return Call(**fields, request=Request(model=plain.target.model, messages=messages, **request))


def body(value: Any, **fields: Any) -> dict[str, Any]:
    return {"body": json.dumps(value).encode(), **fields}


# ---------------------------------------------------------------------- counts


@both
def test_the_provider_counts_what_would_be_sent(mode: str, clock: Clock) -> None:
    transport = Transport(mode, body({"input_tokens": 14}))
    asked = call(transport, clock, "anthropic", tools=(TOOL,), max_tokens=9, temperature=0.5, stream=True, seed=1)
    counted, _ = drive(mode, count_tokens(asked))
    (sent,) = transport.requests
    assert sent.target == "/v1/messages/count_tokens"
    assert ("anthropic-version", "2023-06-01") in sent.headers
    assert json.loads(sent.body) == {
        "model": "claude-sonnet-4-5",
        "system": "Be brief",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"name": "get_weather", "input_schema": {"type": "object"}}],
    }
    assert (counted.tokens, int(counted), counted.exact, counted.method) == (14, 14, True, "anthropic_count_tokens")
    assert repr(counted) == "<TokenCount 14 by anthropic_count_tokens>"


@both
def test_a_count_is_tried_again(mode: str, clock: Clock) -> None:
    transport = Transport(mode, {"status": 529, "body": b"{}"}, body({"input_tokens": 3}))
    counted, _ = drive(mode, count_tokens(call(transport, clock, "anthropic")))
    assert (counted.tokens, clock.slept) == (3, [0.5])


@both
def test_a_count_fails_as_an_answer_does(mode: str, clock: Clock) -> None:
    wire = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    transport = Transport(mode, *[body(wire, status=529)] * 3)
    with pytest.raises(Overloaded, match="`anthropic/claude-sonnet-4-5`: busy") as caught:
        drive(mode, count_tokens(call(transport, clock, "anthropic")))
    assert [attempt.outcome for attempt in caught.value.attempts] == ["Overloaded"] * 3


@both
@pytest.mark.parametrize(
    ("lost", "where", "exact", "shown"),
    [
        (
            {"messages": (Message("user", [Text("Hi"), SOUND]),)},
            "messages[0].content[1]",
            False,
            "<TokenCount about 14",
        ),
        ({"output_format": OutputFormat(kind="json_object")}, "output_format", True, "<TokenCount 14"),
    ],
)
def test_what_was_not_counted_is_said(
    mode: str, clock: Clock, lost: dict[str, Any], where: str, exact: bool, shown: str
) -> None:
    asked = call(Transport(mode, body({"input_tokens": 14})), clock, "anthropic")
    counted, _ = drive(mode, count_tokens(replace(asked, request=replace(asked.request, **lost))))
    assert [loss.where for loss in counted.warnings] == [where]
    assert counted.exact is exact
    assert repr(counted).startswith(shown)


@both
def test_an_effort_is_counted_as_the_model_takes_it(mode: str, clock: Clock) -> None:
    transport = Transport(mode, body({"input_tokens": 14}))
    counted, _ = drive(
        mode, count_tokens(call(transport, clock, "anthropic", reasoning=ReasoningOptions(effort="low")))
    )
    assert json.loads(transport.requests[0].body)["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert [loss.where for loss in counted.warnings] == ["reasoning.effort"]


@both
def test_losses_can_be_refused(mode: str, clock: Clock) -> None:
    asked = replace(
        call(Transport(mode), clock, "anthropic", output_format=OutputFormat(kind="json_object")), on_loss="error"
    )
    with pytest.raises(LossRefused, match="output_format"):
        drive(mode, count_tokens(asked))


# ---------------------------------------------------------------------- estimates


@both
def test_without_an_endpoint_it_is_an_estimate(mode: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    transport = Transport(mode)
    counted, _ = drive(mode, count_tokens(call(transport, clock, "groq")))
    assert transport.requests == []
    assert (counted.exact, counted.method) == (False, "an estimate from characters")
    assert repr(counted) == "<TokenCount about 14 by an estimate from characters>"


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("日本語", 3), ("где", 2), ("a" * 400 + "語", 101)]
)
def test_tokens_of_a_text(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens


AROUND = 3 + 4  # for the answer to begin, and for one message
PARTS: list[tuple[Any, int]] = [
    (Text("abcd" * 10), 10),
    (ToolCall(id="1", name="weat", arguments={"a": 1}), 3),
    (ToolResult(id="1", content="abcd"), 1),
    (ToolResult(id="1", content=(Text("abcd"), Image(url="https://x.test/a.png"))), 801),
    (Document(text="abcd" * 5), 5),
    (Document(data="aGk=", media_type="application/pdf"), 800),
    (Image(data="aGk=", media_type="image/png"), 800),
]


@pytest.mark.parametrize(("part", "tokens"), PARTS, ids=[type(part).__name__ for part, _ in PARTS])
def test_tokens_of_a_part(part: Any, tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    request = Request(model="m", messages=(Message("user", (part,)),))
    assert run(estimate(request)).tokens == AROUND + tokens


def words(model: str) -> Any:
    """A `tiktoken` that knows one model, whose tokens are words."""
    if model == "offline":
        raise OSError("no network")
    if model != "known":
        raise KeyError(model)
    return SimpleNamespace(encode=lambda text, disallowed_special: text.split())


@pytest.mark.parametrize(
    ("model", "tokens", "method"),
    [
        ("known", AROUND + 3, "tiktoken, and an estimate of what is around"),
        ("unknown", AROUND + 4, "an estimate from characters"),
        ("offline", AROUND + 4, "an estimate from characters"),
    ],
)
def test_tiktoken_counts_where_it_can(monkeypatch: pytest.MonkeyPatch, model: str, tokens: int, method: str) -> None:
    """A stand-in, for the real one wants the network; it is asked in a thread, which the driver sees to."""
    stand_in: Any = SimpleNamespace(encoding_for_model=words, __spec__=SimpleNamespace())
    monkeypatch.setitem(sys.modules, "tiktoken", stand_in)
    request = Request(model=model, messages=(Message("user", "three short words"),))
    counted = run(estimate(request))
    assert (counted.tokens, counted.exact, counted.method) == (
        tokens if model == "known" else AROUND + 5,
        False,
        method,
    )


RECORDED = [
    each
    for each in exchanges("openai_chat")
    if each.provider == "openai" and (each.expect.get("usage") or {}).get("input") and each.request.get("body")
]


@pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")
def test_most_estimates_are_near_what_was_billed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim in `calls/estimate.py`: two of three within a quarter, media left out."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    dialect = get_dialect("openai_chat")
    shares: list[float] = []
    for each in RECORDED:
        request = dialect.decode_request(each.request["body"])
        if all(
            isinstance(part, Text | ToolCall | ToolResult) for message in request.messages for part in message.parts
        ):
            shares.append(run(estimate(request)).tokens / each.expect["usage"]["input"])
    near = sum(0.75 <= share <= 1.25 for share in shares)
    assert len(shares) > 50
    assert near / len(shares) > 0.6


# ---------------------------------------------------------------------- models


@both
def test_pages_are_followed(mode: str, clock: Clock) -> None:
    pages = [
        {"data": [{"id": "claude-sonnet-4-5"}], "has_more": True, "last_id": "claude-sonnet-4-5"},
        {"data": [{"id": "unheard-of", "display_name": "?"}], "has_more": False, "last_id": "unheard-of"},
    ]
    transport = Transport(mode, body(pages[0]), {"status": 529, "body": b"{}"}, body(pages[1]))
    models, _ = drive(mode, list_models(terms(transport, clock, "anthropic")))
    assert [(sent.method, sent.target, sent.body) for sent in transport.requests] == [
        ("GET", "/v1/models?limit=1000", b""),
        *[("GET", "/v1/models?limit=1000&after_id=claude-sonnet-4-5", b"")] * 2,
    ]
    assert "content-type" not in dict(transport.requests[0].headers)
    assert [(model.provider, model.id) for model in models] == [
        ("anthropic", "claude-sonnet-4-5"),
        ("anthropic", "unheard-of"),
    ]


@both
def test_the_catalog_adds_what_it_knows(mode: str, clock: Clock) -> None:
    wire = {"data": [{"id": "gpt-4o-mini", "created": 1}, {"id": "own-model"}]}
    known, unknown = drive(mode, list_models(terms(Transport(mode, body(wire)), clock, "openai")))[0]
    assert (known.context_tokens, str(known.prices["input"]), str(known.prices["output"])) == (128_000, "0.15", "0.6")
    assert (unknown.context_tokens, unknown.prices) == (None, {})
    assert repr(known) == "<ModelInfo openai/gpt-4o-mini 128000 tokens>"
    assert known in {known, unknown}
    assert unknown == ModelInfo(id="own-model", provider="openai", raw={"id": "own-model"})


@both
def test_a_list_fails_as_an_answer_does(mode: str, clock: Clock) -> None:
    transport = Transport(mode, body({"error": {"message": "wrong key"}}, status=401))
    with pytest.raises(Unauthorized, match="`openai`: wrong key") as caught:
        drive(mode, list_models(terms(transport, clock, "openai")))
    assert [attempt.target for attempt in caught.value.attempts] == ["openai/gpt-4o-mini"]


@both
def test_a_provider_without_a_list(mode: str, clock: Clock) -> None:
    with pytest.raises(UnsupportedFeature, match="`voyage`: this provider has no list"):
        drive(mode, list_models(terms(Transport(mode), clock, "voyage")))
