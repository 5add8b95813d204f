"""Answers that break, wherever they do, as the official SDKs tell of them.

Every dialect that asks, by every dialect that answers, by every place where it can break: an SDK gives the whole answer or
raises an error of its own, of the class that is listed here. It never ends well with a part, and never hangs.
`make test-clients` writes what came of it into docs/gateway-clients.md.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from dragoman import errors
from dragoman.dialects import get_dialect
from dragoman.messages import LLMResponse, Text, ToolCall, encode_json
from dragoman.testing import Emulator
from dragoman.transport.framing import frame_decoder

from .clients import SCRIPTS, SHARED, Client, find_python, run_command, run_python
from .running import Gateway, running
from .test_gateway_clients import PAGE

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]

ANSWER = LLMResponse(
    parts=(
        Text("Rivers run downhill, as a rule."),
        ToolCall(id="call_1", name="look", arguments={"where": "down"}),
    ),
    finish_reason="tool_calls",
)


ANSWER_AS_JSON = {
    "parts": [
        {"type": "text", "text": ANSWER.content},
        {"type": "tool_call", "id": "call_1", "name": "look", "arguments": {"where": "down"}},
    ],
    "finish_reason": "tool_calls",
}


class Upstream(NamedTuple):
    """Who answers in a dialect, where its emulator is asked, and the way to have all frames of a stream counted."""

    target: dict[str, Any]
    path: str
    body: dict[str, Any]
    framing: str = "sse"


_CHAT = {"messages": [{"role": "user", "content": "Why?"}], "stream": True}

UPSTREAMS = {
    "openai_chat": Upstream({"model": "openai/gpt-4o-mini"}, "/v1/chat/completions", {"model": "gpt-4o-mini", **_CHAT}),
    "openai_responses": Upstream(
        {"model": "openai/gpt-4o-mini", "client": {"dialect": "openai_responses"}},
        "/v1/responses",
        {"model": "gpt-4o-mini", "input": "Why?", "stream": True},
    ),
    "anthropic_messages": Upstream(
        {"model": "anthropic/claude-sonnet-4-5"},
        "/v1/messages",
        {"model": "claude-sonnet-4-5", "max_tokens": 500, **_CHAT},
    ),
    "gemini": Upstream(
        {"model": "google/gemini-2.5-flash"},
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": "Why?"}]}]},
    ),
    "ollama": Upstream({"model": "ollama/llama3.1"}, "/api/chat", {"model": "llama3.1", **_CHAT}, "ndjson"),
}

HASTY = {"first_byte": 0.3, "between_chunks": 0.3}
"""Seconds, after which an upstream that is silent is given up on. Only who is asked to be silent is in such a hurry."""


def sections() -> dict[str, object]:
    """Of each upstream two public names: one for haste."""
    models: dict[str, object] = {}
    for name, upstream in UPSTREAMS.items():
        client = upstream.target.get("client", {})
        models |= {name: upstream.target, f"hasty-{name}": upstream.target | {"client": {**client, "timeout": HASTY}}}
    return {"models": models}


@pytest.fixture(scope="module")
def breaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("breaking"), sections()) as found:
        yield found


# ---------------------------------------------------------------------- what breaks


class Asked(NamedTuple):
    """One call.

    Attributes:
        kind: What kind of break it meets.
        upstream: Whom it is for.
        stream: Whether it asks for a stream.
        fault: The break, as the emulator is told of it.
        begun: Whether the stream has begun for its caller when it breaks; `None` where that is the gateway's affair.
    """

    kind: str
    upstream: str
    stream: bool
    fault: dict[str, Any]
    begun: bool | None = False

    def as_told(self) -> dict[str, Any]:
        hasty = "stall_after" in self.fault or "stall_at_byte" in self.fault
        fault = {**self.fault, "times": None} if self.fault else None  # one that was kept alive is asked anew
        return {**self._asdict(), "model": f"hasty-{self.upstream}" if hasty else self.upstream, "fault": fault}


def frames_of(emulator: Emulator, upstream: Upstream) -> int:
    """How many the answer has."""
    emulator.reset()
    emulator.script(ANSWER)
    reply = httpx.post(emulator.url + upstream.path, json=upstream.body, trust_env=False)
    frames = frame_decoder(upstream.framing)
    return len([*frames.feed(reply.content), *frames.finish()])


def faults_of(name: str, frames: int) -> Iterator[Asked]:
    overloaded = get_dialect(name).encode_error(errors.Overloaded("too much to do", http_status=503))[1]
    inside = {"status": 200, "body": encode_json(overloaded).decode(), "headers": {"content-type": "application/json"}}
    malformed = "{oops\n" if UPSTREAMS[name].framing == "ndjson" else "data: {oops\n\n"
    for stream in (False, True):
        yield Asked("nothing breaks", name, stream, {})
        yield Asked("status 500", name, stream, {"status": 500})
        yield Asked("status 429", name, stream, {"status": 429})
        yield Asked("an error inside a 200", name, stream, inside)
        yield Asked("silence before the head", name, stream, {"stall_at_byte": 0})
    yield Asked("a cut body", name, False, {"cut_at_byte": 250})
    yield Asked("silence in the body", name, False, {"stall_at_byte": 250})
    for place in range(frames):
        begun = {0: False, frames - 1: True}.get(place)
        yield Asked("an end that comes too early", name, True, {"end_after": place}, begun)
        yield Asked("a cut", name, True, {"cut_after": place}, begun)
        yield Asked("an error in the stream", name, True, {"error_after": place, "status": 503}, begun)
    for place, begun in ((0, False), (frames // 2, True)):
        yield Asked("a malformed frame", name, True, {"frame": malformed, "frame_after": place}, begun)
        yield Asked("silence in the stream", name, True, {"stall_after": place}, begun)


# ---------------------------------------------------------------------- who judges


class Judge(NamedTuple):
    """An SDK: its script, and the errors it may end in.

    Attributes:
        client: What is run.
        own: A dialect that it speaks.
        refused: Where the answer is refused with a status of 500 or more.
        limited: Where it is refused with 429.
        broken: Where a stream that had begun ends in an error.
    """

    client: Client
    own: str
    refused: set[str]
    limited: set[str]
    broken: set[str]

    def may_end(self, each: Mapping[str, Any]) -> set[str]:
        match each:
            case {"kind": "nothing breaks"}:
                return {"whole"}
            case {"kind": "status 429"}:
                return self.limited
            case {"begun": None}:
                return self.refused | self.broken
            case {"begun": begun}:
                return self.broken if begun else self.refused
            case _:
                raise AssertionError(each)


JUDGES = {
    "openai-python": Judge(
        Client(run_python, "openai", "openai_faults.py", ("openai",)),
        own="openai_chat",
        refused={"InternalServerError"},
        limited={"RateLimitError"},
        broken={"APIError"},
    ),
    "anthropic-python": Judge(
        Client(run_python, "anthropic", "anthropic_faults.py", ("anthropic",)),
        own="anthropic_messages",
        refused={"InternalServerError", "OverloadedError", "GatewayTimeoutError"},
        limited={"RateLimitError"},
        broken={"APIStatusError"},
    ),
    "google-genai": Judge(
        Client(run_python, "gemini", "gemini_faults.py", ("google-genai",)),
        own="gemini",
        refused={"ServerError"},
        limited={"ClientError"},
        broken={"ServerError"},
    ),
}


def tried(judge: Judge, url: str, emulator: Emulator, asked: Sequence[Asked], folder: Path) -> list[dict[str, Any]]:
    """What came of every call, by every face of the SDK."""
    client = judge.client
    told = {
        "ASKED": json.dumps([each.as_told() for each in asked]),
        "ANSWER": json.dumps(ANSWER_AS_JSON),
        "GATEWAY_URL": url,
        "EMULATOR_URL": emulator.url,
        "PYTHONPATH": f"{SCRIPTS}{os.pathsep}{SHARED}",
    }
    done = run_command([find_python(client.environment), SCRIPTS / client.what], told, folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("sdk", JUDGES)
def test_what_an_sdk_tells_of_an_answer_that_breaks(
    sdk: str, breaking: Gateway, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    judge, emulator = JUDGES[sdk], breaking.emulator
    frames = {name: frames_of(emulator, upstream) for name, upstream in UPSTREAMS.items()}
    assert min(frames.values()) > 4, "so short a stream shows little"
    asked = [each for name, count in frames.items() for each in faults_of(name, count)]
    ended = tried(judge, breaking.url, emulator, asked, tmp_path)
    wrong = [each for each in ended if each["outcome"] not in judge.may_end(each)]
    calls, bad = Counter(each["upstream"] for each in ended), Counter(each["upstream"] for each in wrong)
    record_property("judge", sdk)
    record_property("versions", judge.client.versions())
    record_property("refused", ", ".join(sorted(judge.refused)))
    record_property("broken", ", ".join(sorted(judge.broken)))
    for name, count in calls.items():
        record_property(name, f"{count - bad[name]} of {count}")
    assert wrong == []
    assert {each["upstream"] for each in ended} == set(UPSTREAMS)


@pytest.mark.parametrize(("sdk", "own"), [(sdk, judge.own) for sdk, judge in JUDGES.items()])
def test_a_part_that_passes_for_an_answer_is_seen(sdk: str, own: str, breaking: Gateway, tmp_path: Path) -> None:
    """Without the gateway there are such: SDKs take the end of the connection for the end of the answer."""
    asked = [Asked("an end that comes too early", own, True, {"end_after": 3})]
    ended = tried(JUDGES[sdk], breaking.emulator.url, breaking.emulator, asked, tmp_path)
    assert any(each["outcome"].startswith("ended well with") for each in ended)


def test_the_docs_tell_of_every_sdk() -> None:
    _, _, section = PAGE.read_text().partition("<!-- faults -->")
    assert re.findall(r"^\| (.+?) \| \d+ of \d+", section, re.MULTILINE) == sorted(JUDGES)
