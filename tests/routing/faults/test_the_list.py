"""The page that says what happens in each of the 104 cases names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "routing-faults.md").read_text()
ROWS = {int(number): shown for number, shown in re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE)}
TESTS = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))
NUMBERED = {
    int(number) for numbers in re.findall(r"case_((?:\d\d_)+)", TESTS) for number in numbers.split("_") if number
}


def test_no_case_is_left_out() -> None:
    assert list(ROWS) == list(range(1, 105))


def test_what_is_said_to_be_here_is_here_and_the_other_way_round() -> None:
    assert {number for number, shown in ROWS.items() if "**here**" in shown} == NUMBERED


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[^`]+\.py[^`]*)`", PAGE))))
def test_what_is_elsewhere_is_there(named: str) -> None:
    path, _, test = named.partition("::")
    assert (ROOT / path).is_file()
    assert not test or f"def {test}(" in (ROOT / path).read_text()


def test_each_case_is_shown_by_a_test_or_said_to_be_of_others() -> None:
    assert all(re.search(r"\*\*here\*\*|`tests/|\*gateway\*|\*not ours\*", shown) for shown in ROWS.values())
