"""Runs the gateways, round after round, each in an order turned round at every second, and collects what they cost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from bench import environments, machine
from bench.gateway import processes
from bench.gateway.gateways import GATEWAYS, NPM, OURS, Failed, Gateway, Running, make_environment, started
from bench.gateway.order import OPENAI_MODEL, UPSTREAM_KEY, Order, Outcome

WARM_UP_SECONDS = 1.0
SECONDS = 5.0
CONNECTIONS = 16

ALONE_REQUESTS = 200
ALONE_BLOCKS = 4
"""A caller by itself asks so often, the gateway and the provider in turn."""

CELLS = {("openai", "json"): "json", ("anthropic", "json"): "json_translated"}
CELLS |= {("openai", "stream"): "streamed", ("anthropic", "stream"): "streamed_translated"}


def measure(names: list[str], rounds: int, *, here: bool = False) -> dict[str, Any]:
    """The results of `rounds` rounds over the gateways `names`."""
    for name in names:
        if not (here and name == OURS):
            make_environment(GATEWAYS[name])
    results: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "rounds": rounds,
        "commit": machine.commit(),
        "machine": machine.facts(),
        "load": [machine.load_average()],
        "environments": {GATEWAYS[name].environment: describe(GATEWAYS[name]) for name in names},
        "peers": {name: entry(GATEWAYS[name]) for name in names},
        "errors": [],
    }
    with upstream() as url:
        for number in range(rounds):
            for name in names if number % 2 == 0 else names[::-1]:
                progress(f"round {number + 1}/{rounds} {name:<14}")
                measure_gateway(results, name, url, here=here)
            results["load"].append(machine.load_average())
    return results


def entry(gateway: Gateway) -> dict[str, Any]:
    return {"label": gateway.label, "environment": gateway.environment, "cells": {}, "noted": {}}


def describe(gateway: Gateway) -> dict[str, Any]:
    if gateway.environment == "npm":
        pinned = msgspec.json.decode((NPM / "package.json").read_bytes())["dependencies"]
        return {"requirements": [f"{name}=={version}" for name, version in pinned.items()]}
    described = environments.describe(gateway.environment)
    return {"requirements": described["requirements"], "versions": described["versions"]}


def measure_gateway(results: dict[str, Any], name: str, upstream_url: str, *, here: bool) -> None:
    """One round of one gateway, added to `results`."""
    gateway, found = GATEWAYS[name], results["peers"][name]
    try:
        for dialects in gateway.runs():
            with started(gateway, upstream_url, dialects, here=here and name == OURS) as running:
                for what, value in measure_running(running, dialects):
                    kind = "cells" if what in CELLS.values() else "noted"
                    found[kind].setdefault(what, []).append([value] if kind == "cells" else value)
                    progress(f" {what} {value:,.4g}")
    except (Failed, OSError, subprocess.SubprocessError) as error:
        results["errors"].append(f"{name}: {error}")
        progress(f" FAILED: {error}")
    progress("\n")


def measure_running(running: Running, dialects: list[str]) -> Iterator[tuple[str, float]]:
    """What is found, as it is: a cell in CPU microseconds, the rest in the unit of its name."""
    first = "openai" in dialects
    if first:
        yield "cold_seconds", round(running.cold_seconds, 3)
        yield "idle_megabytes", round(processes.megabytes(running.process.pid), 1)
    for dialect in dialects:
        for kind in ("json", "stream"):
            cost, outcome = cost_of(running, dialect, kind)
            yield CELLS[dialect, kind], cost
            yield f"{CELLS[dialect, kind]}_per_second", round(outcome.answered / outcome.seconds, 1)
    if first:
        yield "busy_megabytes", round(processes.megabytes(running.process.pid), 1)
        yield from added_alone(running)


def cost_of(running: Running, dialect: str, kind: str) -> tuple[float, Outcome]:
    """CPU microseconds of an answer."""
    order = running.order(dialect, stream=kind == "stream", connections=CONNECTIONS)
    load(msgspec.structs.replace(order, seconds=WARM_UP_SECONDS))
    before = processes.cpu_seconds(running.process.pid)
    outcome = load(msgspec.structs.replace(order, seconds=SECONDS))
    spent = processes.cpu_seconds(running.process.pid) - before
    return round(spent / outcome.answered * 1e6, 1), outcome


def added_alone(running: Running) -> Iterator[tuple[str, float]]:
    """Milliseconds that the gateway adds to what a caller by itself waits, at the median and for one in a hundred."""
    asked = running.order("openai", connections=1, requests=ALONE_REQUESTS, seconds=20.0)
    direct = Order(
        url=f"{running.upstream}/v1/chat/completions",
        model=OPENAI_MODEL,
        key=UPSTREAM_KEY,
        connections=1,
        requests=ALONE_REQUESTS,
        seconds=20.0,
    )
    pairs = [(load(asked), load(direct)) for _ in range(ALONE_BLOCKS)]
    for name in ("p50", "p99"):
        above, below = (sorted(getattr(pair[place], name) for pair in pairs) for place in (0, 1))
        middle = (ALONE_BLOCKS - 1) // 2
        yield f"added_{name}_milliseconds", round(above[middle] - below[middle], 3)


def load(order: Order) -> Outcome:
    """Let another process make the load. An answer that is wrong is a failure of the gateway."""
    command = [sys.executable, "-m", "bench.gateway.load", msgspec.json.encode(order).decode()]
    done = subprocess.run(command, cwd=environments.ROOT, capture_output=True, check=False, timeout=order.seconds + 60)
    if done.returncode:
        raise Failed(done.stderr.decode()[-400:])
    outcome = msgspec.json.decode(done.stdout, type=Outcome)
    if outcome.errors or not outcome.answered:
        raise Failed(f"{outcome.errors} wrong answers: {outcome.first_error}")
    return outcome


@contextmanager
def upstream(*arguments: str) -> Iterator[str]:
    """The address of the stand-in provider, in a process of its own."""
    command = [sys.executable, "-m", "bench.gateway.upstream", *arguments]
    with subprocess.Popen(command, cwd=environments.ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def progress(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


def everything() -> list[str]:
    return list(GATEWAYS)


def only(text: str, known: Mapping[str, Any] = GATEWAYS) -> list[str]:
    """The gateways named in `text`, with commas."""
    return [name for name in known if name in text.split(",")]
