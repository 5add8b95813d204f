"""Clients that people have, pointed at the gateway and changed in nothing else, reach every upstream.

What does not work is listed in `limits.toml` with the reason, and nothing else may fail. `make test-clients` writes what
came of all of them into docs/gateway-clients.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from .clients import CLIENTS
from .running import UPSTREAMS, Gateway

PAGE = Path(__file__).parents[3] / "docs" / "gateway-clients.md"

pytestmark = [pytest.mark.clients, pytest.mark.timeout(300)]

LIMITS: dict[str, dict[str, dict[str, str]]] = tomllib.loads((Path(__file__).parent / "limits.toml").read_text())
"""Client → upstream → case → why it cannot be had."""


def limits_of(client: str, upstream: str) -> dict[str, str]:
    return LIMITS.get(client, {}).get(upstream, {})


@pytest.mark.parametrize("upstream", UPSTREAMS)
@pytest.mark.parametrize("client", CLIENTS)
def test_client(
    client: str, upstream: str, gateway: Gateway, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    gateway.emulator.reset()
    kind = CLIENTS[client]
    outcome = kind.run(kind, gateway.variables(upstream), tmp_path)
    told = {"client": client, "upstream": upstream, "versions": kind.versions(), **outcome.counts}
    for name, value in told.items():
        record_property(name, value)
    limits = limits_of(client, upstream)
    assert {name: said for name, said in outcome.failed.items() if name not in limits} == {}
    assert limits.keys() - outcome.failed.keys() == set(), "these pass now: take them off the list"
    assert outcome.counts["passed"] > len(limits)
    assert {seen.dialect for seen in gateway.emulator.requests} <= {*UPSTREAMS[upstream].dialects.split(",")}


def test_limits_are_of_clients_and_upstreams_that_there_are() -> None:
    assert LIMITS.keys() <= CLIENTS.keys()
    assert all(upstreams.keys() <= UPSTREAMS.keys() for upstreams in LIMITS.values())
    reasons = [why for upstreams in LIMITS.values() for cases in upstreams.values() for why in cases.values()]
    assert all(len(why.split()) > 3 for why in reasons)


def test_the_docs_tell_of_every_client_and_every_limit() -> None:
    page, _, _ = PAGE.read_text().partition("<!-- faults -->")
    assert re.findall(r"^\| (.+?) \| \d+ of \d+", page, re.MULTILINE) == sorted(CLIENTS, key=str.casefold)
    assert {why for upstreams in LIMITS.values() for cases in upstreams.values() for why in cases.values()} <= {
        line.rpartition("): ")[2].removesuffix(".") for line in page.splitlines() if line.startswith("- ")
    }
