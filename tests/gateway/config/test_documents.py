"""Configurations: what each section says, and what is refused in them, with the whole message."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from traceback import format_exception
from typing import Any

import pytest

from dragoman.client.routers.purpose import Purpose
from dragoman.errors import ConfigurationError
from dragoman.gateway.config import (
    Conditions,
    GatewayConfig,
    HeaderNames,
    KeyRules,
    PurposeRule,
    ServerRules,
    Tenant,
    load_config,
)
from dragoman.gateway.snapshot import Snapshot
from dragoman.http import Timeouts
from dragoman.routing.health import HealthRules, RetryBudgetRules
from dragoman.routing.policies import Cheapest, Ordered, Policy, Weighted
from dragoman.routing.rules import RouteRules
from dragoman.secret import Secret


def config(document: dict[str, Any], **environment: str) -> GatewayConfig:
    return load_config(document, environment)


def asked_at(policy: Policy) -> list[str]:
    return [target.name for target in policy.targets()]


# ---------------------------------------------------------------------- models


@pytest.mark.parametrize(
    ("said", "kind", "names"),
    [
        ("openai/gpt-4o", Ordered, ["openai/gpt-4o"]),
        ("mine", Ordered, ["mine"]),
        ("either", Weighted, ["mine", "a/b"]),
        (["mine", "openai/gpt-4o"], Ordered, ["mine", "openai/gpt-4o"]),
        ({"model": "openai/gpt-4o", "weight": 2}, Ordered, ["openai/gpt-4o"]),
        ({"cheapest": ["mine", "either"]}, Cheapest, ["mine", "a/b"]),
        ({"policy": "mine"}, Ordered, ["mine"]),
        ({"policy": ["mine", "c/d"], "params": {"temperature": 0}}, Ordered, ["mine", "c/d"]),
        ({"cheapest": ["mine"], "name": "thrifty", "rules": {"max_attempts": 2}}, Cheapest, ["mine"]),
        ({"model": "a/b", "params": {"temperature": 0}}, Ordered, ["a/b"]),
    ],
)
def test_what_a_model_is_answered_by(said: object, kind: type, names: list[str]) -> None:
    policies = {"either": {"weighted": {"mine": 2, "a/b": 1}}}
    found = config({"models": {"it": said}, "targets": {"mine": "x/y"}, "policies": policies}).models["it"]
    assert (found.name, type(found.policy), asked_at(found.policy)) == ("it", kind, names)


def test_what_a_model_has_of_its_own_is_over_what_the_document_says() -> None:
    document = {
        "rules": {"max_attempts": 3, "max_price_ratio": 5},
        "health": {"window_seconds": 10},
        "retry_budget": {"share": 0.1},
        "models": {
            "usual": "a/b",
            "own": {
                "policy": "a/b",
                "rules": {"max_attempts": 6, "after_commit": "restart"},
                "health": {"slow_start_seconds": 0},
                "retry_budget": {"share": 0.4},
                "params": {"max_tokens": 100, "timeout": {"total": 20}},
            },
        },
    }
    usual, own = config(document).models.values()
    assert usual.rules == RouteRules(max_attempts=3, max_price_ratio=5)
    assert own.rules == RouteRules(max_attempts=6, max_price_ratio=5, after_commit="restart")
    assert own.health == HealthRules(window_seconds=10, slow_start_seconds=0)
    assert (usual.retry_budget, own.retry_budget) == (RetryBudgetRules(share=0.1), RetryBudgetRules(share=0.4))
    assert (usual.params, own.params) == ({}, {"max_tokens": 100, "timeout": Timeouts(total=20)})


def test_a_target_that_two_models_name_is_one() -> None:
    models = config({"targets": {"mine": "a/b"}, "models": {"x": "mine", "y": ["mine", "c/d"], "z": "c/d"}}).models
    x, y, z = (route.policy.targets() for route in models.values())
    assert (y[0], y[1]) == (x[0], z[0])


# ---------------------------------------------------------------------- the other sections


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        ({}, "server", ServerRules()),
        ({"server": {"port": "${PORT}", "timeouts": {"total": 60}}}, "server", ServerRules(port=9000, timeouts=Timeouts(total=60))),
        ({"keys": {"required": True, "file": "keys.db"}}, "keys", KeyRules(required=True, file="keys.db")),
        ({"keys": {"required": "auto"}}, "keys", KeyRules()),
        ({"keys": {"required": "${NO}"}}, "keys", KeyRules(required=False)),
        ({"on_loss": "error"}, "on_loss", "error"),
        ({"allow_any_model": "${NO}"}, "allow_any_model", False),
        ({"models": {"x": "a/b"}, "aliases": {"y": "x", "gpt-*": "x"}}, "aliases", {"y": "x", "gpt-*": "x"}),
        ({"aliases": {"y": "openai/gpt-4o"}}, "aliases", {"y": "openai/gpt-4o"}),
        ({"providers": {"openai": {"api_key": "${KEY}", "base_url": "http://127.0.0.1:1"}}}, "providers", {"openai": {"api_key": Secret("sk-canary"), "base_url": "http://127.0.0.1:1"}}),
        ({"tenants": {"acme": {"tier": "pro", "labels": {"region": "eu"}}, "globex": "free"}}, "tenants", {"acme": Tenant(tier="pro", labels={"region": "eu"}), "globex": Tenant(tier="free")}),
    ],
)  # fmt: skip
def test_sections(document: dict[str, Any], field: str, value: object) -> None:
    found = config(document, PORT="9000", NO="false", KEY="sk-canary")
    assert getattr(found, field) == value


def test_purposes() -> None:
    purpose = {
        "headers": {"tenant": "X-Tenant", "session": None, "labels": {"region": "x-region"}},
        "rules": [{"if": {"headers": {"User-Agent": "claude-cli/*"}}, "say": {"task": "coding"}}],
    }
    found = config({"purpose": purpose}).purpose
    assert found.headers == HeaderNames(tenant="X-Tenant", session=None, labels={"region": "x-region"})
    assert found.rules == (
        PurposeRule(when=Conditions(headers={"User-Agent": "claude-cli/*"}), say=Purpose(task="coding")),
    )


@pytest.mark.parametrize(
    ("required", "host", "needed"),
    [
        ("auto", "127.0.0.1", False),
        ("auto", "127.8.8.8", False),
        ("auto", "::1", False),
        ("auto", "[::1]", False),
        ("auto", "localhost", False),
        ("auto", "0.0.0.0", True),
        ("auto", "::", True),
        ("auto", "10.0.0.1", True),
        ("auto", "gateway.example", True),
        ("auto", "", True),
        (False, "0.0.0.0", False),
        (True, "127.0.0.1", True),
    ],
)
def test_keys_are_needed_where_others_than_this_machine_may_call(required: Any, host: str, needed: bool) -> None:
    assert KeyRules(required=required).needed_on(host) is needed


@pytest.mark.parametrize(
    ("document", "takes"),
    [
        ({}, True),
        ({"models": {"x": "a/b"}}, False),
        ({"models": {"x": "a/b"}, "allow_any_model": True}, True),
        ({"allow_any_model": False}, False),
    ],
)
def test_any_model_is_taken_where_none_is_configured_unless_said(document: dict[str, Any], takes: bool) -> None:
    assert config(document).takes_any_model is takes


def test_no_key_is_shown() -> None:
    found = config(
        {
            "providers": {"openai": {"api_key": "${KEY}"}},
            "targets": {"mine": {"model": "openai/gpt-4o", "client": {"api_key": "${KEY}"}}},
            "models": {"x": "mine"},
        },
        KEY="sk-canary-0123456789",
    )
    shown = repr([found, found.providers, found.models, found.places, next(iter(found.places)).client])
    assert "canary" not in shown


CANARY = f"sk-{'canary' * 2}"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"models": {"x": "${KEY}"}}, "models.x: `${KEY}` is neither provider/model nor a name in this document: none"),
        ({"on_loss": "${KEY}"}, "on_loss: here stands warn or error, not '${KEY}'"),
        ({"models": {"x": {"random": {"a/b": "much ${KEY}"}}}}, "models.x.random.a/b: here stands a number, not 'much ${KEY}'"),
        ({"on_loss": "${SHORT}"}, "on_loss: here stands warn or error, not 'never'"),
    ],
)  # fmt: skip
def test_a_key_at_the_wrong_place_is_not_shown_either(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config(document, KEY=CANARY, SHORT="never")
    assert str(caught.value) == message
    assert "canarycanary" not in "".join(format_exception(caught.value))


def test_nor_is_one_that_is_taken_for_a_provider(tmp_path: Path) -> None:
    path = tmp_path / "g.toml"
    path.write_text('[models]\nx = "${KEY}/gpt-4o"\n')
    with pytest.raises(ConfigurationError) as caught:
        Snapshot(load_config(path, {"KEY": CANARY}))
    assert "g.toml:2:1: models.x: Unknown provider: ${KEY}. Known: " in str(caught.value)
    assert "canarycanary" not in "".join(format_exception(caught.value))


# ---------------------------------------------------------------------- what is refused

MODELS = "There are: model, policy, params, rules, health, retry_budget, ordered, random, round_robin, weighted, least_busy, fastest, cheapest, capable, sticky, table, when, name, weight"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"model": {}}, "the document: unknown word `model`. Did you mean `models`? There are: aliases, allow_any_model, providers, rules, health, retry_budget, tenants, purpose, server, keys, on_loss, log, metrics, tracing, targets, policies, models"),
        ({"models": ["a/b"]}, "models: here stands a mapping, not list"),
        ({"models": {"x": 3}}, "models.x: here stands a mapping, not int"),
        ({"models": {"x": "fast"}}, "models.x: `fast` is neither provider/model nor a name in this document: none"),
        ({"models": {"x": {"cheapst": ["a/b"]}}}, f"models.x: unknown word `cheapst`. Did you mean `cheapest`? {MODELS}"),
        ({"models": {"x": {"policy": "a/b", "cheapest": ["a/b"]}}}, "models.x: `policy` says it all: `cheapest` does not stand beside it"),
        ({"models": {"x": {"policy": {"cheapest": []}}}}, "models.x.policy.cheapest: here stands a list of at least one, not an empty list"),
        ({"models": {"x": {"policy": "a/b", "rules": {"max_attempts": 0}}}}, "models.x.rules: RouteRules: max_attempts counts the first try too, so it must be at least 1"),
        ({"models": {"x": {"policy": "a/b", "params": {"temprature": 1}}}}, "models.x.params: there is no option `temprature`: did you mean `temperature`? What only the provider knows goes into extra_body={...}"),
        ({"models": {"x": {"policy": "a/b", "params": {"temperature": 9}}}}, "models.x.params: temperature must be a number from 0 to 2, not 9"),
        ({"models": {" ": "a/b"}}, "models. : a model needs a name"),
        ({"models": {"x": "a/b"}, "aliases": {"x": "x"}}, "aliases.x: a model has this name already"),
        ({"models": {"x": "a/b"}, "aliases": {"y": "z"}}, "aliases.y: `z` is no model of this document: x"),
        ({"models": {"x": "a/b"}, "aliases": {"y": 3}}, "aliases.y: here stands the name of a model, not 3"),
        ({"providers": {"opnai": {}}}, "providers.opnai: Unknown provider: opnai. Did you mean `openai`?"),
        ({"providers": {"openai": {"apikey": "k"}}}, "providers.openai: there is no option `apikey`: did you mean `api_key`?"),
        ({"models": {"x": "gpt-4o-mini"}}, "models.x: `gpt-4o-mini` is neither provider/model nor a name in this document: none. Did you mean `openai/gpt-4o-mini`?"),
        ({"models": {"x": ["rack1"]}, "targets": {"rack-1": "openai/gpt-4o"}}, "models.x[0]: `rack1` is neither provider/model nor a name in this document: rack-1. Did you mean `rack-1`?"),
        ({"server": {"prt": 1}}, "server: unknown word `prt`. Did you mean `port`? There are: host, port, workers, body_bytes, header_seconds, body_seconds, open_streams, heartbeat_seconds, drain_seconds, timeouts"),
        ({"server": {"port": 70000}}, "server: port=70000 is none: a port is from 0 to 65535"),
        ({"server": {"workers": 0}}, "server: workers=0 must be at least 1"),
        ({"server": {"heartbeat_seconds": 0}}, "server: heartbeat_seconds=0.0 must be above 0"),
        ({"server": {"timeouts": {"idle": 3}}}, "server.timeouts: unknown word `idle`."),
        ({"server": {"timeouts": {"total": 0}}}, "server: timeout: `total` must be a positive number of seconds or Timeouts, not 0.0"),
        ({"keys": {"required": "yess"}}, "keys.required: here stands true or false or auto, not 'yess'"),
        ({"server": {"port": "many"}}, "server.port: here stands a whole number, not a text"),
        ({"server": {"port": None}}, "server.port: here stands a whole number, not null"),
        ({"server": {"timeouts": {"total": "x"}}}, "server.timeouts.total: here stands a number, not a text"),
        ({"server": {"timeouts": 3}}, "server.timeouts: here stands a mapping, not 3"),
        ({"metrics": {"enabled": "perhaps"}}, "metrics.enabled: here stands true or false, not 'perhaps'"),
        ({"tenants": {"acme": {"labels": {"a": ["x"]}}}}, "tenants.acme.labels.a: here stands a text, not a list"),
        ({"tenants": {"acme": {"labels": {1: "x"}}}}, "tenants.acme.labels.1: here stands a text, not 1"),
        ({"on_loss": "ignore"}, "on_loss: here stands warn or error, not 'ignore'"),
        ({"allow_any_model": "perhaps"}, "allow_any_model: here stands true or false, not 'perhaps'"),
        ({"tenants": {"acme": {"teir": "pro"}}}, "tenants.acme: unknown word `teir`. Did you mean `tier`? There are: tier, task, labels"),
        ({"purpose": {"rules": [{"if": {}}]}}, "purpose.rules[0].say is missing"),
        ({"purpose": {"rules": [{"if": {"header": {}}, "say": {}}]}}, "purpose.rules[0].if: unknown word `header`. Did you mean `headers`?"),
        ({"purpose": {"rules": [{"if": {}, "say": {"color": "red"}}]}}, "purpose.rules[0].say: unknown word `color`."),
        ({"purpose": {"rules": []}}, "purpose.rules: here stands a list of at least one, not an empty list"),
        ({"log": {"format": "xml"}}, "log.format: here stands auto or json or text or off, not 'xml'"),
        ({"providers": {"openai": {"api_key": "${OPENAI}"}}}, "providers.openai.api_key: the environment variable `OPENAI` is not set, and has no default"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        config(document)
    said = str(caught.value)
    assert said == message or (message.endswith(("?", ".", ": ")) and said.startswith(message))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("g.toml", '[models]\nfast = "a/b"\nsmart = {cheapst = ["a/b"]}', f"g.toml:3:10: models.smart: unknown word `cheapst`. Did you mean `cheapest`? {MODELS}"),
        ("g.json", '{"models": {\n  "x": "nobody"}}', "g.json:2:3: models.x: `nobody` is neither provider/model nor a name in this document: none"),
        ("g.yaml", "models:\n  x: a/b\naliases: {y: x, z: w}", "g.yaml:3:17: aliases.z: `w` is no model of this document: x"),
        ("g.yaml", "server:\n  port: 1\n  port: 2", "g.yaml:3:3: it cannot be read: `port` stands there twice"),
        ("g.yaml", "models:\n  x: a/b\n   y: a/b", "g.yaml:3:5: it cannot be read: a second `:` in one entry. Is the line indented as those beside it? A text that has a `: ` in it stands in quotes"),
        ("g.yaml", "models:\n\tx: a/b", "g.yaml:2:1: it cannot be read: no word begins so. Lines are indented by spaces, not by tabs; a text that begins with `@`, `%` or a backtick stands in quotes"),
        ("g.yaml", "server:\n  host: localhost\n  port: many", "g.yaml:3:3: server.port: here stands a whole number, not a text"),
        ("g.toml", "[models]\nx = openai/gpt-4o", "g.toml:2:5: it cannot be read: here stands no value. A text stands in quotes; `true` and `false` are in small letters"),
        ("g.toml", "[server]\nhost = 127.0.0.1", "g.toml:2:13: it cannot be read: more stands here than one value. A text stands in quotes, and each entry on a line of its own"),
        ("g.ini", "", "`g.ini`: what can be read is a file that ends in .toml, .json, .yaml, .yml"),
    ],
)  # fmt: skip
def test_files_say_line_and_column(
    name: str, text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(dedent(text))
    with pytest.raises(ConfigurationError) as caught:
        load_config(name, {})
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_file_says_nothing(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dragoman.yaml"
    path.write_text(text)
    assert load_config(path).takes_any_model
