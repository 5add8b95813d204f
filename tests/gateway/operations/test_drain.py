"""An end that breaks nothing: what is open goes on, to a limit; then it is told, and the process ends with status 0."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dragoman.errors import Unavailable
from dragoman.gateway.operations import Drain

ROOT = Path(__file__).parents[3]


async def entered(drain: Drain, leave_at: asyncio.Event) -> str:
    """A call that is open until `leave_at`."""
    call = asyncio.current_task()
    drain.enter(call)
    try:
        await leave_at.wait()
    except asyncio.CancelledError:
        return "expired" if drain.expired else "cancelled"
    finally:
        drain.leave(call)
    return "done"


def test_what_is_open_goes_on_to_its_end() -> None:
    async def scene() -> None:
        drain, leave = Drain(), asyncio.Event()
        call = asyncio.create_task(entered(drain, leave))
        await asyncio.sleep(0)
        assert len(drain) == 1
        drain.begin()
        with pytest.raises(Unavailable):
            drain.enter(call)
        leave.set()
        assert await drain.finished()
        assert await call == "done"
        assert len(drain) == 0

    asyncio.run(scene())


def test_who_is_still_open_at_the_limit_is_cancelled_and_knows_why() -> None:
    async def scene() -> None:
        drain = Drain(limit_seconds=0)
        calls = [asyncio.create_task(entered(drain, asyncio.Event())) for _ in range(3)]
        await asyncio.sleep(0)
        assert await drain.finished()
        assert await asyncio.gather(*calls) == ["expired"] * 3

    asyncio.run(scene())


def test_nothing_open_is_finished_at_once() -> None:
    async def scene() -> None:
        drain = Drain(limit_seconds=1000)
        assert await drain.finished()
        assert await drain.finished()

    asyncio.run(scene())


# A server: uvicorn with a call that never ends by itself

SERVER = """
import asyncio, signal, sys
import uvicorn
from dragoman.gateway.operations import Operations

operations = Operations(log="off", drain_seconds=float(sys.argv[2]), delay_seconds=float(sys.argv[3]))


async def lifespan(receive, send):
    await receive()
    operations.started()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("over in time" if await operations.close() else "cut off", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stopping":
        await send({"type": "http.response.body", "body": str(operations.drain.stopping).encode()})
        return
    call = asyncio.current_task()
    operations.drain.enter(call)
    try:
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
    except asyncio.CancelledError:
        await send({"type": "http.response.body", "body": b"stopped" if operations.drain.expired else b"broken"})
    finally:
        operations.drain.leave(call)


config = uvicorn.Config(app, port=int(sys.argv[1]), log_level="error", timeout_graceful_shutdown=60)
for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has ended
    signal.signal(number, lambda *_: sys.exit(0))
uvicorn.Server(config).run()
"""


@contextmanager
def server(limit: float, delay: float = 0.0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that serves, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVER, str(port), str(limit), str(delay)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process, port
        finally:
            process.kill()


def connected(port: int) -> socket.socket:
    """A connection, as soon as there is somebody to connect to."""
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionRefusedError:
            continue


def asked(port: int, path: str) -> socket.socket:
    connection = connected(port)
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    return connection


def read_until(connection: socket.socket, mark: bytes) -> bytes:
    read = b""
    while mark not in read and (piece := connection.recv(65536)):
        read += piece
    return read


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_that_outlives_the_limit_is_ended_in_order(number: signal.Signals) -> None:
    with server(limit=0.1) as (process, port), asked(port, "/call") as stream:
        assert b"begun" in read_until(stream, b"begun")
        process.send_signal(number)
        assert b"stopped" in read_until(stream, b"0\r\n\r\n")
        output, _ = process.communicate(timeout=60)
        assert "over in time" in output
        assert process.returncode == 0


def test_a_call_that_ends_by_itself_is_waited_for() -> None:
    with server(limit=1000) as (process, port), asked(port, "/call") as stream:
        assert b"begun" in read_until(stream, b"begun")
        process.send_signal(signal.SIGTERM)
        while True:  # no more connections are taken
            try:
                socket.create_connection(("127.0.0.1", port), timeout=60).close()
            except ConnectionError:
                break
        assert process.poll() is None
        stream.close()
        output, _ = process.communicate(timeout=60)
        assert "over in time" in output


def test_connections_are_taken_while_others_hear_that_it_stops() -> None:
    with server(limit=1000, delay=1000) as (process, port), asked(port, "/call") as stream:
        assert b"begun" in read_until(stream, b"begun")
        process.send_signal(signal.SIGTERM)
        stopping = b""
        while b"True" not in stopping:
            with asked(port, "/stopping") as question:
                stopping = read_until(question, b"0\r\n\r\n")
        process.send_signal(signal.SIGTERM)  # a second one means haste
        stream.close()
        output, _ = process.communicate(timeout=60)
        assert "over in time" in output
