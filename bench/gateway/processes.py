"""Processes and what they use, as Linux tells: a gateway may be a tree of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PATIENCE_SECONDS = 10


def tree(pid: int) -> list[int]:
    """The process and all its descendants that live."""
    found = [pid]
    for one in found:
        found.extend(children(one))
    return found


def children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            yield from map(int, task.read_text().split())


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree, with that of children that have ended."""
    return sum(_ticks(one) for one in tree(pid)) / TICK


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def megabytes(pid: int) -> float:
    """Resident memory of the tree, in 10⁶ bytes."""
    return sum(_resident_kib(one) for one in tree(pid)) * 1024 / 1e6


def _resident_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, with all it started; make it, where it does not."""
    whole = tree(process.pid)
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_SECONDS)
    for pid in whole:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
