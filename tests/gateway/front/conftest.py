"""One gateway for the tests that only ask it something."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, gateway


@pytest.fixture(scope="module")
def upstream() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def address(upstream: Emulator) -> Iterator[str]:
    with gateway(upstream) as url:
        yield url


@pytest.fixture
def emulator(upstream: Emulator) -> Emulator:
    """The same, as if nothing had been asked yet."""
    upstream.reset()
    return upstream


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def of_all(emulator: Emulator) -> Iterator[httpx.Client]:
    """A client of a gateway that reaches Mistral too, and of whose models the catalog does not know what they read."""
    config = config_for(emulator)
    config["providers"]["mistral"] = {"base_url": f"{emulator.url}/mistral/v1", "api_key": "upstream-key"}
    config["models"] = {
        f"up-{name}": f"{name}/one-of-tomorrow" for name in ("openai", "anthropic", "mistral", "ollama")
    }
    with gateway(emulator, config) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client
