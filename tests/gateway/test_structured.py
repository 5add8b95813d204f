"""An answer asked for by a JSON Schema fits it, whoever is asked, or there is an error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from time import monotonic
from typing import Any, NamedTuple

import pytest

from dragoman import AsyncRouter, RetryConfig, RouteRules
from dragoman.calls import Verbatim
from dragoman.client.create import create_llm
from dragoman.dialects import get_dialect
from dragoman.dialects.forwarding import fields_in
from dragoman.errors import Error, FallbackExhausted, OutputError, Rejected, RetriesExhausted, TimedOut
from dragoman.flow import Flow, Handle, async_events
from dragoman.gateway.structured import validated, wants_value
from dragoman.http import Frame
from dragoman.messages import Event, Finish, LLMResponse, Reasoning, Text, ToolCall
from dragoman.routing.policies import Ordered
from dragoman.testing import Emulator, Fault

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
JOHN, UNFIT = '{"name": "John", "age": 42}', '{"name": "", "age": "sesame"}'
SAY = "John is 42 years old"
NATIVE, OTHER_WIRE = "openai/gpt-4o-mini", "google/gemini-2.5-flash"
TOOLS, OTHER_TOOLS = "openai/gpt-3.5-turbo", "anthropic/claude-3-haiku-20240307"
"""Two that hold answers to schemas, and two that do not: one each of the sender's dialect."""


@pytest.fixture(scope="module")
def started() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture(autouse=True)
def emulator(started: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    started.reset()
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    for name, value in started.environment().items():
        monkeypatch.setenv(name, value)
    return started


class Outcome(NamedTuple):
    """What came of a request: its response or error, the events, and the frames that could be passed on."""

    response: LLMResponse | None
    error: Error | None
    events: list[Event]
    frames: list[Frame]
    verbatim: Verbatim

    @property
    def said(self) -> LLMResponse:
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response

    @property
    def text(self) -> str:
        return "".join(event.content for event in self.events)


def plan_of(*targets: str) -> Any:
    """A plan of one target, or a route over several."""
    if len(targets) == 1:
        return create_llm(targets[0], async_client=True).plan
    rules = RouteRules(retry=RetryConfig(max_attempts=1), max_price_ratio=None)
    return AsyncRouter(Ordered(*targets), rules=rules).plan


def asked(
    plan: Any, schema: Any = PERSON, *, stream: bool = False, deadline: float | None = None, **more: Any
) -> Outcome:
    """A request that OpenAI's SDK would send, to `plan`."""
    form = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}
    body = {"model": "public", "messages": [{"role": "user", "content": SAY}], "response_format": form, **more}
    wire = json.dumps({**body, "stream": stream, "odd": 1.50}).encode()
    request = get_dialect("openai_chat").decode_request(json.loads(wire))
    assert wants_value(request)
    verbatim = Verbatim(dialect="openai_chat", body=fields_in(wire))
    return asyncio.run(_outcome(lambda: validated(plan, request, {}, deadline, verbatim=verbatim), verbatim))


async def _outcome(make: Any, verbatim: Verbatim) -> Outcome:
    handle: Handle[LLMResponse] = Handle()
    events: list[Event] = []
    frames: list[Frame] = []
    error = None
    try:
        flow: Flow[LLMResponse] = make()
        async for event in async_events(flow, handle):
            events.append(event)
            frames += verbatim.taken()
    except Error as failure:
        error = failure
    return Outcome(handle.result, error, events, frames + verbatim.taken(), verbatim)


def by(target: str, *texts: str) -> list[str | LLMResponse]:
    """Answers of these texts, as a target gives them that is asked in its way."""
    if target not in (TOOLS, OTHER_TOOLS):
        return list(texts)
    calls = [ToolCall(id="call_1", name="person", arguments={}, arguments_json=text) for text in texts]
    return [LLMResponse(parts=(call,), finish_reason="tool_calls") for call in calls]


EACH = pytest.mark.parametrize("target", [NATIVE, OTHER_WIRE, TOOLS, OTHER_TOOLS])
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@BOTH
@EACH
def test_everybody_answers_with_a_value(emulator: Emulator, target: str, stream: bool) -> None:
    """Whatever the provider can be held to: the text is the JSON, and nothing is left of a tool."""
    outcome = asked(plan_of(target), stream=stream)
    assert json.loads(outcome.said.content) == {"name": "John", "age": 42}
    assert (outcome.said.tool_calls, outcome.said.finish_reason) == ((), "stop")
    assert outcome.text == (outcome.said.content if stream else "")
    assert len(emulator.requests) == 1
    assert outcome.said.cost == emulator.bill[0].cost is not None


