"""Tokens and keys: what is kept of them, who is let in, and who no longer."""

from __future__ import annotations

import logging
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import ConfigurationError, KeyRefused
from dragoman.gateway.keys import PREFIX, Keys
from dragoman.gateway.store import SqliteStore, VirtualKey
from tests.gateway.store.books import Clock

TERMS: dict[str, Any] = {
    "tenant": "blue",
    "tier": "gold",
    "models": ("openai/*", "gpt-4o"),
    "requests_per_minute": 60,
    "tokens_per_minute": 10_000,
    "concurrency": 4,
    "budget": Decimal("12.50"),
    "period": "month",
    "unpriced": "allow",
}


def test_a_key_is_found_by_its_token_with_all_its_terms(keys: Keys) -> None:
    key, token = keys.create("ann", **TERMS)
    assert token.reveal().startswith(PREFIX)
    assert keys.find(token.reveal()) == key
    assert {name: getattr(key, name) for name in TERMS} == TERMS


def test_keys_outlive_the_process(path: Path) -> None:
    with SqliteStore(path) as store:
        key, token = Keys(store).create("ann", **TERMS)
    with SqliteStore(path) as store:
        assert Keys(store).find(token.reveal()) == key


@pytest.mark.parametrize(
    "token", [None, "", "sk-dragoman-", "sk-dragoman-nobody's", "sk-proj-123", "\ud800", "x" * 10**6]
)
def test_a_token_that_is_nobodys_is_refused(keys: Keys, token: str | None) -> None:
    keys.create("ann")
    with pytest.raises(KeyRefused) as caught:
        keys.find(token)
    assert caught.value.status == 401


def test_a_revoked_key_is_refused_and_stays_listed(keys: Keys, clock: Clock) -> None:
    key, token = keys.create("ann")
    clock.advance(5)
    revoked = keys.revoke("ann")
    with pytest.raises(KeyRefused, match="revoked"):
        keys.find(token.reveal())
    assert keys.all() == [revoked]
    assert (revoked.id, revoked.revoked) == (key.id, clock.wall)
    assert keys.revoke(key.id) == revoked


def test_a_key_expires(keys: Keys, clock: Clock) -> None:
    _, token = keys.create("ann", expires=clock.wall + 10)
    assert keys.find(token.reveal()).name == "ann"
    clock.advance(10)
    with pytest.raises(KeyRefused, match="expired"):
        keys.find(token.reveal())


def test_terms_are_changed_and_the_token_stays(keys: Keys) -> None:
    key, token = keys.create("ann", budget=Decimal(1))
    keys.change("ann", budget=Decimal(2), tenant="blue")
    found = keys.find(token.reveal())
    assert (found.id, found.budget, found.tenant) == (key.id, Decimal(2), "blue")


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"name": " "}, "needs a name"),
        ({"period": "week"}, "`period` of a key is one of total, day, month"),
        ({"unpriced": "maybe"}, "`unpriced` of a key is one of refuse, allow"),
        ({"requests_per_minute": 0}, "`requests_per_minute` of a key must be at least 1, not 0"),
        ({"tokens_per_minute": -1}, "at least 1"),
        ({"concurrency": 0}, "revoke it to forbid all"),
        ({"budget": Decimal(-1)}, "from 0 to 1,000,000"),
        ({"budget": Decimal("NaN")}, "from 0 to 1,000,000"),
        ({"budget": Decimal(2_000_000)}, "from 0 to 1,000,000"),
        ({"id": "mine"}, "cannot be given id"),
        ({"colour": "red"}, "cannot be given colour"),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(keys: Keys, terms: dict[str, Any], why: str) -> None:
    keys.create("ann")
    with pytest.raises(ConfigurationError, match=why):
        keys.change("ann", **terms)


def test_keys_of_one_name_are_told_apart_by_their_ids(keys: Keys) -> None:
    first, _ = keys.create("ann")
    second, _ = keys.create("ann")
    with pytest.raises(ConfigurationError, match=f"several keys are named `ann`: {first.id}, {second.id}|{second.id}"):
        keys.named("ann")
    assert keys.named(second.id) == second
    with pytest.raises(ConfigurationError, match="no key `bob`"):
        keys.named("bob")


@pytest.mark.parametrize(
    ("models", "model", "allowed"),
    [
        ((), "anything", True),
        (("gpt-4o",), "gpt-4o", True),
        (("gpt-4o",), "gpt-4o-mini", False),
        (("gpt-4o*",), "gpt-4o-mini", True),
        (("openai/*", "claude-*"), "claude-opus", True),
        (("openai/*", "claude-*"), "gemini", False),
        (("a",), "a\n", False),
    ],
)
def test_models_are_allowed_by_patterns(models: tuple[str, ...], model: str, *, allowed: bool) -> None:
    assert VirtualKey(id="k", name="k", models=models).allows(model) is allowed


def test_no_token_and_no_digest_is_anywhere_to_be_read(
    store: SqliteStore, keys: Keys, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key, token = keys.create("ann")
    text = token.reveal()
    digest = store.digest(text)
    assert keys.find(text) == keys.find(text) == key  # the second time by the token itself
    remembers = store._writer.keyring
    assert list(remembers.found) == [text]
    shown_before = repr(remembers)
    keys.revoke("ann")
    assert not remembers.found
    with pytest.raises(KeyRefused) as caught:
        keys.find(text)
    shown = " ".join(
        map(repr, [key, token, keys, store, shown_before, keys.all(), caught.value, str(caught.value), caplog.text])
    )
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in (text, text.removeprefix(PREFIX), digest.hex()):
        assert secret not in shown
        assert secret.encode() not in files
    assert repr(digest) not in shown


def test_the_file_is_its_owners_alone(store: SqliteStore, path: Path) -> None:
    store.flushed().result()
    assert {file.stat().st_mode & 0o077 for file in path.parent.glob("store*") if "lease" not in file.name} == {0}


def test_a_stolen_table_does_not_tell_whose_a_token_is(tmp_path: Path) -> None:
    """The digests of one token differ from store to store."""
    with SqliteStore(tmp_path / "a") as one, SqliteStore(tmp_path / "b") as other:
        assert one.digest("sk-dragoman-x") != other.digest("sk-dragoman-x")
