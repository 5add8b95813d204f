"""The command line of the benchmark.

bash bench/run.sh               everything; writes results/latest.json, docs/benchmarks.md and docs/benchmarks.svg
bash bench/run.sh --quick       only what the goals compare; writes nothing
bash bench/run.sh --values      values of the caller's types beside Instructor; writes results/values.json and
                                docs/benchmarks-values.md
bash bench/run.sh --routing     what routing adds; writes results/routing.json and docs/benchmarks-routing.md
bash bench/run.sh --gateway     gateways, each in a process of its own; see bench/gateway
bash bench/run.sh --check       and exit with 1 when a goal is missed
bash bench/run.sh --render      measure nothing: write the documents again from the results
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import environments, goals, measure, render
from bench.goals import Results

RESULTS = environments.ROOT / "bench" / "results"
DOCS = environments.ROOT / "docs"


class Study(NamedTuple):
    """Something to measure: the cells of each peer, the goals, the result's file, and the documents that show it."""

    wanted: Callable[[], dict[str, set[str]]]
    goals: Sequence[goals.Goal]
    path: Path
    documents: Callable[[Results], dict[str, str]]


WHOLE = Study(measure.everything, goals.GOALS, RESULTS / "latest.json", render.documents)
VALUES = Study(measure.values, goals.VALUE_GOALS, RESULTS / "values.json", render.values_documents)
ROUTING = Study(measure.routing, goals.ROUTING_GOALS, RESULTS / "routing.json", render.routing_documents)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.sh", description="CPU cost of dragoman beside its peers.")
    parser.add_argument("--quick", action="store_true", help="only what the goals compare; write nothing")
    parser.add_argument("--values", action="store_true", help="values of the caller's types beside Instructor")
    parser.add_argument("--routing", action="store_true", help="what a chain adds to a call, and what a decision costs")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument("--render", action="store_true", help="measure nothing, write the documents again")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    if asked.render:
        return write_again()
    study = VALUES if asked.values else ROUTING if asked.routing else WHOLE
    in_short = asked.quick and study is WHOLE
    results = measure.measure(measure.only(goals.needed()) if in_short else study.wanted(), asked.rounds)
    if not asked.quick:
        study.path.write_text(render.as_json(results))
        write_documents(study.documents(results))
    print(render.goals_table(results, study.goals))
    return status(results, study.goals, check=asked.check)


def write_again() -> int:
    """Write the documents of every study that has a result."""
    for study in (WHOLE, VALUES, ROUTING):
        if study.path.is_file():
            write_documents(study.documents(json.loads(study.path.read_text())))
    return 0


def write_documents(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        Path(DOCS / name).write_text(text)


def status(results: Results, of: Sequence[goals.Goal], *, check: bool) -> int:
    """0 when every answer was right and, if `check`, every goal is met."""
    for error in results["errors"]:
        print(f"error: {error}", file=sys.stderr)
    missed = goals.missed(results, of) if check else []
    for goal in missed:
        print(f"missed: {goal.what}", file=sys.stderr)
    return 1 if results["errors"] or missed else 0


if __name__ == "__main__":
    sys.exit(main())
