"""The sample that people copy loads, has every section there is, and answers as its comments say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.client.routers.purpose import Purpose
from dragoman.gateway.config import GatewayConfig, load_config
from dragoman.gateway.config.records import KeyRules, LogRules, MetricsRules, ServerRules, TracingRules
from dragoman.gateway.purposes import ANYONE
from dragoman.gateway.snapshot import Snapshot
from dragoman.routing.explanation import explain
from dragoman.routing.features import Features
from dragoman.routing.tables.documents import read

SAMPLE = Path(__file__).parents[3] / "examples" / "dragoman.yaml"


@pytest.fixture(scope="module")
def sample() -> GatewayConfig:
    pytest.importorskip("yaml")
    return load_config(SAMPLE, {})


def test_it_has_every_section_there_is() -> None:
    pytest.importorskip("yaml")
    sections = set(GatewayConfig.__struct_fields__) - {"places", "document"} | {"targets", "policies"}
    assert set(read(SAMPLE).value) == sections


def test_it_shows_what_holds_by_itself(sample: GatewayConfig) -> None:
    """So that a copy of it changes nothing by accident."""
    assert sample.server == ServerRules()
    assert (sample.keys, sample.log) == (KeyRules(), LogRules())
    assert (sample.metrics, sample.tracing) == (MetricsRules(), TracingRules())
    assert sample.on_loss == "warn"


RACKS = ["rack-1", "rack-2"]
SMART = ["anthropic/claude-sonnet-4-5", "azure"]


@pytest.mark.parametrize(
    ("name", "purpose", "asked"),
    [
        ("fast", ANYONE, ["openai/gpt-4o-mini"]),
        ("smart", ANYONE, SMART),
        ("gpt-4o", ANYONE, SMART),
        ("claude-opus-9", ANYONE, SMART),
        ("house", ANYONE, RACKS),
        ("by-tier", Purpose(tier="free"), RACKS),
        ("by-tier", Purpose(tier="pro"), ["anthropic/claude-sonnet-4-5", "openai/gpt-4o"]),
        ("by-tier", Purpose(task="coding"), ["anthropic/claude-sonnet-4-5"]),
        ("by-tier", ANYONE, ["openai/gpt-4o-mini"]),
    ],
)
def test_who_is_asked(name: str, purpose: Purpose, asked: list[str], sample: GatewayConfig) -> None:
    routing = Snapshot(sample).plan_for(name, purpose).behind.routing
    features = Features(task=purpose.task, tier=purpose.tier)
    found = explain(routing.policy, routing.situation(features, 0.0, moves=False), routing.rules)
    assert sorted(candidate.target.name for candidate in found.candidates) == sorted(asked)


def test_whom_calls_are_for(sample: GatewayConfig) -> None:
    found = Snapshot(sample)
    assert found.purpose_of({b"user-agent": b"claude-cli/2.1"}) == Purpose(task="coding")
    assert found.purpose_of({b"x-region": b"us", b"x-dragoman-tier": b"pro"}) == Purpose(labels={"region": "us"})
