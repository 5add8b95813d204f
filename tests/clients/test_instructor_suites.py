"""Instructor's own public tests, with us in its place: what does not pass stands in a list, with the reason.

The suites that ask a model are run against our emulator, which answers by rules; how many pass is held from below and
written down in docs/instructor.md (`scripts/instructor_suites.py --write`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from scripts.instructor_suites import BEGIN, END, PAGE, SUITES, Outcome, run

from .conftest import find_python

pytestmark = [pytest.mark.clients, pytest.mark.timeout(420)]

DIFFERENCES: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "instructor_differences.toml").read_text()
)

AT_LEAST = {"openai": 310, "anthropic": 18, "genai": 40, "openai_1_17": 160, "anthropic_1_17": 12}
"""How many of those that ask a model pass; Instructor itself passed 226 (1.8.3) and 251 (1.17.0) of OpenAI's."""


@pytest.fixture(scope="module")
def outcome() -> Callable[[str], Outcome]:
    @cache
    def of(name: str) -> Outcome:
        return run(SUITES[name], find_python("instructor"))

    return of


@pytest.mark.parametrize("suite", DIFFERENCES)
def test_what_differs_is_listed(outcome: Callable[[str], Outcome], suite: str) -> None:
    found = outcome(suite)
    assert {name: why for name, why in found.unfit.items() if name not in DIFFERENCES[suite]} == {}
    assert DIFFERENCES[suite].keys() - found.unfit.keys() == set(), "these pass now: take them off the list"
    assert found.counts["passed"] > len(DIFFERENCES[suite])


@pytest.mark.parametrize("suite", AT_LEAST)
def test_those_that_ask_a_model(outcome: Callable[[str], Outcome], suite: str) -> None:
    found = outcome(suite)
    assert found.counts["passed"] >= AT_LEAST[suite], found.unfit


def test_every_unit_test_is_looked_at() -> None:
    """Those that ask no model: of both versions each that fails is listed."""
    assert {name for name, suite in SUITES.items() if suite.about.startswith("unit tests")} == DIFFERENCES.keys()


def test_every_difference_has_its_reason() -> None:
    assert all(len(why.split()) > 3 for suite in DIFFERENCES.values() for why in suite.values())


def test_the_docs_tell_of_every_suite() -> None:
    told = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"^\| (\d\S+) \| (.+?) \|", told, re.MULTILINE)
    assert rows == [(suite.version, suite.about) for suite in SUITES.values()]
