"""Asks through the gateway, by every face of an SDK, at upstreams that break; prints what the SDK made of each answer.

Standard library only: every environment has it.
"""

import json
import os
import sys

from cases import control

URL = os.environ["GATEWAY_URL"]
ASKED = json.loads(os.environ["ASKED"])
"""What is tried: of each the upstream, the public name of its model, whether it streams, and the emulator's fault."""
ANSWER = json.loads(os.environ["ANSWER"])
"""The answer as the emulator is given it: a text, and a call of a tool."""
WHOLE = {"text": ANSWER["parts"][0]["text"], "arguments": ANSWER["parts"][1]["arguments"], "finish": True}
SECONDS = 20
"""How long an SDK waits. Whoever hangs ends in an error that no case expects."""
TOOL = "look"
ARGUMENTS = {"type": "object", "properties": {"where": {"type": "string"}}, "required": ["where"]}


def told(text, arguments, finish):
    """What an SDK that raised nothing has given: `arguments` are JSON, `finish` whether it said that this is all."""
    if isinstance(arguments, str):
        arguments = parsed(arguments)
    return {"text": text, "arguments": arguments, "finish": finish}


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def run_faults(package, faces):
    """Try everything with each face, which are called with a model's name: those of `faces[True]` stream."""
    report = [
        {**each, "face": name, "outcome": outcome(package, face, each)}
        for each in ASKED
        for name, face in faces[each["stream"]].items()
    ]
    sys.stdout.write(json.dumps(report))


def outcome(package, face, each):
    """`whole`, or the SDK's own error by its name; else what it was, in words that no case expects."""
    control("reset", {})
    control("script", {"steps": [ANSWER]})
    if each["fault"]:
        control("faults", each["fault"])
    try:
        found = face(each["model"])
    except Exception as error:  # noqa: BLE001  # which one is what is judged
        kind = type(error)
        return kind.__name__ if kind.__module__.startswith(package) else f"a foreign {kind!r}: {error}"
    return "whole" if found == WHOLE else f"ended well with {found}"
