"""What goes wrong before the first byte of an answer: cases 1 to 30 of the fault list (docs/routing-faults.md).

Two providers, over real sockets: the first fails, the second is asked. Whatever happens, what the attempts cost is what
the other side charges, or is not known, and says so.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme

from dragoman import RetryConfig, errors
from dragoman.http import Timeouts
from dragoman.messages import LLMResponse
from dragoman.routing.health import HealthRules, RetryBudgetRules
from dragoman.routing.target import Limits, Target
from dragoman.testing import Emulator
from tests.calls.conftest import Clock
from tests.routing.faults.calls import FIRST, FIRST_MODEL, SECOND, SECOND_MODEL, Calls, check_bill
from tests.transport.scripted import never_accepting

Make = Callable[..., Calls]

SOON = 0.05
"""Seconds. A limit of the first target's that is to end it; the second has none."""

THRICE = RetryConfig(max_attempts=3, initial_delay=0)
ALL_MAY_BE_OUT = {"health": HealthRules(max_ejected_share=1)}


def goes_elsewhere(calls: Calls, failure: str, *, stream: bool = False, unknown: int = 0) -> None:
    """The first target fails like this and the second answers, at once and with the bill right."""
    outcome = calls.ask(stream=stream)
    assert outcome.tried == [f"openai {failure}", "anthropic ok"]
    check_bill(calls.emulator, outcome, unknown=unknown)


def is_out_after(calls: Calls, times: int, why: str) -> None:
    """After so many such failures the first target is left alone."""
    for _ in range(times - 1):
        assert calls.refused() is None
        calls.ask()
    assert why in (calls.refused() or "")
    before = len(calls.emulator.bill)
    assert calls.ask().tried == ["anthropic ok"]
    assert len(calls.emulator.bill) == before + 1


def limited(**limits: float) -> Target:
    return Target(FIRST, options={"timeout": Timeouts(**limits)})


# ---------------------------------------------------------------------- no connection


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address at which nothing listens, kept so."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_case_01_connection_refused(make: Make, clock: Clock, closed_port: str, stream: bool) -> None:
    calls = make(Target(FIRST, client={"base_url": closed_port}), SECOND)
    goes_elsewhere(calls, "ConnectFailed", stream=stream)
    assert clock.slept == []
    is_out_after(calls, 3, "network")


@pytest.mark.parametrize("answer", [socket.EAI_NONAME, socket.EAI_AGAIN, None], ids=["no name", "failed", "empty"])
def test_case_02_a_name_that_is_not_found(make: Make, monkeypatch: pytest.MonkeyPatch, answer: int | None) -> None:
    """A name server that does not answer at all meets the limit on connecting: tests/transport/test_limits.py."""
    real = socket.getaddrinfo

    def resolve(host: str, *arguments: Any, **options: Any) -> Any:
        if host != "nowhere.example":
            return real(host, *arguments, **options)
        if answer is None:
            return []
        raise socket.gaierror(answer, "as the test has it")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    calls = make(Target(FIRST, client={"base_url": "http://nowhere.example"}), SECOND)
    goes_elsewhere(calls, "ConnectFailed")
    is_out_after(calls, 3, "network")


