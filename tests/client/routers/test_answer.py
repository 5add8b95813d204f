"""Whole requests passed on for somebody: as they were written where the target speaks their dialect, else translated."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

import pytest

from dragoman import Hedge, Restarted, RetryConfig, RouteRules, StreamInterrupted, Timeouts
from dragoman.calls import Verbatim
from dragoman.client.create import create_llm
from dragoman.client.plan import Plan
from dragoman.client.routers.router import AsyncRouter
from dragoman.dialects import get_dialect
from dragoman.dialects.forwarding import fields_in
from dragoman.errors import Error, LossRefused, Overloaded
from dragoman.flow import Flow, Handle, async_events
from dragoman.http import Frame, Framing, HttpRequest
from dragoman.messages import Event, LLMResponse
from dragoman.routing.policies import Ordered
from dragoman.routing.target import Target
from dragoman.testing import Emulator, Fault

WORDS = "one two three four five six"
SAY = f"Say exactly: {WORDS}"
UNKNOWN = {"mystery": {"b": 2.50, "a": [1]}}


class Surface(NamedTuple):
    """A dialect that requests are taken in, with a body in it and a target that speaks it."""

    dialect: str
    target: str
    body: dict[str, Any]
    path: str = ""
    end: Frame | None = None
    """The frame that ends a stream."""

    def wire(self, *, stream: bool, **more: Any) -> bytes:
        said = {"stream": True} if stream and not self.path else {}
        return json.dumps({**self.body, **said, **UNKNOWN, **more}, indent=1).encode()

    def at(self, *, stream: bool) -> str:
        return self.path + ("streamGenerateContent?alt=sse" if stream else "generateContent") if self.path else ""


SURFACES = [
    Surface(
        "openai_chat",
        "openai/gpt-4o-mini",
        {"model": "public", "messages": [{"role": "user", "content": SAY}], "max_tokens": 50},
        end=("", b"[DONE]"),
    ),
    Surface(
        "openai_responses",
        "openai/gpt-4o-mini",
        {"model": "public", "input": SAY, "max_output_tokens": 50},
    ),
    Surface(
        "anthropic_messages",
        "anthropic/claude-haiku-4-5",
        {"model": "public", "messages": [{"role": "user", "content": SAY}], "max_tokens": 50},
    ),
    Surface(
        "gemini",
        "google/gemini-2.5-flash",
        {
            "contents": [{"role": "user", "parts": [{"text": SAY}]}],
            "generationConfig": {"maxOutputTokens": 50, "mystery": 1},
        },
        path="/v1beta/models/public:",
    ),
]
CHAT, _, CLAUDE, _ = SURFACES
TRANSLATED = [(here, there) for here in SURFACES for there in SURFACES if here is not there]


class Tapped:
    """A transport that keeps what comes over it, as it comes."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.bodies: list[bytes] = []
        self.frames: list[Frame] = []

    async def open(self, request: HttpRequest) -> Any:
        return _TappedReply(await self._transport.open(request), self)

    def release(self) -> None:
        self._transport.release()

    def close(self) -> None:
        self._transport.close()


class _TappedReply:
    def __init__(self, reply: Any, tap: Tapped) -> None:
        self._reply, self._tap = reply, tap
        self.status, self.headers = reply.status, reply.headers

    async def read(self) -> bytes:
        self._tap.bodies.append(await self._reply.read())
        return self._tap.bodies[-1]

    async def frames(self, framing: Framing) -> Any:
        async for frames in self._reply.frames(framing):
            self._tap.frames += frames
            yield frames

    def close(self) -> None:
        self._reply.close()


class Outcome(NamedTuple):
    """What a call came to: its response or error, the events, and the frames as they could be taken at each."""

    response: LLMResponse | None
    error: Error | None
    events: list[Event]
    frames: list[Frame]


def verbatim_of(surface: Surface, *, stream: bool, **more: Any) -> Verbatim:
    body = fields_in(surface.wire(stream=stream, **more))
    return Verbatim(dialect=surface.dialect, body=body, headers=(("x-beta", "new, newer"),), query="beta=true")


def asked(plan: Any, surface: Surface, verbatim: Verbatim | None, *, stream: bool, **options: Any) -> Outcome:
    """`plan` asked by a request that came to `surface`."""
    body = surface.wire(stream=stream) if verbatim is None else json.dumps(_values(verbatim)).encode()
    request = get_dialect(surface.dialect).decode_request(json.loads(body), surface.at(stream=stream))
    return asyncio.run(_outcome(plan.answer(request, options, verbatim=verbatim), verbatim))


def _values(verbatim: Verbatim) -> dict[str, Any]:
    return {name: json.loads(bytes(value)) for name, value in verbatim.body.items()}


