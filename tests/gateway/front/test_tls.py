"""The server inside TLS, where no half of a connection can be closed alone."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from dragoman.gateway import create_app, lingering
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, serving

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: here\r\n"
BODY = b'{"model":"up-openai","messages":[{"role":"user","content":"Hi"}]}'
MUCH = b"a" * 3_000_000


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def port(upstream: Emulator, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    certificate: Path = tmp_path_factory.mktemp("certificate") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with serving(create_app(config_for(upstream, server={"body_bytes": 1000})), certificate=certificate) as url:
        yield int(url.rpartition(":")[2])


@pytest.fixture
def caller(port: int, authority: trustme.CA) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as inside:
        yield inside


@pytest.fixture(autouse=True)
def no_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far behind what a test waits for; a busy machine is silent in between."""
    monkeypatch.setattr(lingering, "SECONDS", 600.0)
    monkeypatch.setattr(lingering, "SILENT_SECONDS", 5.0)


def heard(caller: ssl.SSLSocket) -> bytes:
    """All that comes until the server closes."""
    received = b""
    while piece := caller.recv(65536):
        received += piece
    return received


def test_it_answers(caller: ssl.SSLSocket, emulator: Emulator) -> None:
    emulator.script("Inside.")
    caller.sendall(HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY)
    assert b"Inside." in heard(caller)


def test_who_is_refused_and_says_nothing_more_hears_the_end(
    caller: ssl.SSLSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "SILENT_SECONDS", 0.1)
    caller.sendall(HEAD + b"content-length: 1000000\r\n\r\n")
    assert heard(caller).startswith(b"HTTP/1.1 413 ")


def test_who_sends_on_after_a_refusal_hears_it(caller: ssl.SSLSocket) -> None:
    caller.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(MUCH) + MUCH)
    assert heard(caller).startswith(b"HTTP/1.1 413 ")
