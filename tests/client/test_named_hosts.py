"""`from_together` and its like: by a model's name, or of a client of OpenAI's SDK."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import AsyncInstructor, Instructor, Mode
from dragoman.testing import Emulator
from tests.client.wrapping.test_wrong_clients import client_of

HOSTS = {
    "together": "https://api.together.xyz/v1",
    "databricks": "https://of-mine.cloud.databricks.com/serving-endpoints",
    "deepseek": "https://api.deepseek.com",
}


class Contact(BaseModel):
    name: str
    age: int


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as running:
        for host in HOSTS:
            monkeypatch.setenv(f"DRAGOMAN_{host.upper()}_BASE_URL", f"{running.url}/v1")
        yield running


def from_host(name: str) -> Any:
    return getattr(dragoman, f"from_{name}")


@pytest.mark.parametrize("name", HOSTS)
def test_by_a_models_name(name: str, emulator: Emulator) -> None:
    with from_host(name)("m", Mode.JSON, api_key="k") as client:
        assert isinstance(client.create(Contact, "John is 42"), Contact)
    assert (type(client), client.provider, client.mode) == (Instructor, name, Mode.JSON)
    assert emulator.requests[-1].wire["model"] == "m"


@pytest.mark.parametrize("name", HOSTS)
def test_by_a_models_name_awaited(name: str, emulator: Emulator) -> None:
    async def ask() -> Any:
        async with from_host(name)("m", async_client=True, api_key="k") as client:
            assert type(client) is AsyncInstructor
            return await client.create(Contact, "John is 42")

    assert isinstance(asyncio.run(ask()), Contact)
    assert len(emulator.requests) == 1


@pytest.mark.parametrize("name", [*HOSTS, "anyscale"])
def test_of_a_client(name: str) -> None:
    client = from_host(name)(client_of("openai", "OpenAI", base_url="https://h.example/v1"), Mode.TOOLS, model="m")
    assert (type(client), client.mode, client.kwargs) == (Instructor, Mode.TOOLS, {"model": "m"})


def test_anyscale_is_no_provider_any_more() -> None:
    with pytest.raises(dragoman.UnknownProvider, match="anyscale"):
        dragoman.from_anyscale("m")


@pytest.mark.parametrize("name", [*HOSTS, "anyscale"])
def test_each_is_a_function_of_its_own(name: str) -> None:
    function = from_host(name)
    assert function.__name__ == f"from_{name}"
    assert name in function.__doc__.lower()
    assert list(inspect.signature(function).parameters) == [
        "model_or_client",
        "mode",
        "model",
        "async_client",
        "options",
    ]
    assert pickle.loads(pickle.dumps(function)) is function
