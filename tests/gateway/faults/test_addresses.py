"""No caller decides where the gateway connects to: not by a picture's URL, not by a field, a header or a model's name."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.faults.matrix import ANSWERERS


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """A server on this machine that nobody may come to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server
        with pytest.raises(BlockingIOError):
            server.accept()


EYES = {**ANSWERERS, "ollama": "ollama/an-eye"}
"""Models of which nothing says that they read no images."""

HOSTS = [
    "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]",
    "example.com@127.0.0.1",
]  # fmt: skip
"""Ways to say this machine."""


@pytest.mark.parametrize("answerer", ANSWERERS)
@pytest.mark.parametrize("host", HOSTS)
def test_pictures(client: httpx.Client, emulator: Emulator, trap: socket.socket, answerer: str, host: str) -> None:
    """Some providers are sent the URL; for others the gateway would have to fetch it."""
    url = f"http://{host}:{trap.getsockname()[1]}/cat.png"
    parts = [{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": {"url": url}}]
    body = {"model": EYES[answerer], "messages": [{"role": "user", "content": parts}], "max_tokens": 9}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code in {200, 400}, reply.text
    if reply.status_code == 200:
        assert url in str(emulator.requests[0].wire)


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "file:///etc/hostname", "file://localhost/etc/hostname", "~/.bashrc"]
)
@pytest.mark.parametrize("answerer", ANSWERERS)
def test_files(client: httpx.Client, emulator: Emulator, answerer: str, path: str) -> None:
    parts = [{"type": "image_url", "image_url": {"url": path}}]
    body = {"model": EYES[answerer], "messages": [{"role": "user", "content": parts}], "max_tokens": 9}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code in {200, 400, 404}, reply.text
    assert all(path in str(seen.wire) for seen in emulator.requests)  # as it was said, and not what stands there


@pytest.mark.parametrize(
    "name", ["base_url", "api_base", "api_key", "extra_body", "extra_headers", "http_client", "proxy"]
)
def test_fields_that_are_options_of_ours(
    client: httpx.Client, emulator: Emulator, trap: socket.socket, name: str
) -> None:
    url = f"http://127.0.0.1:{trap.getsockname()[1]}"
    for model in ANSWERERS.values():
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], name: url}
        headers = {"x-base-url": url, "x-dragoman-base-url": url, "x-forwarded-host": url, "host": "evil.example"}
        reply = client.post("/v1/chat/completions", json=body, headers=headers)
        assert reply.status_code in {200, 400}, reply.text
    assert emulator.requests


MODELS = [
    "openai_compatible/m", "http://127.0.0.1:{port}/v1", "openai/http://127.0.0.1:{port}/v1",
    "../../../{port}", "openai/../../{port}", "openai/a?b#c", "google/../../x:generateContent?alt=sse", "a\r\nhost: evil",
    "openai/\r\nx-evil: 1", "up-openai\x00", "%2e%2e/%2e%2e", "\u202eup-openai", "google/\ud7ff", "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: repr(model[:30]))
def test_names_of_models(client: httpx.Client, emulator: Emulator, trap: socket.socket, model: str) -> None:
    name = model.format(port=trap.getsockname()[1])
    reply = client.post("/v1/chat/completions", json={"model": name, "messages": [{"role": "user", "content": "Hi"}]})
    assert reply.status_code in {200, 400, 404}, (reply.status_code, reply.text[:300])
    assert "\r" not in str(reply.headers)
    assert all("evil" not in name for seen in emulator.requests for name in seen.headers)
    assert all(".." not in seen.path and "evil" not in seen.path for seen in emulator.requests)
