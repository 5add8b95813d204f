"""The gateway as people run it: the command, in a process of its own, in front of an emulator that is every provider."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dragoman.routing.health.rules import TRIPS
from dragoman.testing import Emulator


@dataclass(frozen=True)
class Upstream:
    """Who answers behind a public name.

    Attributes:
        target: Of the model `on-…`.
        other: Another of the provider's models, which is called the same in the gateway.
        dialects: What the provider is asked in: chats, counts of tokens, embeddings.
        embeddings: The model behind `vectors-…`; `None` where the provider has none.
    """

    target: str
    other: str
    dialects: str
    embeddings: str | None = None


UPSTREAMS = {
    "openai": Upstream(
        "openai/gpt-4o-mini",
        "openai/gpt-4o",
        "openai_chat,openai_responses,openai_embeddings",
        "openai/text-embedding-3-small",
    ),
    "anthropic": Upstream("anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-4-5", "anthropic_messages"),
    "gemini": Upstream(
        "google/gemini-2.5-flash", "google/gemini-2.5-pro", "gemini,gemini_embeddings", "google/gemini-embedding-001"
    ),
    "ollama": Upstream("ollama/qwen3-vl", "ollama/llama3.1", "ollama,ollama_embeddings", "ollama/nomic-embed-text"),
}


def called_the_same(target: str) -> str:
    return target.partition("/")[2]


def config(store: Path) -> dict[str, object]:
    """Four public names, and beside them what single tests need. Every call is tried once, and no fault is remembered."""
    models: dict[str, str] = {}
    for name, upstream in UPSTREAMS.items():
        models |= {f"on-{name}": upstream.target, called_the_same(upstream.other): upstream.other}
        if upstream.embeddings is not None:
            models[f"vectors-{len(models)}"] = upstream.embeddings
    return {
        "models": models,
        "rules": {"retry": {"max_attempts": 1}, "max_price_ratio": None},
        "health": {"trips": {failure: {"consecutive": 1_000_000} for failure in TRIPS}},
        "keys": {"file": str(store)},
    }


@dataclass(frozen=True)
class Gateway:
    """One that runs, and the emulator behind it."""

    url: str
    emulator: Emulator
    models: dict[str, str]

    def variables(self, upstream: str) -> dict[str, str]:
        """What a script has to be told to ask `upstream`."""
        facts = UPSTREAMS[upstream]
        named = {target: name for name, target in self.models.items()}
        embeddings = {} if facts.embeddings is None else {"EMBEDDING_MODEL": named[facts.embeddings]}
        return {
            "GATEWAY_URL": self.url,
            "EMULATOR_URL": self.emulator.url,
            "MODEL": named[facts.target],
            "OTHER_MODEL": named[facts.other],
            "DIALECTS": facts.dialects,
            **embeddings,
        }


@contextmanager
def running(folder: Path, sections: Mapping[str, object] | None = None) -> Iterator[Gateway]:
    """`dragoman serve` until the end of the block, where it has to end with status 0 when it is told to.

    `sections` take the place of those of `config`.
    """
    settings, log = folder / "dragoman.json", folder / "stderr.txt"
    settings.write_text(json.dumps(config(folder / "gateway.sqlite3") | dict(sections or {})))
    with Emulator(seed=7) as emulator, log.open("w") as errors, _started(settings, emulator, errors) as process:
        try:
            yield Gateway(_address(process, log), emulator, json.loads(settings.read_text())["models"])
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, log.read_text()[-3000:]
        finally:
            process.kill()


def _started(settings: Path, emulator: Emulator, errors: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dragoman", "serve", "--config", str(settings), "--port", "0"],
        env=_environment() | dict(emulator.environment()),
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}


def _address(process: subprocess.Popen[str], log: Path) -> str:
    """What the command says first: where it listens."""
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"listens on (http://\S+)", line)
        if found is not None:
            return found[1]
    raise AssertionError(log.read_text()[-3000:])
