"""How often it is asked again: a number, a `RetryConfig`, a tenacity object; and what else ends the asking."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
import tenacity
from pydantic import BaseModel, ValidationError, field_validator

import dragoman
from dragoman import LLMResponse, Mode, RetriesExhausted, RetryConfig, async_field_validator
from dragoman.client.retries import most_tries, retries_of
from dragoman.errors import AnswerCutOff, ConfigurationError, OutputError, RateLimited, UnsupportedFeature
from dragoman.exceptions import (
    FailedAttempt,
    IncompleteOutputException,
    InstructorRetryException,
    TokenBudgetExceeded,
    TokenUsageUnavailableError,
)
from dragoman.testing import Emulator, Fault

from ..drive import MODES as FACES
from ..drive import drive, settled

faces = pytest.mark.parametrize("face", FACES)


class User(BaseModel):
    name: str
    age: int


class Free(BaseModel):
    name: str

    @async_field_validator("name")
    async def is_free(cls, value: str, info: Any) -> str:
        await asyncio.sleep(0)
        if value in info.context["taken"]:
            raise ValueError("is taken")
        return value


WRONG, RIGHT = LLMResponse('{"name": "Ada"}'), LLMResponse('{"name": "Ada", "age": 36}')
ADA = User(name="Ada", age=36)


def extract(emulator: Emulator, face: str, wanted: Any = User, **options: Any) -> Any:
    settings = {
        "base_url": emulator.url,
        "api_key": "k",
        "mode": Mode.JSON,
        "retry_config": RetryConfig(max_attempts=1),
    }
    if face == "sync":
        with dragoman.create_llm("openai/gpt-4o-mini", **settings) as llm:
            return llm.extract(wanted, "Who?", **options)

    async def main() -> Any:
        async with dragoman.create_llm("openai/gpt-4o-mini", async_client=True, **settings) as llm:
            return await llm.extract(wanted, "Who?", **options)

    return asyncio.run(main())


# ---------------------------------------------------------------------- how often

OFTEN = [
    # max_retries, how often it is asked in all
    (None, 4),
    (0, 1),
    (2, 3),
    (RetryConfig(max_attempts=2, initial_delay=0), 2),
    (RetryConfig(max_attempts=1), 1),
]


@faces
@pytest.mark.parametrize(("max_retries", "times"), OFTEN)
def test_how_often_it_is_asked(emulator: Emulator, face: str, max_retries: Any, times: int) -> None:
    """S0.11, S0.27, X11: a number, 3 by default, is the tries after the first, `max_attempts` all of them."""
    emulator.script(*[WRONG] * 9)
    with pytest.raises(RetriesExhausted) as caught:
        extract(emulator, face, max_retries=max_retries)
    assert len(emulator.requests) == caught.value.n_attempts == times == most_tries(max_retries)


@pytest.mark.parametrize("max_retries", [-1, True, "3", object()])
def test_what_says_nothing_of_that_is_refused(max_retries: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_retries= is"):
        retries_of(max_retries)


@pytest.mark.parametrize(("asked", "pause"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, None)])
def test_a_config_says_how_long_to_wait(asked: int, pause: float | None) -> None:
    retries = retries_of(RetryConfig(max_attempts=4, use_jitter=False))
    assert drive("sync", retries.pause(asked, ValueError("no"), 0.0))[0] == pause


@faces
def test_a_pause_that_would_outlast_the_call_is_not_begun(emulator: Emulator, face: str) -> None:
    """One deadline over all that is asked."""
    emulator.script(WRONG, RIGHT)
    waits = RetryConfig(max_attempts=3, initial_delay=60, use_jitter=False)
    with pytest.raises(RetriesExhausted):
        extract(emulator, face, max_retries=waits, timeout=30)
    assert len(emulator.requests) == 1


# ---------------------------------------------------------------------- tenacity


class Told:
    """Keeps what tenacity says to whom it calls."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int, str | None]] = []

    def at(self, name: str) -> Any:
        def told(state: tenacity.RetryCallState) -> None:
            failed = None if state.outcome is None else type(state.outcome.exception()).__name__
            self.said.append((name, state.attempt_number, failed))

        return told

    def awaited_at(self, name: str) -> Any:
        async def told(state: tenacity.RetryCallState) -> None:
            await asyncio.sleep(0)
            self.at(name)(state)

        return told


def retrying(face: str, **options: Any) -> Any:
    kind = tenacity.Retrying if face == "sync" else tenacity.AsyncRetrying
    return kind(**{"stop": tenacity.stop_after_attempt(3), **options})


