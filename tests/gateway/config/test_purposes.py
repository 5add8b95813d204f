"""Whom a call is for: what its key says, then headers, then its tenant's words, then rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from dragoman.client.routers.purpose import Purpose
from dragoman.gateway.config import load_config
from dragoman.gateway.purposes import ANYONE, Purposes


@dataclass
class Key:
    name: str = "key"
    tenant: str | None = None
    tier: str | None = None


TENANTS = {"acme": {"tier": "pro", "task": "support", "labels": {"region": "eu"}}, "globex": "free"}
HEADERS = {"tenant": "X-Tenant", "tier": "x-tier", "labels": {"region": "x-region"}}
RULES = [
    {"if": {"headers": {"User-Agent": "claude-cli/*"}}, "say": {"task": "coding", "labels": {"client": "claude"}}},
    {"if": {"headers": {"user-agent": "*"}}, "say": {"task": "any"}},
    {"if": {"key": "batch-*", "tier": "free"}, "say": {"tier": "slow", "session": "one"}},
    {"if": {"tenant": "initech"}, "say": {"tier": "trial"}},
]


@pytest.mark.parametrize(
    ("said", "headers", "key", "purpose"),
    [
        ({}, {}, None, ANYONE),
        ({}, {"x-dragoman-task": "coding"}, None, Purpose(task="coding")),
        ({}, {"x-dragoman-session": " s1 "}, None, Purpose(session="s1")),
        ({}, {"x-dragoman-task": ""}, None, ANYONE),
        ({}, {"x-dragoman-tier": "pro", "x-dragoman-tenant": "acme"}, None, ANYONE),
        ({"headers": {"task": None}}, {"x-dragoman-task": "coding"}, None, ANYONE),
        ({"headers": HEADERS}, {"x-tenant": "globex"}, None, Purpose(tenant="globex", tier="free")),
        ({"headers": HEADERS}, {"x-region": "us"}, None, Purpose(labels={"region": "us"})),
        ({}, {}, Key(), ANYONE),
        ({}, {}, Key(tenant="acme"), Purpose(tenant="acme", tier="pro", task="support", labels={"region": "eu"})),
        ({}, {}, Key(tenant="acme", tier="free"), Purpose(tenant="acme", tier="free", task="support", labels={"region": "eu"})),
        ({}, {}, Key(tenant="nobody knows it"), Purpose(tenant="nobody knows it")),
        ({"headers": HEADERS}, {"x-tenant": "acme", "x-tier": "pro"}, Key(tenant="globex"), Purpose(tenant="globex", tier="pro")),
        ({"headers": HEADERS}, {"x-tier": "pro"}, Key(tier="free"), Purpose(tier="free")),
        ({}, {"x-dragoman-task": "mail"}, Key(tenant="acme"), Purpose(tenant="acme", tier="pro", task="mail", labels={"region": "eu"})),
        ({"rules": RULES}, {}, None, ANYONE),
        ({"rules": RULES}, {"user-agent": "claude-cli/2.1 (external)"}, None, Purpose(task="coding", labels={"client": "claude"})),
        ({"rules": RULES}, {"user-agent": "claude-cli/2.1", "x-dragoman-task": "mail"}, None, Purpose(task="mail", labels={"client": "claude"})),
        ({"rules": RULES}, {"user-agent": "curl/8"}, None, Purpose(task="any")),
        ({"rules": RULES}, {}, Key(name="batch-7"), ANYONE),
        ({"rules": RULES}, {}, Key(name="batch-7", tier="free"), Purpose(tier="free", session="one")),
        ({"rules": RULES}, {}, Key(name="a batch-7", tier="free"), Purpose(tier="free")),
        ({"rules": RULES}, {}, Key(tenant="initech"), Purpose(tenant="initech", tier="trial")),
    ],
)  # fmt: skip
def test_purposes(said: dict[str, Any], headers: dict[str, str], key: Key | None, purpose: Purpose) -> None:
    purposes = Purposes(load_config({"tenants": TENANTS, "purpose": said}, {}))
    for _ in range(2):  # as it is found out, and as it is remembered
        found = purposes.of({name.encode(): value.encode() for name, value in headers.items()}, key)
        assert found == purpose
        assert (found is ANYONE) is (purpose is ANYONE)


def test_what_is_remembered_is_of_those_who_say_the_same() -> None:
    purposes = Purposes(load_config({"purpose": {"rules": RULES}}, {}))
    for tier, agent in (("free", "claude-cli/1"), ("free", "curl"), (None, "claude-cli/1"), (None, "curl")):
        found = purposes.of({b"user-agent": agent.encode(), b"host": b"a"}, Key(name="batch-1", tier=tier))
        assert found.tier == tier
        assert found.task == ("any" if agent == "curl" else "coding")
        assert purposes.of({b"host": b"b", b"user-agent": agent.encode()}, Key(name="batch-1", tier=tier)) == found


def test_callers_cannot_fill_the_memory() -> None:
    purposes = Purposes(load_config({}))
    for number in range(1500):
        purposes.of({b"x-dragoman-session": str(number).encode()}, None)
    assert len(purposes._known) == 0
    for number in range(1500):
        purposes.of({b"x-dragoman-task": str(number).encode()}, None)
    assert len(purposes._known) == 1024


def test_a_header_that_is_no_text_is_a_word_all_the_same() -> None:
    assert Purposes(load_config({})).of({b"x-dragoman-task": b"\xff"}, None).task == "\ufffd"
