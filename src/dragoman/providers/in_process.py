"""What providers have in common whose models run in this process: nothing is sent, so there is no key and no list."""

from __future__ import annotations

from dragoman.providers.auth import ARGUMENT_ONLY
from dragoman.providers.quirks import OF_ENGINES
from dragoman.providers.spec import IN_PROCESS, ProviderSpec


def in_process(name: str, *, docs_url: str) -> ProviderSpec:
    """The provider whose models the engine of that name runs. Its wire is Ollama's, that of local models."""
    return ProviderSpec(
        name=name,
        dialect="ollama",
        engine=name,
        base_url=IN_PROCESS,
        listing=None,
        auth=ARGUMENT_ONLY,
        quirks=OF_ENGINES,
        lacks=frozenset({"forced_tools"}),
        price_list=None,
        docs_url=docs_url,
    )