@faces
def test_tenacity_calls_whom_it_is_to_call(emulator: Emulator, face: str) -> None:
    """S0.11: in its own order, coroutine functions too."""
    told = Told()
    at = told.at if face == "sync" else told.awaited_at
    emulator.script(WRONG, WRONG, RIGHT)
    given = retrying(face, before=at("before"), after=at("after"), before_sleep=at("before_sleep"))
    assert extract(emulator, face, max_retries=given).value == ADA
    assert told.said == [
        ("before", 1, None), ("after", 1, "ValidationError"), ("before_sleep", 1, "ValidationError"),
        ("before", 2, None), ("after", 2, "ValidationError"), ("before_sleep", 2, "ValidationError"),
        ("before", 3, None),
    ]  # fmt: skip
    assert given.statistics["attempt_number"] == 3


@faces
def test_tenacity_says_when_to_stop(emulator: Emulator, face: str) -> None:
    emulator.script(*[WRONG] * 9)
    for given in (retrying(face), retrying(face, reraise=True), retrying(face, retry_error_callback=lambda _: 1)):
        before = len(emulator.requests)
        with pytest.raises(InstructorRetryException) as caught:
            extract(emulator, face, max_retries=given)
        assert len(emulator.requests) - before == caught.value.n_attempts == 3


@faces
def test_tenacity_says_after_what_to_go_on(emulator: Emulator, face: str) -> None:
    emulator.script(WRONG, RIGHT)
    given = retrying(face, retry=tenacity.retry_if_exception_type(KeyError))
    with pytest.raises(RetriesExhausted) as caught:
        extract(emulator, face, max_retries=given)
    assert isinstance(caught.value.__cause__, ValidationError)
    assert len(emulator.requests) == 1


@faces
def test_tenacity_may_go_on_after_a_call_that_failed(emulator: Emulator, face: str) -> None:
    """As in Instructor; what was tried and paid for is told all the same."""
    emulator.script(Fault(status=429, retry_after=0), WRONG, Fault(status=429, retry_after=0), RIGHT)
    given = retrying(face, stop=tenacity.stop_after_attempt(4))
    found = extract(emulator, face, max_retries=given)
    assert found.value == ADA
    assert [attempt.outcome for attempt in found.response.attempts] == ["RateLimited", "ok", "RateLimited", "ok"]
    assert found.response.cost == emulator.bill.cost


@faces
def test_a_number_does_not_go_on_after_a_call_that_failed(emulator: Emulator, face: str) -> None:
    """It has had tries of its own. What came before it is told."""
    emulator.script(WRONG, Fault(status=429, retry_after=0), RIGHT)
    with pytest.raises(RateLimited) as caught:
        extract(emulator, face, max_retries=5)
    error = caught.value
    assert isinstance(error, InstructorRetryException)
    assert (error.n_attempts, len(error.failed_attempts or ())) == (2, 1)
    assert [attempt.outcome for attempt in error.attempts] == ["ok", "RateLimited"]
    assert error.last_completion.content == WRONG.content
    assert error.total_usage.total_tokens == emulator.bill.usage.total_tokens


@faces
@pytest.mark.parametrize("tenacious", [False, True])
def test_what_the_caller_is_to_mend_is_not_tried_again(face: str, tenacious: bool, monkeypatch: Any) -> None:
    """Whatever tenacity makes of it: a missing key is also a `ValueError`."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    told = Told()
    given = retrying("sync", before=told.at("before")) if tenacious else 3
    llm = dragoman.create_llm("openai/gpt-4o-mini", async_client=face == "async")
    with pytest.raises(dragoman.MissingKey) as caught:
        settled(llm.extract(User, "Who?", max_retries=given))
    assert len(caught.value.attempts) <= 1
    assert told.said == ([("before", 1, None)] if tenacious else [])


@faces
def test_tenacity_says_how_long_to_wait(emulator: Emulator, face: str) -> None:
    """By the caller's own `sleep`, when there is one."""
    slept: list[float] = []

    async def awaited(seconds: float) -> None:
        slept.append(seconds)

    emulator.script(WRONG, WRONG, RIGHT)
    sleep = slept.append if face == "sync" else awaited
    extract(emulator, face, max_retries=retrying(face, wait=tenacity.wait_incrementing(50, 10), sleep=sleep))
    assert slept == [50, 60]


def test_what_decides_may_be_awaited(emulator: Emulator) -> None:
    async def stop(state: tenacity.RetryCallState) -> bool:
        await asyncio.sleep(0)
        return state.attempt_number >= 2

    async def wait(state: tenacity.RetryCallState) -> float:
        await asyncio.sleep(0)
        return 0.0

    async def retry(state: tenacity.RetryCallState) -> bool:
        await asyncio.sleep(0)
        return True

    emulator.script(*[WRONG] * 9)
    with pytest.raises(RetriesExhausted) as caught:
        extract(emulator, "async", max_retries=tenacity.AsyncRetrying(stop=stop, wait=wait, retry=retry))
    assert caught.value.n_attempts == len(emulator.requests) == 2