@BOTH
def test_what_fits_is_forwarded_as_it_came(emulator: Emulator, stream: bool) -> None:
    emulator.script(JOHN)
    outcome = asked(plan_of(NATIVE), stream=stream)
    wire = emulator.requests[0].wire
    assert (wire["odd"], wire["response_format"]["json_schema"]["schema"]) == (1.5, PERSON)
    assert outcome.verbatim.forwarded
    assert outcome.said.content == JOHN
    if stream:
        assert outcome.frames[-1] == ("", b"[DONE]")
        assert [type(event) for event in outcome.events].count(Finish) == 1
    else:
        assert outcome.verbatim.reply is not None


@EACH
def test_what_does_not_fit_is_asked_for_again(emulator: Emulator, target: str) -> None:
    """With what is wrong, within one answer's usage, cost and attempts; nothing of it is forwarded."""
    emulator.script(*by(target, UNFIT, JOHN))
    outcome = asked(plan_of(target))
    assert json.loads(outcome.said.content) == json.loads(JOHN)
    assert len(emulator.requests) == len(outcome.said.attempts) == 2
    assert "does not fit" in str(emulator.requests[1].request.messages[-1].content)
    assert outcome.said.usage.output_tokens == sum(line.usage.output_tokens for line in emulator.bill)
    assert outcome.said.cost == sum(line.cost for line in emulator.bill)
    assert (outcome.verbatim.forwarded, outcome.verbatim.reply) == (False, None)


def test_what_is_nearly_right_is_mended_and_not_forwarded(emulator: Emulator) -> None:
    emulator.script(f"Here it is:\n```json\n{JOHN}\n```")
    outcome = asked(plan_of(NATIVE))
    assert json.loads(outcome.said.content) == json.loads(JOHN)
    assert [loss.effect for loss in outcome.said.warnings] == ["repaired"]
    assert not outcome.verbatim.forwarded


@EACH
def test_in_the_end_it_is_an_error(emulator: Emulator, target: str) -> None:
    """Which has what was spent, and no word of the answers."""
    emulator.script(*by(target, *[UNFIT] * 4))
    error = asked(plan_of(target)).error
    assert isinstance(error, RetriesExhausted)
    assert len(error.attempts) == len(emulator.requests) == 4
    assert "sesame" not in str(error)
    assert error.status == 502


@pytest.mark.parametrize("target", [NATIVE, OTHER_WIRE])
def test_a_stream_that_does_not_fit_ends_in_an_error(emulator: Emulator, target: str) -> None:
    """It comes in place of the end: what had come could not be taken back."""
    emulator.script(UNFIT)
    outcome = asked(plan_of(target), stream=True)
    assert isinstance(outcome.error, OutputError)
    assert outcome.text == UNFIT
    assert not any(isinstance(event, Finish) for event in outcome.events)
    assert ("", b"[DONE]") not in outcome.frames
    assert bool(outcome.frames) is (target == NATIVE)
    assert outcome.error.partial is not None
    assert outcome.error.partial.usage.output_tokens == emulator.bill[0].usage.output_tokens
    assert outcome.error.attempts


def test_a_stream_from_who_is_not_held_to_schemas_comes_when_it_fits(emulator: Emulator) -> None:
    emulator.script(*by(TOOLS, UNFIT, JOHN))
    outcome = asked(plan_of(TOOLS), stream=True)
    assert json.loads(outcome.text) == json.loads(JOHN)
    assert len(emulator.requests) == 2
    assert not any(seen.request.stream for seen in emulator.requests)


# ---------------------------------------------------------------------- what is no value


def own_tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


TOOL = own_tool("look_up")


@BOTH
@EACH
@pytest.mark.parametrize("name", ["look_up", "person"], ids=["another name", "the name of the value"])
def test_a_turn_of_the_senders_own_tools_is_given_as_it_is(
    emulator: Emulator, target: str, stream: bool, name: str
) -> None:
    call = ToolCall(id="call_1", name=name, arguments={})
    emulator.script(LLMResponse(parts=(call,), finish_reason="tool_calls"))
    outcome = asked(plan_of(target), tools=[own_tool(name)], stream=stream)
    assert [call.name for call in outcome.said.tool_calls] == [name]
    assert "required" not in str(emulator.requests[0].wire.get("tool_choice"))
    assert len(emulator.requests) == 1


@EACH
def test_and_the_answer_after_it_is_checked(emulator: Emulator, target: str) -> None:
    emulator.script(UNFIT, JOHN)
    assert json.loads(asked(plan_of(target), tools=[TOOL]).said.content) == json.loads(JOHN)


@BOTH
@pytest.mark.parametrize(
    "answer",
    [LLMResponse('{"name": "Jo', finish_reason="length"), LLMResponse("", finish_reason="content_filter")],
    ids=["cut off", "withheld"],
)
def test_what_is_no_whole_answer_is_given_as_it_is(emulator: Emulator, answer: LLMResponse, stream: bool) -> None:
    """The sender's library has its own words for it."""
    emulator.script(answer)
    outcome = asked(plan_of(NATIVE), stream=stream)
    assert (outcome.said.content, outcome.said.finish_reason) == (answer.content, answer.finish_reason)
    assert outcome.verbatim.forwarded
    assert len(emulator.requests) == 1


