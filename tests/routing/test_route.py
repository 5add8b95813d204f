"""One call over many targets, as scripts: who is asked in which order, with no time taken and nothing sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from dragoman import errors
from dragoman.calls import RetryConfig
from dragoman.flow import Flow, emit
from dragoman.messages import (
    Attempt,
    Event,
    Finish,
    LLMResponse,
    ResponseStart,
    Restarted,
    Seam,
    Text,
    TextDelta,
    ToolCallStart,
    Usage,
    UsageUpdate,
)
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.features import Features
from dragoman.routing.health import Board, HealthRules, Trip
from dragoman.routing.policies import Ordered
from dragoman.routing.route import route
from dragoman.routing.routing import Routing
from dragoman.routing.rules import RouteRules
from dragoman.routing.straight import first_of, straight
from dragoman.routing.target import Place, Target
from dragoman.routing.verdict import verdict_of
from tests.calls.conftest import Clock
from tests.drive import MODES, drive
from tests.routing.scene import model


def target(name: str, **fields: Any) -> Target:
    provider, _, model = name.partition("/")
    return Target(name, name=name, place=Place(provider=provider, model=model, account=provider), **fields)


A, B, C = target("openai/a"), target("anthropic/b"), target("mistral/c")


def answer(text: str = "Hello", cost: str | None = "0.01", **fields: Any) -> LLMResponse:
    known = None if cost is None else Decimal(cost)
    attempt = Attempt(target="served", outcome="ok", seconds=0.1, cost=known)
    return LLMResponse(text, "m", Usage(input_tokens=3, output_tokens=2), cost=known, attempts=(attempt,), **fields)


def failed(error: errors.Error, cost: str | None = "0", partial: LLMResponse | None = None) -> errors.Error:
    error.attempts = (
        Attempt(
            target="served",
            outcome=type(error).__name__,
            seconds=0.1,
            cost=None if cost is None else Decimal(cost),
            error=error,
        ),
    )
    error.partial = partial
    return error


class Script:
    """What each target does, call by call: an answer, an exception, or events and then either."""

    def __init__(self, **by_provider: Any) -> None:
        self._left = {name: list(steps) if isinstance(steps, list) else [steps] for name, steps in by_provider.items()}
        self.asked: list[str] = []
        self.allowed: list[Allowance] = []

    def __call__(self, target: Target, allowance: Allowance) -> Flow[LLMResponse]:
        self.asked.append(target.place.provider)
        self.allowed.append(allowance)
        steps = self._left[target.place.provider]
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        *events, outcome = step if isinstance(step, tuple) else (step,)
        return self._run(events, outcome)

    def _run(self, events: Iterable[Event], outcome: Any) -> Flow[LLMResponse]:
        for event in events:
            yield from emit(event)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome() if callable(outcome) else outcome


def asking(script: Callable[..., Any], **fields: Any) -> Asking[LLMResponse]:
    return Asking(ask=script, response_of=lambda response: response, with_response=lambda _, whole: whole, **fields)


@pytest.fixture
def routing(clock: Clock) -> Callable[..., Routing]:
    def make(*targets: Target, health: HealthRules | None = None, **rules: Any) -> Routing:
        given = targets or (A, B, C)
        rules.setdefault("retry", RetryConfig(initial_delay=1, use_jitter=False))
        return Routing(
            policy=Ordered(*given),
            board=Board(given, health or HealthRules()),
            rules=RouteRules(**rules),
            clock=clock,
            random=lambda: 0.5,
        )

    return make


Make = Callable[..., Routing]
ok = answer()


@pytest.fixture(params=[*MODES, *(f"{mode}, straight" for mode in MODES)])
def mode(request: pytest.FixtureRequest) -> str:
    """Who drives the flow, and whether it goes straight to the first target, as it does where that can do it."""
    return request.param


def run(
    mode: str, routing: Routing, script: Callable[..., Any], *, deadline: float | None = None, **fields: Any
) -> Any:
    return sent(mode, routing, Features(), asking(script, **fields), deadline)


def sent(
    mode: str,
    routing: Routing,
    features: Features,
    asked: Asking[Any],
    deadline: float | None = None,
    take: int | None = None,
) -> Any:
    driver, _, way = mode.partition(", ")
    first = first_of(routing) if way else None
    if first is None or not first.takes(features):
        return drive(driver, route(routing, features, asked, deadline), take=take)
    limit = None if deadline is None else deadline - routing.clock()
    return drive(driver, straight(routing, first, lambda: features, asked, limit), take=take)


def asked_to_wait(routing: Routing, target: Target, error: errors.Error) -> None:
    """`target` has failed by `error` in another call."""
    permit = routing.board[target].begin(Features(), routing.clock())
    assert permit is not None
    permit.failed(verdict_of(error), routing.clock(), retry_after=error.retry_after_seconds)


# ---------------------------------------------------------------------- who is asked


REFUSED = errors.ConnectFailed("refused")
BUSY = errors.Overloaded("too much to do")


@pytest.mark.parametrize(
    ("first", "asked"),
    [
        (REFUSED, ["openai", "anthropic"]),
        (BUSY, ["openai", "anthropic"]),
        (errors.RateLimited("slow down", retry_after_seconds=30), ["openai", "anthropic"]),
        (errors.Unauthorized("bad key"), ["openai", "anthropic"]),
        (errors.OutOfCredit("no money"), ["openai", "anthropic"]),
        (errors.UnknownModel("no such model"), ["openai", "anthropic"]),
        (errors.DecodeError("not JSON"), ["openai", "anthropic"]),
        (errors.MissingKey("no key"), ["openai", "anthropic"]),
        (errors.RetriesExhausted("no answer fitted"), ["openai", "anthropic"]),
        (RuntimeError("of a provider of one's own"), ["openai", "anthropic"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_another_target_is_asked_at_once(
    mode: str, routing: Make, clock: Clock, first: Exception, asked: list[str]
) -> None:
    script = Script(openai=first, anthropic=ok)
    response, _ = run(mode, routing(), script)
    assert response.content == "Hello"
    assert script.asked == asked
    assert clock.slept == []


@pytest.mark.parametrize(
    "error",
    [
        errors.Rejected("bad request"),
        errors.AnswerDeclined("I will not"),
        errors.Filtered("against the rules"),
        errors.AnswerCutOff(),
        errors.ConfigurationError("temperature=9"),
        TypeError("a mistake in the program"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_no_other_target_could_do_better_is_raised(mode: str, routing: Make, error: Exception) -> None:
    script = Script(openai=error, anthropic=ok)
    with pytest.raises(type(error)) as caught:
        run(mode, routing(), script)
    assert caught.value is error
    assert script.asked == ["openai"]


@pytest.mark.parametrize(
    ("takes", "deadline", "asked"),
    [(5.0, 5.0, ["openai"]), (5.0, 6.0, ["openai", "anthropic"]), (5.0, None, ["openai", "anthropic"])],
    ids=["the route's", "the target's", "the target's, of a route without end"],
)
def test_the_end_of_whose_time_it_is(
    mode: str, routing: Make, clock: Clock, takes: float, deadline: float | None, asked: list[str]
) -> None:
    """A target that has used up a limit of its own is slow; the end of the route's time is nobody's fault."""
    error = errors.TimedOut("no time left", phase="total")

    def hangs() -> LLMResponse:
        clock.now += takes
        raise error

    script, routes = Script(openai=hangs, anthropic=ok), routing()
    until = None if deadline is None else clock() + deadline
    if asked == ["openai"]:
        with pytest.raises(errors.TimedOut) as caught:
            run(mode, routes, script, deadline=until)
        assert caught.value is error
    else:
        assert run(mode, routes, script, deadline=until)[0].content == "Hello"
    assert script.asked == asked


@pytest.mark.parametrize(("rule", "error"), [
    ("allow_declined_elsewhere", errors.AnswerDeclined("I will not")),
    ("allow_invalid_elsewhere", errors.RetriesExhausted("no answer fitted")),
])  # fmt: skip
@pytest.mark.parametrize("allowed", [True, False])
def test_rules_say_whether_declined_and_invalid_answers_go_elsewhere(
    mode: str, routing: Make, rule: str, error: Exception, allowed: bool
) -> None:
    script = Script(openai=error, anthropic=ok)
    if allowed:
        assert run(mode, routing(**{rule: True}), script)[0].content == "Hello"
    else:
        with pytest.raises(type(error)):
            run(mode, routing(**{rule: False}), script)


def test_a_target_has_the_tries_in_a_row_that_it_says(mode: str, routing: Make, clock: Clock) -> None:
    patient = target("openai/a", max_attempts=3)
    script = Script(openai=BUSY, anthropic=ok)
    run(mode, routing(patient, B), script)
    assert script.asked == ["openai", "openai", "openai", "anthropic"]
    assert clock.slept == [1, 2]


def test_when_all_have_failed_for_a_while_they_are_asked_again(mode: str, routing: Make, clock: Clock) -> None:
    script = Script(openai=[BUSY, ok], anthropic=REFUSED)
    response, _ = run(mode, routing(A, B), script)
    assert response.content == "Hello"
    assert script.asked == ["openai", "anthropic", "openai"]
    assert clock.slept == [1]


def test_a_pause_is_as_long_as_a_provider_asks(mode: str, routing: Make, clock: Clock) -> None:
    limited = errors.RateLimited("slow down", retry_after_seconds=7)
    script = Script(openai=[limited, ok])
    run(mode, routing(A), script)
    assert sum(clock.slept) == pytest.approx(7)


def test_max_attempts_is_of_all_targets_together(mode: str, routing: Make) -> None:
    script = Script(openai=BUSY, anthropic=BUSY, mistral=BUSY)
    with pytest.raises(errors.FallbackExhausted, match="All 3 providers failed"):
        run(mode, routing(max_attempts=4), script)
    assert len(script.asked) == 4


# ---------------------------------------------------------------------- the deadline


def test_each_target_is_told_what_time_is_left(mode: str, routing: Make, clock: Clock) -> None:
    def slow() -> LLMResponse:
        clock.now += 4
        raise BUSY

    script = Script(openai=slow, anthropic=ok)
    run(mode, routing(), script, deadline=clock.now + 10)
    assert [allowance.seconds for allowance in script.allowed] == [10, 6]


def test_nobody_is_asked_after_the_deadline(mode: str, routing: Make, clock: Clock) -> None:
    def slow() -> LLMResponse:
        clock.now += 11
        raise BUSY

    script = Script(openai=slow, anthropic=ok)
    with pytest.raises(errors.FallbackExhausted):
        run(mode, routing(), script, deadline=clock.now + 10)
    assert script.asked == ["openai"]


def test_no_pause_outlasts_the_deadline(mode: str, routing: Make, clock: Clock) -> None:
    script = Script(openai=BUSY)
    with pytest.raises(errors.FallbackExhausted):
        run(mode, routing(A), script, deadline=clock.now + 0.5)
    assert clock.slept == []


def test_who_is_just_being_found_out_about_is_waited_for_before_who_is_out_for_long(
    mode: str, routing: Make, clock: Clock
) -> None:
    shared = routing(A, B)
    asked_to_wait(shared, A, errors.Unauthorized("no such key"))
    asked_to_wait(shared, B, errors.RateLimited("too many", retry_after_seconds=1))
    clock.now += 1
    assert shared.board[B].begin(Features(), clock.now) is not None  # the probe
    with pytest.raises(errors.NoDeployment) as caught:
        run(mode, shared, Script(), deadline=clock.now + 1.5)
    assert clock.slept == [1]
    assert caught.value.retry_after_seconds == 0


def test_those_who_wait_for_one_target_come_back_at_different_times(mode: str, routing: Make, clock: Clock) -> None:
    limited = errors.RateLimited("slow down", retry_after_seconds=7)
    retry = RetryConfig(initial_delay=1, use_jitter=True)
    run(mode, routing(A, retry=retry), Script(openai=[limited, ok]))
    assert clock.slept == [7 + 0.5]  # half of the bound, by a lot that is always a half


def test_and_not_so_late_that_it_is_of_no_use(mode: str, routing: Make, clock: Clock) -> None:
    limited = errors.RateLimited("slow down", retry_after_seconds=7)
    retry = RetryConfig(initial_delay=10, use_jitter=True)
    run(mode, routing(A, retry=retry), Script(openai=[limited, ok]), deadline=clock.now + 8)
    assert clock.slept == [7.5]


def test_further_tries_where_all_are_down_are_a_share_of_the_calls(mode: str, routing: Make) -> None:
    router = routing(A, B, C, retry=RetryConfig(max_attempts=1))
    script = Script(openai=BUSY, anthropic=BUSY, mistral=BUSY)
    for _ in range(400):
        with pytest.raises(errors.FallbackExhausted):
            run(mode, router, script)
    assert len(script.asked) <= 1.2 * 400 + 3 * 4  # and what it took to see it


@pytest.mark.parametrize("stream", [True, False])
def test_the_first_content_of_a_stream_tells_that_a_target_is_back(
    mode: str, routing: Make, clock: Clock, stream: bool
) -> None:
    """So others need not wait for the end of a long answer. Of an answer that comes whole, its end tells."""
    rules = HealthRules(trips={"overloaded": Trip(consecutive=1, open_seconds=5)}, max_ejected_share=1)
    made = routing(A, health=rules, retry=RetryConfig(max_attempts=1))
    with pytest.raises(errors.FallbackExhausted):
        run(mode, made, Script(openai=BUSY))
    clock.now += 5
    seen: list[bool] = []

    def asked_meanwhile(event: Event) -> Event:
        seen.append(made.board[A].refusal(Features(), clock()) is None)
        return event

    def answering(target: Target, allowance: Allowance) -> Flow[LLMResponse]:
        yield from emit(asked_meanwhile(ResponseStart()))
        yield from emit(TextDelta("Hel"))
        yield from emit(asked_meanwhile(TextDelta("lo")))
        return answer()

    run(mode, made, answering, stream=stream)
    assert seen == [False, stream]
    assert made.board[A].refusal(Features(), clock()) is None


# ---------------------------------------------------------------------- what is told


def test_the_response_tells_of_all_attempts_and_their_cost(mode: str, routing: Make) -> None:
    script = Script(openai=failed(errors.Overloaded("busy"), cost="0.002"), anthropic=answer(cost="0.01"))
    response, _ = run(mode, routing(), script)
    assert [attempt.outcome for attempt in response.attempts] == ["Overloaded", "ok"]
    assert response.cost == Decimal("0.012")


def test_a_cost_is_unknown_when_that_of_an_attempt_is(mode: str, routing: Make) -> None:
    script = Script(openai=failed(errors.StreamInterrupted("cut off"), cost=None), anthropic=ok)
    response, _ = run(mode, routing(), script)
    assert response.cost is None
    assert response.cost_note


def test_the_error_has_the_seeds_words_and_every_error(mode: str, routing: Make) -> None:
    script = Script(openai=failed(BUSY), anthropic=failed(errors.Unauthorized("bad key")))
    with pytest.raises(errors.FallbackExhausted) as caught:
        run(mode, routing(A, B, max_attempts=2), script)
    error = caught.value
    assert error.message == "All 2 providers failed. Last error: bad key"
    assert [type(each) for each in error.errors] == [errors.Overloaded, errors.Unauthorized]
    assert isinstance(error, RuntimeError)
    assert error.cost == 0
    assert "openai/a: too much to do" in str(error)


LIMITED = errors.RateLimited("too many", retry_after_seconds=30)
WRONG_KEY = errors.Unauthorized("no such key")


@pytest.mark.parametrize(
    ("first", "second", "seconds"),
    [
        (WRONG_KEY, LIMITED, 30),
        (errors.UnknownModel("none"), LIMITED, 30),
        (errors.Overloaded("busy"), LIMITED, None),  # the first may be well at once
        (WRONG_KEY, errors.OutOfCredit("no money"), None),
        (WRONG_KEY, None, None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_the_error_says_when_one_may_be_asked_that_was_not(
    mode: str, routing: Make, first: errors.Error, second: errors.Error | None, seconds: float | None
) -> None:
    """Where those that were would fail again."""
    shared = routing(A, B, retry=RetryConfig(max_attempts=1))
    if second is not None:
        asked_to_wait(shared, B, second)
    script = Script(openai=first, anthropic=WRONG_KEY)
    with pytest.raises(errors.FallbackExhausted) as caught:
        run(mode, shared, script)
    assert script.asked == (["openai"] if second is not None else ["openai", "anthropic"])
    assert caught.value.retry_after_seconds == seconds


LARGER = model("larger", context_tokens=1000)


@pytest.mark.parametrize(
    ("failure", "seconds"),
    [
        (errors.ContextTooLong("too long"), None),
        (errors.MissingPackage("not installed"), None),
        (WRONG_KEY, 0),
        (errors.UnknownModel("none"), 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_with_no_try_left_another_call_gets_further_only_past_what_is_held_against_a_target(
    mode: str, routing: Make, failure: errors.Error, seconds: float | None
) -> None:
    shared = routing(model("small", context_tokens=100), LARGER, max_attempts=1)
    with pytest.raises(errors.FallbackExhausted, match="max_attempts=1") as caught:
        run(mode, shared, lambda *_: _raising(failure))
    assert caught.value.retry_after_seconds == seconds


def test_what_is_too_long_for_one_is_for_a_larger_one_that_is_busy(mode: str, routing: Make) -> None:
    shared = routing(model("small", context_tokens=100), LARGER)
    asked_to_wait(shared, LARGER, LIMITED)
    with pytest.raises(errors.FallbackExhausted) as caught:
        run(mode, shared, lambda *_: _raising(errors.ContextTooLong("too long")))
    assert caught.value.retry_after_seconds == 30


def _raising(error: errors.Error) -> Flow[LLMResponse]:
    raise error
    yield


def test_the_log_has_the_seeds_lines(mode: str, routing: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="dragoman")
    run(mode, routing(), Script(openai=BUSY, anthropic=ok))
    assert [record.getMessage().splitlines()[0] for record in caplog.records] == [
        "Trying provider: openai/a (a)",
        "Provider openai/a failed: too much to do",
        "Trying provider: anthropic/b (b)",
        "Success with provider: anthropic/b",
    ]


def test_when_nobody_may_be_asked_each_says_why(mode: str, routing: Make) -> None:
    with pytest.raises(errors.NoDeployment, match=r"openai/a: only cohere may be asked; anthropic/b: only cohere"):
        run(mode, routing(A, B, allow=frozenset({"cohere"})), Script())


def test_what_no_target_can_do_is_the_callers_mistake(mode: str, routing: Make) -> None:
    """Nobody need try it again: another minute, the same answer."""
    short, shorter = model("short", context_tokens=100), model("shorter", context_tokens=50)
    with pytest.raises(errors.NothingFits, match=r"short: it reads 100 tokens at most.*shorter: it reads 50") as caught:
        sent(mode, routing(short, shorter), Features(input_tokens=500), asking(Script()))
    assert isinstance(caught.value, errors.CallerError)
    assert caught.value.status == 400


# ---------------------------------------------------------------------- health


def test_a_bad_key_takes_out_the_key(mode: str, routing: Make) -> None:
    same = target("openai/other")
    shared = routing(A, same, B)
    script = Script(openai=errors.Unauthorized("bad key"), anthropic=ok)
    run(mode, shared, script)
    run(mode, shared, script)
    assert script.asked == ["openai", "anthropic", "anthropic"]


def test_a_mistake_of_the_callers_counts_against_nobody(mode: str, routing: Make) -> None:
    shared = routing(A, B)
    script = Script(openai=[errors.Rejected("bad request")] * 50 + [ok])
    for _ in range(50):
        with pytest.raises(errors.Rejected):
            run(mode, shared, script)
    run(mode, shared, script)
    assert set(script.asked) == {"openai"}


def test_a_caller_who_leaves_counts_against_nobody(mode: str, routing: Make) -> None:
    shared = routing(A, B)
    script = Script(openai=(ResponseStart(), TextDelta("Hel"), TextDelta("lo"), ok))
    for _ in range(20):
        sent(mode, shared, Features(), asking(script, stream=True), take=2)
    assert shared.board[A].in_flight == 0
    assert shared.board[A].refusal(Features(), shared.clock()) is None


def test_every_permit_is_given_back(mode: str, routing: Make) -> None:
    shared = routing(A, B, C)
    run(mode, shared, Script(openai=BUSY, anthropic=RuntimeError("x"), mistral=ok))
    with pytest.raises(errors.Rejected):
        run(
            mode,
            shared,
            Script(openai=errors.Rejected("no"), anthropic=errors.Rejected("no"), mistral=errors.Rejected("no")),
        )
    assert [shared.board[each].in_flight for each in (A, B, C)] == [0, 0, 0]


# ---------------------------------------------------------------------- streams


START = ResponseStart(model="m")
CUT = failed(errors.StreamInterrupted("cut off"), cost=None, partial=LLMResponse("The quick brown"))
TEXT = (START, TextDelta("The quick "), TextDelta("brown"))


def test_before_any_content_another_target_is_asked_visibly(mode: str, routing: Make) -> None:
    script = Script(openai=(START, CUT), anthropic=(START, TextDelta("Hello"), Finish(), ok))
    response, events = run(mode, routing(), script, stream=True)
    assert events == [
        START,
        Restarted(target="anthropic/b", reason="StreamInterrupted"),
        START,
        TextDelta("Hello"),
        Finish(),
    ]
    assert response.content == "Hello"


def test_before_any_event_nothing_is_to_be_seen(mode: str, routing: Make) -> None:
    script = Script(openai=BUSY, anthropic=(START, TextDelta("Hello"), Finish(), ok))
    _, events = run(mode, routing(), script, stream=True)
    assert events == [START, TextDelta("Hello"), Finish()]


def test_after_content_the_error_is_raised(mode: str, routing: Make) -> None:
    script = Script(openai=(*TEXT, CUT), anthropic=ok)
    with pytest.raises(errors.StreamInterrupted) as caught:
        run(mode, routing(), script, stream=True)
    assert caught.value.attempts
    assert script.asked == ["openai"]


def test_a_stream_may_begin_anew_visibly(mode: str, routing: Make) -> None:
    script = Script(openai=(*TEXT, CUT), anthropic=(START, TextDelta("Hello"), Finish(), ok))
    response, events = run(mode, routing(after_commit="restart"), script, stream=True)
    assert events[3] == Restarted(target="anthropic/b", reason="StreamInterrupted")
    assert response.content == "Hello"
    assert [attempt.outcome for attempt in response.attempts] == ["StreamInterrupted", "ok"]


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ([" fox", " jumps"], " fox jumps"),
        (["The quick brown fox"], " fox"),
        (["quick", " brown", " fox"], " fox"),
        (["brown fox"], "brown fox"),  # five letters may well stand twice in a row
        (["The quick brown"], ""),
    ],
)
def test_another_target_may_go_on_from_the_text(mode: str, routing: Make, more: list[str], shown: str) -> None:
    own = answer("".join(more), parts=(Text("".join(more)),))
    told_first = UsageUpdate(usage=Usage(input_tokens=3))
    script = Script(openai=(*TEXT, CUT), anthropic=(START, told_first, *map(TextDelta, more), Finish(), own))
    response, events = run(mode, routing(after_commit="continue"), script, stream=True)
    assert events[3] == Seam(target="anthropic/b", reason="StreamInterrupted")
    assert "".join(event.content for event in events) == "The quick brown" + shown == response.content
    assert events.count(START) == 1
    assert script.allowed[1].so_far == "The quick brown"
    assert response.cost is None


def test_a_tool_call_that_has_begun_is_not_gone_on_from(mode: str, routing: Make) -> None:
    begun = (START, TextDelta("Let me see"), ToolCallStart(id="c", name="f", index=1), CUT)
    with pytest.raises(errors.StreamInterrupted):
        run(mode, routing(after_commit="continue"), Script(openai=begun, anthropic=ok), stream=True)


def test_a_text_may_be_gone_on_from_twice(mode: str, routing: Make) -> None:
    script = Script(
        openai=(START, TextDelta("one "), CUT),
        anthropic=(START, TextDelta("two "), CUT),
        mistral=(START, TextDelta("three"), Finish(), answer("three")),
    )
    response, events = run(mode, routing(after_commit="continue"), script, stream=True)
    assert response.content == "one two three" == "".join(event.content for event in events)
    assert script.allowed[2].so_far == "one two "