def test_a_tenacity_object_that_is_not_awaited_serves_an_async_client(emulator: Emulator) -> None:
    emulator.script(WRONG, RIGHT)
    assert extract(emulator, "async", max_retries=retrying("sync")).value == ADA


def test_one_that_is_awaited_is_refused_by_a_synchronous_client(emulator: Emulator) -> None:
    with pytest.raises(UnsupportedFeature, match="async_client=True"):
        extract(emulator, "sync", max_retries=retrying("async"))
    assert len(emulator.requests) == 0


def test_one_object_serves_several_calls_at_a_time(emulator: Emulator) -> None:
    """Tenacity keeps the state of a call in the object; here each call has its own."""
    emulator.script(*[WRONG] * 8)
    told = Told()
    given = tenacity.AsyncRetrying(stop=tenacity.stop_after_attempt(2), after=told.awaited_at("after"))

    async def main() -> list[Any]:
        async with dragoman.create_llm(
            "openai/gpt-4o-mini", async_client=True, base_url=emulator.url, api_key="k", mode=Mode.JSON
        ) as llm:
            asked = [llm.extract(User, "Who?", max_retries=given) for _ in range(4)]
            return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(each) for each in asyncio.run(main())] == [RetriesExhausted] * 4
    assert sorted(number for _, number, _ in told.said) == [1] * 4 + [2] * 4


@faces
def test_what_a_callback_raises_is_raised(emulator: Emulator, face: str) -> None:
    def broken(state: tenacity.RetryCallState) -> None:
        raise KeyError("mine")

    emulator.script(WRONG, RIGHT)
    with pytest.raises(KeyError, match="mine"):
        extract(emulator, face, max_retries=retrying(face, after=broken))


def test_tenacity_is_not_imported_for_a_number() -> None:
    import subprocess
    import sys

    code = "import sys; from dragoman.client.retries import retries_of; retries_of(3); print('tenacity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# ---------------------------------------------------------------------- a budget of tokens


@faces
def test_a_budget_that_is_spent_ends_the_asking(emulator: Emulator, face: str) -> None:
    emulator.script(*[WRONG] * 9)
    with pytest.raises(TokenBudgetExceeded) as caught:
        extract(emulator, face, token_budget=1, max_retries=5)
    error = caught.value
    assert isinstance(error, InstructorRetryException)
    assert (error.budget, error.n_attempts, len(emulator.requests)) == (1, 1, 1)
    assert error.total_usage.total_tokens == emulator.bill.usage.total_tokens
    assert "token_budget=1 is spent" in str(error)


@faces
def test_what_fits_at_once_may_cost_more(emulator: Emulator, face: str) -> None:
    """It is a budget for asking again."""
    emulator.script(RIGHT)
    assert extract(emulator, face, token_budget=1).value == ADA


@faces
def test_a_budget_with_something_left_goes_on(emulator: Emulator, face: str) -> None:
    emulator.script(WRONG, WRONG, RIGHT)
    assert extract(emulator, face, token_budget=100_000).value == ADA


def test_a_budget_holds_where_the_provider_adds_nothing_up(emulator: Emulator) -> None:
    """Anthropic reports input and output, and no total."""
    emulator.script(*[WRONG] * 9)
    settings = {"base_url": emulator.url, "api_key": "k", "mode": Mode.JSON}
    with (
        dragoman.create_llm("anthropic/claude-haiku-4-5", **settings) as llm,
        pytest.raises(TokenBudgetExceeded, match=r"1 try, \d+ tokens") as caught,
    ):
        llm.extract(User, "Who?", token_budget=1, max_retries=5)
    assert caught.value.total_usage.tokens == emulator.bill.usage.total_tokens


@faces
def test_a_budget_needs_to_be_told_what_was_used(emulator: Emulator, face: str) -> None:
    emulator.script(
        Fault(body='{"choices": [{"message": {"role": "assistant", "content": "{}"}, "finish_reason": "stop"}]}')
    )
    with pytest.raises(TokenUsageUnavailableError, match="does not say how many tokens were used"):
        extract(emulator, face, token_budget=100_000)


# ---------------------------------------------------------------------- validators


class Rude(BaseModel):
    text: str

    @field_validator("text")
    @classmethod
    def is_polite(cls, value: str, info: Any) -> str:
        if value in (info.context or {}).get("words", ()):
            raise ValueError("be polite")
        return value


