"""Runs the peers, each in its own environment and process, round after round, and collects what they cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

from bench import environments, machine, peers, work
from bench.cells import CELLS, OWN_PAGES, PROGRAMS, ROUTING_CELLS, VALUE_CELLS

PROCESSES = 3
"""The new processes that one round gives `start` and `cold`, fewer once they cost more than `PROCESS_SECONDS`."""
PROCESS_SECONDS = 1.5
LIMIT_SECONDS = 300

ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
    "NO_PROXY": "127.0.0.1",
    "OPENAI_API_KEY": "k",
    "ANTHROPIC_API_KEY": "k",
    "PYTHONWARNINGS": "ignore",
    "DO_NOT_TRACK": "1",
    "LITELLM_LOG": "ERROR",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # otherwise its import asks the internet for a price list
}
"""All that a peer's process is told."""

Batches = list[float]


class Failed(Exception):
    """A peer's process did not do what it was asked."""


def measure(wanted: Mapping[str, set[str]], rounds: int) -> dict[str, Any]:
    """The results of `rounds` rounds over `wanted`: the cells of each peer."""
    names = [name for name in (*peers.NAMES, *peers.VALUES, *peers.ROUTING) if name in wanted]
    wanted_environments = dict.fromkeys(peers.load(name).ENVIRONMENT for name in names)
    for environment in wanted_environments:
        environments.make(environment)
    results: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "rounds": rounds,
        "commit": machine.commit(),
        "machine": machine.facts(),
        "bare_milliseconds": round(bare_seconds() * 1e3, 1),
        "load": [machine.load_average()],
        "environments": {name: environments.describe(name) for name in wanted_environments},
        "peers": {name: describe(name) for name in names},
        "errors": [],
    }
    with upstream() as url:
        for number in range(rounds):
            for position, name in enumerate(names if number % 2 == 0 else names[::-1], 1):
                progress(f"\nround {number + 1}/{rounds}, peer {position}/{len(names)}: {name:<18}")
                measure_peer(results, name, wanted[name], url)
            results["load"].append(machine.load_average())
    progress("\n")
    return results


def describe(name: str) -> dict[str, Any]:
    module = peers.load(name)
    return {"label": module.LABEL, "environment": module.ENVIRONMENT, "cells": {}}


def measure_peer(results: dict[str, Any], name: str, cells: set[str], url: str) -> None:
    """One round of one peer, added to `results`."""
    try:
        for cell, batches in found(name, cells, url):
            rounds = results["peers"][name]["cells"].setdefault(cell, [])
            rounds.append([round(batch, 2) for batch in batches])
            progress(f" {cell} {shown(cell, median(batches))}")
    except (Failed, OSError, subprocess.SubprocessError) as error:
        results["errors"].append(f"{name}: {error}")
        progress(f" FAILED: {error}")


def found(name: str, cells: set[str], url: str) -> Iterator[tuple[str, Batches]]:
    """Each cell with its batches, as they are done."""
    for cell in PROGRAMS:
        if cell in cells:
            yield cell, list(processes(name, cell, url))
    if cells - set(PROGRAMS):
        yield from worker(name, cells - set(PROGRAMS), url)


def processes(name: str, cell: str, url: str) -> Iterator[float]:
    """CPU microseconds of new processes, one after another."""
    spent = 0.0
    for _ in range(PROCESSES):
        one = started(name, url) if cell == "start" else answered(name, url)
        spent += one
        yield one * 1e6
        if spent > PROCESS_SECONDS:
            return


def started(name: str, url: str) -> float:
    """CPU seconds of the lines that import and make a client, the interpreter's own start not included."""
    before = "import time; began = time.process_time()"
    program = [before, peers.load(name).START, "print(time.process_time() - began)"]
    return float(last_line(run_program(name, program, url)))


def answered(name: str, url: str) -> float:
    """CPU seconds of a whole process that imports, makes a client, asks once and prints the answer."""
    module = peers.load(name)
    before = children_seconds()
    printed = run_program(name, [module.START, module.FIRST], url)
    if last_line(printed) != work.TEXT:
        raise Failed(f"the first answer was {printed[-200:]!r}")
    return children_seconds() - before


def bare_seconds() -> float:
    """CPU seconds of an interpreter that does nothing."""
    before = children_seconds()
    for _ in range(5):
        subprocess.run([sys.executable, "-c", ""], env=ENVIRONMENT, check=True)
    return (children_seconds() - before) / 5


def run_program(name: str, program: list[str], url: str) -> str:
    """What a program printed that knows nothing of this one but the address and the question."""
    lines = [f"URL = {url!r}", f"QUESTION = {work.question()!r}", *program]
    command = [environments.python_of(peers.load(name).ENVIRONMENT), "-c", "\n".join(lines)]
    with tempfile.TemporaryDirectory() as empty:
        return run([str(part) for part in command], empty)


def worker(name: str, cells: set[str], url: str) -> Iterator[tuple[str, Batches]]:
    python = environments.python_of(peers.load(name).ENVIRONMENT)
    printed = run([str(python), "-m", "bench.worker", name, url, ",".join(cells)], str(environments.ROOT))
    told = [json.loads(line) for line in printed.splitlines() if line.startswith('{"cell"')]
    yield from ((one["cell"], one["batches"]) for one in told if "batches" in one)
    errors = [f"{one['cell']}: {one['error']}" for one in told if "error" in one]
    if errors:
        raise Failed("; ".join(errors))


def run(command: list[str], folder: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    if done.returncode:
        raise Failed(f"exit status {done.returncode}: {done.stderr[-400:]}")
    return done.stdout


@contextmanager
def upstream() -> Iterator[str]:
    """The address of a stand-in provider, in a process of its own."""
    command = [sys.executable, "-m", "bench.upstream"]
    with (
        subprocess.Popen(command, cwd=environments.ROOT, stdout=subprocess.PIPE, text=True) as process,
        machine.apart_from(process.pid),
    ):
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def last_line(printed: str) -> str:
    lines = printed.strip().splitlines()
    return lines[-1] if lines else ""


def shown(cell: str, microseconds: float) -> str:
    return f"{microseconds / CELLS[cell].microseconds:.1f}{CELLS[cell].unit}"


def progress(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


def everything() -> dict[str, set[str]]:
    """Every cell of every peer."""
    return {name: set(CELLS) - OWN_PAGES for name in peers.NAMES}


def values() -> dict[str, set[str]]:
    """The cells of `--values`, of its peers."""
    return {name: set(VALUE_CELLS) - peers.load(name).LEFT_OUT for name in peers.VALUES}


def routing() -> dict[str, set[str]]:
    """The cells of `--routing`, of its one peer."""
    return {name: set(ROUTING_CELLS) - peers.load(name).LEFT_OUT for name in peers.ROUTING}


def only(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The cells of each peer in `pairs`."""
    wanted: dict[str, set[str]] = {}
    for name, cell in pairs:
        wanted.setdefault(name, set()).add(cell)
    return wanted
