"""`dragoman serve`, as a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from dragoman.testing import Emulator

COMMAND = [sys.executable, "-m", "dragoman", "serve"]
ASKED = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}


@contextmanager
def started(*arguments: str, environment: dict[str, str], cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, and the address that it prints; it is asked to end at the end of the block."""
    with subprocess.Popen(
        [*COMMAND, *arguments], env=environment, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = next(line for line in process.stdout if "OPENAI_BASE_URL=" in line)
            yield process, told.partition("=")[2].strip().removesuffix("/v1")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of somebody who has no key."""
    import os

    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "DRAGOMAN_STORE": str(tmp_path / "store.sqlite3")}


def test_without_anything_an_emulator_answers(environment: dict[str, str], tmp_path: Path) -> None:
    with started("--port", "0", environment=environment, cwd=tmp_path) as (process, url):
        reply = httpx.post(f"{url}/v1/chat/completions", json=ASKED, trust_env=False, timeout=20)
        assert "Hi" in reply.json()["choices"][0]["message"]["content"]
        assert httpx.get(f"{url}/ready", trust_env=False).status_code == 200
    assert process.returncode == 0


def test_a_key_that_is_found_is_used(environment: dict[str, str], tmp_path: Path) -> None:
    with Emulator(keys={"sk-found"}) as emulator:
        found = {**environment, "OPENAI_API_KEY": "sk-found", "OPENAI_BASE_URL": f"{emulator.url}/v1"}
        with started("--port", "0", environment=found, cwd=tmp_path) as (_, url):
            reply = httpx.post(f"{url}/v1/chat/completions", json=ASKED, trust_env=False, timeout=20)
    assert reply.status_code == 200
    assert len(emulator.requests) == 1


def test_a_configuration_in_the_folder_is_taken(environment: dict[str, str], tmp_path: Path) -> None:
    with Emulator() as emulator:
        (tmp_path / "dragoman.yaml").write_text(
            f"models:\n  mine: openai/gpt-4o-mini\nproviders:\n  openai: {{base_url: {emulator.url}/v1, api_key: k}}\n"
        )
        with started("--port", "0", environment=environment, cwd=tmp_path) as (_, url):
            models = httpx.get(f"{url}/v1/models", trust_env=False, timeout=20).json()["data"]
    assert [model["id"] for model in models] == ["mine"]


def test_several_processes_are_one_gateway(environment: dict[str, str], tmp_path: Path) -> None:
    """Who comes when the address is told, before any of them is ready, is answered by the first that is."""
    with started("--port", "0", "--workers", "2", environment=environment, cwd=tmp_path) as (process, url):
        for _ in range(4):
            reply = httpx.post(f"{url}/v1/chat/completions", json=ASKED, trust_env=False, timeout=20)
            assert reply.status_code == 200
    assert process.returncode == 0


def test_other_addresses_need_keys(environment: dict[str, str], tmp_path: Path) -> None:
    with started("--host", "0.0.0.0", "--port", "0", environment=environment, cwd=tmp_path) as (_, url):
        here = url.replace("0.0.0.0", "127.0.0.1")
        reply = httpx.post(f"{here}/v1/chat/completions", json=ASKED, trust_env=False, timeout=20)
    assert reply.status_code == 401


def test_a_configuration_that_cannot_be_is_told_with_its_place(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("models:\n  mine: openai/gpt-4o-mini\nserver:\n  prot: 1\n")
    done = subprocess.run(
        [*COMMAND, "--config", "bad.yaml"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "bad.yaml:4" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--host", "nowhere.invalid"), "`nowhere.invalid` is no address of this machine"),
        (("--host", "."), "`.` is no address of this machine"),
        (("--port", "99999"), "less than or equal to 65535"),
        (("--workers", "0"), "greater than or equal to 1"),
    ],
)
def test_where_nobody_can_listen_is_refused(
    arguments: tuple[str, ...], says: str, environment: dict[str, str], tmp_path: Path
) -> None:
    """A port above 65535 would be taken for another one."""
    done = run(*arguments, environment=environment, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr


def test_no_host_at_all_is_everywhere(environment: dict[str, str], tmp_path: Path) -> None:
    """As asyncio takes it: what is taken there on one machine's address alone is taken."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run("--host", "", "--port", port, environment=environment, cwd=tmp_path)
    assert f"cannot listen on :{port}: another program listens there" in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_taken_port_is_told_with_the_way_out(workers: str, environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run("--port", port, "--workers", workers, environment=environment, cwd=tmp_path)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}: another program listens there" in done.stderr
    assert "--port" in done.stderr
    assert done.stdout == ""


def run(*arguments: str, environment: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    wide = {**environment, "COLUMNS": "200"}
    return subprocess.run([*COMMAND, *arguments], env=wide, cwd=cwd, capture_output=True, text=True, check=False)
