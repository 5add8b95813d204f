"""Runs the gateways, round after round, has them take turns under the load, and collects what they cost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from bench import environments, machine
from bench.gateway import processes
from bench.gateway.gateways import GATEWAYS, NPM, OURS, Failed, Gateway, Running, make_environment, started
from bench.gateway.order import OPENAI_MODEL, UPSTREAM_KEY, Order, Outcome

WARM_UP_SECONDS = 0.5
SECONDS = 1.5
TURNS = 4
"""So often each gateway is under a load of so many seconds, for each cell."""

CONNECTIONS = 16

ALONE_REQUESTS = 200
ALONE_BLOCKS = 4
"""A caller by itself asks so often, the gateway and the provider in turn."""

CELLS = {("openai", "json"): "json", ("anthropic", "json"): "json_translated"}
CELLS |= {("openai", "stream"): "streamed", ("anthropic", "stream"): "streamed_translated"}

FAILURES = (Failed, OSError, subprocess.SubprocessError)


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
            progress(f"\nround {number + 1}/{rounds}:")
            measure_round(results, names if number % 2 == 0 else names[::-1], url, here=here)
            results["load"].append(machine.load_average())
    progress("\n")
    return results


def entry(gateway: Gateway) -> dict[str, Any]:
    return {"label": gateway.label, "environment": gateway.environment, "cells": {}, "noted": {}}


def describe(gateway: Gateway) -> dict[str, Any]:
    if gateway.environment == "npm":
        pinned = msgspec.json.decode((NPM / "package.json").read_bytes())["dependencies"]
        return {"requirements": [f"{name}=={version}" for name, version in pinned.items()]}
    described = environments.describe(gateway.environment)
    return {"requirements": described["requirements"], "versions": described["versions"]}


@dataclass
class Contestant:
    """A gateway that lives. One that failed is not asked again in the round."""

    name: str
    dialects: list[str]
    running: Running
    failed: bool = False


class Spent(NamedTuple):
    """What answers took."""

    cpu_seconds: float = 0.0
    seconds: float = 0.0
    answered: float = 0

    def with_more(self, more: Spent) -> Spent:
        return Spent(*(one + other for one, other in zip(self, more, strict=True)))


def measure_round(results: dict[str, Any], names: list[str], upstream_url: str, *, here: bool) -> None:
    """One round, added to `results`: all the gateways live at once and take turns.

    So a change of the machine's speed meets all of them.
    """
    with ExitStack() as stack:
        contestants = list(start_all(stack, results, names, upstream_url, here=here))
        for dialect, kind in CELLS:
            take_turns(results, [one for one in contestants if dialect in one.dialects], dialect, kind)
        for one in contestants:
            if "openai" in one.dialects and not one.failed:
                with failures_noted(results, one):
                    note_at_the_end(results, one)


def start_all(
    stack: ExitStack, results: dict[str, Any], names: list[str], upstream_url: str, *, here: bool
) -> Iterator[Contestant]:
    """Those that start; they live as long as the stack."""
    for name in names:
        for dialects in GATEWAYS[name].runs():
            progress(f" {name}")
            start = started(GATEWAYS[name], upstream_url, dialects, here=here and name == OURS)
            try:
                running = stack.enter_context(start)
            except FAILURES as error:
                note_failure(results, name, error)
                continue
            if "openai" in dialects:
                note(results, name, "cold_seconds", round(running.cold_seconds, 3))
                note(results, name, "idle_megabytes", round(processes.megabytes(running.process.pid), 1))
            yield Contestant(name, dialects, running)


def take_turns(results: dict[str, Any], able: list[Contestant], dialect: str, kind: str) -> None:
    """Measure one cell of all who have it, back and forth."""
    cell = CELLS[dialect, kind]
    progress(f"\n{cell}:")
    spent = {one.name: Spent() for one in able}
    for turn in range(TURNS):
        for one in able if turn % 2 == 0 else able[::-1]:
            if not one.failed:
                with failures_noted(results, one):
                    spent[one.name] = spent[one.name].with_more(spent_on(one.running, dialect, kind))
    for one in able:
        if not one.failed:
            found = spent[one.name]
            cost = round(found.cpu_seconds / found.answered * 1e6, 1)
            results["peers"][one.name]["cells"].setdefault(cell, []).append([cost])
            note(results, one.name, f"{cell}_per_second", round(found.answered / found.seconds, 1))
            progress(f" {one.name} {cost:,.4g}")


def spent_on(running: Running, dialect: str, kind: str) -> Spent:
    """What the answers of one turn took."""
    order = running.order(dialect, stream=kind == "stream", connections=CONNECTIONS)
    load(msgspec.structs.replace(order, seconds=WARM_UP_SECONDS))
    before = processes.cpu_seconds(running.process.pid)
    outcome = load(msgspec.structs.replace(order, seconds=SECONDS))
    return Spent(processes.cpu_seconds(running.process.pid) - before, outcome.seconds, outcome.answered)


def note_at_the_end(results: dict[str, Any], one: Contestant) -> None:
    note(results, one.name, "busy_megabytes", round(processes.megabytes(one.running.process.pid), 1))
    for what, value in added_alone(one.running):
        note(results, one.name, what, value)


def note(results: dict[str, Any], name: str, what: str, value: float) -> None:
    results["peers"][name]["noted"].setdefault(what, []).append(value)


@contextmanager
def failures_noted(results: dict[str, Any], one: Contestant) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        one.failed = True
        note_failure(results, one.name, error)


def note_failure(results: dict[str, Any], name: str, error: Exception) -> None:
    results["errors"].append(f"{name}: {error}")
    progress(f" {name} FAILED: {error}")


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
