"""Every built-in provider passes the tests that `dragoman.testing` has for the authors of providers.

S2.24, S2.32, S4.23: all of them stream and unload; a new provider's file brings its class by itself. What it must be told beside a key stands in `NEEDS`.
"""

from __future__ import annotations

from typing import Any

from dragoman.providers import built_in_names, get_spec
from dragoman.testing import ProviderConformance

CHATTING = [name for name in built_in_names() if get_spec(name).chats and get_spec(name).engine is None]

NEEDS: dict[str, dict[str, Any]] = {
    "cloudflare": {"options": {"account_id": "an-account"}},
    "mistral": {"paths": lambda _: {"/v1/chat/completions": "mistral"}},  # which is else OpenAI's
}
"""Provider → attributes of its class: `options` for `create_llm`, what it `lacks`, and why."""


def conformance_of(provider: str) -> type[ProviderConformance]:
    name = "Test" + "".join(map(str.title, provider.split("_")))
    return type(name, (ProviderConformance,), {"provider": provider, "__module__": __name__, **NEEDS.get(provider, {})})


globals().update({kind.__name__: kind for kind in map(conformance_of, CHATTING)})


def test_every_provider_has_its_class() -> None:
    found = {kind.provider for name, kind in globals().items() if name.startswith("Test")}
    assert found == set(CHATTING)
    assert set(NEEDS) <= found
