"""The benchmark: the documents are what the committed result says, the goals' arithmetic is right, the adapters work.

Nothing here measures: no test depends on how fast it runs.
"""

import asyncio
import json
import pathlib
import platform
import sys

import pytest

from bench import cells, environments, goals, interpreter, measure, peers, render, work, worker
from bench.goals import Figure, Goal, Installed, Rate, growth, ratio
from bench.measure import upstream

VALUES = environments.ROOT / "bench" / "results" / "values.json"
LATEST = environments.ROOT / "bench" / "results" / "latest.json"
DOCS = environments.ROOT / "docs"


@pytest.fixture(scope="module")
def latest():
    return json.loads(LATEST.read_text())


# The Python that peers run under


@pytest.fixture
def choosing(monkeypatch):
    """What chooses, with nothing remembered from before or left behind."""

    def choose(asked, system):
        monkeypatch.setenv("BENCH_PYTHON", asked)
        monkeypatch.setattr(interpreter, "SYSTEM", system)
        interpreter.chosen.cache_clear()
        interpreter.facts.cache_clear()
        return interpreter

    yield choose
    interpreter.chosen.cache_clear()
    interpreter.facts.cache_clear()


AT_HAND = pathlib.Path(sys.executable)
ABSENT = pathlib.Path("/nowhere/python3")


@pytest.mark.parametrize(
    ("asked", "system", "of_system", "words"),
    [
        (str(AT_HAND), ABSENT, False, "This Python was built with"),
        ("", AT_HAND, True, "the system's own"),
        ("", ABSENT, False, "This Python was built with"),
    ],
)
def test_who_is_asked_for_comes_before_the_system_and_that_before_the_one_at_hand(
    choosing, asked, system, of_system, words
):
    found = choosing(asked, system)
    assert found.chosen() == AT_HAND
    assert found.facts()["python"] == f"{platform.python_implementation()} {platform.python_version()}"
    assert found.facts()["python_of_system"] is of_system
    assert words in render.python_build(found.facts())


def test_a_system_that_is_too_old_is_passed_over(choosing, monkeypatch):
    monkeypatch.setattr(interpreter, "OLDEST", (99, 0))
    assert choosing("", AT_HAND.parent / "python3").chosen() == AT_HAND


# What is committed


@pytest.mark.parametrize("name", ["benchmarks.md", "benchmarks.svg"])
def test_documents_show_the_committed_result(latest, name):
    assert (DOCS / name).read_text() == render.documents(latest)[name], "run `bash bench/run.sh --render`"


def test_the_committed_result_is_a_whole_run_without_a_wrong_answer(latest):
    assert latest["errors"] == []
    assert list(latest["peers"]) == list(peers.NAMES)
    for name, peer in latest["peers"].items():
        faces = set(cells.PROGRAMS) | {cell for cell, todo in cells.WORK.items() if can(name, todo.method)}
        assert {cell: len(rounds) for cell, rounds in peer["cells"].items()} == dict.fromkeys(faces, latest["rounds"])


def test_the_committed_result_names_no_path_of_the_machine_it_was_made_on(latest):
    assert "/" not in json.dumps(latest)


@pytest.mark.parametrize(
    ("page", "goal", "words"),
    [
        ("benchmarks.md", "sync call / OpenAI SDK", "takes {} of the CPU time that it takes through the OpenAI SDK"),
        ("benchmarks.md", "sync call / LiteLLM", "and {} of what it takes through LiteLLM"),
        ("benchmarks-gateway.md", "JSON answer / TensorZero", "takes {} of what it takes through TensorZero's"),
        ("benchmarks-gateway.md", "stream / TensorZero", "a stream {}, with"),
    ],
)
def test_the_first_page_says_what_was_measured(page, goal, words):
    row = next(line for line in (DOCS / page).read_text().splitlines() if line.startswith(f"| {goal} "))
    measured = row.split("|")[3].strip()
    assert words.format(measured) in " ".join((environments.ROOT / "README.md").read_text().split())


def test_a_result_reads_back_as_it_was_written(latest):
    assert render.as_json(latest) == LATEST.read_text()


