"""`dragoman keys` and `dragoman usage`: a store on the disk, used as an operator uses it."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from dragoman.gateway.keys import Keys, Ledger, Spend
from dragoman.gateway.store import SqliteStore
from dragoman.messages import Usage

from .conftest import Command


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def keys(run: Command, path: Path) -> Command:
    """The command with a store of its own."""
    run.environment["DRAGOMAN_STORE"] = str(path)
    return run


def test_a_key_is_made_listed_changed_and_revoked(keys: Command, path: Path) -> None:
    made = keys("keys", "create", "ann", "--budget", "$5", "--per", "day", "--rpm", "60", "--model", "openai/*")
    token = made.stdout.strip()
    assert made.returncode == 0
    assert token.startswith("sk-dragoman-")
    with SqliteStore(path) as store:
        key = Keys(store).find(token)
    assert (key.budget, key.period, key.requests_per_minute, key.models) == (Decimal(5), "day", 60, ("openai/*",))

    assert keys("keys", "change", "ann", "--budget", "7.5", "--allow-unpriced").returncode == 0
    listed = keys("keys", "list")
    (line,) = (line for line in listed.stdout.splitlines() if key.id in line)
    assert "$7.5 a day" in line
    assert f"…{token[-4:]}" in line
    assert token not in listed.stdout

    assert keys("keys", "revoke", key.id).returncode == 0
    (row,) = json.loads(keys("keys", "list", "--json").stdout)
    assert (row["budget"], row["unpriced"], row["spent"]) == ("7.5", "allow", "0")
    assert row["revoked"] is not None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create", "ann", "--budget", "many"), "many is no amount"),
        (("create", "ann", "--budget", "-1"), "from 0 to 1,000,000"),
        (("create", "ann", "--rpm", "0"), "at least 1, not 0"),
        (("create", "ann", "--per", "week"), "'--per': 'week' is not one of 'total', 'day', 'month'."),
        (("revoke", "nobody"), "there is no key `nobody`"),
        (("change", "nobody", "--rpm", "1"), "there is no key `nobody`"),
    ],
)
def test_what_cannot_be_meant_is_said_and_exits_with_2(
    keys: Command, path: Path, arguments: tuple[str, ...], why: str
) -> None:
    SqliteStore(path).close()
    result = keys("keys", *arguments)
    assert result.returncode == 2
    assert why in result.stderr


def spend(path: Path) -> None:
    """Two calls with a key, one of unknown cost, and one without."""
    with SqliteStore(path) as store:
        key, _ = Keys(store).create("ann", tenant="blue")
        ledger = Ledger(store)

        async def calls() -> None:
            for cost in (Decimal("0.0125"), None):
                admission = await ledger.admit(key, worst=Decimal("0.5"), tokens=1, model="gpt", request_id="r7")
                usage = Usage(input_tokens=1000, output_tokens=5)
                ledger.settle(admission, Spend(model="gpt", provider="openai", usage=usage, cost=cost))
            ledger.note(Spend(model="claude", provider="anthropic", cost=Decimal(2), outcome="left"))
            await ledger.flush()

        asyncio.run(calls())


def test_usage_is_printed_by_what_is_asked(keys: Command, path: Path) -> None:
    spend(path)
    rows = json.loads(keys("usage", "--by", "tenant", "--by", "model", "--json").stdout)
    assert [(row["tenant"], row["model"], row["requests"], row["failed"], row["cost"]) for row in rows] == [
        ("", "claude", 1, 1, "2"),
        ("blue", "gpt", 2, 0, "0.0125"),
    ]
    shown = keys("usage", "--key", "ann").stdout
    assert "claude" not in shown
    assert "2,000" in shown
    assert json.loads(keys("usage", "--until", "2020-01-01", "--json").stdout) == []


def test_unknown_costs_are_listed_and_resolved(keys: Command, path: Path) -> None:
    spend(path)
    (hold,) = json.loads(keys("usage", "--unknown", "--json").stdout)
    assert (hold["worst"], hold["request_id"], hold["provider"]) == ("0.5", "r7", "openai")
    assert "$0.5" in keys("usage", "--unknown").stdout

    number = str(hold["id"])
    assert keys("usage", "--resolve", number).returncode == 2  # at what cost?
    assert keys("usage", "--resolve", number, "--cost", "0.1").returncode == 0
    assert json.loads(keys("usage", "--unknown", "--json").stdout) == []
    (row,) = json.loads(keys("usage", "--key", "ann", "--json").stdout)
    assert (row["cost"], row["unpriced"]) == ("0.1125", 0)
    assert keys("usage", "--resolve", number, "--cost", "0.1").returncode == 2


@pytest.mark.parametrize(
    "arguments", [("keys", "list"), ("keys", "change", "ann", "--rpm", "1"), ("keys", "revoke", "ann"), ("usage",)]
)
def test_who_asks_for_a_store_that_is_not_there_makes_none(
    keys: Command, path: Path, arguments: tuple[str, ...]
) -> None:
    result = keys(*arguments)
    assert result.returncode == 2
    assert f"there is no store at {path} yet: `dragoman keys create` makes it" in result.stderr
    assert not path.exists()


def test_the_options_of_a_new_key_have_help(keys: Command) -> None:
    shown = keys("keys", "create", "--help").stdout
    for words in ("What people call it", "Print it as JSON", "The gateway's store", "day"):
        assert words in shown
    assert "--no-json" not in shown


def test_words_that_usage_cannot_be_added_up_by_are_refused_with_those_it_can(keys: Command) -> None:
    said = " ".join(keys("usage", "--by", "foo").stderr.replace("│", " ").split())
    assert "'--by': 'foo' is not one of 'day', 'key', 'tenant', 'model', 'provider', 'served'." in said
