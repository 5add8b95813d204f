"""Cohere as callers meet it."""

from __future__ import annotations

import pytest

import dragoman
from dragoman import MissingKey, Secret
from dragoman.testing import Emulator


def test_its_key_is_looked_for_in_the_sdks_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CO_API_KEY", raising=False)
    monkeypatch.delenv("COHERE_API_KEY", raising=False)
    with Emulator() as emulator, dragoman.create_llm("cohere/m", base_url=emulator.url) as llm:
        with pytest.raises(MissingKey, match="`CO_API_KEY` or `COHERE_API_KEY`"):
            llm.generate("Hi")
        monkeypatch.setenv("COHERE_API_KEY", "second")
        llm.generate("Hi")
        monkeypatch.setenv("CO_API_KEY", "first")
        llm.generate("Hi")
        keys = [Secret(f"Bearer {key}") for key in ("second", "first")]
        assert [seen.headers["authorization"] for seen in emulator.requests] == keys


@pytest.mark.parametrize("prefix", ["", "/v2"])
def test_an_answer_has_the_name_of_the_model_that_was_asked(prefix: str) -> None:
    with Emulator() as emulator:
        with dragoman.create_llm("cohere/command-a-03-2025", base_url=emulator.url + prefix, api_key="k") as llm:
            response = llm.generate("Say exactly: here")
        assert (response.content, response.model) == ("here", "command-a-03-2025")
        assert emulator.requests[-1].path == "/v2/chat"


def test_its_models_are_listed_in_its_form() -> None:
    with Emulator(models=["command-a-03-2025"]) as emulator:
        (model,) = dragoman.list_models("cohere", api_key="k", base_url=emulator.url)
    assert (model.id, model.abilities >= {"chat"}) == ("command-a-03-2025", True)
