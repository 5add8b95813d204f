"""What a provider's file says to do when its server does not answer or does not know the model."""

from __future__ import annotations

import pytest

import dragoman
from dragoman.providers import ProviderSpec
from dragoman.providers.auth import bearer
from dragoman.testing import Emulator

HOME = ProviderSpec(
    name="home",
    dialect="openai_chat",
    auth=bearer("HOME_KEY", required=False),
    unreachable_hint="Start it: `home serve`.",
    unknown_model_hint="Fetch it: `home pull {model}`.",
)


def test_nothing_answers() -> None:
    with (
        dragoman.create_llm(
            HOME, "m", base_url="http://127.0.0.1:9", retry_config=dragoman.RetryConfig(max_attempts=1)
        ) as llm,
        pytest.raises(dragoman.ConnectFailed, match="home serve"),
    ):
        llm.generate("Hi")


def test_the_model_is_not_there() -> None:
    with (
        Emulator(models=["other"]) as emulator,
        dragoman.create_llm(HOME, "small", base_url=emulator.url + "/v1") as llm,
        pytest.raises(dragoman.UnknownModel, match="home pull small"),
    ):
        llm.generate("Hi")
