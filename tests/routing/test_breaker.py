"""One target's breaker: when it opens, for how long, and how it closes."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from dragoman.errors import ConfigurationError
from dragoman.routing.health import HealthRules, Trip
from dragoman.routing.health.breaker import Breaker
from dragoman.routing.health.rules import TRIPS
from dragoman.routing.verdict import Failure

RULES = HealthRules(
    trips={
        "network": Trip(consecutive=3, open_seconds=5, max_open_seconds=30),
        "server": Trip(share=0.5, of_at_least=4, open_seconds=8),
    },
    window_seconds=10,
    slow_start_seconds=2,
)


def after(story: str, rules: HealthRules = RULES) -> Breaker:
    """A breaker after calls that ended one a second: `n`etwork, `s`erver, `r`ate, `m`alformed, `.` success."""
    breaker = Breaker(rules)
    failures: dict[str, Failure] = {"n": "network", "s": "server", "r": "rate", "m": "malformed"}
    for now, end in enumerate(story):
        if end == ".":
            breaker.succeeded(breaker.epoch, now)
        else:
            breaker.failed(breaker.epoch, failures[end], now, None)
    return breaker


@pytest.mark.parametrize(
    ("story", "failure"),
    [
        ("nn", None),
        ("nnn", "network"),
        ("nn.nn", None),  # not in a row
        ("nnsn", "network"),  # another failure is no success
        ("sss", None),  # too few calls to speak of a share
        ("ssss", "server"),
        (".s.s", "server"),
        ("...s", None),
        ("s......s..s.s", None),  # the first ones are forgotten
        ("r", "rate"),  # by the table of defaults
        ("mm", None),
        ("mmm", "malformed"),
    ],
)
def test_what_opens_it(story: str, failure: str | None) -> None:
    assert after(story).failure == failure


def test_each_class_that_is_the_targets_or_the_accounts_has_a_rule_and_no_other() -> None:
    from dragoman.routing.verdict import _VERDICTS

    blamed = {verdict.failure for verdict in _VERDICTS.values() if verdict.blame != "nobody"}
    assert blamed | {"foreign"} == set(TRIPS)


def test_it_lets_one_call_through_when_its_time_has_come() -> None:
    breaker = after("nnn")
    assert breaker.until == 2 + 5
    assert breaker.blocks(6.9)
    assert not breaker.blocks(7.0)
    assert breaker.begin(7.0)
    assert breaker.blocks(7.1)
    assert not breaker.begin(7.1)


@pytest.mark.parametrize("end", ["succeeded", "answering"])
def test_a_probe_that_works_closes_it(end: str) -> None:
    breaker = after("nnn")
    breaker.begin(7.0)
    assert getattr(breaker, end)(breaker.epoch, 7.5)
    assert breaker.failure is None
    assert not breaker.blocks(7.5)


def test_a_probe_that_ends_without_saying_anything_makes_room_for_the_next() -> None:
    breaker = after("nnn")
    breaker.begin(7.0)
    breaker.left(breaker.epoch)
    assert breaker.begin(7.1)


def test_each_probe_that_fails_doubles_the_time() -> None:
    breaker, waits = after("nnn"), []
    for _ in range(5):
        now = breaker.until
        assert breaker.begin(now)
        breaker.failed(breaker.epoch, "network", now, None)
        waits.append(breaker.until - now)
    assert waits == [10, 20, 30, 30, 30]


@pytest.mark.parametrize(("well_for", "open_seconds"), [(6.0, 10), (7.0, 5)])
def test_it_forgives_after_as_long_as_it_was_open_and_a_slow_start(well_for: float, open_seconds: float) -> None:
    breaker = after("nnn")
    breaker.begin(7.0)
    breaker.succeeded(breaker.epoch, 7.0)
    now = 7.0 + well_for
    for _ in range(3):
        breaker.failed(breaker.epoch, "network", now, None)
    assert breaker.until == now + open_seconds


def test_a_time_that_was_cut_short_by_a_success_is_over() -> None:
    """Asked all the same before its time, because too many were out, it worked; the next outage is not the longer."""
    breaker = after(
        "nnn", HealthRules(trips={"network": Trip(consecutive=3, open_seconds=60), "rate": Trip(consecutive=1)})
    )
    assert breaker.until == 62.0
    breaker.succeeded(breaker.epoch, 3.0)
    breaker.failed(breaker.epoch, "rate", 4.0, 1.0)
    assert breaker.until == 5.0


def test_what_was_under_way_when_it_opened_does_not_count() -> None:
    breaker = after("nn")
    before = breaker.epoch
    breaker.failed(before, "network", 2.0, None)
    assert not breaker.failed(before, "network", 3.0, None)
    assert not breaker.succeeded(before, 3.0)
    assert breaker.until == 7.0
    breaker.begin(7.0)
    breaker.left(before)  # not its probe
    assert breaker.probing


@pytest.mark.parametrize(
    ("asked", "seconds"), [(20.0, 20), (0.0, 0), (-5.0, 0), (1e9, 3600), (inf, 3600), (0.25, 0.25), (nan, 2)]
)
def test_retry_after_is_obeyed_to_the_second_and_never_beyond_reason(asked: float, seconds: float) -> None:
    """Faults 9 and 11. What is no number counts as not said: the class's own time."""
    breaker = after("")
    assert breaker.failed(breaker.epoch, "rate", 100.0, asked)
    assert breaker.until == 100 + seconds


def test_a_shorter_retry_after_does_not_shorten_a_longer_one() -> None:
    breaker = after("")
    breaker.failed(0, "rate", 0.0, 30)
    breaker.failed(0, "rate", 1.0, 5)
    assert breaker.until == 30


def test_retry_after_counts_however_late_it_comes() -> None:
    breaker = after("nnn")
    assert breaker.failed(0, "rate", 4.0, 60)
    assert (breaker.failure, breaker.until) == ("rate", 64.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"consecutive": 0},
        {"share": 0.0},
        {"share": 1.5},
        {"open_seconds": 0.0},
        {"open_seconds": 9, "max_open_seconds": 5},
    ],
)
def test_trips_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Trip(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_ejected_share": 1.1},
        {"window_seconds": 0.0},
        {"slow_start_seconds": -1.0},
        {"max_retry_after_seconds": -1.0},
        {"trips": {"auth": Trip(share=0.5)}},
        {"trips": {"caller": Trip(consecutive=1)}},
    ],
)
def test_rules_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        HealthRules(**wrong)
