"""With the emulator's variables set, nothing reaches a real provider: each is looked for at the emulator."""

from __future__ import annotations

import os
import warnings

import pytest

import dragoman
from dragoman.catalog import RetiredModelWarning
from dragoman.providers import built_in_names, get_spec
from dragoman.testing import Emulator

CHATTING = [name for name in built_in_names() if get_spec(name).chats and get_spec(name).engine is None]


@pytest.fixture(scope="module")
def emulator():
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def only_its_variables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL", "_HOST", "_ENDPOINT", "_TOKEN")) or name.startswith(
            ("AWS_", "GOOGLE_")
        ):
            monkeypatch.delenv(name)
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("only_its_variables")
@pytest.mark.parametrize("provider", CHATTING)
def test_every_provider_is_looked_for_there(provider: str, emulator: Emulator) -> None:
    seen = len(emulator.requests)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # some providers are
        warnings.simplefilter("ignore", RetiredModelWarning)
        llm = dragoman.create_llm(provider, "a-model")
    with llm:
        assert llm.generate("Say exactly: here").content == "here"
    assert len(emulator.requests) == seen + 1
    assert emulator.requests[-1].dialect == get_spec(provider).dialect_for("a-model")


def test_settings_in_an_address_are_filled_in_by_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        with dragoman.create_llm("cloudflare/m", account_id="an-account") as llm:
            assert llm.generate("Say exactly: a").content == "a"
        assert emulator.requests[-1].path == "/client/v4/accounts/an-account/ai/v1/chat/completions"
