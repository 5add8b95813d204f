"""Runs the cases of a script through the gateway, at one upstream. Standard library only: every environment has it."""

import json
import os
import sys
import traceback

from cases import caught, control

URL = os.environ["GATEWAY_URL"]
MODEL = os.environ["MODEL"]
"""A public name of the gateway's configuration: it says which upstream answers."""
EMBEDDING_MODEL = os.environ.get("EMBEDDING_MODEL")
"""None where the upstream has no embeddings."""
DIALECTS = set(os.environ["DIALECTS"].split(","))
"""What the upstream has to have been asked in."""

__all__ = ["DIALECTS", "EMBEDDING_MODEL", "MODEL", "URL", "asks_nobody", "caught", "control", "run_all"]


def asks_nobody(case):
    """Of a case that the gateway may answer by itself."""
    case.asks_nobody = True
    return case


def run_all(names):
    """Run every function called `case_…` in `names`, and look whether the right upstream was asked."""
    report = {name: outcome(case) for name, case in list(names.items()) if name.startswith("case_")}
    sys.stdout.write(json.dumps(report))


def outcome(case):
    control("reset", {})
    try:
        case()
        check_upstream(getattr(case, "asks_nobody", False))
    except Exception:  # noqa: BLE001  # the report tells which
        return traceback.format_exc(limit=-8)
    return "ok"


def check_upstream(may_be_nobody):
    asked = {seen["dialect"] for seen in control("requests")}
    assert asked <= DIALECTS, f"asked in {asked}, not in {DIALECTS}"
    assert asked or may_be_nobody, "nobody was asked"
