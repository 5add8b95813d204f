"""Which addresses are those of the public internet: where a URL that others have written may lead.

Every address of a name is looked at before any is connected to, and the connected peer once more: a name that has
another address the second time is no way around it, because it is not asked for a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from dragoman.errors import FetchRefused
from dragoman.http import Origin
from dragoman.transport.addresses import Address

_Ip: TypeAlias = IPv4Address | IPv6Address

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Addresses that a gateway turns into the IPv4 address of their last 32 bits (RFC 6052)."""

_NOT_OURS: Final = (
    IPv4Network("168.63.129.16/32"),  # Azure's own services for a machine: learn.microsoft.com, read 2026-11-21
    IPv4Network("192.0.0.0/24"),  # for protocols (RFC 6890); Oracle's metadata among them
    IPv4Network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    IPv6Network("64:ff9b:1::/48"),  # translation inside a network (RFC 8215)
)
"""Addresses that are public by their form and lead into the network all the same."""


def refuse_private(origin: Origin, addresses: Iterable[Address]) -> None:
    """Raises `FetchRefused` when any of `addresses` is not one of the public internet."""
    for _, where in addresses:
        if not is_public(where[0]):
            raise FetchRefused(f"`{origin.host}` leads to {where[0]}, which is no address of the public internet")


def is_public(address: str) -> bool:
    """Whether an address, and each that stands inside it, is reached by everyone."""
    found = ip_address(address.partition("%")[0])
    return all(map(_is_global, (found, *_inside(found))))


def _is_global(address: _Ip) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in _NOT_OURS)


def _inside(address: _Ip) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return
    yield from (each for each in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if each is not None)
    if address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