@pytest.fixture(params=["not trusted", "another name", "no TLS"])
def untrusted(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[str]:
    """An https address where nobody should be talked to."""
    if request.param == "no TLS":
        yield emulator.url.replace("http://", "https://")
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "example.com" if request.param == "another name" else "127.0.0.1"
    trustme.CA().issue_cert(name).configure_cert(context)
    with Emulator(ssl_context=context) as impostor:
        yield impostor.url
        assert impostor.requests == []


def test_case_03_tls_that_fails_is_not_tried_again(make: Make, emulator: Emulator, untrusted: str) -> None:
    """The second target is asked three times, the first once."""
    emulator.fault(status=503, times=2, model=SECOND_MODEL)
    calls = make(Target(FIRST, client={"base_url": untrusted}), SECOND, retry=THRICE)
    outcome = calls.ask()
    assert outcome.tried == ["openai ConnectFailed", *["anthropic Overloaded"] * 2, "anthropic ok"]
    check_bill(emulator, outcome)
    is_out_after(calls, 3, "network")


@pytest.fixture
def black_hole() -> Iterator[str]:
    with never_accepting() as origin:
        yield str(origin)


def test_case_04_a_connection_that_is_never_accepted(make: Make, black_hole: str) -> None:
    target = Target(FIRST, client={"base_url": black_hole}, options={"timeout": Timeouts(connect=SOON)})
    calls = make(target, SECOND)
    goes_elsewhere(calls, "TimedOut")  # free: nothing was sent
    is_out_after(calls, 3, "slow")


# ---------------------------------------------------------------------- no answer


def test_case_05_accepted_and_never_answered(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(stall_at_byte=0, model=FIRST_MODEL)
    goes_elsewhere(make(limited(first_byte=SOON), SECOND), "TimedOut", stream=stream, unknown=1)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_case_06_a_kept_connection_that_has_gone(make: Make, emulator: Emulator, stream: bool, reset: bool) -> None:
    """One more try on a new connection, which is no attempt of the route's. What the lost request cost is not known."""
    calls = make()
    assert calls.ask().tried == ["openai ok"]
    emulator.fault(cut_at_byte=0, reset=reset, model=FIRST_MODEL)
    outcome = calls.ask(stream=stream)
    assert outcome.tried == ["openai ok"]
    assert [line.outcome for line in emulator.wait_for_bill(3)] == ["ok", "cut", "ok"]
    assert outcome.cost is None
    assert outcome.response is not None
    assert "sent twice" in (outcome.response.cost_note or "")
    assert calls.refused() is None


def test_case_06_a_refusal_the_second_time_does_not_make_the_first_free(make: Make, emulator: Emulator) -> None:
    calls = make()
    calls.ask()
    emulator.fault(cut_at_byte=0, model=FIRST_MODEL)
    emulator.fault(status=503, model=FIRST_MODEL)
    outcome = calls.ask()
    assert outcome.tried == ["openai Overloaded", "anthropic ok"]
    assert [line.outcome for line in emulator.wait_for_bill(4)] == ["ok", "cut", "refused", "ok"]
    assert [attempt.cost is None for attempt in outcome.attempts] == [True, False]
    assert outcome.cost is None


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_case_07_a_new_connection_that_breaks(make: Make, emulator: Emulator, stream: bool, reset: bool) -> None:
    emulator.fault(cut_at_byte=0, reset=reset, times=None, model=FIRST_MODEL)
    calls = make()
    goes_elsewhere(calls, "ConnectionLost", stream=stream, unknown=1)
    assert calls.emulator.bill[0].outcome == "cut"
    is_out_after(calls, 3, "network")


def test_case_08_a_full_target_is_not_a_sick_one(make: Make, emulator: Emulator) -> None:
    """Who may not wait goes elsewhere at once, and where there is nowhere else is told so at once."""
    full = Target(FIRST, limits=Limits(concurrency=1, queued=0))
    with_another, alone = make(full, SECOND), make(full)
    for calls in (with_another, alone):
        features = calls.router.explain("Hi").candidates[0].situation.features
        permit = calls.board[calls.targets[0]].begin(features, 0.0)
        assert permit is not None
        outcome = calls.ask()
        permit.released(0.0)
        if calls is with_another:
            assert outcome.tried == ["anthropic ok"]
            check_bill(emulator, outcome)
        else:
            assert isinstance(outcome.error, errors.NoDeployment)
        assert calls.ask().tried == ["openai ok"]


# ---------------------------------------------------------------------- told to wait


def cooling(make: Make, emulator: Emulator, **fault: Any) -> Calls:
    """Calls whose first target has just said 429."""
    emulator.fault(status=429, model=FIRST_MODEL, **fault)
    calls = make()
    goes_elsewhere(calls, "RateLimited")
    return calls


def test_case_09_retry_after_is_obeyed_for_that_target(make: Make, emulator: Emulator, clock: Clock) -> None:
    calls = cooling(make, emulator, retry_after=30)
    assert calls.until() == pytest.approx(30)
    clock.now += 29.9
    assert calls.ask().tried == ["anthropic ok"]
    clock.now += 0.2
    assert calls.ask().tried == ["openai ok"]


@pytest.mark.parametrize("others", [[SECOND], []], ids=["there is another", "there is none"])
def test_case_09_it_is_waited_for_only_where_nobody_else_can_be_asked(
    make: Make, emulator: Emulator, clock: Clock, others: list[str]
) -> None:
    """Also by a target that is asked several times in a row."""
    emulator.fault(status=429, model=FIRST_MODEL, retry_after=30)
    outcome = make(Target(FIRST, max_attempts=3), *others).ask()
    assert outcome.tried == ["openai RateLimited", "anthropic ok" if others else "openai ok"]
    assert sum(clock.slept) == 0 if others else sum(clock.slept) >= 30
    check_bill(emulator, outcome)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("Wed, 21 Oct 2015 07:28:30 GMT", 30), ("Wed, 21 Oct 2015 07:27:00 GMT", 0)],
    ids=["ahead", "past"],
)
def test_case_10_retry_after_as_a_date_by_the_providers_clock(
    make: Make, emulator: Emulator, retry_after: str, seconds: float
) -> None:
    """Its clock is years behind ours, and what it means is thirty seconds."""
    calls = cooling(make, emulator, retry_after=retry_after, headers={"date": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert (calls.until() or 0.0) == pytest.approx(seconds)


ABSURD = [
    # headers, seconds for which the target is left alone
    ({"retry-after": "1000000000"}, 3600),  # no longer than HealthRules allows
    ({"retry-after": "-5"}, 2),  # not said: as long as after any 429
    ({"retry-after": "nan"}, 2),
    ({"retry-after": "inf"}, 2),
    ({"retry-after": "soon"}, 2),
    ({"retry-after-ms": "2500"}, 2.5),
    ({"retry-after-ms": "2500", "retry-after": "9"}, 2.5),
]


@pytest.mark.parametrize(("headers", "seconds"), ABSURD, ids=[str(headers) for headers, _ in ABSURD])
def test_case_11_retry_after_of_any_kind(
    make: Make, emulator: Emulator, headers: dict[str, str], seconds: float
) -> None:
    calls = cooling(make, emulator, headers=headers)
    assert calls.until() == pytest.approx(seconds)


def test_case_12_a_storm_of_429_is_not_answered_with_one(make: Make, emulator: Emulator) -> None:
    """Both were asked once; then nothing is sent, and the earliest time is told."""
    emulator.fault(status=429, retry_after=90, times=None, model=FIRST_MODEL)
    emulator.fault(status=429, retry_after=70, times=None, model=SECOND_MODEL)
    calls = make(retry=THRICE)
    outcome = calls.ask()
    assert outcome.tried == ["openai RateLimited", "anthropic RateLimited"]
    assert isinstance(outcome.error, errors.FallbackExhausted)
    check_bill(emulator, outcome)
    for _ in range(10):
        shed = calls.ask().error
        assert isinstance(shed, errors.NoDeployment)
        assert "in 70.0 s" in str(shed)
    assert len(emulator.requests) == 2


@pytest.mark.parametrize(("share", "asked"), [(0.0, 15), (10.0, 60)], ids=["no budget", "a budget"])
def test_case_12_the_retry_budget_bounds_what_a_storm_adds(
    make: Make, emulator: Emulator, share: float, asked: int
) -> None:
    """Without a budget both targets are asked once a call, until five failures have shown that neither is well; a further
    try then costs what there is not.
    """
    emulator.fault(status=500, times=None)
    never_out = HealthRules(max_ejected_share=0)
    budget = RetryBudgetRules(share=share, minimum_per_second=0)
    calls = make(retry=THRICE, options={"health": never_out, "retry_budget": budget})
    for _ in range(10):
        check = calls.ask()
        assert isinstance(check.error, errors.FallbackExhausted)
    assert len(emulator.requests) == asked


@pytest.mark.parametrize("status", [503, 529])
def test_case_13_overloaded(make: Make, emulator: Emulator, clock: Clock, stream: bool, status: int) -> None:
    emulator.fault(status=status, times=3, model=FIRST_MODEL)
    calls = make()
    goes_elsewhere(calls, "Overloaded", stream=stream)
    is_out_after(calls, 3, "overloaded")
    clock.now += calls.until() or 0.0
    assert calls.ask().tried == ["openai ok"]
    assert 0 < calls.board[calls.targets[0]].share(clock()) < 1  # it starts slowly


# ---------------------------------------------------------------------- keys and models


NO_QUOTA = json.dumps({"error": {"message": "no more", "type": "insufficient_quota", "code": "insufficient_quota"}})


@pytest.mark.parametrize(
    ("fault", "failure", "why"),
    [
        pytest.param({"status": 401}, "Unauthorized", "key was refused", id="case_14_401"),
        pytest.param({"status": 403}, "Unauthorized", "key was refused", id="case_14_403"),
        pytest.param({"status": 402}, "OutOfCredit", "out of credit", id="case_15_402"),
        pytest.param({"status": 429, "body": NO_QUOTA}, "OutOfCredit", "out of credit", id="case_15_quota"),
    ],
)
def test_case_14_15_a_key_that_is_out_is_out_for_all_its_targets(
    make: Make, emulator: Emulator, fault: dict[str, Any], failure: str, why: str
) -> None:
    """Another target with that key is not asked; the same model with another key is."""
    emulator.fault(**fault, model=FIRST_MODEL)
    same_key = Target("openai/gpt-4.1-mini")
    other_key = Target(FIRST, name="openai/other key", client={"api_key": "another"})
    calls = make(FIRST, same_key, other_key)
    outcome = calls.ask()
    assert outcome.tried == [f"openai {failure}", "openai ok"]
    assert [seen.headers["authorization"].reveal() for seen in emulator.requests] == ["Bearer k", "Bearer another"]
    assert [why in (calls.refused(index) or "") for index in range(3)] == [True, True, False]
    check_bill(emulator, outcome)


def test_case_77_nothing_of_one_target_goes_to_another(make: Make, emulator: Emulator) -> None:
    """Neither its key nor a header of its own."""
    emulator.fault(status=503, model=FIRST_MODEL)
    headers = {"x-of-the-first": "and of nobody else"}
    calls = make(Target(FIRST, client={"api_key": "first"}, options={"headers": headers}), SECOND)
    goes_elsewhere(calls, "Overloaded")
    first, second = (seen.headers for seen in emulator.requests)
    assert first["x-of-the-first"] == "and of nobody else"
    assert not {"x-of-the-first", "authorization"} & second.keys()
    assert second["x-api-key"].reveal() == "k"


def test_case_16_an_unknown_model_is_not_tried_again(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(status=404, code="model_not_found", times=None, model=FIRST_MODEL)
    calls = make(retry=THRICE)
    goes_elsewhere(calls, "UnknownModel", stream=stream)
    is_out_after(calls, 2, "model")


# ---------------------------------------------------------------------- what is the caller's


def ends_there(calls: Calls, kind: type[errors.Error], *, stream: bool = False) -> None:
    """The error is raised as it is, nobody else was asked and nobody is blamed."""
    outcome = calls.ask(stream=stream)
    assert type(outcome.error) is kind
    assert len(calls.emulator.requests) == 1
    assert calls.refused() is None
    check_bill(calls.emulator, outcome)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_case_17_a_mistake_of_the_callers(make: Make, emulator: Emulator, stream: bool, status: int) -> None:
    emulator.fault(status=status, times=None, model=FIRST_MODEL)
    ends_there(make(retry=THRICE), errors.Rejected, stream=stream)


OVERFLOW = {"status": 400, "code": "context_length_exceeded", "model": FIRST_MODEL}


def test_case_18_what_is_too_long_goes_only_to_a_larger_window(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(**OVERFLOW)
    calls = make(FIRST, "openai/gpt-4o", SECOND, max_price_ratio=None)
    goes_elsewhere(calls, "ContextTooLong", stream=stream)
    assert calls.refused() is None


def test_case_18_where_no_window_is_larger_that_is_said(make: Make, emulator: Emulator) -> None:
    emulator.fault(**OVERFLOW)
    outcome = make(FIRST, "openai/gpt-4o", max_price_ratio=None).ask()
    assert outcome.tried == ["openai ContextTooLong"]
    assert "is no larger" in str(outcome.error)
    check_bill(emulator, outcome)


REFUSAL = {"status": 400, "code": "content_policy_violation", "model": FIRST_MODEL}


def test_case_19_a_refused_prompt_is_shown_to_nobody_else(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(**REFUSAL)
    ends_there(make(), errors.Filtered, stream=stream)


def test_case_19_unless_the_application_allows_it(make: Make, emulator: Emulator) -> None:
    emulator.fault(**REFUSAL)
    goes_elsewhere(make(allow_declined_elsewhere=True), "Filtered")


def test_case_19_a_refusal_as_an_answer_is_the_answer(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.script(LLMResponse("I will not.", finish_reason="content_filter"), model=FIRST_MODEL)
    outcome = make().ask(stream=stream)
    assert outcome.tried == ["openai ok"]
    assert outcome.response is not None
    assert outcome.response.finish_reason == "content_filter"
    check_bill(emulator, outcome)


# ---------------------------------------------------------------------- what is no answer


def test_case_20_a_redirect_is_not_followed(make: Make, emulator: Emulator, stream: bool) -> None:
    """The key goes nowhere else. That address will not answer, another target may."""
    with Emulator() as lure:
        location = f"{lure.url}/v1/chat/completions"
        emulator.fault(status=307, headers={"location": location}, times=None, model=FIRST_MODEL)
        calls = make(retry=THRICE)
        goes_elsewhere(calls, "Rejected", stream=stream)
        assert lure.requests == []
    is_out_after(calls, 3, "malformed")


def test_case_21_an_error_with_a_good_status(make: Make, emulator: Emulator, stream: bool) -> None:
    body = json.dumps({"error": {"message": "busy", "type": "server_error", "code": "server_error"}})
    emulator.fault(status=200, body=body, model=FIRST_MODEL)
    goes_elsewhere(make(), "ProviderFailed", stream=stream)


HTML = {"body": "<!doctype html><title>Sign in</title>", "headers": {"content-type": "text/html"}}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(HTML, id="case_22_a_page"),
        pytest.param({"body": "", "status": 200}, id="case_22_nothing"),
        pytest.param({"body": '"Hello"'}, id="case_22_no_object"),
        pytest.param({"body": '{"id": "x", "choices": [{"mess'}, id="case_23_half"),
    ],
)
def test_case_22_23_what_is_no_answer_of_the_dialect(
    make: Make, emulator: Emulator, stream: bool, fault: dict[str, Any]
) -> None:
    emulator.fault(**fault, times=None, model=FIRST_MODEL)
    calls = make()
    goes_elsewhere(calls, "DecodeError", stream=stream, unknown=1)
    is_out_after(calls, 3, "malformed")


def test_case_23_a_body_shorter_than_announced(make: Make, emulator: Emulator) -> None:
    emulator.fault(cut_at_byte=400, model=FIRST_MODEL)
    goes_elsewhere(make(), "ConnectionLost", unknown=1)


def test_case_26_odd_heads_are_read(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(headers={"X-OdD": "a" * 30_000, "server": "\xa0", "connection": "close"}, model=FIRST_MODEL)
    outcome = make().ask(stream=stream)
    assert outcome.tried == ["openai ok"]
    check_bill(emulator, outcome)


def test_case_27_a_head_that_drips(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.fault(drip_bytes=1, drip_seconds=SOON / 2, model=FIRST_MODEL)
    goes_elsewhere(make(limited(first_byte=SOON), SECOND), "TimedOut", stream=stream, unknown=1)


# ---------------------------------------------------------------------- usage


def chat_answer(usage: Any, model: str = FIRST_MODEL) -> str:
    """A good answer of OpenAI's but for its usage."""
    message = {"role": "assistant", "content": "Hello"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    wire = {"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": choices}
    return json.dumps(wire if usage is None else {**wire, "usage": usage})


@pytest.mark.parametrize(
    "usage",
    [
        pytest.param(None, id="case_28_missing"),
        pytest.param({"prompt_tokens": -5, "completion_tokens": 2}, id="case_29_negative"),
        pytest.param({"prompt_tokens": 5, "completion_tokens": 10**18}, id="case_29_huge"),
        pytest.param({"prompt_tokens": float("nan"), "completion_tokens": 2}, id="case_29_nan"),
        pytest.param({"prompt_tokens": "many", "completion_tokens": 2}, id="case_29_text"),
        pytest.param([], id="case_29_a_list"),
    ],
)
def test_case_28_29_a_usage_that_cannot_be_is_no_bill(make: Make, emulator: Emulator, stream: bool, usage: Any) -> None:
    """The answer is good; what it cost is not known, and says so. To count instead is for whoever charges by it."""
    emulator.fault(body=chat_answer(usage), model=FIRST_MODEL)
    outcome = make().ask(stream=stream)
    assert outcome.tried == ["openai ok"]
    assert outcome.response is not None
    assert outcome.response.content == "Hello"
    assert outcome.cost is None
    assert outcome.response.cost_note


def test_case_30_another_model_than_asked_is_recorded(make: Make, emulator: Emulator, stream: bool) -> None:
    emulator.script(LLMResponse("Hello", model="gpt-4o-mini-2024-07-18"), model=FIRST_MODEL)
    outcome = make().ask(stream=stream)
    assert outcome.response is not None
    assert outcome.response.model == "gpt-4o-mini-2024-07-18"
    check_bill(emulator, outcome)
