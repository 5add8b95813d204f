"""The gateways' benchmark: it takes no wrong answer for a right one, and its harness works with a gateway.

Nothing here measures: no test depends on how fast it runs.
"""

import json
import subprocess
import sys

import msgspec
import pytest

from bench import environments, work
from bench.cells import GATEWAY_CELLS
from bench.gateway import measure, processes, render
from bench.gateway.__main__ import DOCS, RESULTS
from bench.gateway.gateways import GATEWAYS, OURS, Failed, fill, started
from bench.gateway.goals import GOALS
from bench.gateway.load import what_is_wrong
from bench.gateway.order import EVENTS
from bench.gateway.upstream import BUSY
from bench.upstream import chat_chunks, chat_completion, dump


def answer(**changed):
    return dump(chat_completion() | changed)


STREAM = chat_chunks(work.pieces(EVENTS))


# What is right


@pytest.mark.parametrize(
    ("body", "stream", "wrong"),
    [
        (answer(), False, None),
        (answer(usage={"prompt_tokens": 1, "completion_tokens": 1}), False, "another usage"),
        (answer(usage=None), False, "another usage"),
        (answer(choices=[]), False, "IndexError"),
        (answer()[:-1], False, "DecodeError"),
        (answer().replace(b"fox", b"cat"), False, "another text"),
        (b"".join(STREAM), True, None),
        (b"".join(STREAM[:-1]), True, "no end"),
        (b"".join(STREAM[:5] + STREAM[6:]), True, "another text"),
        (b"".join(STREAM) + STREAM[1], True, "something after the end"),
        (b"".join(STREAM[:-2] + STREAM[-1:]), True, "another usage"),
        (b"".join(STREAM[:3]) + b"data: {\n\n", True, "DecodeError"),
    ],
)
def test_a_wrong_answer_is_none(body, stream, wrong):
    found = what_is_wrong(200, body, stream=stream)
    assert found is None if wrong is None else found.startswith(wrong) or wrong in found


def test_a_refusal_is_no_answer():
    assert what_is_wrong(429, BUSY, stream=False).startswith("status 429")


def test_among_faults_a_stream_may_end_in_an_error_and_not_in_the_air():
    cut = b"".join(STREAM[:10])
    assert what_is_wrong(200, cut + b"data: " + BUSY + b"\n\n", stream=True, faults=True) is None
    assert what_is_wrong(200, cut, stream=True, faults=True).startswith("no end")


# The table of gateways

PLACES = {
    "port": 1, "upstream": "http://127.0.0.1:2", "upstream_port": 2, "folder": "/tmp/x", "bin": "/bin", "here": "/here",
    "dialect": "openai",
}  # fmt: skip


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_table_can_be_filled_in(name):
    gateway = GATEWAYS[name]
    texts = [gateway.command, *gateway.files.values(), *gateway.variables.values(), *gateway.prepare]
    for text in [*texts, *(text for headers in gateway.headers.values() for text in headers.values())]:
        assert fill(text, **PLACES)
    assert gateway.environment == "npm" or gateway.environment in environments.REQUIREMENTS
    assert set(gateway.models) <= {"openai", "anthropic"}


# The harness, with the floor as the gateway and this environment as its own


@pytest.fixture(scope="module")
def running():
    if sys.platform != "linux":
        pytest.skip("processes are looked at in /proc")
    with measure.upstream() as url, started(GATEWAYS["relay"], url, ["openai"], here=True) as running:
        yield running


@pytest.mark.parametrize("stream", [False, True])
def test_a_load_is_made_and_every_answer_looked_at(running, stream):
    outcome = measure.load(running.order("openai", stream=stream, connections=4, requests=8, seconds=60.0))
    assert (outcome.answered, outcome.errors, outcome.statuses) == (8, 0, {"200": 8})


def test_a_gateway_that_answers_wrong_is_not_measured(running):
    order = running.order("openai", requests=4, connections=2, seconds=60.0)
    with pytest.raises(Failed, match="wrong answers: status 401"):
        measure.load(msgspec.structs.replace(order, key="sk-unknown"))


