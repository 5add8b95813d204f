"""From a result to the page and the picture in docs/."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from string import Template
from typing import Any

from bench import goals as figures
from bench.cells import CELLS, GATEWAY_CELLS
from bench.chart import Bar, Panel, chart
from bench.gateway import measure
from bench.gateway.gateways import OURS
from bench.gateway.goals import GOALS
from bench.gateway.order import EVENTS
from bench.goals import Figure, Results
from bench.render import (
    NONE,
    cells_table,
    date_of,
    goals_table,
    machine,
    number,
    python_build,
    table,
    verdict,
    versions,
)

REPORT = Path(__file__).with_name("report.md")

NOTED = {
    "json_per_second": "JSON answers / s",
    "added_p50_milliseconds": "added, median, ms",
    "added_p99_milliseconds": "added, 1 in 100, ms",
    "cold_seconds": "first answer, s",
    "idle_megabytes": "idle, MB",
    "busy_megabytes": "after the load, MB",
}
"""What else is shown of each gateway: its name → the head of the column."""

PANELS = {
    "json": "A JSON answer, CPU µs",
    "json_translated": "A JSON answer of another dialect's provider, CPU µs",
    "streamed": f"A stream of {EVENTS} pieces, CPU ms",
}
KINDS = {OURS: "ours", "relay": "floor"}


def documents(results: Results) -> dict[str, str]:
    """The files of docs/ that show `results`."""
    text = Template(REPORT.read_text()).substitute(
        date=date_of(results),
        machine=machine(results["machine"]),
        python_build=python_build(results["machine"]),
        verdict=verdict(results, GOALS),
        goals=goals_table(results, GOALS),
        rounds=results["rounds"],
        costs=cells_table(results, tuple(GATEWAY_CELLS)),
        noted=noted_table(results),
        soak=soak_text(results),
        floor=floor_of_streams(results),
        events=EVENTS,
        connections=measure.CONNECTIONS,
        turns=measure.TURNS,
        seconds=f"{measure.SECONDS:g}",
        total=f"{measure.TURNS * measure.SECONDS:g}",
        alone=measure.ALONE_REQUESTS,
        load=number(sum(results["load"]) / len(results["load"])),
        versions=versions(results),
    )
    return {"benchmarks-gateway.md": text, "benchmarks-gateway.svg": picture(results)}


def noted_table(results: Results) -> str:
    rows: list[list[str]] = []
    for peer in results["peers"].values():
        found = (peer["noted"].get(what) for what in NOTED)
        rows.append([peer["label"], *(number(float(median(values))) if values else NONE for values in found)])
    return table(["gateway", *NOTED.values()], rows)


def floor_of_streams(results: Results) -> str:
    """What a stream costs the bare relay, as a part of what it costs LiteLLM's proxy."""
    found = figures.ratio("streamed", "relay", "litellm").figure(results)
    return number(found.value) if found else "an unknown part"


def soak_text(results: Results) -> str:
    soak = results.get("soak")
    if soak is None:
        return "It was not measured in this run."
    statuses = ", ".join(f"{count:,} times {status}" for status, count in sorted(soak["statuses"].items()))
    first, *blocks = soak["megabytes"]
    return (
        f"{soak['requests']:,} requests and {soak['streams']:,} streams. The callers were answered {statuses}. "
        f"{number(first)} MB after the first block, then {', '.join(number(one) for one in blocks)}."
    )


def picture(results: Results) -> str:
    facts = results["machine"]
    notes = (
        f"{facts['cpu']}, {date_of(results)}. Logarithmic: each line is ten times more.",
        "In brackets: times dragoman. Black lines: lowest to highest round.",
    )
    panels = [Panel(title, bars(results, cell)) for cell, title in PANELS.items()]
    return chart(panels, "CPU time of gateways", notes)


def bars(results: Results, cell: str) -> list[Bar]:
    """A bar for each gateway that has the cell."""
    ours = figures.cost(results, OURS, cell)
    found: list[Bar] = []
    for name, peer in results["peers"].items():
        figure = figures.cost(results, name, cell)
        if figure is not None and ours is not None:
            scaled = Figure(*(value / CELLS[cell].microseconds for value in figure))
            times = "" if name == OURS else f" ({number(figure.value / ours.value)}×)"
            kind = KINDS.get(name, "peer")
            found.append(Bar(peer["label"], *scaled, note=number(scaled.value) + times, kind=kind))
    return found


def with_soak(results: dict[str, Any], found: dict[str, Any]) -> None:
    """Put what the soak found where goals look for it."""
    results["soak"] = found
    results["peers"][OURS]["noted"]["grown_megabytes"] = [found["grown_megabytes"]]
