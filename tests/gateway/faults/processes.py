"""A gateway in a process of its own, with a store and a key, that may be killed; and callers who keep it busy."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from dragoman.gateway.keys import Keys
from dragoman.gateway.store import SqliteStore, UnknownHold
from dragoman.testing import Emulator
from tests.gateway.faults.matrix import matrix_config
from tests.gateway.store.books import check_laws, rows

PICO = Decimal(10) ** 12
MODELS = ["up-openai", "up-anthropic", "up-gemini"]
"""Of these the prices are known."""


class Home:
    """The folder of a gateway: its store with one key, and its configuration, in which `emulator` is every provider."""

    def __init__(self, folder: Path, emulator: Emulator, terms: dict[str, Any], **sections: Any) -> None:
        self.folder, self.emulator = folder, emulator
        self.store = folder / "store.sqlite3"
        with SqliteStore(self.store) as store:
            self.key, token = Keys(store).create("ann", **terms)
        self.headers = {"authorization": f"Bearer {token.reveal()}"}
        keys = {"required": True, "file": str(self.store)}
        config = matrix_config(emulator, keys=keys, **sections)
        (folder / "dragoman.json").write_text(json.dumps(config))

    @contextmanager
    def gateway(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """The process and its address; at the end of the block it is killed, if it is still there."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "dragoman", "serve", "--config", "dragoman.json", "--port", str(port)]
        with subprocess.Popen(
            [*command, *arguments], env={**kept, "HOME": str(self.folder)}, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_until_ready(url)
                yield process, url
            finally:
                kill(process)

    def unknown(self) -> list[UnknownHold]:
        """As whoever opens the store next finds it."""
        with SqliteStore(self.store) as store:
            return store.unknown_holds()

    def spent(self) -> Decimal:
        """US dollars."""
        ((spent,),) = rows(self.store, "SELECT coalesce(sum(spent), 0) FROM accounts")
        return spent / PICO

    def held(self) -> Decimal:
        """US dollars, of calls that may still cost something, and of those of which nobody knows."""
        ((held,),) = rows(self.store, "SELECT coalesce(sum(held), 0) FROM accounts")
        return held / PICO

    def check(self, bill: dict[str, Decimal]) -> int:
        """What was charged, by request, is what is spent, or it is said of it that it is unknown. How many are."""
        unknown = {hold.request_id for hold in self.unknown()}
        check_laws(self.store)
        assert self.spent() == sum(cost for request, cost in bill.items() if request not in unknown)
        assert sum(cost for request, cost in bill.items() if request in unknown) <= self.held()
        return len(unknown)


def kill(process: subprocess.Popen[str]) -> None:
    """The process and its workers, as nothing else ends them."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def _wait_until_ready(url: str) -> None:
    transport = httpx.HTTPTransport(retries=100)  # each later than the one before
    with httpx.Client(transport=transport, trust_env=False, timeout=30) as client:
        assert client.get(f"{url}/ready").status_code == 200


def charged(emulator: Emulator) -> dict[str, Decimal]:
    """What each call cost by the provider's own account. Each says its id, and no two cost the same."""
    asked = emulator.requests
    lines = emulator.wait_for_bill(len(asked), timeout_seconds=30)
    names = {seen.number: seen.request.messages[-1].text.split()[0] for seen in asked if seen.request}
    return {names[line.number]: line.cost or Decimal(0) for line in lines}


def body_of(name: str, model: str, *, stream: bool) -> dict[str, Any]:
    """A call that says who it is, and costs what no other costs."""
    text = f"{name} " + "word " * (int(name.rpartition("-")[2]) % 97)
    message = {"role": "user", "content": text}
    return {"model": model, "messages": [message], "max_tokens": 300, "stream": stream}


def any_model(name: str) -> dict[str, Any]:
    """A call of one of `MODELS`, whole or streamed."""
    number = int(name.rpartition("-")[2])
    return body_of(name, MODELS[number % len(MODELS)], stream=number % 2 == 0)


BodyFor = Callable[[str], dict[str, Any]]


async def keep_asking(client: httpx.AsyncClient, names: Iterator[str], outcomes: list[int], body_for: BodyFor) -> None:
    """Calls one after another, whole and streamed, until there are no more names or nobody is there to answer."""
    for name in names:
        try:
            reply = await client.post("/v1/chat/completions", json=body_for(name), headers={"x-request-id": name})
        except httpx.TransportError:
            return
        outcomes.append(reply.status_code)


def ask_all(
    url: str, headers: dict[str, str], names: Iterator[str], callers: int, body_for: BodyFor = any_model
) -> list[int]:
    """The statuses that `callers` at a time were told."""
    outcomes: list[int] = []

    async def scene() -> None:
        limits = httpx.Limits(max_connections=callers)
        async with httpx.AsyncClient(
            base_url=url, headers=headers, limits=limits, trust_env=False, timeout=60
        ) as client:
            await asyncio.gather(*(keep_asking(client, names, outcomes, body_for) for _ in range(callers)))

    asyncio.run(scene())
    return outcomes
