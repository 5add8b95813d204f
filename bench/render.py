"""From a result to text: tables for people, and the documents in docs/."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from bench import goals, work
from bench.cells import CELLS, EVENTS, PACED_EVENTS, VALUE_CELLS
from bench.chart import Bar, Panel, chart
from bench.goals import Figure, Goal, Results

REPORT = Path(__file__).with_name("report.md")
VALUES = Path(__file__).with_name("values.md")
ROUTING = Path(__file__).with_name("routing.md")

TABLES = (
    ("Calls", ("call", "call_async", "concurrent_20", "concurrent_200")),
    ("Streams", ("stream", "stream_async", "paced", "paced_async")),
    ("Starting", ("start", "cold")),
)
"""The tables of the full results, and the cells that are their columns."""

PANELS = {
    "call": "A call, CPU µs",
    "concurrent_200": "An async call, 200 at once, CPU µs",
    "stream": "A streamed event, CPU µs",
    "cold": "Process start to first answer, CPU ms",
}
KINDS = {"sockets": "floor", "http_client": "floor", "dragoman_openai": "ours", "dragoman_anthropic": "ours"}
NONE = "–"


def documents(results: Results) -> dict[str, str]:
    """The files of docs/ that show `results`."""
    return {"benchmarks.md": report(results), "benchmarks.svg": picture(results)}


def report(results: Results) -> str:
    return Template(REPORT.read_text()).substitute(
        circumstances(results, goals.GOALS),
        tables="\n\n".join(f"### {title}\n\n{cells_table(results, cells)}" for title, cells in TABLES),
        characters=len(work.TEXT),
        events=EVENTS,
        paced_events=PACED_EVENTS,
        bare=f"{results['bare_milliseconds']:.0f}",
        load=number(sum(results["load"]) / len(results["load"])),
        python_build=python_build(results["machine"]),
    )


def values_documents(results: Results) -> dict[str, str]:
    """The file of docs/ that shows the `results` of `--values`."""
    return page(VALUES, results, goals.VALUE_GOALS, tuple(VALUE_CELLS))


def routing_documents(results: Results) -> dict[str, str]:
    """The file of docs/ that shows the `results` of `--routing`."""
    return page(ROUTING, results, goals.ROUTING_GOALS, ("call", "chain_adds", "call_async", "chain_adds_async"))


def page(template: Path, results: Results, of: Sequence[Goal], cells: Sequence[str]) -> dict[str, str]:
    """A file of docs/ with one table, whose columns are `cells`."""
    text = Template(template.read_text()).substitute(
        circumstances(results, of), table=cells_table(results, cells), delta=work.DELTA
    )
    return {f"benchmarks-{template.name}": text}


def circumstances(results: Results, of: Sequence[Goal]) -> dict[str, str]:
    """What every report says: when and where it was measured, of what, and which goals are met."""
    return {
        "date": date_of(results),
        "machine": machine(results["machine"]),
        "verdict": verdict(results, of),
        "goals": goals_table(results, of),
        "rounds": str(results["rounds"]),
        "versions": versions(results),
    }


def date_of(results: Results) -> str:
    return results["date"].partition("T")[0]


def machine(facts: dict[str, Any]) -> str:
    return f"{facts['cores']} cores of an {facts['cpu']}, {facts['system']}, {facts['python']}"


def python_build(facts: dict[str, Any]) -> str:
    if facts.get("python_of_system"):
        return "This Python is the system's own, as its distribution builds it."
    if facts["python_optimised"]:
        return "This Python was built with profile-guided optimisation."
    return "This Python was built without profile-guided optimisation: others run Python code somewhat faster."


def verdict(results: Results, of: Sequence[Goal] = goals.GOALS) -> str:
    """One sentence on what was met, and one on each goal that was not."""
    missed = goals.missed(results, of)
    lines = [f"{len(of) - len(missed)} of {len(of)} goals are met."]
    lines += [f"- Missed: {shortfall(goal, goal.measure.figure(results))}" for goal in missed]
    lines += [f"- Failed while measuring: {error}" for error in results["errors"]]
    return "\n".join(lines)


def shortfall(goal: Goal, figure: Figure | None) -> str:
    found = f"measured {number(figure.value)}" if figure else "not measured"
    return f"{goal.what}, {found}, limit {limit(goal)}."


def limit(goal: Goal) -> str:
    return f"{goal.sign} {goal.limit:,g}{goal.unit}"


def goals_table(results: Results, of: Sequence[Goal] = goals.GOALS) -> str:
    rows = [goal_row(goal, goal.measure.figure(results)) for goal in of]
    return table(["goal", "limit", "measured", "rounds", "met"], rows)


def goal_row(goal: Goal, figure: Figure | None) -> list[str]:
    if figure is None:
        return [goal.what, limit(goal), NONE, NONE, goal.verdict(figure)]
    return [goal.what, limit(goal), number(figure.value), extent(figure), goal.verdict(figure)]


def cells_table(results: Results, cells: Sequence[str]) -> str:
    head = ["CPU time", *(f"{CELLS[cell].title}, {CELLS[cell].unit}" for cell in cells)]
    installs = "start" in cells
    if installs:
        head += ["distributions", "MB installed"]
    rows: list[list[str]] = []
    for name, peer in results["peers"].items():
        shown = [shown_cost(goals.cost(results, name, cell), CELLS[cell].microseconds) for cell in cells]
        environment = results["environments"][peer["environment"]]
        installed = [str(environment["distributions"]), number(environment["megabytes"])] if installs else []
        rows.append([peer["label"], *shown, *installed])
    return table(head, rows)


def shown_cost(figure: Figure | None, unit: float) -> str:
    if figure is None:
        return NONE
    scaled = Figure(*(value / unit for value in figure))
    return f"{number(scaled.value)} ({extent(scaled)})"


def extent(figure: Figure) -> str:
    low, high = number(figure.low), number(figure.high)
    return f"{low}–{high}" if low != high else low


def versions(results: Results) -> str:
    """The pinned libraries, and which dragoman."""
    pinned = (
        name for one in results["environments"].values() for name in one["requirements"] if not name.startswith(".")
    )
    return f"dragoman at commit `{results['commit']}`; {', '.join(f'`{name}`' for name in pinned)}."


def picture(results: Results) -> str:
    facts = results["machine"]
    notes = (
        f"{facts['cpu']}, {facts['python']}, {date_of(results)}. Logarithmic: each line is ten times more.",
        "In brackets: times dragoman over OpenAI. Black lines: lowest to highest round.",
    )
    panels = [Panel(title, bars(results, cell)) for cell, title in PANELS.items()]
    return chart(panels, "CPU time of dragoman beside its peers", notes)


def bars(results: Results, cell: str) -> list[Bar]:
    """A bar for each peer that has the cell."""
    ours = goals.cost(results, goals.OURS, cell)
    found: list[Bar] = []
    for name, peer in results["peers"].items():
        figure = goals.cost(results, name, cell)
        if figure is not None and ours is not None:
            scaled = Figure(*(value / CELLS[cell].microseconds for value in figure))
            times = "" if name == goals.OURS else f" ({number(figure.value / ours.value)}×)"
            kind = KINDS.get(name, "peer")
            found.append(Bar(peer["label"], *scaled, note=number(scaled.value) + times, kind=kind))
    return found


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown that is aligned for the eye too."""
    widths = [max(len(line[column]) for line in [head, *rows]) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    padded = ([text.ljust(width) for text, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def number(value: float) -> str:
    """Three digits, or all of a count."""
    if value >= 100 or isinstance(value, int):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def as_json(results: Results) -> str:
    """Indented, with each list of figures on one line."""
    text = json.dumps(results, indent=1, ensure_ascii=False)
    return re.sub(r"\[[\d\s.,\[\]]+\]", lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n"
