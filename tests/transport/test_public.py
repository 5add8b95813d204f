"""Where a URL that others have written may lead: the public internet, and nowhere else."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.errors import FetchRefused
from dragoman.http import Origin
from dragoman.transport import TransportOptions, public
from dragoman.transport.public import is_public

from .callers import Caller, post
from .scripted import HOLD, READ, ScriptedServer, answer

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",  # the metadata of Alibaba's machines
    "169.254.169.254",  # the metadata of most clouds' machines
    "168.63.129.16",  # Azure's
    "192.0.0.192",  # Oracle's
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1%eth0",
    "fd00:ec2::254",  # Amazon's, over IPv6
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:7f00:1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


Make = Callable[..., Caller]
Serve = Callable[..., ScriptedServer]


def test_an_address_of_this_machine_is_not_connected_to(make: Make, serve: Serve) -> None:
    server = serve([READ, answer(b"secret"), HOLD])
    with pytest.raises(FetchRefused, match=r"leads to 127\.0\.0\.1"):
        make(public_only=True).call(post(server.origin))
    assert server.connections == 0
    assert make().call(post(server.origin)).body == b"secret"


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f.1", "127.1", "localhost", "[::ffff:127.0.0.1]".strip("[]")])
def test_other_spellings_are_the_same_address(make: Make, serve: Serve, spelling: str) -> None:
    server = serve([READ, answer(b"secret"), HOLD])
    with pytest.raises(FetchRefused):
        make(public_only=True).call(post(Origin("http", spelling, server.origin.port)))
    assert server.connections == 0


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have `addresses`; gives the names that are asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **more: Any) -> Any:
        if more.get("flags") == socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not an address")
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_one_private_address_among_a_name_s_is_enough(
    make: Make, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve([READ, answer(b"secret"), HOLD])
    asked = resolving(monkeypatch, "93.184.216.34", "127.0.0.1")
    with pytest.raises(FetchRefused, match=r"pictures\.example"):
        make(public_only=True).call(post(Origin("http", "pictures.example", server.origin.port)))
    assert (asked, server.connections) == (["pictures.example"], 0)


def test_the_peer_is_looked_at_once_more(make: Make, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server, seen = serve([READ, answer(b"secret"), HOLD]), list[str]()

    def first_yes(address: str) -> bool:
        seen.append(address)
        return len(seen) == 1

    monkeypatch.setattr(public, "is_public", first_yes)
    with pytest.raises(FetchRefused):
        make(public_only=True).call(post(server.origin))
    assert seen == ["127.0.0.1", "127.0.0.1"]
    assert server.requests == []


def test_no_proxy_is_asked_to_look_up_names_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    origin = Origin("http", "pictures.example", 80)
    assert TransportOptions().proxy_for(origin) is not None
    assert TransportOptions(public_only=True, proxy="http://127.0.0.1:1").proxy_for(origin) is None
    assert "public_only=True" in repr(TransportOptions(public_only=True))