@faces
def test_the_context_reaches_validators(emulator: Emulator, face: str) -> None:
    emulator.script('{"text": "damn"}', '{"text": "dear"}')
    assert extract(emulator, face, Rude, context={"words": ["damn"]}).value == Rude(text="dear")
    assert 'text: be polite (got "damn")' in emulator.requests[1].request.messages[-1].text


@faces
def test_strict_takes_no_text_for_a_number(emulator: Emulator, face: str) -> None:
    lax = LLMResponse('{"name": "Ada", "age": "36"}')
    emulator.script(lax, lax, RIGHT)
    assert extract(emulator, face, strict=False).value == ADA
    assert extract(emulator, face, strict=True).value == ADA
    assert len(emulator.requests) == 3


def test_what_async_validators_find_is_asked_for_again(emulator: Emulator) -> None:
    emulator.script('{"name": "ada"}', '{"name": "ada36"}')
    assert extract(emulator, "async", Free, context={"taken": ["ada"]}).value == Free(name="ada36")
    assert emulator.requests[1].request.messages[-1].text.endswith("\nname: is taken")


def test_a_synchronous_client_says_so_before_it_asks(emulator: Emulator) -> None:
    with pytest.raises(UnsupportedFeature, match="Free has async validators"):
        extract(emulator, "sync", Free)
    assert len(emulator.requests) == 0


# ---------------------------------------------------------------------- what is told at the end


@faces
def test_a_failure_explains_itself(emulator: Emulator, face: str) -> None:
    """S0.45: each try, what was wrong with it, what it cost; nothing that the model or the caller wrote."""
    emulator.script(LLMResponse('{"name": "a secret"}'), LLMResponse('{"name": "a secret", "age": "fifty"}'))
    with pytest.raises(InstructorRetryException) as caught:
        extract(emulator, face, max_retries=1)
    error = caught.value
    first, second = error.responses
    assert str(error) == (
        f"`openai/gpt-4o-mini`: the answer does not fit User (2 tries, {error.total_usage.total_tokens} tokens, "
        f"${emulator.bill.cost:f}):\n"
        f"  1. age: Field required [{first.usage.total_tokens} tokens, ${first.cost:f}]\n"
        "  2. age: Input should be a valid integer, unable to parse string as an integer "
        f"[{second.usage.total_tokens} tokens, ${second.cost:f}]"
    )
    assert error.cost == emulator.bill.cost == Decimal(first.cost or 0) + Decimal(second.cost or 0)
    assert error.last_completion is second
    assert [attempt.attempt_number for attempt in error.failed_attempts or ()] == [1, 2]
    assert all(isinstance(attempt, FailedAttempt) for attempt in error.failed_attempts or ())
    assert [attempt.completion for attempt in error.failed_attempts or ()] == [first, second]
    assert [type(attempt.exception) for attempt in error.failed_attempts or ()] == [ValidationError, ValidationError]
    assert error.messages is not None
    assert len(error.messages) == len(emulator.requests[1].request.messages)


@faces
def test_no_traceback_has_a_word_of_the_answer(emulator: Emulator, face: str) -> None:
    import traceback

    emulator.script(LLMResponse('{"name": "a secret", "age": "fifty"}'))
    with pytest.raises(OutputError) as caught:
        extract(emulator, face, max_retries=0)
    written = "".join(traceback.format_exception(caught.value))
    assert "age" in written
    assert "fifty" not in written
    assert "a secret" not in written


@faces
def test_an_answer_that_was_cut_off_is_there(emulator: Emulator, face: str) -> None:
    emulator.script(LLMResponse('{"name": "Ad', finish_reason="length"))
    with pytest.raises(IncompleteOutputException) as caught:
        extract(emulator, face)
    assert caught.value.last_completion.content == '{"name": "Ad'
    assert isinstance(caught.value, AnswerCutOff)
    assert not isinstance(caught.value, InstructorRetryException)


def test_what_is_whole_is_taken_although_it_met_the_limit(emulator: Emulator) -> None:
    emulator.script(LLMResponse('{"name": "Ada", "age": 36}', finish_reason="length"))
    assert extract(emulator, "sync").value.name == "Ada"
    assert len(emulator.requests) == 1


def test_a_number_that_was_cut_off_is_not_the_number(emulator: Emulator) -> None:
    """What has no end of its own may have gone on."""
    emulator.script(LLMResponse("42", finish_reason="length"), LLMResponse("42"))
    with pytest.raises(AnswerCutOff):
        extract(emulator, "sync", int)
    assert extract(emulator, "sync", int).value == 42
