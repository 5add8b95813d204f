"""A gateway as it is run: a real uvicorn with its own HTTP protocol, on a port of this machine, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from dragoman.gateway import Gateway, create_app
from dragoman.gateway.protocol import limited
from dragoman.routing.health.rules import TRIPS
from dragoman.testing import Emulator

UPSTREAMS = {
    "up-openai": "openai/gpt-4o-mini",
    "up-anthropic": "anthropic/claude-sonnet-4-5",
    "up-gemini": "google/gemini-2.5-flash",
    "up-ollama": "ollama/llama3.2",
}
"""Public names of models, one a dialect of those who answer."""

PREFIXES = {"openai": "/v1", "anthropic": "", "google": "/v1beta", "ollama": ""}


def config_for(emulator: Emulator, **sections: Any) -> dict[str, Any]:
    """A configuration in which the emulator is every provider."""
    providers = {
        name: {"base_url": f"{emulator.url}{prefix}", "api_key": "upstream-key"} for name, prefix in PREFIXES.items()
    }
    return {
        "models": dict(UPSTREAMS),
        "providers": providers,
        **_FORGIVING,
        "allow_any_model": True,
        "log": {"format": "off"},
        **sections,
    }


_FORGIVING = {
    "rules": {"retry": {"max_attempts": 1}, "max_price_ratio": None},
    "health": {"trips": {failure: {"consecutive": 1_000_000} for failure in TRIPS}},
}
"""Each call is asked once, and what failed before speaks against nobody: tests do not wait."""


class Running(uvicorn.Server):
    """A server that is in a thread, and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @property
    def port(self) -> int:
        return self.servers[0].sockets[0].getsockname()[1]


@contextmanager
def serving(
    app: Any, *, header_seconds: float = 10.0, idle_seconds: int = 5, certificate: Path | None = None
) -> Iterator[str]:
    """The address of `app`, which is served until the end of the block; `certificate`, with its key, is for TLS."""
    config = uvicorn.Config(
        app, port=0, log_level="critical", access_log=False, http=limited(header_seconds=header_seconds),
        proxy_headers=False, ws="none", timeout_graceful_shutdown=5, timeout_keep_alive=idle_seconds,
        ssl_certfile=certificate,
    )  # fmt: skip
    server = Running(config)
    problems: list[BaseException] = []
    thread = threading.Thread(target=_run, args=(server, problems), daemon=True)
    thread.start()
    server.listening.wait(20)
    assert server.listening.is_set(), problems
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        thread.join(20)
    assert not problems, problems


def _run(server: uvicorn.Server, problems: list[BaseException]) -> None:
    try:
        asyncio.run(server.serve())
    except BaseException as error:
        problems.append(error)
        raise


@contextmanager
def gateway(emulator: Emulator, config: Mapping[str, Any] | None = None, **options: Any) -> Iterator[str]:
    """The address of a gateway in front of `emulator`."""
    app: Gateway = create_app(config or config_for(emulator), **options)
    with serving(app) as url:
        yield url
