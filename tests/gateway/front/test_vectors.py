"""Embeddings over a route: whose model embeds, what is held for them, and what is paid where a target fails midway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.catalog import refresh
from dragoman.gateway import create_app
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, serving
from tests.gateway.store.books import check_laws, rows

SMALL, CHAT = "openai/text-embedding-3-small", "openai/gpt-4o-mini"
PICO = Decimal(10) ** 12


@contextmanager
def asked_at(emulator: Emulator, folder: Path, terms: dict[str, Any], **sections: Any) -> Iterator[httpx.Client]:
    """A client with a key of those terms, at a gateway whose books are in `folder`."""
    app = create_app(config_for(emulator, keys={"required": True}, **sections), store=books(folder))
    with serving(app) as url, httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        client.get("/health")
        assert app.service.keys is not None
        client.headers["authorization"] = f"Bearer {app.service.keys.create('ann', **terms)[1].reveal()}"
        yield client


def books(folder: Path) -> Path:
    return folder / "keys.sqlite3"


def embedded(client: httpx.Client, model: str, inputs: Any = "Hi") -> httpx.Response:
    return client.post("/v1/embeddings", json={"model": model, "input": inputs})


def spent_and_held(folder: Path) -> tuple[Decimal, Decimal]:
    """US dollars."""
    ((spent, held),) = rows(books(folder), "SELECT coalesce(sum(spent), 0), coalesce(sum(held), 0) FROM accounts")
    return spent / PICO, held / PICO


# ---------------------------------------------------------------------- whose model embeds

MODELS = {"mixed": [CHAT, SMALL], "vectors": SMALL, "chat": [CHAT, "anthropic/claude-haiku-4-5"]}
PATHS = {
    "openai": ("/v1/embeddings", {"model": "chat", "input": "Hi"}),
    "ollama": ("/api/embed", {"model": "chat", "input": "Hi"}),
    "gemini": ("/v1beta/models/chat:batchEmbedContents", {"requests": [{"content": {"parts": [{"text": "Hi"}]}}]}),
}


def test_a_chat_model_is_passed_over(tmp_path: Path, emulator: Emulator) -> None:
    with asked_at(emulator, tmp_path, {"budget": Decimal(1)}, models=MODELS) as client:
        assert embedded(client, "mixed").status_code == 200
    assert [seen.wire["model"] for seen in emulator.requests] == ["text-embedding-3-small"]


@pytest.mark.parametrize("path", PATHS)
def test_where_no_model_embeds_those_that_do_are_named(tmp_path: Path, emulator: Emulator, path: str) -> None:
    terms = {"models": ("chat", "vectors", CHAT), "budget": Decimal(1)}
    sections = {"models": MODELS, "aliases": {"v": "vectors"}}
    place, body = PATHS[path]
    with asked_at(emulator, tmp_path, terms, **sections) as client:
        reply = client.post(place, json=body)
    said = reply.json()["error"]
    assert reply.status_code == 400
    assert (said if isinstance(said, str) else said["message"]).endswith("These have: vectors.")
    assert not emulator.requests
    assert spent_and_held(tmp_path) == (0, 0)


def test_all_are_named_to_who_may_ask_all(tmp_path: Path, emulator: Emulator) -> None:
    with asked_at(emulator, tmp_path, {}, models=MODELS, aliases={"v": "vectors", "v*": "mixed"}) as client:
        for name in ("chat", CHAT):
            reply = embedded(client, name)
            assert reply.status_code == 400
            message = reply.json()["error"]["message"]
            assert f"`{name}` has no embeddings" in message
            assert "These have: mixed, vectors, v, " in message
            assert SMALL in message


def test_of_a_model_that_the_catalog_does_not_know_the_provider_is_asked(tmp_path: Path, emulator: Emulator) -> None:
    with asked_at(emulator, tmp_path, {}, models={"new": ["openai/nobody-knows-it", SMALL]}) as client:
        assert embedded(client, "new").status_code == 200
    assert [seen.wire["model"] for seen in emulator.requests] == ["nobody-knows-it"]


def test_who_may_not_ask_a_model_is_not_told_that_it_has_no_vectors(tmp_path: Path, emulator: Emulator) -> None:
    with asked_at(emulator, tmp_path, {"models": ("vectors",)}, models=MODELS) as client:
        assert embedded(client, "chat").status_code == 403


def test_what_has_no_vectors_counts_as_a_request(tmp_path: Path, emulator: Emulator) -> None:
    with asked_at(emulator, tmp_path, {"requests_per_minute": 1}, models=MODELS) as client:
        assert [embedded(client, "chat").status_code for _ in range(2)] == [400, 429]


def test_a_long_name_is_not_repeated_whole(tmp_path: Path, emulator: Emulator) -> None:
    with asked_at(emulator, tmp_path, {}, models=MODELS, aliases={"c*": "chat"}) as client:
        reply = embedded(client, "c" * 400)
    assert reply.status_code == 400
    assert "c" * 101 not in reply.text


# ---------------------------------------------------------------------- what is held

TARGETS = {"cheap": {"model": SMALL}, "dear": {"model": "together/text-embedding-3-small"}}
BY_TIER = {"table": {"by": "tier", "rows": {"pro": ["cheap", "dear"]}, "default": "ollama/llama3.1"}}
"""Whoever has no tier is named a chat model alone, which costs nothing: for vectors the others are asked."""


@pytest.fixture
def _dear(tmp_path: Path) -> Iterator[None]:
    """At `together` the same model costs a hundred times what it does at OpenAI."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    facts = '{"id": "text-embedding-3-small", "kind": "embedding", "prices": [{"prices": {"input": ["2"]}}]}'
    (folder / "together.json").write_text(
        f'{{"as_of": "2026-11-22", "sources": [], "serves": "others", "models": [{facts}]}}'
    )
    refresh(folder)
    yield
    refresh()


