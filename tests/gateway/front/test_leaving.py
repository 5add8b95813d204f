"""A caller who goes away: the provider is left too, and the gateway is free again."""

from __future__ import annotations

import socket

import httpx
import pytest

from dragoman.messages import encode_json
from dragoman.testing import Emulator
from tests.gateway.front.running import gateway


def connected(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def sent(url: str, body: dict[str, object]) -> socket.socket:
    """A request that is on its way."""
    data = encode_json(body)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: here\r\ncontent-length: {len(data)}\r\n\r\n"
    caller = connected(url)
    caller.sendall(head.encode() + data)
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


def test_who_does_not_read_is_waited_for_and_nothing_piles_up() -> None:
    """A text that no buffer between them holds: the provider is read only as fast as the caller reads."""
    with Emulator(piece=50_000) as emulator, gateway(emulator) as url:
        emulator.script("All rivers run into the sea; yet the sea is not full. " * 1_000_000)
        caller = sent(url, {**BODY, "model": "up-anthropic", "stream": True})
        assert caller.recv(1024)
        emulator.wait_for_requests(1)
        assert not emulator.bill  # which has a line before the last bytes are sent
        caller.close()
        assert emulator.wait_for_bill(1)[0].outcome == "left"
