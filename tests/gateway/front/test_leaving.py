"""A caller who goes away: the provider is left too, and the gateway is free again."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest

from dragoman.calls import Verbatim
from dragoman.errors import ProviderFailed
from dragoman.flow import Flow, emit
from dragoman.gateway import create_app
from dragoman.gateway.lines import Message
from dragoman.gateway.streams import Manner, Outgoing, Patience
from dragoman.gateway.surfaces import surface_of
from dragoman.messages import LLMResponse, Request, encode_json, events_of
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, gateway, serving


def connected(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def request(body: dict[str, object]) -> bytes:
    data = encode_json(body)
    return b"POST /v1/chat/completions HTTP/1.1\r\nhost: here\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data)


def sent(url: str, body: dict[str, object]) -> socket.socket:
    """A request that is on its way."""
    caller = connected(url)
    caller.sendall(request(body))
    return caller


BODY = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_provider_is_left_when_the_caller_leaves_before_anything_came(emulator: Emulator, stream: bool) -> None:
    emulator.fault(stall_after=0)
    with gateway(emulator) as url:
        caller = sent(url, {**BODY, "stream": stream})
        emulator.wait_for_requests(1)
        caller.close()
        assert emulator.wait_for_bill(1)[0].outcome == "left"
        assert httpx.get(f"{url}/health", trust_env=False).json()["open_calls"] == 0


def test_who_sends_another_request_before_the_answer_and_leaves_is_noticed(emulator: Emulator) -> None:
    """The other has to wait, and nothing more is read meanwhile; not even that the caller has left, were it so."""
    emulator.fault(stall_after=0)
    app = create_app(config_for(emulator))
    is_busy, may_go_on = Event(), Event()

    @app.get("/busy")
    async def busy() -> None:
        is_busy.set()
        may_go_on.wait(10)  # the whole loop does: what is sent meanwhile is read at once

    with serving(app) as url, ThreadPoolExecutor() as others, connected(url) as caller:
        caller.sendall(b"GET /health HTTP/1.1\r\nhost: here\r\n\r\n")
        assert caller.recv(12) == b"HTTP/1.1 200"
        keeping = others.submit(httpx.get, f"{url}/busy", trust_env=False)
        assert is_busy.wait(10)
        caller.sendall(request(BODY) * 2)
        may_go_on.set()
        keeping.result()
        emulator.wait_for_requests(1)
        caller.close()
        assert emulator.wait_for_bill(1)[0].outcome == "left"


def test_the_provider_is_left_when_the_caller_leaves_in_the_middle(emulator: Emulator) -> None:
    emulator.script("Rivers run downhill.")
    emulator.fault(hold_at_text="Rivers")
    with gateway(emulator) as url:
        caller = sent(url, {**BODY, "stream": True})
        received = b""
        while b'"content":"R' not in received:
            received += caller.recv(65536)
        caller.close()
        assert emulator.wait_for_bill(1)[0].outcome == "left"


MODELS = pytest.mark.parametrize("model", ["up-openai", "up-anthropic"], ids=["passed on", "translated"])
ENDLESS = "All rivers run into the sea; yet the sea is not full. " * 600_000
"""A text that no buffer between them holds."""


@MODELS
def test_who_does_not_read_is_waited_for_and_nothing_piles_up(model: str) -> None:
    """The provider is read only as fast as the caller reads."""
    with Emulator(piece=50_000) as emulator, gateway(emulator) as url:
        emulator.script(ENDLESS)
        caller = sent(url, {**BODY, "model": model, "stream": True})
        assert caller.recv(1024)
        emulator.wait_for_requests(1)
        assert not emulator.bill  # which has a line before the last bytes are sent
        caller.close()
        assert emulator.wait_for_bill(1)[0].outcome == "left"


@MODELS
def test_who_does_not_read_for_long_is_given_up(model: str) -> None:
    with Emulator(piece=50_000) as emulator:
        emulator.script(ENDLESS)
        app = create_app(config_for(emulator))
        app.service.patience = Patience(write_seconds=0.1)
        with serving(app) as url, sent(url, {**BODY, "model": model, "stream": True}) as caller:
            received = caller.recv(1024)
            assert emulator.wait_for_bill(1)[0].outcome == "left"
            assert httpx.get(f"{url}/health", trust_env=False).json()["open_calls"] == 0
            received += b"".join(iter(lambda: caller.recv(1 << 20), b""))
            assert received.startswith(b"HTTP/1.1 200")
            assert not received.endswith(b"0\r\n\r\n")  # it does not end as if it were whole
            assert b"[DONE]" not in received


@pytest.mark.parametrize("failing", [False, True], ids=["whole", "failed"])
def test_who_does_not_read_the_last_frames_is_given_up_too(failing: bool) -> None:
    """Their buffer is full just when nothing more comes from the provider."""

    async def send(message: Message) -> None:
        if not message.get("more_body", True):
            await asyncio.Event().wait()

    def answer() -> Flow[LLMResponse]:
        for event in events_of(LLMResponse(content="Rivers run downhill.")):
            yield from emit(event)
        return LLMResponse()

    manner = Manner(
        surface=surface_of("openai_chat"), request=Request(model="m"), head=list, completed=lambda begun, _: begun
    )
    outgoing = Outgoing(manner, Verbatim(dialect="anthropic_messages", body={}), send)

    async def stream() -> None:
        await outgoing.pump(answer(), Patience(heartbeat_seconds=None, write_seconds=0.05))
        await (outgoing.fail(ProviderFailed("it broke")) if failing else outgoing.end())

    async def given_up() -> None:
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(stream())

    asyncio.run(asyncio.wait_for(given_up(), 30))
    assert outgoing.stalled


def test_no_more_calls_are_open_than_may_be(emulator: Emulator) -> None:
    emulator.script("Rivers run downhill.")
    emulator.fault(hold_at_text="Rivers")
    with gateway(emulator, config_for(emulator, server={"open_streams": 1})) as url:
        first = sent(url, {**BODY, "stream": True})
        assert first.recv(12) == b"HTTP/1.1 200"
        refused = httpx.post(f"{url}/v1/chat/completions", json=BODY, trust_env=False)
        assert refused.status_code == 503
        assert refused.json()["error"]["message"] == "1 calls are open, and no more may be"
        first.close()
        assert emulator.wait_for_bill(1)[0].outcome == "left"
        assert httpx.post(f"{url}/v1/chat/completions", json=BODY, trust_env=False).status_code == 200
        assert len(emulator.bill) == 2, "who was refused was sent nowhere"
