"""Routing tables: documents that become policies, and what is refused in them."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from dragoman.errors import ConfigurationError, MissingPackage
from dragoman.http import Timeouts
from dragoman.routing.features import Features
from dragoman.routing.health import HealthRules, RetryBudgetRules, Trip
from dragoman.routing.policies import Cheapest, Ordered, Policy, Sticky, Table, Weighted, When
from dragoman.routing.tables import RoutingTable, documents, routing_from
from dragoman.routing.target import Limits
from dragoman.secret import Secret
from dragoman.transport import TransportOptions
from tests.routing.scene import NO_FEATURES, Scene

WHOLE = """
policy = "by task"

[targets.fast]
model = "openai/gpt-4o-mini"
weight = 3
max_attempts = 2
max_retries = 1
limits = {concurrency = 8, requests_per_minute = 500}
labels = {region = "eu"}
options = {temperature = 0}
client = {api_key = "${TEAM_KEY}", timeout = 20}

[targets]
careful = "anthropic/claude-sonnet-4-5"

[policies.shared]
weighted = ["fast", "careful"]

[policies."by task".table]
by = "task"
rows.coding = {ordered = ["ollama/llama3.1", "shared"], name = "local first"}
rows.long = {when = {cases = [{if = {prompt_characters_above = 50_000}, use = "careful"}], default = "shared"}}
default = "shared"

[rules]
max_price_ratio = 5
allow = ["openai", "anthropic"]
retry = {max_attempts = 2}
hedge = {max_share = 0.02}

[health]
window_seconds = 10
trips.network = {consecutive = 2, open_seconds = 1}