async def _outcome(flow: Flow[LLMResponse], verbatim: Verbatim | None) -> Outcome:
    handle: Handle[LLMResponse] = Handle()
    events: list[Event] = []
    frames: list[Frame] = []
    error = None
    try:
        async for event in async_events(flow, handle):
            events.append(event)
            if verbatim is not None:
                frames += verbatim.taken()
    except Error as failure:
        error = failure
    if verbatim is not None:
        frames += verbatim.taken()
    return Outcome(handle.result, error, events, frames)


def tapped(surface: Surface, **options: Any) -> tuple[Plan, Tapped]:
    """A plan that speaks the surface's dialect, and what comes to it."""
    llm = create_llm(surface.target, async_client=True, dialect=surface.dialect, **options)
    tap = Tapped(llm.plan.target.transport)
    return llm.plan.through(tap), tap


def routed(*surfaces: Surface, **options: Any) -> Any:
    """A route over targets that speak the dialects of `surfaces`."""
    targets = [Target(each.target, client={"dialect": each.dialect}) for each in surfaces]
    options.setdefault("rules", RouteRules(retry=RetryConfig(max_attempts=1), max_price_ratio=None))
    return AsyncRouter(Ordered(*targets), **options).plan


BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
EACH = pytest.mark.parametrize("surface", SURFACES, ids=lambda each: each.dialect)


@BOTH
@EACH
def test_in_the_same_dialect_it_goes_out_as_it_was_written(emulator: Emulator, surface: Surface, stream: bool) -> None:
    plan, _ = tapped(surface)
    verbatim = verbatim_of(surface, stream=stream)
    outcome = asked(plan, surface, verbatim, stream=stream)
    (seen,) = emulator.requests
    asked_for = {"stream_options": {"include_usage": True}} if stream and surface is CHAT else {}
    model = {} if surface.path else {"model": plan.model}
    assert seen.wire == {**json.loads(surface.wire(stream=stream)), **model, **asked_for}
    assert seen.headers["x-beta"] == "new, newer"
    assert "beta=true" in seen.target
    assert outcome.response is not None
    assert outcome.response.content == WORDS
    assert verbatim.forwarded


@EACH
def test_a_whole_reply_comes_back_as_it_came(emulator: Emulator, surface: Surface) -> None:
    plan, tap = tapped(surface)
    verbatim = verbatim_of(surface, stream=False)
    outcome = asked(plan, surface, verbatim, stream=False)
    assert verbatim.reply == tap.bodies[0]
    assert verbatim.reply_headers["content-type"].startswith("application/json")
    assert (outcome.events, outcome.frames) == ([], [])
    assert_billed(emulator, outcome)


@EACH
def test_a_stream_comes_back_frame_by_frame(emulator: Emulator, surface: Surface) -> None:
    plan, tap = tapped(surface)
    verbatim = verbatim_of(surface, stream=True)
    outcome = asked(plan, surface, verbatim, stream=True)
    ours = [frame for frame in tap.frames if b'"choices":[]' in frame[1]]
    assert len(ours) == (surface is CHAT)
    assert outcome.frames == [frame for frame in tap.frames if frame not in ours]
    assert verbatim.reply is None
    assert verbatim.reply_headers["content-type"].startswith("text/event-stream")
    assert surface.end in (None, outcome.frames[-1])
    assert "".join(event.content for event in outcome.events) == WORDS
    assert_billed(emulator, outcome)


def test_who_asks_what_a_stream_used_is_told(emulator: Emulator) -> None:
    plan, tap = tapped(CHAT)
    verbatim = verbatim_of(CHAT, stream=True, stream_options={"include_usage": True})
    assert asked(plan, CHAT, verbatim, stream=True).frames == tap.frames
    assert any(b'"choices":[]' in data for _, data in tap.frames)


def test_an_end_mark_that_is_missing_is_put_there(emulator: Emulator) -> None:
    """A host that ends its streams without one is known for it; the sender's library may wait for it."""
    emulator.fault(end_after=-1)
    llm = create_llm("openai_compatible/m", base_url=f"{emulator.url}/v1", async_client=True)
    verbatim = verbatim_of(CHAT, stream=True)
    outcome = asked(llm.plan, CHAT, verbatim, stream=True)
    assert (outcome.error, outcome.frames[-1]) == (None, CHAT.end)
    assert outcome.frames.count(("", b"[DONE]")) == 1


