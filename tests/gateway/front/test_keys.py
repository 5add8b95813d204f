"""Virtual keys at the front: who may call, for how much, and what is written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.gateway import Gateway, create_app
from dragoman.gateway.snapshot import Snapshot
from dragoman.gateway.store import read_only, usage_rows
from dragoman.testing import Emulator
from tests.gateway.front.dialects import SURFACES, Surface
from tests.gateway.front.running import config_for, serving


@pytest.fixture
def app(emulator: Emulator, tmp_path: Path) -> Gateway:
    return create_app(config_for(emulator, keys={"required": True, "file": str(tmp_path / "keys.sqlite3")}))


@pytest.fixture
def client(app: Gateway) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        client.get("/health")
        yield client


SAID = [{"role": "user", "content": "Hi"}]


def token_of(app: Gateway, name: str, **terms: Any) -> str:
    """The token of a new key."""
    assert app.service.keys is not None
    return app.service.keys.create(name, **terms)[1].reveal()


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_without_a_key_nobody_is_asked(client: httpx.Client, emulator: Emulator, surface: Surface) -> None:
    for token in (None, "sk-dragoman-nobody", "sk-of-openai"):
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        reply = client.post(
            surface.path("up-openai", False), json=surface.body("up-openai", "Hi", False), headers=headers
        )
        assert reply.status_code == 401
        assert surface.refused(reply.json())
    assert not emulator.requests


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key", "x-goog-api-key", "query"])
def test_a_key_may_come_in_any_clients_way(client: httpx.Client, app: Gateway, header: str) -> None:
    token = token_of(app, "one")
    headers = {} if header == "query" else {header: f"Bearer {token}" if header == "authorization" else token}
    reply = client.get("/v1/models", headers=headers, params={"key": token} if header == "query" else None)
    assert reply.status_code == 200


def test_a_budget_is_held_and_settled(client: httpx.Client, app: Gateway, emulator: Emulator) -> None:
    token = token_of(app, "small", budget=Decimal("0.001"))
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100}
    headers = {"authorization": f"Bearer {token}"}
    assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == 200
    refused = client.post("/v1/chat/completions", json={**body, "max_tokens": 10_000}, headers=headers)
    assert refused.status_code == 402
    assert refused.headers["x-should-retry"] == "false"
    assert len(emulator.requests) == 1


OTHERS: dict[str, dict[str, Any]] = {
    "/api/chat": {"model": "up-openai", "messages": SAID},
    "/v2/chat": {"model": "up-openai", "messages": SAID},
    "/mistral/v1/chat/completions": {"model": "up-openai", "messages": SAID},
    "/model/up-openai/converse": {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
}
ASKED = [(surface.path("up-openai", False), surface.body("up-openai", "Hi", False)) for surface in SURFACES]


@pytest.mark.parametrize("priced", [True, False], ids=["spent", "unpriced"])
@pytest.mark.parametrize(("path", "body"), [*ASKED, *OTHERS.items()], ids=str)
def test_what_no_budget_allows_is_a_402_for_everybody(
    app: Gateway, client: httpx.Client, emulator: Emulator, path: str, body: dict[str, Any], priced: bool
) -> None:
    if not priced:
        nameless = "openai/nobody-knows-its-price"
        path = path.replace("up-openai", nameless)
        body = {**body, "model": nameless} if "model" in body else body
    token = token_of(app, "small", budget=Decimal("0.000001" if priced else "100"))
    headers = {"authorization": f"Bearer {token}"}
    refused = client.post(path, json=body, headers=headers)
    assert (refused.status_code, refused.headers["x-should-retry"]) == (402, "false"), refused.text
    assert not emulator.requests


def test_what_a_key_is_refused_is_counted_for_it(app: Gateway, tmp_path: Path) -> None:
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        client.get("/v1/models")
        headers = {"authorization": f"Bearer {token_of(app, 'small', budget=Decimal('0.000001'))}"}
        body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
        assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == 402
        assert app.service.keys is not None
        key = app.service.keys.named("small").id
    with read_only(tmp_path / "keys.sqlite3") as connection:
        rows = usage_rows(connection, ["key"])
    assert [(row.place["key"], row.failed) for row in rows] == [(key, 1)]


def test_a_model_that_is_not_for_a_key(client: httpx.Client, app: Gateway, emulator: Emulator) -> None:
    token = token_of(app, "narrow", models=("up-anthropic",))
    headers = {"authorization": f"Bearer {token}"}
    body = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}
    assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == 403
    assert [model["id"] for model in client.get("/v1/models", headers=headers).json()["data"]] == ["up-anthropic"]
    assert not emulator.requests


CHAT = "/v1/chat/completions"
GEMINI = "/v1beta/models/up-gemini:generateContent"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, {"model": "up-openai", "max_tokens": -5}),
        (CHAT, {"model": "up-gemini", "max_tokens": 100, "n": -1000}),
        (GEMINI, {"generationConfig": {"maxOutputTokens": 1}, "cachedContent": "cachedContents/long"}),
    ],
    ids=["no limit", "fewer answers than none", "input that Google has kept"],
)
def test_what_makes_no_sense_is_not_held_for_nothing(
    client: httpx.Client, app: Gateway, emulator: Emulator, path: str, body: dict[str, Any]
) -> None:
    """Nor is what nobody here can see."""
    headers = {"authorization": f"Bearer {token_of(app, 'small', budget=Decimal('0.0001'))}"}
    said = {"contents": [{"parts": [{"text": "Hi"}]}]} if path == GEMINI else {"messages": SAID}
    reply = client.post(path, json={**said, **body}, headers=headers)
    assert "this call may cost" in reply.text
    assert not emulator.requests


@pytest.mark.parametrize(
    "asked", [{"n": 30, "max_tokens": 10}, {"max_tokens": 300}, {"n": -30, "max_tokens": 300}], ids=str
)
def test_tokens_are_those_of_all_answers(client: httpx.Client, app: Gateway, asked: dict[str, int]) -> None:
    headers = {"authorization": f"Bearer {token_of(app, 'slow', tokens_per_minute=200)}"}
    body = {"model": "up-openai", "messages": SAID}
    assert client.post(CHAT, json={**body, **asked}, headers=headers).status_code == 429


def test_a_limit_below_none_lets_nobody_send_more(client: httpx.Client, app: Gateway) -> None:
    headers = {"authorization": f"Bearer {token_of(app, 'slow', tokens_per_minute=100)}"}
    body = {"model": "up-ollama", "messages": [{"role": "user", "content": "words " * 200}], "max_tokens": -1000}
    assert client.post(CHAT, json=body, headers=headers).status_code == 429


COUNTS = {
    "/v1/messages/count_tokens": {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]},
    "/v1/responses/input_tokens": {"model": "up-openai", "input": "Hi"},
    "/v1beta/models/up-openai:countTokens": {"contents": [{"parts": [{"text": "Hi"}]}]},
}


@pytest.mark.parametrize("path", COUNTS)
def test_tokens_are_counted_only_for_whom_a_model_is(
    client: httpx.Client, app: Gateway, emulator: Emulator, path: str
) -> None:
    token = token_of(app, "narrow", models=("up-anthropic",))
    reply = client.post(path, json=COUNTS[path], headers={"authorization": f"Bearer {token}"})
    assert reply.status_code == 403
    assert not emulator.requests


@pytest.mark.parametrize("path", COUNTS)
def test_to_count_tokens_is_a_request(client: httpx.Client, app: Gateway, path: str) -> None:
    """It is counted among those of a minute, and its turn is given back when it is over."""
    terms: dict[str, Any] = {"requests_per_minute": 2, "concurrency": 1, "budget": Decimal(0)}
    headers = {"authorization": f"Bearer {token_of(app, 'slow', **terms)}"}
    replies = [client.post(path, json=COUNTS[path], headers=headers) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[2].headers["retry-after"]


# ---------------------------------------------------------------------- names that nobody has

MADE_UP = ["made-up-{}", "openai/made-up-{}", "nobody/made-up-{}"]
"""The second is asked for: `provider/model` is answered here, and the provider says that there is none."""


@pytest.mark.parametrize("name", MADE_UP)
@pytest.mark.parametrize("how", ["a key", "a key for some models", "a key with a budget"])
def test_names_that_callers_make_up_leave_no_rows(
    app: Gateway, emulator: Emulator, tmp_path: Path, name: str, how: str
) -> None:
    """Nor labels of metrics: whoever may call could fill the disk by them."""
    terms = {
        "a key for some models": {"models": ("up-*",)},
        "a key with a budget": {"budget": Decimal(1), "unpriced": "allow"},
    }
    emulator.fault(status=404, times=None)
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        client.get("/health")
        headers = {"authorization": f"Bearer {token_of(app, 'one', **terms.get(how, {}))}"}
        for number in range(5):
            for path, asked in (("chat/completions", {"messages": SAID}), ("embeddings", {"input": "Hi"})):
                body = {"model": name.format(number), **asked}
                assert client.post(f"/v1/{path}", json=body, headers=headers).status_code in {403, 404}
        assert "made-up" not in client.get("/metrics").text
    with read_only(tmp_path / "keys.sqlite3") as connection:
        rows = usage_rows(connection, ["model", "served"])
    assert [row.place for row in rows] in ([], [{"model": "other", "served": ""}])


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("keyed", [True, False])
def test_names_that_fit_a_pattern_are_counted_as_what_it_stands_for(
    emulator: Emulator, tmp_path: Path, *, keyed: bool, status: int
) -> None:
    """Any number of them may be made up, and each is answered."""
    models = {"aliases": {"gpt-*": "up-openai", "gpt-4": "up-openai"}, "keys": {"required": keyed}}
    app = create_app(config_for(emulator, **models), store=tmp_path / "keys.sqlite3")
    if status != 200:
        emulator.fault(status=status, times=None)
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        client.get("/health")
        headers = {"authorization": f"Bearer {token_of(app, 'one')}"} if keyed else {}
        for name in ("gpt-4", *(f"gpt-{number}-made-up" for number in range(5))):
            body = {"model": name, "messages": SAID}
            assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == status
    with read_only(tmp_path / "keys.sqlite3") as connection:
        rows = usage_rows(connection, ["model"])
    assert {row.place["model"]: row.requests for row in rows} == {"gpt-4": 1, "up-openai": 5}


@pytest.mark.parametrize("keyed", [True, False])
def test_a_call_is_counted_by_the_configuration_that_it_began_with(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, keyed: bool
) -> None:
    """Another may take its place while the call is under way, and name its models otherwise."""
    file = tmp_path / "dragoman.json"
    then = config_for(emulator, aliases={"gpt-*": "up-openai"}, keys={"required": keyed})
    file.write_text(json.dumps(then))
    app = create_app(file, store=tmp_path / "keys.sqlite3")
    found = Snapshot.plan_for

    def found_before_the_change(snapshot: Snapshot, *given: Any) -> RoutedPlan:
        plan = found(snapshot, *given)
        assert app.service.snapshots.reload()
        return plan

    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        client.get("/health")
        headers = {"authorization": f"Bearer {token_of(app, 'one')}"} if keyed else {}
        file.write_text(json.dumps({**then, "models": {"up-anthropic": "anthropic/claude-sonnet-4-5"}, "aliases": {}}))
        monkeypatch.setattr(Snapshot, "plan_for", found_before_the_change)
        body = {"model": "gpt-9-made-up", "messages": SAID}
        assert client.post("/v1/chat/completions", json=body, headers=headers).status_code == 200
        assert app.service.snapshots.current.counted_as("gpt-9-made-up") == "gpt-9-made-up"
    with read_only(tmp_path / "keys.sqlite3") as connection:
        assert [row.place["model"] for row in usage_rows(connection, ["model"])] == ["up-openai"]


@pytest.mark.parametrize(
    ("origin", "status"),
    {
        None: 200,
        "http://localhost:3000": 200,
        "https://app.localhost": 200,
        "http://[::1]:5173": 200,
        "vscode-webview://1f2e": 200,
        "https://example.com": 403,
        "http://localhost.example.com": 403,
        "http://[": 403,
        "null": 403,
    }.items(),
)
def test_without_keys_only_pages_of_this_machine_may_call(
    emulator: Emulator, tmp_path: Path, origin: str | None, status: int
) -> None:
    """What a browser lets any page send: a form's POST, for which it asks nobody."""
    app = create_app(config_for(emulator), host="127.0.0.1", store=tmp_path / "usage.sqlite3")
    headers = {"content-type": "text/plain"} | ({} if origin is None else {"origin": origin})
    body = b'{"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}'
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        reply = client.post("/v1/chat/completions", content=body, headers=headers)
    assert reply.status_code == status, reply.text
    assert bool(emulator.requests) == (status == 200)


def test_a_page_that_has_a_key_may_call(client: httpx.Client, app: Gateway) -> None:
    headers = {"origin": "https://example.com", "authorization": f"Bearer {token_of(app, 'page')}"}
    assert client.get("/v1/models", headers=headers).status_code == 200
