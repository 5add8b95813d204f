"""Metrics are read by Prometheus' own parser: what it finds is what was counted, under labels that nobody can make up."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dragoman.gateway.operations import Metrics
from dragoman.gateway.operations.metrics import families
from dragoman.messages import Loss

from .records import a_call, a_refusal, tried

LOSS = Loss(effect="dropped", where="seed", why="there is none")


def found(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Each line: its name and labels → its value."""
    parsed = text_string_to_metric_families(metrics.text().decode())
    return {(one.name, frozenset(one.labels.items())): one.value for family in parsed for one in family.samples}


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """The sum of a metric's lines that have these labels."""
    wanted = set(labels.items())
    return sum(value for (line, has), value in found(metrics).items() if line == name and wanted <= has)


def observed(*records: object, models: tuple[str, ...] = ("fast", "smart")) -> Metrics:
    metrics = Metrics(models)
    for record in records:
        metrics.observe(record)
    return metrics


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("dragoman_requests_total", {}, 4),
        ("dragoman_requests_total", {"model": "fast"}, 3),
        ("dragoman_requests_total", {"outcome": "ok", "status": "200"}, 3),
        ("dragoman_requests_total", {"stream": "true"}, 1),
        ("dragoman_requests_total", {"outcome": "RateLimited", "status": "429", "model": "smart"}, 1),
        ("dragoman_request_seconds_count", {"model": "fast", "provider": "openai"}, 3),
        ("dragoman_request_seconds_sum", {"model": "fast", "stream": "false"}, 0.5),
        ("dragoman_request_seconds_bucket", {"model": "fast", "stream": "false", "le": "0.16"}, 0),
        ("dragoman_request_seconds_bucket", {"model": "fast", "stream": "false", "le": "0.32"}, 2),
        ("dragoman_request_seconds_bucket", {"model": "fast", "stream": "false", "le": "+Inf"}, 2),
        ("dragoman_first_token_seconds_count", {"model": "fast"}, 1),
        ("dragoman_first_token_seconds_sum", {"model": "fast"}, 0.125),
        ("dragoman_tokens_total", {"kind": "input", "model": "fast"}, 126),
        ("dragoman_tokens_total", {"kind": "cache_read"}, 40),
        ("dragoman_tokens_total", {"kind": "reasoning"}, 0),
        ("dragoman_cost_usd_total", {"model": "fast"}, 0.0000894),
        ("dragoman_unpriced_total", {"provider": "openai"}, 1),
        ("dragoman_losses_total", {"model": "smart", "provider": "anthropic"}, 2),
        ("dragoman_attempts_total", {"provider": "openai", "outcome": "ok"}, 3),
        ("dragoman_attempts_total", {"provider": "openai", "outcome": "Overloaded"}, 1),
        ("dragoman_attempts_total", {"provider": "anthropic", "outcome": "RateLimited"}, 1),
    ],
)
def test_what_is_counted(name: str, labels: dict[str, str], expected: float) -> None:
    metrics = observed(
        a_call(),
        a_call(cost=None),
        a_call(stream=True, seconds=1.0, first_token_seconds=0.125),
        a_call(
            model="smart",
            provider="anthropic",
            status=429,
            outcome="RateLimited",
            attempts=(tried(outcome="Overloaded"), tried("anthropic/claude", "RateLimited")),
            losses=(LOSS, LOSS),
        ),
    )
    assert value(metrics, name, **labels) == pytest.approx(expected)


def test_money_is_added_up_exactly() -> None:
    metrics = observed(*[a_call(cost=Decimal("0.1"))] * 10)
    assert b'dragoman_cost_usd_total{model="fast",provider="openai"} 1.0\n' in metrics.text()


def test_own_time_is_what_was_spent_neither_on_tries_nor_on_pauses() -> None:
    metrics = observed(a_call(seconds=0.25, attempts=(tried(seconds=0.2),)))
    assert value(metrics, "dragoman_own_seconds_total") == pytest.approx(0.05)


def test_what_went_to_nobody_is_counted_and_takes_no_time_of_anybody() -> None:
    metrics = observed(a_refusal())
    assert value(metrics, "dragoman_requests_total", outcome="UnknownModel", provider="") == 1
    assert value(metrics, "dragoman_request_seconds_count") == 0


def test_models_that_callers_make_up_are_no_labels() -> None:
    metrics = observed(*(a_refusal(model=f"made-up-{number}") for number in range(10_000)), a_call())
    assert len(metrics.counted) == 2
    assert value(metrics, "dragoman_requests_total", model="other") == 10_000


def test_a_model_that_answered_is_named_until_there_are_too_many() -> None:
    metrics = observed(*(a_call(model=f"openai/model-{number}") for number in range(500)))
    models = {labels.model for labels in metrics.counted}
    assert "openai/model-0" in models
    assert len(models) == 101
    assert value(metrics, "dragoman_requests_total") == 500


def test_a_model_is_named_once_the_configuration_knows_it() -> None:
    metrics = observed(a_refusal(model="new"))
    metrics.know(["new"])
    metrics.observe(a_refusal(model="new"))
    assert value(metrics, "dragoman_requests_total", model="other") == 1
    assert value(metrics, "dragoman_requests_total", model="new") == 1


@pytest.mark.parametrize("model", ['quo"ted', "back\\slash", "two\nlines", "ümläut", "{}=,"])
def test_names_with_signs_are_read_back_as_they_are(model: str) -> None:
    assert value(observed(a_call(model=model)), "dragoman_requests_total", model=model) == 1


def test_half_a_character_does_no_harm() -> None:
    assert value(observed(a_call(model="half \ud800")), "dragoman_requests_total") == 1


def test_a_gauge_shows_what_is_so_when_it_is_read() -> None:
    metrics, open_calls = Metrics(), [1, 2]
    metrics.gauge("dragoman_in_flight", "Calls that are open.", lambda: len(open_calls))
    open_calls.append(3)
    assert value(metrics, "dragoman_in_flight") == 3


def test_nothing_counted_is_nothing_said() -> None:
    assert Metrics().text() == b""


def test_the_page_names_every_metric_and_its_labels() -> None:
    page = (Path(__file__).parents[3] / "docs" / "gateway.md").read_text()
    rows = dict(re.findall(r"^\| `(dragoman_\w+)` \| (.*?) \|", page, re.MULTILINE))
    told = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows.items()}
    metrics = observed(
        a_call(cost=None, losses=(LOSS,), first_token_seconds=0.1, seconds=1.0), a_call(stream=True, seconds=1.0)
    )
    there = {
        family.name: {name for one in family.samples for name in one.labels} - {"le"}
        for family in families(metrics.counted, metrics.tried)
    }
    gauges = {"dragoman_in_flight": set(), "dragoman_log_dropped": set()}
    assert told == there | gauges