def test_several_answers_are_not_checked_and_that_is_said(emulator: Emulator) -> None:
    emulator.script(UNFIT)
    outcome = asked(plan_of(NATIVE), n=2)
    assert [loss.where for loss in outcome.said.warnings] == ["output_format"]
    assert outcome.verbatim.forwarded


# ---------------------------------------------------------------------- over a route, and in time


@BOTH
def test_each_target_is_asked_in_its_own_way(emulator: Emulator, stream: bool) -> None:
    emulator.fault(status=503, model="claude-3-haiku-20240307")
    outcome = asked(plan_of(OTHER_TOOLS, NATIVE), stream=stream)
    assert json.loads(outcome.said.content) == json.loads(JOHN)
    first, second = (seen.wire for seen in emulator.requests)
    assert "tools" in first
    assert second["odd"] == 1.5
    assert outcome.verbatim.forwarded


def test_another_is_asked_where_the_answers_of_one_never_fit(emulator: Emulator) -> None:
    emulator.script(*[UNFIT] * 4, model="gpt-4o-mini")
    outcome = asked(plan_of(NATIVE, OTHER_WIRE))
    assert json.loads(outcome.said.content) == json.loads(JOHN)
    assert len(emulator.requests) == len(outcome.said.attempts) == 5


def test_and_where_nobodys_fit_it_is_an_error(emulator: Emulator) -> None:
    emulator.script(*[UNFIT] * 8)
    assert isinstance(asked(plan_of(NATIVE, OTHER_WIRE)).error, FallbackExhausted)


def test_no_further_try_goes_on_after_it(emulator: Emulator) -> None:
    """The second never ends by itself."""
    emulator.script(UNFIT, Fault(stall_at_byte=0))
    error = asked(plan_of(NATIVE), deadline=monotonic() + 0.5).error
    assert isinstance(error, TimedOut)
    assert [attempt.outcome for attempt in error.attempts] == ["ok", "TimedOut"]


# ---------------------------------------------------------------------- schemas as callers write them


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "[1, 2]", "wrapped"),
        ({"$ref": "#/$defs/P", "$defs": {"P": PERSON}}, JOHN, "wrapped"),
        ({"$ref": "#/definitions/P", "definitions": {"P": PERSON}}, JOHN, "wrapped"),
        ({"type": ["object", "null"]}, "null", "wrapped"),
        ({"anyOf": [{"type": "string"}, PERSON]}, JOHN, "wrapped"),
        ({"type": "object", "properties": {"more": {"$ref": "#"}}}, '{"more": {"more": {}}}', "in words"),
        ({"type": "object", "patternProperties": {"^a": {"type": "integer"}}}, '{"ab": 1}', "as it is"),
        ({"type": "object", "properties": {"a": {}, "b": True}}, '{"a": [null], "b": 1.5}', "as it is"),
        ({}, '"anything"', "in words"),
    ],
)
@EACH
def test_any_schema_can_be_asked_for(emulator: Emulator, target: str, schema: Any, value: str, said: str) -> None:
    """`said`: how a tool says it, whose arguments are an object always; what no tool can say is said in words."""
    if target in (TOOLS, OTHER_TOOLS) and said != "in words":
        emulator.script(*by(target, f'{{"value": {value}}}' if said == "wrapped" else value))
    else:
        emulator.script("no value at all", value)
    assert json.loads(asked(plan_of(target), schema).said.content) == json.loads(value)


def test_null_for_what_may_be_left_out_is_taken_away(emulator: Emulator) -> None:
    """Strict forms have no other way to say it."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a"]}
    emulator.script('{"a": 1, "b": null}')
    outcome = asked(plan_of(OTHER_WIRE), schema)
    assert json.loads(outcome.said.content) == {"a": 1}


def test_thoughts_stay(emulator: Emulator) -> None:
    emulator.script(LLMResponse(parts=(Reasoning("hm"), Text(f"So: {JOHN}"))))
    response = asked(plan_of("deepseek/deepseek-chat"), tools=[TOOL]).said
    assert (response.reasoning, json.loads(response.content)) == ("hm", json.loads(JOHN))


@pytest.mark.parametrize("schema", [{"type": "nothing"}, {"properties": 1}, {"$ref": "http://127.0.0.1:9/x"}])
def test_what_is_no_schema_is_refused(emulator: Emulator, schema: Any) -> None:
    emulator.script(JOHN)
    error = asked(plan_of(NATIVE), schema).error
    assert isinstance(error, Rejected)
    assert error.status == 400
