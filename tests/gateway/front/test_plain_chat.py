"""The application of seed 003 (S3.10): its requests get its answers, without its faults (X25)."""

from __future__ import annotations

import httpx
import pytest

from dragoman.errors import ConfigurationError
from dragoman.gateway import create_app
from dragoman.testing import Emulator
from dragoman.transport.framing import frame_decoder
from tests.gateway.front.running import UPSTREAMS, config_for, serving

ASKED = {"messages": [{"role": "user", "content": "Hi"}], "model": "up-openai"}


def texts(body: bytes) -> list[str]:
    return [data.decode() for _, data in frame_decoder("sse").feed(body)]


def test_an_answer_is_content_model_and_usage(client: httpx.Client, emulator: Emulator) -> None:
    emulator.script("Hello.")
    wire = client.post("/v1/chat", json=ASKED).json()
    assert wire == {"content": "Hello.", "model": "gpt-4o-mini", "usage": wire["usage"]}
    assert wire["usage"].keys() >= {"prompt_tokens", "completion_tokens", "total_tokens"}


def test_what_is_left_out_is_as_the_seed_has_it(client: httpx.Client, emulator: Emulator) -> None:
    reply = client.post("/v1/chat", json={"messages": ASKED["messages"]})
    assert reply.json()["model"] == "gpt-4o-mini"
    assert emulator.requests[0].request.temperature == 0.7


def test_a_stream_is_its_texts_and_done(client: httpx.Client, emulator: Emulator) -> None:
    emulator.script("Rivers run.")
    reply = client.post("/v1/chat", json={**ASKED, "stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    *pieces, done = texts(reply.content)
    assert ("".join(pieces), done) == ("Rivers run.", "[DONE]")


@pytest.mark.parametrize("text", ["a\nb", "a\n\nb", "\n", "a\r\nb", "a\rb", "event: x\ndata: y", " a "])
def test_lines_and_blanks_in_a_text_arrive(client: httpx.Client, emulator: Emulator, text: str) -> None:
    """X25: a line break in a token broke the stream. Lines end in LF, whichever way the model ended them."""
    emulator.script(text)
    *pieces, _ = texts(client.post("/v1/chat", json={**ASKED, "stream": True}).content)
    assert "".join(pieces).replace("\n\n", "\n") == text.replace("\r\n", "\n").replace("\r", "\n").replace("\n\n", "\n")


def test_an_event_may_be_json(client: httpx.Client, emulator: Emulator) -> None:
    """Then no text can be taken for the end."""
    emulator.script("[DONE]")
    reply = client.post("/v1/chat?events=json", json={**ASKED, "stream": True})
    assert texts(reply.content)[-1] == "[DONE]"
    assert '{"content":"' in reply.text


def test_every_role_there_is_may_be_said_and_no_other(client: httpx.Client, emulator: Emulator) -> None:
    """X25: `Role("tool")` was a 500."""
    for role, status in (("system", 200), ("assistant", 200), ("tool", 400), ("emperor", 400)):
        messages = [{"role": role, "content": "Hm."}, *ASKED["messages"]]
        assert client.post("/v1/chat", json={**ASKED, "messages": messages}).status_code == status, role


def test_the_providers_are_listed(client: httpx.Client) -> None:
    assert client.get("/v1/providers").json() == {"providers": ["openai", "anthropic", "ollama"]}


def test_every_client_is_closed_when_it_stops(emulator: Emulator) -> None:
    """X25: of the seed's adapters only Ollama's could be closed."""
    app = create_app(config_for(emulator))
    with serving(app) as url:
        snapshot = app.service.snapshots.current
        plans = [deployment.llm.plan for deployment in snapshot.deployments.all.values()]
        for model in UPSTREAMS:
            assert httpx.post(f"{url}/v1/chat", json={**ASKED, "model": model}, trust_env=False).status_code == 200
        assert len([plan.options({}) for plan in plans]) == len(UPSTREAMS)
    for plan in plans:
        with pytest.raises(ConfigurationError, match="closed"):
            plan.options({})
