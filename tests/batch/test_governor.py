"""How many at once: by tables of what happens at which moment, on a clock that is only a number."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.batch.governor import Governor
from dragoman.batch.progress import Meter, shown_seconds
from dragoman.batch.rows import Ended, Paid, Row, State
from dragoman.flow import Flow


def refuse(*sent_at: float, now: float = 1.0, after: float | None = None) -> Callable[[Governor], None]:
    def happen(governor: Governor) -> None:
        for moment in sent_at:
            governor.refused(moment, now, after)

    return happen


def answer(count: int) -> Callable[[Governor], None]:
    def happen(governor: Governor) -> None:
        for _ in range(count):
            governor.answered()

    return happen


HISTORIES = {  # what happened, the limit of 32 then, the pause left at second 2
    "nothing": ((), 32, 0.0),
    "one was too many": ((refuse(0.5),), 16, 0.0),
    "a jam is one": ((refuse(0.1, 0.2, 0.3, 1.0),), 16, 0.0),
    "a second jam": ((refuse(0.5), refuse(1.5, now=1.75)), 8, 0.0),
    "a second with no answer between pauses": ((refuse(0.5), refuse(1.5, now=1.9)), 8, 0.15),
    "never below one": ([refuse(moment, now=moment) for moment in (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6)], 1, 7.6),
    "an answer ends the row": ((refuse(0.5), answer(1), refuse(1.5, now=1.9)), 8, 0.0),
    "answers make room": ((refuse(0.5), answer(16)), 16, 0.0),
    "a round of answers is one more": ((refuse(0.5), answer(17)), 17, 0.0),
    "never above": ((answer(1000),), 32, 0.0),
    "told when": ((refuse(0.5, after=5.0),), 16, 4.0),
    "never shortened": ((refuse(0.5, after=5.0), refuse(0.6, now=1.1, after=0.1)), 16, 4.0),
    "longer by who says more": ((refuse(0.5, after=5.0), refuse(0.6, now=1.5, after=9.0)), 16, 8.5),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_what_was_said_is_obeyed(name: str) -> None:
    happened, limit, pause = HISTORIES[name]
    governor = Governor(32)
    for happen in happened:
        happen(governor)
    assert (governor.limit, governor.pause_left(2.0)) == (limit, pytest.approx(pause))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 5), st.one_of(st.none(), st.floats(0, 100)))), st.integers(1, 64))
def test_the_limit_stays_between_one_and_most_and_no_pause_is_shortened(
    happened: list[tuple[bool, float, float | None]], most: int
) -> None:
    governor, now, ends = Governor(most), 0.0, 0.0
    for answered, later, after in happened:
        now += later
        if answered:
            governor.answered()
        else:
            governor.refused(now, now, after)
        assert 1 <= governor.limit <= most
        assert now + governor.pause_left(now) >= min(ends, now + 1e9) - 1e-6 or ends <= now
        ends = now + governor.pause_left(now)


def simulate(capacity: int, most: int, seconds: int) -> tuple[int, int]:
    """Answers and refusals of a server that takes `capacity` requests a second, each answered within it."""
    governor, answered, refused = Governor(most), 0, 0
    for second in range(seconds):
        if governor.pause_left(float(second)):
            continue
        sent = governor.limit
        for number in range(sent):
            if number < capacity:
                governor.answered()
                answered += 1
            else:
                governor.refused(second + 0.5, second + 0.9, None)
                refused += 1
    return answered, refused


@pytest.mark.parametrize("capacity", [3, 10, 30])
def test_a_server_that_takes_less_is_used_and_not_hammered(capacity: int) -> None:
    """Three quarters of what it can do, as AIMD promises, and fewer than one refusal to five answers."""
    answered, refused = simulate(capacity, most=100, seconds=1000)
    assert answered > 0.7 * capacity * 1000
    assert refused < answered / 5


# ---------------------------------------------------------------------- what is said of it


def never() -> Flow[None]:
    yield from ()


def ended(cost: str = "0.01", *, unpriced: int = 0, state: State = "done") -> Ended:
    paid = Paid(cost=Decimal(cost), unpriced=unpriced)
    return Ended(row=Row(number=0, ask=never), state=state, paid=paid)


def test_the_meter_tells_rate_and_rest_of_the_last_rows() -> None:
    meter = Meter(100)
    for second in range(11):
        meter.count(ended(), now=float(second))
    meter.count(ended(state="failed", unpriced=1), now=11.0)
    assert meter.line(11.0) == "12/100 rows · 1 failed · 1.0 rows/s · 1:28 left · $0.12 and 1 tries of unknown cost"


def test_the_meter_knows_no_rest_where_nobody_does() -> None:
    meter = Meter(None)
    assert meter.line(0.0) == "0 rows · $0"
    meter.count(ended(), now=1.0)
    meter.count(ended(), now=1.5)
    assert meter.line(2.0) == "2 rows · 1.0 rows/s · $0.02"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (59.6, "1:00"), (3600, "1:00:00"), (90061, "25:01:01")])
def test_seconds_are_shown_as_clocks_do(seconds: float, shown: str) -> None:
    assert shown_seconds(seconds) == shown