@pytest.mark.usefixtures("_dear")
@pytest.mark.parametrize("model", [["cheap", "dear"], BY_TIER], ids=["named", "not named"])
@pytest.mark.parametrize(("budget", "status"), [("0.00001", 402), ("0.001", 200)])
def test_the_dearest_that_may_be_asked_is_covered(
    tmp_path: Path, emulator: Emulator, model: Any, budget: str, status: int
) -> None:
    """The dear one is asked only where the cheap one fails; there is room for that, or neither is asked."""
    emulator.fault(status=503, path="/embeddings")
    sections: dict[str, Any] = config_for(emulator)
    sections["providers"]["together"] = {"base_url": f"{emulator.url}/together/v1", "api_key": "k"}
    told = {"models": {"vectors": model}, "targets": TARGETS, "providers": sections["providers"]}
    with asked_at(emulator, tmp_path, {"budget": Decimal(budget)}, **told) as client:
        assert embedded(client, "vectors").status_code == status
    spent, held = spent_and_held(tmp_path)
    assert spent + held <= Decimal(budget)
    assert len(emulator.requests) == (2 if status == 200 else 0)
    assert (spent > Decimal("0.000001")) == (status == 200)  # it was the dear one that answered
    check_laws(books(tmp_path))


@pytest.mark.parametrize("chat", ["openai/gpt-nobody-knows", "anthropic/claude-opus-4-1"])
def test_what_no_vectors_are_asked_of_is_not_held(tmp_path: Path, emulator: Emulator, chat: str) -> None:
    """Neither its price, nor that none is known of it, has to do with the call."""
    models = {"mixed": [SMALL, chat]}
    with asked_at(emulator, tmp_path, {"budget": Decimal("0.00001")}, models=models) as client:
        assert embedded(client, "mixed").status_code == 200


@pytest.mark.parametrize(("images", "status"), [(["https://example.com/large.png"], 402), (None, 200)])
def test_a_picture_is_held_for_however_short_its_address_is(
    tmp_path: Path, emulator: Emulator, images: list[str] | None, status: int
) -> None:
    asked = {"images": images} if images else {"texts": ["Hi"]}
    body = {"model": "vectors", "input_type": "search_document", "embedding_types": ["float"], **asked}
    providers = {"cohere": {"base_url": emulator.url, "api_key": "k"}}
    with asked_at(
        emulator, tmp_path, {"budget": Decimal("0.001")}, models={"vectors": "cohere/embed-v4.0"}, providers=providers
    ) as client:
        assert client.post("/v2/embed", json=body).status_code == status
    assert len(emulator.requests) == (status == 200)


# ---------------------------------------------------------------------- what is paid

SEVERAL = {"models": {"vectors": ["one", "two"]}, "targets": {"one": {"model": SMALL}, "two": {"model": SMALL}}}
MANY = [f"text {number}" for number in range(3000)]
"""More than are sent in one request."""


@pytest.mark.parametrize(("budget", "status"), [("1", 200), ("0.00075", 503)], ids=["room", "no room"])
def test_what_was_paid_before_a_target_failed_is_settled(
    tmp_path: Path, emulator: Emulator, budget: str, status: int
) -> None:
    """The first request of the first target was answered; the next target begins anew, if that may be paid too."""
    for fault in ({"headers": {"x-first": "answered"}}, {"status": 503}):
        emulator.fault(**fault, path="/embeddings")
    with asked_at(emulator, tmp_path, {"budget": Decimal(budget)}, **SEVERAL) as client:
        reply = embedded(client, "vectors", MANY)
        assert reply.status_code == status
    asked = len(emulator.requests)
    assert asked == (4 if status == 200 else 2)
    billed = sum((line.cost or Decimal(0) for line in emulator.wait_for_bill(asked)), Decimal(0))
    assert spent_and_held(tmp_path) == (billed, 0)
    assert billed > 0
    if status == 200:
        assert len(reply.json()["data"]) == len(MANY)
    check_laws(books(tmp_path))


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut_at_byte": 0}], ids=["refused", "cut"])
def test_what_was_paid_is_settled_where_all_targets_fail(
    tmp_path: Path, emulator: Emulator, fault: dict[str, Any]
) -> None:
    """Each of them after an answer; what nobody knows of the tries that were cut off stays held."""
    for _ in range(2):
        emulator.fault(headers={"x-first": "answered"}, path="/embeddings")
        emulator.fault(**fault, path="/embeddings")
    with asked_at(emulator, tmp_path, {"budget": Decimal(1)}, **SEVERAL) as client:
        assert embedded(client, "vectors", MANY).status_code >= 500
    lines = emulator.wait_for_bill(4)
    spent, held = spent_and_held(tmp_path)
    assert spent == sum(line.cost or Decimal(0) for line in lines[0::2]) > 0
    assert sum(line.cost or Decimal(0) for line in lines) <= spent + held
    assert bool(held) == ("cut_at_byte" in fault)
    check_laws(books(tmp_path))
