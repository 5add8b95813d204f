"""The gateways of gateways.toml: where their programs are, and one of them started."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError

import msgspec
from msgspec import Struct

from bench import environments
from bench.gateway import processes
from bench.gateway.load import what_is_wrong
from bench.gateway.order import CALLER_KEY, Order, question

HERE = Path(__file__).parent
NPM = environments.FOLDER / "npm"
POLL_SECONDS = 0.005
PATIENCE_SECONDS = 60

OURS = "dragoman"


class Failed(Exception):
    """A gateway did not start, or did not do what it was asked."""


class Gateway(Struct, kw_only=True, forbid_unknown_fields=True):
    """A table of gateways.toml, which says what the fields are."""

    label: str
    environment: str
    command: str
    models: dict[str, str]
    files: dict[str, str] = {}
    prepare: list[str] = []
    port_file: str | None = None
    path: str = "/v1/chat/completions"
    key: str = CALLER_KEY
    headers: dict[str, dict[str, str]] = {}
    variables: dict[str, str] = {}
    apart: bool = False

    def runs(self) -> list[list[str]]:
        """The dialects that each start of it is for."""
        return [[dialect] for dialect in self.models] if self.apart else [list(self.models)]


GATEWAYS: dict[str, Gateway] = msgspec.convert(
    tomllib.loads((HERE / "gateways.toml").read_text()), type=dict[str, Gateway]
)


class Running(Struct, kw_only=True):
    """A gateway that answers."""

    gateway: Gateway
    process: subprocess.Popen[bytes]
    url: str
    key: str
    upstream: str
    cold_seconds: float

    def order(self, dialect: str, **more: Any) -> Order:
        """What to ask of it, to have the provider of that dialect answer."""
        headers = {name: fill(text, upstream=self.upstream) for name, text in self.headers_of(dialect).items()}
        return Order(url=self.url, model=self.gateway.models[dialect], key=self.key, headers=headers, **more)

    def headers_of(self, dialect: str) -> dict[str, str]:
        return self.gateway.headers.get(dialect, {})


def fill(text: str, **places: Any) -> str:
    """The text with what stands in braces; doubled ones are braces."""
    return text.format(**places)


def binaries(gateway: Gateway, *, here: bool) -> Path:
    """Where its programs are. `here`: those of the checkout's own environment, for work on ours."""
    if gateway.environment == "npm":
        return NPM / "node_modules"
    return environments.ROOT / ".venv" / "bin" if here else environments.python_of(gateway.environment).parent


def make_environment(gateway: Gateway) -> None:
    if gateway.environment == "npm":
        make_npm()
    else:
        environments.make(gateway.environment)


def make_npm() -> None:
    """Install what npm.toml names, unless it is there."""
    wanted = {"private": True, **tomllib.loads((HERE / "npm.toml").read_text())}
    manifest = NPM / "package.json"
    if manifest.is_file() and json.loads(manifest.read_text()) == wanted:
        return
    print("making the environment npm", file=sys.stderr, flush=True)
    NPM.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(wanted))
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=NPM, check=True)


@contextmanager
def started(gateway: Gateway, upstream: str, dialects: list[str], *, here: bool = False) -> Iterator[Running]:
    """The gateway, from its first right answer on."""
    with TemporaryDirectory() as folder:
        places: dict[str, Any] = {
            "port": processes.free_port(),
            "upstream": upstream,
            "upstream_port": upstream.rpartition(":")[2],
            "folder": folder,
            "bin": binaries(gateway, here=here),
            "here": HERE,
            "dialect": dialects[0],
        }
        for name, text in gateway.files.items():
            Path(folder, name).write_text(fill(text, **places))
        variables = environment(gateway, places, here=here)
        key = prepare(gateway, places, variables)
        with Path(folder, "output").open("wb") as output:
            began = time.perf_counter()
            command = shlex.split(fill(gateway.command, **places))
            process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=output)
            try:
                running = Running(
                    gateway=gateway, process=process, url="", key=key, upstream=upstream, cold_seconds=0.0
                )
                wait_for_answer(running, places, dialects[0], began, Path(output.name))
                yield running
            finally:
                processes.stop(process)


def environment(gateway: Gateway, places: dict[str, Any], *, here: bool) -> dict[str, str]:
    """All that the gateway is told."""
    own = {name: fill(value, **places) for name, value in gateway.variables.items()}
    path = os.pathsep.join(filter(None, (str(places["bin"]), os.environ.get("PATH"))))
    checkout = {"PYTHONPATH": str(environments.ROOT / "src")} if here else {}
    return {"PATH": path, "HOME": places["folder"], "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1", **checkout, **own}


def prepare(gateway: Gateway, places: dict[str, Any], variables: dict[str, str]) -> str:
    """The key to ask with: the one that was printed, else the one that the table says."""
    printed = ""
    for command in gateway.prepare:
        asked = shlex.split(fill(command, **places))
        done = subprocess.run(asked, cwd=places["folder"], env=variables, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"`{command}`: {done.stderr[-400:]}")
        printed += done.stdout
    found = re.search(r"sk-[\w-]{8,}", printed)
    return found[0] if found else gateway.key


def wait_for_answer(running: Running, places: dict[str, Any], dialect: str, began: float, output: Path) -> None:
    """Ask until it answers right, and note how long that took."""
    why = "it was not asked"
    while time.perf_counter() - began < PATIENCE_SECONDS:
        if running.process.poll() is not None:
            raise Failed(f"it ended with status {running.process.returncode}: {output.read_text()[-600:]}")
        port = port_of(running.gateway, places)
        if port is not None:
            running.url = f"http://127.0.0.1:{port}{running.gateway.path}"
            why = ask_once(running.order(dialect))
            if why is None:
                running.cold_seconds = time.perf_counter() - began
                return
        time.sleep(POLL_SECONDS)
    raise Failed(f"no right answer: {why}")


def port_of(gateway: Gateway, places: dict[str, Any]) -> int | None:
    if gateway.port_file is None:
        return places["port"]
    path = Path(fill(gateway.port_file, **places))
    return int(path.read_text()) if path.is_file() else None


def ask_once(order: Order) -> str | None:
    """What is wrong with the answer, or `None`."""
    body = msgspec.json.encode(question(order.model, stream=False))
    headers = {"content-type": "application/json", "authorization": f"Bearer {order.key}", **order.headers}
    request = urllib.request.Request(order.url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return what_is_wrong(reply.status, reply.read(), stream=False)
    except HTTPError as error:
        return f"status {error.code}: {error.read()[:300]!r}"
    except OSError as error:
        return repr(error)
