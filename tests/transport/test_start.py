"""What importing and first using the transport loads, told by a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .scripted import HOLD, READ, answer
from .test_replies import Serve

HEAVY = ("asyncio", "ssl", "http.client", "urllib.request", "email", "logging", "httpx", "httpx2", "concurrent.futures")


def loaded(program: str, *names: str) -> list[str]:
    """Which of the modules a program has loaded."""
    script = f"{program}\nimport sys\nprint(*[name for name in {names!r} if name in sys.modules])"
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "program",
    [
        "import dragoman.transport",
        "from dragoman.transport import open_transport\nopen_transport()",
        "from dragoman.transport import TransportOptions, open_transport\nopen_transport(TransportOptions(verify=False))",
    ],
)
def test_the_blocking_face_loads_nothing_heavy(program: str) -> None:
    assert loaded(program, *HEAVY) == []


def test_a_call_over_http_loads_nothing_heavy(serve: Serve) -> None:
    server = serve([READ, answer(), HOLD])
    program = (
        "from dragoman.transport import open_transport\n"
        "from dragoman.http import HttpRequest, Origin\n"
        f"request = HttpRequest(origin=Origin('http', '127.0.0.1', {server.port}), target='/')\n"
        "assert open_transport().open(request).read() == b'ok'"
    )
    assert loaded(program, *HEAVY) == []


def test_the_async_face_loads_asyncio_and_no_other_client() -> None:
    program = "from dragoman.transport import open_async_transport\nopen_async_transport()"
    assert loaded(program, "asyncio", "http.client", "urllib.request", "email", "httpx", "httpx2") == ["asyncio"]