@BOTH
@pytest.mark.parametrize(("here", "there"), TRANSLATED, ids=lambda each: each.dialect)
def test_to_another_dialect_it_is_translated(emulator: Emulator, here: Surface, there: Surface, stream: bool) -> None:
    """What only its own dialect knows is a loss, and nothing of the reply is passed on as it is."""
    plan, tap = tapped(there)
    verbatim = verbatim_of(here, stream=stream)
    outcome = asked(plan, here, verbatim, stream=stream)
    (seen,) = emulator.requests
    assert seen.dialect == there.dialect
    assert "mystery" not in seen.wire
    assert "x-beta" not in seen.headers
    assert outcome.response is not None
    assert outcome.response.content == WORDS
    assert "mystery" in [loss.where for loss in outcome.response.warnings]
    assert (verbatim.forwarded, verbatim.reply, outcome.frames) == (False, None, [])
    assert bool(outcome.events) is stream
    assert tap.bodies or tap.frames
    assert_billed(emulator, outcome)


def test_losses_may_be_refused(emulator: Emulator) -> None:
    plan, _ = tapped(CLAUDE)
    outcome = asked(plan, CHAT, verbatim_of(CHAT, stream=False), stream=False, on_loss="error")
    assert isinstance(outcome.error, LossRefused)
    assert emulator.requests == []


def assert_billed(emulator: Emulator, outcome: Outcome) -> None:
    (line,) = emulator.bill
    assert outcome.response is not None
    assert outcome.response.usage.input_tokens == line.usage.input_tokens
    assert outcome.response.usage.output_tokens == line.usage.output_tokens
    assert outcome.response.cost == line.cost is not None


# ---------------------------------------------------------------------- options, limits


@EACH
def test_options_say_what_was_left_open(emulator: Emulator, surface: Surface) -> None:
    plan, _ = tapped(surface, temperature=0.25, max_tokens=9)
    asked(plan, surface, verbatim_of(surface, stream=False), stream=False)
    (seen,) = emulator.requests
    assert seen.request.temperature == 0.25
    assert seen.request.max_tokens == 50
    assert seen.wire["mystery"] == UNKNOWN["mystery"]


@EACH
def test_a_system_message_of_the_options_is_said_too(emulator: Emulator, surface: Surface) -> None:
    """Then the body is encoded anew; the reply is the sender's all the same."""
    plan, tap = tapped(surface, system="Be brief.")
    verbatim = verbatim_of(surface, stream=False)
    asked(plan, surface, verbatim, stream=False)
    (seen,) = emulator.requests
    assert [message.text for message in seen.request.messages] == ["Be brief.", SAY]
    assert seen.wire["mystery"] == UNKNOWN["mystery"]
    assert verbatim.reply == tap.bodies[0]


# ---------------------------------------------------------------------- over a route


@BOTH
@EACH
def test_the_same_over_a_route(emulator: Emulator, surface: Surface, stream: bool) -> None:
    verbatim = verbatim_of(surface, stream=stream)
    outcome = asked(routed(surface), surface, verbatim, stream=stream)
    assert verbatim.forwarded
    assert bool(outcome.frames) is stream
    assert (verbatim.reply is None) is stream
    assert emulator.requests[0].wire["mystery"] == UNKNOWN["mystery"]
    assert_billed(emulator, outcome)


@BOTH
@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(cut_at_byte=0), Fault(body="oops")], ids=["503", "cut", "oops"]
)
def test_the_next_target_is_asked_in_its_own_dialect(emulator: Emulator, fault: Fault, stream: bool) -> None:
    """Forwarded is told of the target that has answered."""
    emulator.fault(fault, model="claude-haiku-4-5")
    verbatim = verbatim_of(CLAUDE, stream=stream)
    outcome = asked(routed(CLAUDE, CHAT), CLAUDE, verbatim, stream=stream)
    assert outcome.response is not None
    assert outcome.response.content == WORDS
    assert [seen.dialect for seen in emulator.requests] == ["anthropic_messages", "openai_chat"]
    assert (verbatim.forwarded, verbatim.reply, outcome.frames) == (False, None, [])


@BOTH
def test_and_one_that_speaks_the_senders_may_come_last(emulator: Emulator, stream: bool) -> None:
    emulator.fault(status=503, model="gpt-4o-mini")
    verbatim = verbatim_of(CLAUDE, stream=stream)
    outcome = asked(routed(CHAT, CLAUDE), CLAUDE, verbatim, stream=stream)
    assert outcome.response is not None
    assert verbatim.forwarded
    assert bool(outcome.frames or verbatim.reply)