[retry_budget]
share = 0.1
"""


@pytest.fixture
def whole(tmp_path: Path) -> RoutingTable:
    path = tmp_path / "routing.toml"
    path.write_text(WHOLE)
    return routing_from(path, {"TEAM_KEY": "sk-team"})


def order(policy: Policy, features: Features = NO_FEATURES) -> list[str]:
    return Scene().order(policy, features, random=lambda: 0.0)


def test_targets(whole: RoutingTable) -> None:
    fast = next(target for target in whole.policy.targets() if target.name == "fast")
    assert (fast.served, fast.weight, fast.max_attempts, fast.max_retries) == ("openai/gpt-4o-mini", 3, 2, 1)
    assert fast.limits == Limits(concurrency=8, requests_per_minute=500)
    assert (fast.labels, fast.options) == ({"region": "eu"}, {"temperature": 0})
    assert fast.client == {"api_key": Secret("sk-team"), "timeout": 20}
    assert "sk-team" not in repr(fast)


def test_options_of_clients() -> None:
    said = {
        "api_key": "sk-a",
        "timeout": {"connect": "2", "total": 60},
        "headers": {"x-team": "a", "x-team-token": "t"},
        "transport": {"proxy": "http://proxy:3128", "max_idle": "8"},
    }
    target = routing_from({"policy": {"model": "a/a", "client": said}}).policy.targets()[0]
    assert target.client == {
        "api_key": Secret("sk-a"),
        "timeout": Timeouts(connect=2, total=60),
        "headers": {"x-team": "a", "x-team-token": Secret("t")},
        "transport": TransportOptions(proxy="http://proxy:3128", max_idle=8),
    }


def test_no_two_targets_have_one_name() -> None:
    policy = routing_from({"policy": ["a/a", "a/a", {"model": "a/a"}, {"model": "a/a", "weight": 2}]}).policy
    assert [target.name for target in policy.targets()] == ["a/a", "a/a#2", "a/a#3"]


def test_what_is_named_twice_is_one(whole: RoutingTable) -> None:
    assert [target.name for target in whole.policy.targets()] == ["ollama/llama3.1", "fast", "careful"]


@pytest.mark.parametrize(
    ("features", "names"),
    [
        (Features(task="coding"), ["ollama/llama3.1", "fast", "careful"]),
        (Features(task="long", prompt_characters=60_000), ["careful"]),
        (Features(task="long"), ["fast", "careful"]),
        (Features(), ["fast", "careful"]),
    ],
)
def test_the_policy(whole: RoutingTable, features: Features, names: list[str]) -> None:
    assert order(whole.policy, features) == names


def test_rules(whole: RoutingTable) -> None:
    rules = whole.rules
    assert (rules.max_price_ratio, rules.allow) == (5, {"openai", "anthropic"})
    assert (rules.retry.max_attempts, rules.hedge.max_share, rules.hedge.quantile) == (2, 0.02, 0.95)


def test_health(whole: RoutingTable) -> None:
    assert whole.health.window_seconds == 10
    assert whole.health.trip("network") == Trip(consecutive=2, open_seconds=1)
    assert whole.health.trip("server") == HealthRules().trip("server")
    assert whole.retry_budget == RetryBudgetRules(share=0.1)


# ---------------------------------------------------------------------- each policy

KINDS = ["ordered", "random", "round_robin", "weighted", "least_busy", "fastest", "cheapest", "capable", "sticky"]


@pytest.mark.parametrize("word", KINDS)
def test_policies_of_members(word: str) -> None:
    policy = routing_from(
        {"policy": {word: ["a/a", {"ordered": ["b/b"]}, {"model": "c/c"}], "name": "it", "weight": 2}}
    ).policy
    assert type(policy).__name__.lower() == word.replace("_", "")
    assert [target.served for target in policy.targets()] == ["a/a", "b/b", "c/c"]
    assert (policy.name, policy.weight) == ("it", 2)


@pytest.mark.parametrize(
    ("node", "names"),
    [
        ("a/a", ["a/a"]),
        (["b/b", "a/a"], ["b/b", "a/a"]),
        ({"model": "a/a", "name": "mine"}, ["mine"]),
        ({"weighted": {"a/a": 0, "b/b": 2}}, ["b/b", "a/a"]),
        ({"sticky": {"by": "tenant", "balance": None, "members": ["a/a"]}}, ["a/a"]),
        ({"table": {"by": "tier", "rows": {"free": "a/a"}}}, []),
        ({"when": {"cases": [{"if": {"needs": ["tools"]}, "use": "a/a"}]}}, []),
    ],
)
def test_short_and_long_ways_to_say_it(node: object, names: list[str]) -> None:
    assert order(routing_from({"policy": node}).policy) == names


def test_what_policies_have_of_their_own() -> None:
    sticky = routing_from({"policy": {"sticky": {"by": "tenant", "balance": 2, "members": ["a/a"]}}}).policy
    assert isinstance(sticky, Sticky)
    assert (sticky.by, sticky.balance) == ("tenant", 2)
    weighted = routing_from({"policy": {"weighted": {"a/a": 3, "b/b": "1"}}}).policy
    assert isinstance(weighted, Weighted)
    assert [(member.name, member.weight) for member in weighted.members] == [("a/a", 3), ("b/b", 1)]


# ---------------------------------------------------------------------- what the environment says


@pytest.mark.parametrize(
    ("text", "environment", "read"),
    [
        ("${PROVIDER}/${MODEL}", {"PROVIDER": "a", "MODEL": "b"}, "a/b"),
        ("${LLM:-a/b}", {}, "a/b"),
        ("${LLM:-a/b}", {"LLM": ""}, "a/b"),
        ("${LLM:-a/b}", {"LLM": "c/d"}, "c/d"),
        ("a/$${b}", {}, "a/${b}"),
        ("a/$b", {"b": "x"}, "a/$b"),
    ],
)
def test_variables(text: str, environment: dict[str, str], read: str) -> None:
    """S0.43, S0.44, S1.10."""
    assert routing_from({"policy": text}, environment).policy.targets()[0].served == read


def test_numbers_may_come_from_the_environment() -> None:
    given = {
        "policy": {"model": "a/a", "limits": {"concurrency": "${SLOTS}"}},
        "rules": {"max_attempts": "${TRIES:-3}"},
    }
    table = routing_from(given, {"SLOTS": "4"})
    assert (table.policy.targets()[0].limits.concurrency, table.rules.max_attempts) == (4, 3)


def test_the_environment_is_the_processs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_MODEL", "a/b")
    assert order(routing_from({"policy": "${LLM_MODEL}"}).policy) == ["a/b"]


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "policy is missing"),
        ([], "the document: here stands a mapping, not an empty list"),
        ({"polcy": "a/a"}, "the document: unknown word `polcy`. Did you mean `policy`? There are: targets, policies, policy, rules, health"),
        ({"policy": 3}, "policy: here stands a mapping, not int"),
        ({"policy": ["x"]}, "policy[0]: `x` is neither provider/model nor a name in this document: none"),
        ({"policy": "x", "targets": {"y": "a/a"}}, "policy: `x` is neither provider/model nor a name in this document: y"),
        ({"policy": {"ordred": ["a/a"]}}, "policy: unknown word `ordred`. Did you mean `ordered`? There are: ordered, random, "),
        ({"policy": {}}, "policy: exactly one of these stands here: ordered, random, "),
        ({"policy": {"ordered": ["a/a"], "random": ["a/a"]}}, "policy: exactly one of these stands here"),
        ({"policy": {"ordered": []}}, "policy.ordered: here stands a list of at least one, not an empty list"),
        ({"policy": {"ordered": ["a/a"], "weight": -1}}, "policy.ordered: Ordered: weight=-1.0 must be finite and not negative"),
        ({"policy": {"ordered": ["a/a"], "weight": True}}, "policy.weight: here stands a number, not True"),
        ({"policy": {"weighted": {"a/a": "much"}}}, "policy.weighted.a/a: here stands a number, not 'much'"),
        ({"policy": {"weighted": {"a/a": 0}}}, "policy.weighted: Weighted: at least one member needs a weight above 0"),
        ({"policy": {"sticky": {"by": "tenant"}}}, "policy.sticky.members is missing"),
        ({"policy": {"sticky": {"members": ["a/a"], "balance": 1}}}, "policy.sticky: Sticky: balance=1.0 must be more than 1"),
        ({"policy": {"table": {"rows": {"x": "a/a"}}}}, "policy.table.by is missing"),
        ({"policy": {"table": {"by": "task", "rows": {}}}}, "policy.table: Table: it needs at least one target"),
        ({"policy": {"table": {"by": "task", "rows": {"x": "y"}}}}, "policy.table.rows.x: `y` is neither"),
        ({"policy": {"when": {"cases": [{"use": "a/a"}]}}}, "policy.when.cases[0].if is missing"),
        ({"policy": {"when": {"cases": [{"if": {"need": "x"}, "use": "a/a"}]}}}, "policy.when.cases[0].if: unknown condition `need`"),
        ({"policy": {"when": {"cases": [{"if": {"needs": "x"}, "use": "a/a"}]}}}, "policy.when.cases[0].if: `needs`: here stands "),
        ({"policy": "a", "policies": {"a": ["b"], "b": ["a"]}}, "policies.a: it leads to itself: a > b > a"),
        ({"policy": {"model": "a/a", "limit": 3}}, "policy: unknown word `limit`. Did you mean `limits`?"),
        ({"policy": "t", "targets": {"t": {"weight": 1}}}, "targets.t.model is missing"),
        ({"policy": {"model": "a/a", "client": {"timeout": {"totl": 3}}}}, "policy.client.timeout: unknown word `totl`. Did you mean `total`?"),
        ({"policy": {"model": "a/a", "client": {"transport": {"max_connections": 0}}}}, "policy.client.transport: `max_connections` must be"),
        ({"policy": {"model": "a/a", "options": []}}, "policy.options: here stands a mapping, not a list"),
        ({"policy": "t", "targets": {"t": {"model": "a/a", "limits": {"rpm": 3}}}}, "targets.t.limits: unknown word `rpm`."),
        ({"policy": "t", "targets": {"t": {"model": "a/a", "limits": {"concurrency": 0}}}}, "targets.t.limits: Limits: concurrency=0 lets"),
        ({"policy": "a/a", "rules": {"max_attempts": 0}}, "rules: RouteRules: max_attempts counts the first try too"),
        ({"policy": "a/a", "rules": {"retry": {"max_attemps": 2}}}, "rules.retry: unknown word `max_attemps`. Did you mean `max_attempts`?"),
        ({"policy": "a/a", "rules": {"hedge": {"max_share": "half"}}}, "rules.hedge.max_share: here stands a number, not a text"),
        ({"policy": "a/a", "rules": {"allow": ["x", 1]}}, "rules.allow[1]: here stands a text, not 1"),
        ({"policy": "a/a", "rules": {"allow": []}}, "rules: RouteRules: allow=() lets nobody be asked"),
        ({"policy": "a/a", "health": {"trips": {"network": {"often": 2}}}}, "health.trips.network: unknown word `often`."),
        ({"policy": "a/a", "health": {"trips": {"weather": {"consecutive": 2}}}}, "health.trips: unknown word `weather`. There are: network, slow"),
        ({"policy": "a/a", "retry_budget": {"share": -1}}, "retry_budget: RetryBudgetRules: "),
        ({"policy": ["a/a", "${NOWHERE}"]}, "policy[1]: the environment variable `NOWHERE` is not set, and has no default"),
        ({"policy": "a/a", "rules": {"x": "${A B}"}}, "rules.x: write ${NAME} or ${NAME:-default}"),
        ({"policy": "a/${OPEN"}, "policy: write ${NAME} or ${NAME:-default}"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(document: object, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        routing_from(document, {}) if isinstance(document, dict) else routing_from_json(document)
    assert str(caught.value).removeprefix("list.json: ").startswith(message)


def routing_from_json(document: object) -> RoutingTable:
    """What is no mapping can only come from a file."""
    path = Path("list.json")
    path.write_text(json.dumps(document))
    return routing_from(path)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.toml", 'policy = {ordered = ["a/a", "b/b"]}'),
        ("t.json", '{"policy": {"ordered": ["a/a", "b/b"]}}'),
        ("t.JSON", '{"policy": ["a/a", "b/b"]}'),
    ],
)
def test_files(name: str, text: str) -> None:
    Path(name).write_text(text)
    assert order(routing_from(name).policy) == ["a/a", "b/b"]


YAML = """
targets:
  usual: &usual {model: a/a, limits: {concurrency: 2}}
  other:
    <<: *usual
    model: b/b
