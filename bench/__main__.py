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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import environments, goals, measure, render

LATEST = environments.ROOT / "bench" / "results" / "latest.json"
VALUES = LATEST.with_name("values.json")
ROUTING = LATEST.with_name("routing.json")
DOCS = environments.ROOT / "docs"


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
        write_documents(render.documents(json.loads(LATEST.read_text())))
        write_documents(render.values_documents(json.loads(VALUES.read_text())))
        if ROUTING.is_file():
            write_documents(render.routing_documents(json.loads(ROUTING.read_text())))
        return 0
    if asked.values:
        return main_of_values(asked)
    if asked.routing:
        return main_of_routing(asked)
    wanted = measure.only(goals.needed()) if asked.quick else measure.everything()
    results = measure.measure(wanted, asked.rounds)
    if not asked.quick:
        LATEST.write_text(render.as_json(results))
        write_documents(render.documents(results))
    print(render.goals_table(results))
    return status(results, goals.GOALS, check=asked.check)


def main_of_values(asked: argparse.Namespace) -> int:
    results = measure.measure(measure.values(), asked.rounds)
    if not asked.quick:
        VALUES.write_text(render.as_json(results))
        write_documents(render.values_documents(results))
    print(render.goals_table(results, goals.VALUE_GOALS))
    return status(results, goals.VALUE_GOALS, check=asked.check)


def main_of_routing(asked: argparse.Namespace) -> int:
    results = measure.measure(measure.routing(), asked.rounds)
    if not asked.quick:
        ROUTING.write_text(render.as_json(results))
        write_documents(render.routing_documents(results))
    print(render.goals_table(results, goals.ROUTING_GOALS))
    return status(results, goals.ROUTING_GOALS, check=asked.check)


def write_documents(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        Path(DOCS / name).write_text(text)


def status(results: dict[str, Any], of: Sequence[goals.Goal], *, check: bool) -> int:
    """0 when every answer was right and, if `check`, every goal is met."""
    for error in results["errors"]:
        print(f"error: {error}", file=sys.stderr)
    missed = goals.missed(results, of) if check else []
    for goal in missed:
        print(f"missed: {goal.what}", file=sys.stderr)
    return 1 if results["errors"] or missed else 0


if __name__ == "__main__":
    sys.exit(main())