@pytest.mark.parametrize("surface", SURFACES[:3], ids=lambda each: each.dialect)
def test_of_a_try_that_fails_before_its_content_no_frame_is_given(emulator: Emulator, surface: Surface) -> None:
    """Its first frames have come when the other begins. Gemini's have content from the first on."""
    emulator.fault(error_after=1, status=503)
    plan, tap = tapped(surface, retry_config=RetryConfig(initial_delay=0, max_attempts=2))
    verbatim = verbatim_of(surface, stream=True)
    outcome = asked(plan, surface, verbatim, stream=True)
    assert len(emulator.requests) == 2
    assert outcome.error is None
    assert any(isinstance(event, Restarted) for event in outcome.events)
    given = [frame for frame in tap.frames if b'"choices":[]' not in frame[1]]
    assert 0 < len(outcome.frames) < len(given)
    assert outcome.frames == given[-len(outcome.frames) :]
    assert sum(b"one" in data for _, data in outcome.frames) >= 1


@EACH
def test_a_stream_that_is_cut_off_says_so_after_its_frames(emulator: Emulator, surface: Surface) -> None:
    emulator.script(LLMResponse(" ".join(["word"] * 200)))
    emulator.fault(cut_after=-3)
    plan, tap = tapped(surface)
    verbatim = verbatim_of(surface, stream=True)
    outcome = asked(plan, surface, verbatim, stream=True)
    assert isinstance(outcome.error, StreamInterrupted)
    assert outcome.frames == tap.frames
    assert outcome.frames
    assert outcome.error.partial is not None
    assert outcome.error.partial.content == "".join(event.content for event in outcome.events)


@EACH
def test_an_error_inside_a_stream_is_raised_and_its_frame_not_given(emulator: Emulator, surface: Surface) -> None:
    """Who passes the frames on ends the stream in the sender's manner: twice would be one error too many."""
    emulator.script(LLMResponse(" ".join(["word"] * 200)))
    emulator.fault(error_after=-3, status=503, message="tired of it")
    plan, tap = tapped(surface)
    outcome = asked(plan, surface, verbatim_of(surface, stream=True), stream=True)
    assert isinstance(outcome.error, Overloaded)
    assert outcome.frames
    assert any(b"tired of it" in data for _, data in tap.frames)
    assert not any(b"tired of it" in data for _, data in outcome.frames)


@BOTH
@EACH
def test_an_error_in_place_of_an_answer_is_raised(emulator: Emulator, surface: Surface, stream: bool) -> None:
    emulator.fault(status=429, message="not so fast")
    plan, _ = tapped(surface, retry_config=RetryConfig(max_attempts=1))
    verbatim = verbatim_of(surface, stream=stream)
    outcome = asked(plan, surface, verbatim, stream=stream)
    assert outcome.error is not None
    assert "not so fast" in str(outcome.error)
    assert (verbatim.forwarded, verbatim.reply, outcome.frames) == (False, None, [])


@pytest.mark.parametrize("after_commit", ["continue", "restart"])
def test_where_a_stream_may_go_on_elsewhere_its_frames_are_not_given(emulator: Emulator, after_commit: Any) -> None:
    rules = RouteRules(after_commit=after_commit, max_price_ratio=None)
    verbatim = verbatim_of(CLAUDE, stream=True)
    outcome = asked(routed(CLAUDE, CHAT, rules=rules), CLAUDE, verbatim, stream=True)
    assert outcome.response is not None
    assert outcome.response.content == WORDS
    assert (verbatim.forwarded, outcome.frames) == (False, [])
    assert emulator.requests[0].wire["mystery"] == UNKNOWN["mystery"]


@BOTH
def test_of_two_that_race_nothing_is_given_as_it_is(emulator: Emulator, stream: bool) -> None:
    rules = RouteRules(hedge=Hedge(), max_price_ratio=None)
    verbatim = verbatim_of(CLAUDE, stream=stream)
    outcome = asked(routed(CLAUDE, CHAT, rules=rules), CLAUDE, verbatim, stream=stream)
    assert outcome.response is not None
    assert (verbatim.forwarded, verbatim.reply, outcome.frames) == (False, None, [])


def test_a_whole_answer_to_who_wanted_a_stream_is_made_one(emulator: Emulator) -> None:
    body = '{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",'
    emulator.fault(body=body + '"message":{"role":"assistant","content":"whole"}}]}')
    plan, _ = tapped(CHAT)
    verbatim = verbatim_of(CHAT, stream=True)
    outcome = asked(plan, CHAT, verbatim, stream=True)
    assert "".join(event.content for event in outcome.events) == "whole"
    assert (verbatim.forwarded, outcome.frames) == (False, [])


@BOTH
@EACH
def test_without_a_verbatim_a_request_is_encoded(emulator: Emulator, surface: Surface, stream: bool) -> None:
    plan, _ = tapped(surface)
    outcome = asked(plan, surface, None, stream=stream, timeout=Timeouts(total=30))
    assert outcome.response is not None
    assert outcome.response.content == WORDS
    assert emulator.requests[0].wire["mystery"] == UNKNOWN["mystery"]