def test_what_it_uses_is_seen(running):
    assert processes.cpu_seconds(running.process.pid) > 0
    assert processes.megabytes(running.process.pid) > 5
    assert running.process.pid in processes.tree(running.process.pid)


def test_the_upstream_refuses_who_did_not_do_a_gateways_work(running):
    order = running.order("openai", requests=1, connections=1, seconds=60.0)
    straight = f"{running.upstream}/v1/chat/completions"
    with pytest.raises(Failed, match="not the model, or not the key"):
        measure.load(msgspec.structs.replace(order, url=straight))


def test_every_twentieth_request_fails_where_faults_are_asked_for():
    with measure.upstream("--faults") as url, started(GATEWAYS["relay"], url, ["openai"], here=True) as running:
        order = running.order("openai", connections=1, requests=98, seconds=60.0, faults=True)
        outcome = json.loads(measure_anyway(order))
    assert outcome["statuses"] == {"200": 95, "500": 1, "429": 1, "503": 1}
    assert outcome["errors"] == 1  # the body that is broken, which the floor hands on


def measure_anyway(order):
    """What the load found, also where it found errors."""
    command = [sys.executable, "-m", "bench.gateway.load", msgspec.json.encode(order).decode()]
    return subprocess.run(command, cwd=environments.ROOT, capture_output=True, check=True, timeout=120).stdout


# From a result to the page


def made_up(**ours):
    """A result in which every figure of ours is a tenth of everybody's, but for those of `ours`."""
    cells = {cell: [[1000.0], [1200.0]] for cell in GATEWAY_CELLS}
    noted = {what: [2.0, 3.0] for what in render.NOTED}
    peers = {
        name: {"label": GATEWAYS[name].label, "environment": "e", "cells": cells, "noted": noted} for name in GATEWAYS
    }
    fast = {cell: [[100.0], [120.0]] for cell in cells}
    found = {"added_p50_milliseconds": [0.5], "added_p99_milliseconds": [3.0], "cold_seconds": [1.0]}
    peers[OURS] = {**peers[OURS], "cells": fast | ours, "noted": noted | found | {"busy_megabytes": [70.0]}}
    results = {
        "date": "2026-11-21T22:00+00:00",
        "rounds": 2,
        "commit": "abc",
        "machine": {"cpu": "a CPU", "cores": 2, "system": "Linux", "python": "CPython 3", "python_optimised": True},
        "load": [1.0],
        "environments": {"e": {"requirements": [".[gateway]", "other==1"], "versions": {}}},
        "peers": peers,
        "errors": [],
    }
    render.with_soak(
        results,
        {"requests": 200_000, "streams": 10, "statuses": {"200": 9}, "megabytes": [70, 71], "grown_megabytes": 1},
    )
    return results


def verdicts(results):
    return {goal.what: goal.verdict(goal.measure.figure(results)) for goal in GOALS}


def test_goals_are_met_by_figures_within_their_limits():
    found = verdicts(made_up())
    assert {what for what, verdict in found.items() if verdict != "yes"} == {
        "JSON answer / LiteLLM",  # a tenth is more than two hundredths
        "stream / LiteLLM",
    }


def test_a_translation_that_costs_too_much_is_a_goal_missed():
    found = verdicts(made_up(json_translated=[[140.0], [150.0]]))
    assert found["JSON answer, translated / as it is"] == "**no**"


def test_the_page_and_the_picture_show_every_gateway():
    documents = render.documents(made_up())
    for gateway in GATEWAYS.values():
        assert gateway.label in documents["benchmarks-gateway.md"]
        assert gateway.label in documents["benchmarks-gateway.svg"]
    assert "200,000 requests and 10 streams" in documents["benchmarks-gateway.md"]
    assert "$" not in documents["benchmarks-gateway.md"]


def test_the_page_shows_the_committed_result():
    if not RESULTS.is_file():
        pytest.skip("no result is committed yet")
    shown = render.documents(json.loads(RESULTS.read_text()))
    for name, text in shown.items():
        assert (DOCS / name).read_text() == text, "run `bash bench/run.sh --gateway --render`"