def can(name, method):
    return hasattr(peers.load(name).Peer, method)


@pytest.fixture(scope="module")
def values():
    return json.loads(VALUES.read_text())


def test_the_document_of_values_shows_the_committed_result(values):
    text = (DOCS / "benchmarks-values.md").read_text()
    assert text == render.values_documents(values)["benchmarks-values.md"], "run `bash bench/run.sh --render`"


def test_the_committed_result_of_values_is_whole(values):
    assert values["errors"] == []
    assert {name: set(peer["cells"]) for name, peer in values["peers"].items()} == measure.values()
    assert "/" not in json.dumps(values)
    assert render.as_json(values) == VALUES.read_text()


def test_a_value_that_is_not_what_was_sent_is_a_failure():
    model, whole = work.model(), work.value(200)
    worker.check((150, model(**whole)), cells.WORK["partial_200"])
    for found in [(150, model(**{**whole, "floor": 4})), (50, model(**whole))]:
        with pytest.raises(worker.WrongAnswer):
            worker.check(found, cells.WORK["partial_200"])


# Arithmetic


MADE_UP = {
    "environments": {"mine": {"distributions": 9, "megabytes": 20.5}},
    "peers": {
        "mine": {"cells": {"call": [[9, 10, 90], [12, 12, 12], [20, 19, 21]], "many": [[5], [6], [8]]}},
        "theirs": {"cells": {"call": [[100, 100, 100], [60, 60, 60], [50, 50, 50]]}},
        "failed": {"cells": {"call": [[24], [24]]}},
    },
}
"""Round medians: mine 10, 12, 20 and 5, 6, 8; theirs 100, 60, 50; the one that failed in a round 24, 24."""


@pytest.mark.parametrize(
    ("measure", "figure"),
    [
        (ratio("call", "mine", "theirs"), Figure(12 / 60, 10 / 100, 20 / 50)),
        (ratio("call", "theirs", "mine"), Figure(60 / 12, 50 / 20, 100 / 10)),
        (ratio("call", "mine", "failed"), Figure(12 / 24, 10 / 24, 12 / 24)),
        (ratio("call", "mine", "absent"), None),
        (ratio("cold", "mine", "theirs"), None),
        (growth("many", "call", "mine"), Figure(6 / 12, 8 / 20, 5 / 10)),
        (Rate("many", "mine"), Figure(1e6 / 6, 1e6 / 8, 1e6 / 5)),
        (Rate("many", "theirs"), None),
        (Installed("distributions", "mine"), Figure(9, 9, 9)),
        (Installed("megabytes", "absent"), None),
    ],
    ids=str,
)
def test_figures_come_from_the_medians_of_rounds(measure, figure):
    found = measure.figure(MADE_UP)
    assert found == (figure and pytest.approx(figure))


SOMETHING = Rate("call", "mine")


@pytest.mark.parametrize(
    ("goal", "figure", "verdict"),
    [
        (Goal("at most", SOMETHING, 0.15), Figure(0.14, 0.13, 0.15), "yes"),
        (Goal("at most, at the limit", SOMETHING, 9), Figure(9, 9, 9), "yes"),
        (Goal("at most, over", SOMETHING, 0.15), Figure(0.16, 0.10, 0.20), "**no**"),
        (Goal("at most, one bad round", SOMETHING, 0.15), Figure(0.14, 0.13, 0.16), "yes, not in every round"),
        (Goal("below, at the limit", SOMETHING, 1, below=True), Figure(1, 1, 1), "**no**"),
        (Goal("below", SOMETHING, 1, below=True), Figure(0.99, 0.98, 0.99), "yes"),
        (Goal("at least", SOMETHING, 1600, at_least=True), Figure(1600, 1600, 1700), "yes"),
        (Goal("at least, under", SOMETHING, 1600, at_least=True), Figure(1599, 1500, 1700), "**no**"),
        (
            Goal("at least, one bad round", SOMETHING, 1600, at_least=True),
            Figure(1601, 1, 9e9),
            "yes, not in every round",
        ),
        (Goal("never run", SOMETHING, 1), None, "not measured"),
    ],
    ids=lambda value: value.what if isinstance(value, Goal) else "",
)
def test_verdicts(goal, figure, verdict):
    assert goal.verdict(figure) == verdict


