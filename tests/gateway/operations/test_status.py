"""Health says whether the process lives, readiness whether to send it calls."""

import json

import pytest

from dragoman import __version__
from dragoman.gateway.operations import Status


def well() -> None:
    return None


def unwell() -> str:
    return "the disk is full"


@pytest.mark.parametrize(
    ("needed", "told", "ready", "health"),
    [
        ({}, {}, 200, "ok"),
        ({"store": well}, {"configuration": well}, 200, "ok"),
        ({"store": unwell}, {}, 503, "degraded"),
        ({"store": well}, {"configuration": unwell}, 200, "degraded"),
    ],
)
def test_who_is_kept_away_and_who_is_told(needed: dict, told: dict, ready: int, health: str) -> None:
    status = Status(needed, told)
    assert status.ready()[0] == ready
    assert status.health()[0] == 200
    assert json.loads(status.health()[1])["status"] == health


def test_readiness_says_why_not() -> None:
    body = Status({"store": unwell, "drain": well}).ready()[1]
    assert json.loads(body) == {"status": "not ready", "reasons": {"store": "the disk is full"}}


def test_health_shows_facts_and_reasons() -> None:
    shown = json.loads(Status(told={"configuration": unwell}, facts=lambda: {"generation": 3}).health()[1])
    assert shown.pop("uptime_seconds") >= 0
    assert shown == {
        "status": "degraded",
        "version": __version__,
        "generation": 3,
        "reasons": {"configuration": "the disk is full"},
    }


def test_a_check_is_asked_each_time() -> None:
    reasons = ["starting", None]
    status = Status({"store": lambda: reasons.pop(0)})
    assert [status.ready()[0], status.ready()[0]] == [503, 200]
