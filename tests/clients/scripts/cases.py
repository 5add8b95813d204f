"""Runs the cases of a script and prints what came of each. Standard library only: every environment has it."""

import json
import os
import sys
import traceback
import urllib.request

URL = os.environ["EMULATOR_URL"]


def control(action, body=None):
    """Use the emulator's control surface."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{URL}/_emulator/{action}", data) as reply:
        return json.load(reply)


def caught(kind, act):
    """The exception of exactly `kind` that `act()` raises."""
    found = None
    try:
        act()
    except kind as error:
        found = error
    assert type(found) is kind, f"{found!r} is not a {kind.__name__}"
    return found


def run_all(names):
    """Run every function called `case_…` in `names`."""
    report = {}
    for name, case in list(names.items()):
        if name.startswith("case_"):
            control("reset", {})
            try:
                case()
                report[name] = "ok"
            except Exception:  # noqa: BLE001  # the report tells which
                report[name] = traceback.format_exc(limit=-8)
    sys.stdout.write(json.dumps(report))
