"""The adapters: one module a peer, which says where the library is installed and how it is asked.

    LABEL         how tables name it
    ENVIRONMENT   its name in environments.toml
    START         a program's first lines: import the library and make a client; URL is defined
    FIRST         one more line: ask QUESTION and print the answer
    Peer(url)     an `Adapter`: the client, kept for all calls
        .call() -> Answer                      one question, one answer
        .stream(text) -> list[str]             the texts that the caller saw, event by event
        .call_async(), .stream_async(text)     the same, as coroutines, between `open_async` and `close_async`

A peer lacks the methods that its library lacks. Libraries are imported inside methods: the parent process, which has
none of them, reads the constants.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

NAMES = (
    "dragoman_openai",
    "dragoman_anthropic",
    "tensorzero",
    "openai_sdk",
    "anthropic_sdk",
    "any_llm",
    "abstractcore",
    "litellm",
    "pydantic_ai",
    "http_client",
    "sockets",
)
"""Every peer, in the order of the tables."""

VALUES = ("dragoman_values", "instructor")
"""The peers of `--values`.

    LEFT_OUT      cells that would take too long
    .create() -> a value of `work.model()`         .partial(text) -> how many values came, and the last one
"""

ROUTING = ("dragoman_routing",)
"""The peer of `--routing`.

    .chain(), .chain_async() -> Answer             `call`, by a chain of targets that all are well
    .choose(policy) -> a choice among 100 targets
"""


def load(name: str) -> ModuleType:
    return import_module(f"bench.peers.{name}")
