"""Fixtures: servers that play scripts, callers in both modes, and a watch over what is left behind."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dragoman.transport import TransportOptions

from .callers import MODES, Caller, make_caller
from .scripted import PATIENCE, ScriptedServer, Step

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxies of the machine that runs the tests are none of their business."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True, scope="session")
def _first_loops() -> None:
    """What an event loop opens once for the whole process is not left behind by the test that comes first."""
    for mode in MODES:
        make_caller(mode, TransportOptions()).close()


@pytest.fixture(autouse=True)
def nothing_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After each test: as many open files and threads as before, and no exception that went unseen."""
    unseen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unseen.append)
    monkeypatch.setattr(threading, "excepthook", unseen.append)
    before = (open_files(), threading.active_count())
    yield

    def is_clean() -> bool:
        return open_files() <= before[0] and threading.active_count() <= before[1]

    until(lambda: is_clean() or (gc.collect() >= 0 and is_clean()))
    assert unseen == []


def open_files() -> int:
    """How many descriptors this process has."""
    return sum(1 for _ in Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd").iterdir())


def until(true: Callable[[], bool]) -> None:
    """Wait until something that happens elsewhere has happened."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.002)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """`serve(script, script, …)` starts a server."""
    servers: list[ScriptedServer] = []

    def start(*scripts: Sequence[Step], **more: Any) -> ScriptedServer:
        servers.append(ScriptedServer(scripts, **more))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def make(mode: str) -> Iterator[Callable[..., Caller]]:
    """`make(option=…)` is a new caller."""
    callers: list[Caller] = []

    def build(**options: Any) -> Caller:
        callers.append(make_caller(mode, TransportOptions(**options)))
        return callers[-1]

    yield build
    for caller in callers:
        caller.close()


@pytest.fixture
def caller(make: Callable[..., Caller]) -> Caller:
    return make()
