"""Streams end honestly: in exactly one end of their dialect's, or in exactly one error of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.front.dialects import BY_NAME, SURFACES, Surface, heard
from tests.gateway.front.running import UPSTREAMS, config_for, gateway

ALL = pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
EACH = pytest.mark.parametrize("model", UPSTREAMS)
TEXT = "Rivers run downhill, as a rule, and to the sea. " * 4

FAULTS: dict[str, dict[str, Any]] = {
    "the connection is cut": {"cut_after": 12},
    "the body ends too early": {"end_after": 12},
    "an error comes inside": {"error_after": 12},
    "a frame is no JSON": {"frame": "data: {oops\n\n", "frame_after": 12},
}


def stream(client: httpx.Client, surface: Surface, model: str) -> httpx.Response:
    return client.post(surface.path(model, True), json=surface.body(model, "Why?", True))


@ALL
@EACH
@pytest.mark.parametrize("fault", FAULTS)
def test_a_stream_that_fails_says_so_once(
    client: httpx.Client, emulator: Emulator, surface: Surface, model: str, fault: str
) -> None:
    emulator.script(TEXT)
    emulator.fault(**_for(model, FAULTS[fault]))
    reply = stream(client, surface, model)
    assert reply.status_code == 200, reply.text
    made = heard(surface, reply.content)
    assert TEXT.startswith(made.text)
    assert made.text != ""
    assert (made.ends, made.failures) == (0, 1)


def _for(model: str, fault: dict[str, Any]) -> dict[str, Any]:
    """A frame as the provider's framing has it."""
    if "frame" in fault and model == "up-ollama":
        return {**fault, "frame": "{oops\n"}
    return fault


@ALL
def test_a_failure_before_the_first_content_is_a_status(
    client: httpx.Client, emulator: Emulator, surface: Surface
) -> None:
    emulator.fault(error_after=1, times=None)
    reply = stream(client, surface, "up-anthropic")
    assert reply.status_code >= 500
    assert surface.refused(reply.json())


def test_what_fails_before_the_first_content_is_answered_by_the_next_target(emulator: Emulator) -> None:
    config = config_for(emulator, models={"both": ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"]})
    emulator.fault(error_after=1, times=None, model="gpt-4o-mini")
    emulator.script(TEXT, model="claude-sonnet-4-5")
    surface = BY_NAME["openai_chat"]
    with gateway(emulator, config) as url, httpx.Client(base_url=url, trust_env=False) as client:
        reply = stream(client, surface, "both")
    assert heard(surface, reply.content) == (TEXT, 1, 0)
    assert b"gpt-4o-mini" not in reply.content


def test_a_forwarded_responses_stream_that_fails_counts_on(client: httpx.Client, emulator: Emulator) -> None:
    """OpenAI's client wants the events numbered, the gateway's own too."""
    import json

    from dragoman.transport.framing import frame_decoder

    emulator.script(TEXT)
    emulator.fault(error_after=12)
    config = config_for(emulator)
    config["models"] = {"up": {"model": "openai/gpt-4o-mini", "client": {"dialect": "openai_responses"}}}
    with gateway(emulator, config) as url, httpx.Client(base_url=url, trust_env=False) as own:
        body = own.post("/v1/responses", json={"model": "up", "input": "Why?", "stream": True}).content
    frames = frame_decoder("sse").feed(body)
    numbers = [json.loads(data)["sequence_number"] for _, data in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert [name for name, _ in frames].count("response.created") == 1
    assert frames[-1][0] == "response.failed"


@EACH
@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_who_does_not_ask_gemini_for_events_gets_an_array(
    client: httpx.Client, emulator: Emulator, model: str, fault: str | None
) -> None:
    """As Gemini answers; a failure is its last element."""
    surface = BY_NAME["gemini"]
    emulator.script(TEXT)
    if fault is not None:
        emulator.fault(**_for(model, FAULTS[fault]))
    path = surface.path(model, True).removesuffix("?alt=sse")
    reply = client.post(path, json=surface.body(model, "Why?", True))
    assert reply.headers["content-type"] == "application/json"
    elements = reply.json()
    said = "".join(surface.said(each) for each in elements if "candidates" in each)
    assert TEXT.startswith(said)
    assert said != ""
    assert ("error" in elements[-1]) == (fault is not None)
    assert sum("error" in each for each in elements) == (fault is not None)
    assert (said == TEXT) == (fault is None)


@pytest.mark.parametrize("name", ["openai_chat", "anthropic_messages"])
def test_a_silent_stream_is_kept_alive(emulator: Emulator, name: str) -> None:
    surface = BY_NAME[name]
    config = config_for(emulator, server={"heartbeat_seconds": 0.05})
    emulator.script(TEXT)
    emulator.fault(hold_at_text="Rivers")
    with gateway(emulator, config) as url, httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
        path, body = surface.path("up-openai", True), surface.body("up-openai", "Why?", True)
        with client.stream("POST", path, json=body) as reply:
            received, signs = b"", 0
            for chunk in reply.iter_raw():
                received += chunk
                now = received.count(b": keep-alive") + received.count(b"event: ping")
                if now >= 2 and not signs:
                    emulator.release()
                signs = now if now >= 2 else 0
    assert heard(surface, received) == (TEXT, 1, 0)