def test_what_was_not_measured_is_missed():
    assert goals.missed({"peers": {}, "environments": {}}) == list(goals.GOALS)


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (Goal("part", ratio("call", "mine", "theirs"), 0.15, unit=""), "part, measured 0.20, limit ≤ 0.15."),
        (Goal("none", ratio("call", "mine", "absent"), 1, below=True, unit=""), "none, not measured, limit < 1."),
        (
            Goal("many", Rate("many", "mine"), 200_000, at_least=True, unit=" a second"),
            "many, measured 166,667, limit ≥ 200,000 a second.",
        ),
    ],
    ids=lambda value: value.what if isinstance(value, Goal) else "",
)
def test_a_missed_goal_is_told_with_its_figure(goal, words):
    assert render.shortfall(goal, goal.measure.figure(MADE_UP)) == words


def test_every_goal_is_about_cells_and_peers_that_there_are():
    routing = [pair for goal in goals.ROUTING_GOALS for pair in goal.measure.needs]
    for name, cell in goals.needed() + routing:
        assert cell in cells.CELLS
        assert name in (*peers.NAMES, *peers.ROUTING)
        assert cell in cells.PROGRAMS or can(name, cells.WORK[cell].method)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1,234"),
        (188.4, "188"),
        (15.44, "15.4"),
        (7.512, "7.51"),
        (0.1, "0.10"),
        (0.0334, "0.033"),
        (7.0, "7.00"),
        (9, "9"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert render.number(value) == text


# Adapters


@pytest.fixture(scope="module")
def url():
    with upstream() as url:
        yield url


HERE = ("dragoman_openai", "dragoman_routing", "dragoman_anthropic", "http_client", "sockets")
"""The adapters whose libraries this environment has."""

DOABLE = [
    pytest.param(name, cell, id=f"{name}-{cell}")
    for name in HERE
    for cell, todo in cells.WORK.items()
    if can(name, todo.method)
]


@pytest.mark.parametrize(("name", "cell"), DOABLE)
def test_adapters_hand_over_what_the_upstream_said(url, name, cell):
    todo = cells.WORK[cell]
    peer = peers.load(name).Peer(url)
    once = worker.operation(peer, cell)

    async def asked():
        await peer.open_async()
        found = await once()
        await peer.close_async()
        return found

    worker.check(asyncio.run(asked()) if todo.asynchronous else once(), todo)
    peer.close()


def test_what_is_measured_beside_another_is_what_it_costs_beyond_that():
    asked = []
    todo = cells.Work("call", warm_up=1, batches=3, beside="other")
    once = {name: lambda name=name: asked.append(name) or work.ANSWER for name in ("one", "other")}
    found = worker.measure(once, todo)
    each = len(asked) // 8  # of each batch, but for the first of each, which warms up
    assert len(found) == 3
    assert asked[:2] == ["one", "other"]
    assert asked[2:].count("one") == asked[2:].count("other") == 3 * (len(asked) - 2) // 6
    assert asked[2 : 2 + each] == ["one"] * each
    assert worker.figures({"one": [3e-6, 5e-6], "other": [1e-6, 2e-6]}, todo) == pytest.approx([2, 3])


@pytest.mark.parametrize(
    ("found", "todo"),
    [
        (work.Answer("something else", work.INPUT_TOKENS, work.OUTPUT_TOKENS), cells.Work("call")),
        (work.Answer(work.TEXT, work.INPUT_TOKENS, 0), cells.Work("call")),
        ([work.ANSWER, None], cells.Work("call_async", 2)),
        (work.pieces(99), cells.Work("stream", 100)),
        (["".join(work.pieces(100))], cells.Work("stream", 100)),
    ],
    ids=["text", "tokens", "one of several", "a lost event", "all in one event"],
)
def test_wrong_answers_are_refused(found, todo):
    with pytest.raises(worker.WrongAnswer):
        worker.check(found, todo)
