"""The command line of the gateways' benchmark; see the package. `bash bench/run.sh --gateway` comes here."""

from __future__ import annotations

import argparse
import json
import signal
import sys

from bench import environments, goals
from bench.gateway import measure, render, soak
from bench.gateway.gateways import OURS
from bench.gateway.goals import GOALS
from bench.render import as_json, goals_table

RESULTS = environments.ROOT / "bench" / "results" / "gateway.json"
DOCS = environments.ROOT / "docs"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run.sh --gateway", description="CPU cost of gateways.")
    parser.add_argument("--only", metavar="NAMES", help="these gateways, with commas; write nothing")
    parser.add_argument("--here", action="store_true", help="ours as it is in this checkout; write nothing")
    parser.add_argument("--no-soak", action="store_true", help="do not look whether memory grows")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument("--render", action="store_true", help="measure nothing, write the page again")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended too
    asked = arguments()
    if asked.render:
        write(json.loads(RESULTS.read_text()))
        return 0
    names = measure.only(asked.only) if asked.only else measure.everything()
    results = measure.measure(names, asked.rounds, here=asked.here)
    if OURS in names and not asked.no_soak:
        render.with_soak(results, soak.soak(here=asked.here))
    if not asked.only and not asked.here:
        RESULTS.write_text(as_json(results))
        write(results)
    print(goals_table(results, GOALS))
    for error in results["errors"]:
        print(f"error: {error}", file=sys.stderr)
    return 1 if results["errors"] or (asked.check and goals.missed(results, GOALS)) else 0


def write(results: goals.Results) -> None:
    for name, text in render.documents(results).items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    sys.exit(main())