policy:
  table:
    by: tier
    rows:
      free: {cheapest: [usual, other]}
    default: [other, usual]
"""


def test_yaml() -> None:
    pytest.importorskip("yaml")
    Path("t.yml").write_text(YAML)
    table = routing_from(Path("t.yml")).policy
    assert isinstance(table, Table)
    assert isinstance(table.members[0], Cheapest)
    assert order(table) == ["other", "usual"]
    assert [target.limits.concurrency for target in table.targets()] == [2, 2]


def test_yaml_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(documents, "import_module", absent)
    Path("t.yaml").write_text("policy: a/a")
    with pytest.raises(MissingPackage, match=r"pip install 'dragoman\[yaml\]', or write TOML"):
        routing_from("t.yaml")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.ini", "", "what can be read is a file that ends in .toml, .json, .yaml, .yml"),
        ("absent.toml", None, "No such file"),
        ("t.toml", "policy = ", "here stands no value"),
        ("t.json", "{", "Expecting property name"),
        ("t.json", '{"policy": "a/a", "policy": "b/b"}', "`policy` stands there twice"),
        ("t.toml", 'policy = "a/a"\npolicy = "b/b"', "Cannot overwrite a value"),
    ],
)
def test_files_that_cannot_be_read(name: str, text: str | None, message: str) -> None:
    if text is not None:
        Path(name).write_text(text)
    with pytest.raises(ConfigurationError, match=f"(?s){name}.*{message}"):
        routing_from(name)


@pytest.mark.parametrize("text", ["policy: [", "policy: a/a\npolicy: b/b", "policy: !!python/object:os.system a"])
def test_yaml_that_cannot_be_read(text: str) -> None:
    pytest.importorskip("yaml")
    Path("t.yaml").write_text(dedent(text))
    with pytest.raises(ConfigurationError, match=r"t\.yaml:[1-9]:[1-9]\d*: it cannot be read: "):
        routing_from("t.yaml")


def test_a_default_is_a_chain_of_one_where_one_is_named() -> None:
    policy = routing_from({"policy": "a/a"}).policy
    assert isinstance(policy, Ordered)
    assert isinstance(routing_from({"policy": {"when": {"cases": [{"if": {}, "use": "a/a"}]}}}).policy, When)
