"""Whether memory grows: many requests, of which every twentieth fails at the provider, in one way after the other."""

from __future__ import annotations

from typing import Any

import msgspec

from bench.gateway import measure, processes
from bench.gateway.gateways import GATEWAYS, OURS, Running, started
from bench.gateway.order import Outcome

REQUESTS = 200_000
BLOCKS = 10
STREAM_SECONDS = 3.0
"""After each block of requests as many streams as fit into this."""


def soak(*, here: bool = False, requests: int = REQUESTS) -> dict[str, Any]:
    """Megabytes after each block, and what was answered. The first block warms up: growth counts from its end."""
    with (
        measure.upstream("--faults") as url,
        started(GATEWAYS[OURS], url, list(GATEWAYS[OURS].models), here=here) as running,
    ):
        found: dict[str, Any] = {"requests": 0, "streams": 0, "statuses": {}, "megabytes": []}
        for number in range(BLOCKS + 1):
            block(found, running, requests // BLOCKS)
            measure.progress(f"soak {number}/{BLOCKS} {found['megabytes'][-1]} MB {found['statuses']}\n")
    found["grown_megabytes"] = round(max(found["megabytes"][1:]) - found["megabytes"][0], 1)
    return found


def block(found: dict[str, Any], running: Running, requests: int) -> None:
    order = running.order("openai", connections=measure.CONNECTIONS, requests=requests, seconds=300.0, faults=True)
    streams = msgspec.structs.replace(order, stream=True, seconds=STREAM_SECONDS, requests=1_000_000)
    for what, asked in (("requests", order), ("streams", streams)):
        outcome: Outcome = measure.load(asked)
        found[what] += outcome.answered
        for status, count in outcome.statuses.items():
            found["statuses"][status] = found["statuses"].get(status, 0) + count
    found["megabytes"].append(round(processes.megabytes(running.process.pid), 1))
