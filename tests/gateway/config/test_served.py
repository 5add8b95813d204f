"""A running gateway whose configuration changes: over real sockets, with callers that go on calling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.gateway import Gateway, create_app
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, serving

CALLERS, CALLS, RELOADS = 4, 25, 15


def written(emulator: Emulator, number: int) -> str:
    """A configuration in which `own` and `alias` mean a model that has the number in its name."""
    models = {"shared": "openai/gpt-4o-mini", "own": f"openai/gpt-4o-{number}", f"only-{number}": "openai/gpt-4o"}
    return json.dumps(config_for(emulator, models=models, aliases={"alias": "own"}, allow_any_model=False))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def path(emulator: Emulator, tmp_path: Path) -> Path:
    path = tmp_path / "dragoman.json"
    path.write_text(written(emulator, 0))
    return path


@pytest.fixture
def app(path: Path) -> Gateway:
    return create_app(path)


@pytest.fixture
def client(app: Gateway) -> Iterator[httpx.Client]:
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def asked(client: httpx.Client, model: str, *, stream: bool = False) -> httpx.Response:
    messages = [{"role": "user", "content": "Say exactly: hello"}]
    return client.post("/v1/chat/completions", json={"model": model, "messages": messages, "stream": stream})


def is_whole(response: httpx.Response, *, stream: bool) -> bool:
    if not stream:
        return response.json()["choices"][0]["message"]["content"] == "hello"
    return '"hello"' in response.text and response.text.endswith("data: [DONE]\n\n")


def test_callers_notice_nothing(app: Gateway, client: httpx.Client, emulator: Emulator, path: Path) -> None:
    def call(number: int) -> list[str]:
        failed: list[str] = []
        for count in range(CALLS):
            stream, model = count % 2 == 0, ("shared", "own", "alias")[count % 3]
            response = asked(client, model, stream=stream)
            if response.status_code != 200 or not is_whole(response, stream=stream):
                failed.append(f"{number}.{count} {model}: {response.status_code} {response.text[:200]}")
        return failed

    with ThreadPoolExecutor(CALLERS) as callers:
        calls = [callers.submit(call, number) for number in range(CALLERS)]
        for number in range(1, RELOADS + 1):
            path.write_text(written(emulator, number))
            assert app.service.snapshots.reload()
            asked(client, "own")
        assert [failure for each in calls for failure in each.result()] == []
    assert asked(client, "own").status_code == 200
    assert emulator.requests[-1].wire["model"] == f"gpt-4o-{RELOADS}"


def models_of(client: httpx.Client) -> list[str]:
    return [each["id"] for each in client.get("/v1/models").json()["data"]]


def test_what_holds_is_listed_and_what_does_not_is_unknown(
    app: Gateway, client: httpx.Client, emulator: Emulator, path: Path
) -> None:
    assert models_of(client) == ["shared", "own", "only-0", "alias"]
    path.write_text(written(emulator, 1))
    assert app.service.snapshots.reload()
    assert models_of(client) == ["shared", "own", "only-1", "alias"]
    refused = asked(client, "only-0")
    assert refused.status_code == 404
    said = "there is no model `only-0` here. Did you mean `only-1`? There are: shared, own, only-1, alias."
    assert refused.json()["error"]["message"] == said


def test_a_file_that_cannot_be_is_told_of_and_changes_nothing(app: Gateway, client: httpx.Client, path: Path) -> None:
    whole = path.read_text()
    path.write_text(whole.replace('"aliases"', '"alaises"'))
    assert not app.service.snapshots.reload()
    assert asked(client, "alias").status_code == 200
    told = client.get("/health")
    assert told.status_code == 200
    assert "unknown word `alaises`. Did you mean `aliases`?" in told.text
    path.write_text(whole)
    assert app.service.snapshots.reload()
    assert "alaises" not in client.get("/health").text


def test_a_header_says_what_a_call_is_for(client: httpx.Client, app: Gateway, emulator: Emulator, path: Path) -> None:
    table: dict[str, Any] = {"by": "task", "rows": {"coding": "openai/gpt-4.1"}, "default": "openai/gpt-4o-mini"}
    path.write_text(json.dumps(config_for(emulator, models={"x": {"table": table}})))
    assert app.service.snapshots.reload()
    for headers in ({}, {"X-Dragoman-Task": "coding"}):
        client.post(
            "/v1/chat/completions",
            json={"model": "x", "messages": [{"role": "user", "content": "Hi"}]},
            headers=headers,
        )
    assert [request.wire["model"] for request in emulator.requests] == ["gpt-4o-mini", "gpt-4.1"]
