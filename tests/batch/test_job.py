"""Which row begins when: the job on a clock of its own, with rows that only say what happens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dragoman.batch import Ended, Job, Paid, Purse, Row
from dragoman.batch.asking import Asking
from dragoman.batch.job import UNTIL_ONE_ENDS
from dragoman.errors import (
    BudgetExceeded,
    ConnectFailed,
    ConnectionLost,
    MissingKey,
    OutOfCredit,
    RateLimited,
    Rejected,
    Unauthorized,
    UnknownModel,
)
from dragoman.flow import Flow, Open, Sleep, sleep
from dragoman.http import HttpRequest, Origin
from dragoman.messages import Attempt, LLMResponse

CENT = Decimal("0.01")
REQUEST = HttpRequest(origin=Origin("http", "there", 80), target="/", body=b"1234567890")
HEADERS: dict[str, str] = {}
NOWHERE: Any = None
"""The transport of a request that no driver sends."""


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Reply:
    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.status, self.headers = status, headers


def call(*costs: str | None, error: Exception | None = None, pause: float = 0.0, longer: int = 0) -> Any:
    """A flow that sends as often as `costs` are given, and then has its answer or fails."""

    def flow() -> Flow[LLMResponse]:
        for number in range(len(costs)):
            body = REQUEST.body * (1 + longer * number)
            yield Open(NOWHERE, HttpRequest(origin=REQUEST.origin, target="/", body=body))
            if pause:
                yield from sleep(pause)
        attempts = tuple(
            Attempt(target="p/m", outcome="ok", seconds=1.0, cost=None if cost is None else Decimal(cost))
            for cost in costs
        )
        if error is None:
            return LLMResponse("hi", attempts=attempts)
        if not isinstance(error, KeyError):
            error.attempts = attempts  # type: ignore[attr-defined]  # as our own errors have them
        raise error

    return flow


def rows(*flows: Any, ceiling: Decimal | None = CENT) -> list[Row]:
    return [Row(number=number, ask=flow, ceiling=ceiling) for number, flow in enumerate(flows)]


class Bench:
    """A job whose rows are stepped by hand, with the replies that a test has for them."""

    def __init__(self, given: list[Row], **options: Any) -> None:
        self.clock = Clock()
        self.over: list[Ended] = []
        options.setdefault("concurrency", 4)
        self.job = Job(iter(given), ended=self.over.append, clock=self.clock, **options)
        self.slept: list[float] = []
        self.sent: list[HttpRequest] = []

    def begin(self) -> Row:
        found = self.job.next()
        assert isinstance(found, Row)
        return found

    def ask(self, row: Row, *replies: Any) -> Ended:
        """Run one row to its end: each `Open` gets the next reply, or raises it."""
        flow, answers, result, failure = Asking(row, self.job).ask(), list(replies), None, None
        while True:
            try:
                effect = flow.throw(failure) if failure else flow.send(result)
            except StopIteration as stop:
                self.job.over(stop.value)
                return stop.value
            result = failure = None
            match effect:
                case Open(_, request):
                    self.sent.append(request)
                    given = answers.pop(0) if answers else 200
                    if isinstance(given, Exception):
                        failure = given
                    else:
                        status, headers = given if isinstance(given, tuple) else (given, HEADERS)
                        result = Reply(status, headers)
                case Sleep(seconds):
                    self.slept.append(seconds)
                    self.clock.now += seconds


# ---------------------------------------------------------------------- beginning


def test_rows_begin_in_order_as_many_as_may() -> None:
    bench = Bench(rows(*[call("0.001")] * 3), concurrency=2)
    assert [bench.begin().number, bench.begin().number] == [0, 1]
    assert bench.job.next() == UNTIL_ONE_ENDS


def test_when_all_are_over_none_begins() -> None:
    bench = Bench(rows(call("0.001")))
    row = bench.begin()
    assert bench.job.next() == UNTIL_ONE_ENDS  # it may be put back
    bench.ask(row)
    assert bench.job.next() is None
    assert [(ended.state, ended.paid.cost) for ended in bench.over] == [("done", Decimal("0.001"))]


# ---------------------------------------------------------------------- too many


def test_retry_after_holds_for_everybody() -> None:
    bench = Bench(rows(call("0", error=RateLimited("slow")), call("0.001")))
    ended = bench.ask(bench.begin(), (429, {"retry-after": "7"}))
    assert ended.state == "waiting"
    assert bench.job.next() == 7.0
    assert bench.job.limit == 2
    bench.clock.now += 7
    assert bench.begin().number == 0  # put back in its place


def test_a_request_within_a_call_waits_too() -> None:
    bench = Bench(rows(call("0.001")))
    row = bench.begin()
    bench.job.refused(bench.clock.now, 3.0)
    bench.ask(row)
    assert sum(bench.slept) == pytest.approx(3.0)


def test_who_has_no_time_to_wait_does_not() -> None:
    bench = Bench([])
    request = HttpRequest(origin=REQUEST.origin, target="/", body=b"1", deadline=bench.clock.now + 1)

    def flow() -> Flow[LLMResponse]:
        yield Open(NOWHERE, request)
        return LLMResponse("hi")

    bench = Bench(rows(flow))
    row = bench.begin()
    bench.job.refused(bench.clock.now, 3.0)
    bench.ask(row)
    assert bench.slept == []


def test_the_pause_of_a_refused_call_is_for_all() -> None:
    """Gemini says in the body how long to wait: the call reads it there, and sleeps."""
    bench = Bench(rows(call("0", "0.001", pause=20.0)))
    bench.ask(bench.begin(), 429)
    assert bench.slept[0] == 20.0
    bench = Bench(rows(call("0", "0.001", pause=20.0), call("0.001")))
    asking = Asking(bench.begin(), bench.job).ask()
    next(asking)
    asking.send(Reply(429, {}))
    assert bench.job.next() == pytest.approx(20.0)
    asking.close()


def test_a_row_that_is_refused_for_ever_fails_in_the_end() -> None:
    bench = Bench(rows(call("0", error=RateLimited("slow", http_status=429))))
    for _ in range(11):
        ended = bench.ask(bench.begin(), 429)
        bench.clock.now += 1000
    assert (ended.state, ended.paid.tries) == ("failed", 11)
    assert bench.job.next() is None


# ---------------------------------------------------------------------- money

SPENT = {  # what happens, what was paid, what of it nobody priced, what is spent of the purse
    "answered": (call("0.002"), (), "0.002", 0, "0.002"),
    "cut off": (call(None, error=ConnectionLost("cut")), (), "0", 1, "0.01"),
    "cut off, then answered": (call(None, "0.002"), (), "0.002", 1, "0.012"),
    "refused, then answered": (call("0", "0.002"), (500,), "0.002", 0, "0.002"),
    "never left": (call("0", error=ConnectFailed("no")), (ConnectFailed("no"),), "0", 0, "0"),
    "failed by a stranger": (call("0.002", error=KeyError("x")), (), "0", 1, "0.01"),
}


@pytest.mark.parametrize("name", SPENT)
def test_what_a_row_costs(name: str) -> None:
    flow, replies, cost, unpriced, spent = SPENT[name]
    bench = Bench(rows(flow))
    paid = bench.ask(bench.begin(), *replies).paid
    assert (paid.cost, paid.unpriced) == (Decimal(cost), unpriced)
    assert bench.job.spent == Decimal(spent)


def test_none_begins_that_could_cost_too_much() -> None:
    bench = Bench(rows(*[call("0.004")] * 9), purse=Purse(Decimal("0.023")))
    running = [bench.begin(), bench.begin()]
    assert bench.job.next() == UNTIL_ONE_ENDS  # $0.02 are held
    bench.ask(running.pop())
    assert bench.job.next() == UNTIL_ONE_ENDS  # $0.004 spent, $0.01 held, $0.01 more would be $0.024
    bench.ask(running.pop())


def test_the_money_is_spent_to_the_last_row_that_fits() -> None:
    bench = Bench(rows(*[call("0.004")] * 9), purse=Purse(Decimal("0.025")), concurrency=1)
    while isinstance(row := bench.job.next(), Row):
        bench.ask(row)
    assert len(bench.over) == 4  # at $0.016 a further cent would pass $0.025
    assert isinstance(bench.job.stopped, BudgetExceeded)
    assert "$0.016" in str(bench.job.stopped)


def test_without_a_known_worst_case_nothing_is_risked() -> None:
    bench = Bench(rows(call("0.004"), ceiling=None), purse=Purse(Decimal(1)))
    assert bench.job.next() is None
    assert "an unknown sum" in str(bench.job.stopped)


def test_what_is_asked_again_is_held_too_and_dearer_as_it_is_longer() -> None:
    bench = Bench(rows(call("0.002", "0.002", longer=1)), purse=Purse(Decimal("0.029")))
    ended = bench.ask(bench.begin())
    assert ended.state == "waiting"  # the second would have been $0.02 on top of the cent
    assert isinstance(bench.job.stopped, BudgetExceeded)
    assert bench.job.spent == CENT  # nobody has said yet what the first one cost


def test_money_that_others_hold_is_waited_for() -> None:
    bench = Bench(rows(call("0.002", "0.002"), call("0.001")), purse=Purse(Decimal("0.025")))
    first, second = bench.begin(), bench.begin()
    asking = Asking(first, bench.job).ask()
    next(asking)
    assert isinstance(asking.send(Reply(200, {})), Sleep)
    bench.ask(second)
    assert isinstance(asking.send(None), Open)
    asking.close()


# ---------------------------------------------------------------------- what ends it all

ENDS = {
    "a wrong key": (Unauthorized("no", http_status=401), True, True),
    "not allowed, nothing answered yet": (Unauthorized("no", http_status=403), False, True),
    "not allowed, others were answered": (Unauthorized("no", http_status=403), True, False),
    "no credit": (OutOfCredit("no", http_status=402), True, True),
    "no such model": (UnknownModel("no", http_status=404), True, True),
    "no key": (MissingKey("no"), False, True),
    "a bad row": (Rejected("no", http_status=400), False, False),
    "a lost connection": (ConnectionLost("no"), False, False),
    "a bug in a validator": (KeyError("no"), False, False),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_every_row_would_meet_ends_it(name: str) -> None:
    error, others_answered, ends = ENDS[name]
    bench = Bench(rows(call("0.001"), call("0", error=error), call("0.001")))
    if others_answered:
        bench.ask(bench.begin())
    else:
        bench.begin()
    ended = bench.ask(bench.begin(), 400)
    assert (ended.state == "waiting", bench.job.stopped is error) == (ends, ends)
    assert (bench.job.next() is None) == ends


def test_an_end_from_outside_lets_what_runs_go_on() -> None:
    bench = Bench(rows(*[call("0.001")] * 3))
    row = bench.begin()
    bench.job.stop(KeyboardInterrupt())
    assert bench.job.next() is None
    assert bench.ask(row).state == "done"


def test_the_key_of_a_request_is_of_its_row_and_its_body() -> None:
    bench = Bench(rows(call("0", "0.001"), call("0.001")), key_header="Idempotency-Key")
    bench.ask(bench.begin(), 500)
    bench.ask(bench.begin())
    keys = [dict(request.headers)["Idempotency-Key"] for request in bench.sent]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("flow", "unpriced"), [(call(None, "0.002"), 0), (call(None, None, error=ConnectionLost("cut")), 1)]
)
def test_where_the_server_knows_its_requests_only_the_last_is_in_doubt(flow: Any, unpriced: int) -> None:
    bench = Bench(rows(flow), key_header="Idempotency-Key")
    paid = bench.ask(bench.begin()).paid
    assert (paid.unpriced, paid.ceiling) == (unpriced, CENT * unpriced)


@pytest.mark.parametrize(
    ("flow", "cost", "unpriced"),
    [(call("0.002"), "0.002", 0), (call(None, error=ConnectionLost("cut")), "0.001", 1)],
    ids=["answered", "failed"],
)
def test_what_an_earlier_run_had_paid_is_not_paid_again_there(flow: Any, cost: str, unpriced: int) -> None:
    """Killed as it asked again for a better answer, the first of which the server still has."""
    [row] = rows(flow)
    row.paid = Paid(cost=Decimal("0.001"), tries=2, unpriced=1, ceiling=CENT)
    bench = Bench([row], key_header="Idempotency-Key")
    paid = bench.ask(bench.begin()).paid
    assert (paid.cost, paid.tries, paid.unpriced) == (Decimal(cost), 3, unpriced)


def test_paid_is_added_up() -> None:
    some = Paid(cost=CENT, tries=1, unpriced=1, ceiling=CENT)
    assert (some + Paid(ceiling=None)).ceiling is None
    assert (some + some).ceiling == 2 * CENT
    assert some.known is None
