"""One client a model: made once however many threads ask, and none is handed out after the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dragoman import LLM, create_llm
from dragoman.client.by_model import ByModel
from dragoman.errors import ConfigurationError


def client(model: str) -> LLM:
    return create_llm("openai", model, api_key="k", base_url="http://127.0.0.1:1/v1")


def test_threads_that_ask_at_once_get_one_client() -> None:
    both = Barrier(2)

    def make(model: str) -> LLM:
        both.wait(timeout=60)  # each has found none
        return client(model)

    clients = ByModel(make)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(clients.__getitem__, ["m", "m"])
    assert first is second is clients["m"]


def test_another_model_is_another_client() -> None:
    clients = ByModel(client)
    assert clients["m"] is clients["m"]
    assert clients["m"] is not clients["n"]


def test_what_is_made_while_another_thread_closes_is_not_handed_out() -> None:
    def make(model: str) -> LLM:
        assert clients.end() == []
        return client(model)

    clients = ByModel(make)
    with pytest.raises(ConfigurationError, match="closed"):
        clients["m"]


def test_none_is_made_after_the_end() -> None:
    clients = ByModel(client)
    made = [clients["m"], clients["n"]]
    assert clients.end() == made
    for model in ("m", "another"):
        with pytest.raises(ConfigurationError, match="closed"):
            clients[model]
