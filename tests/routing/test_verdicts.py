"""What follows from each error, ours and others'."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel, ValidationError

from dragoman import errors, exceptions
from dragoman.errors import BY_STATUS, Error
from dragoman.routing.verdict import Verdict, retry_after_of, verdict_of

HERE_OR_ELSEWHERE = (True, "yes", "target")
ELSEWHERE = (False, "yes", "target")
OTHER_KEY = (False, "yes", "account")
UNFIT = (False, "yes", "nobody")
GIVE_UP = Verdict("caller", False, "no", "nobody")


@pytest.mark.parametrize(
    ("error", "failure", "rest"),
    [
        (errors.ConnectFailed("refused"), "network", HERE_OR_ELSEWHERE),
        (errors.ConnectionLost("reset"), "network", HERE_OR_ELSEWHERE),
        (errors.StreamInterrupted("cut"), "malformed", HERE_OR_ELSEWHERE),
        (errors.TimedOut("slow", phase="first_byte"), "slow", HERE_OR_ELSEWHERE),
        (errors.DecodeError("no JSON"), "malformed", HERE_OR_ELSEWHERE),
        (errors.RateLimited("429"), "rate", HERE_OR_ELSEWHERE),
        (errors.Overloaded("529"), "overloaded", HERE_OR_ELSEWHERE),
        (errors.ProviderFailed("500"), "server", HERE_OR_ELSEWHERE),
        (errors.ProviderFailed("500", retryable=False), "server", ELSEWHERE),  # it says that the same would come again
        (errors.UnknownModel("404"), "model", ELSEWHERE),
        (errors.FallbackExhausted("all of a router that is a target"), "server", ELSEWHERE),
        (errors.Rejected("elsewhere", http_status=302), "malformed", ELSEWHERE),
        (errors.Unauthorized("401"), "auth", OTHER_KEY),
        (errors.MissingKey("none"), "auth", OTHER_KEY),
        (errors.OutOfCredit("402"), "credit", OTHER_KEY),
        (errors.MissingPackage("none"), "unfit", UNFIT),
        (errors.NotEnoughMemory("none"), "unfit", UNFIT),
        (errors.UnsupportedFeature("none"), "unfit", UNFIT),
        (errors.LossRefused([]), "unfit", UNFIT),
        (errors.NoDeployment("none"), "overloaded", UNFIT),
        (errors.ContextTooLong("long"), "window", (False, "larger_window", "nobody")),
        (errors.Filtered("no"), "declined", (False, "if_declined_may", "nobody")),
        (errors.AnswerDeclined("no"), "declined", (False, "if_declined_may", "nobody")),
        (errors.RetriesExhausted("no"), "invalid", (False, "if_invalid_may", "nobody")),
        (exceptions.TokenBudgetExceeded("no", budget=3), "invalid", (False, "if_invalid_may", "nobody")),
        (exceptions.ResponseParsingError("no"), "invalid", (False, "if_invalid_may", "nobody")),
        (errors.TimedOut("over", phase="total"), "deadline", (False, "no", "nobody")),
    ],
)
def test_ours(error: Error, failure: str, rest: tuple[bool, str, str]) -> None:
    assert verdict_of(error) == Verdict(failure, *rest)


@pytest.mark.parametrize(
    "error",
    [
        errors.Rejected("400"),
        errors.ConfigurationError("wrong"),
        errors.UnknownProvider("who"),
        errors.FetchRefused("no"),
        errors.BudgetExceeded("spent"),
        errors.AnswerCutOff(),
        TypeError("x"),
        NameError("x"),
        AttributeError("x"),
        AssertionError("x"),
        UnboundLocalError("x"),
        KeyboardInterrupt(),
        SystemExit(),
        GeneratorExit(),
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_callers_mistake_or_leaving_ends_it(error: BaseException) -> None:
    assert verdict_of(error) == GIVE_UP


def every_class(kind: type[Error]) -> list[type[Error]]:
    return [kind, *(each for below in kind.__subclasses__() for each in every_class(below))]


@pytest.mark.parametrize("kind", [errors.TransportError, errors.ProviderError, errors.CallerError, errors.OutputError])
def test_no_class_of_ours_is_taken_for_a_stranger(kind: type[Error]) -> None:
    plain = {errors.ProviderError, errors.OutputError}  # never raised themselves
    for each in every_class(kind):
        if each not in plain and each.__module__.startswith("dragoman."):
            error = each.__new__(each)
            Error.__init__(error, "it failed")
            error.phase = "connect"
            assert verdict_of(error).failure != "foreign", each


def test_a_total_limit_with_time_left_was_the_targets() -> None:
    late = errors.TimedOut("over", phase="total")
    assert verdict_of(late, time_left=True) == Verdict("slow", False, "yes", "target")


def test_a_failure_that_says_no_more_is_what_it_came_from() -> None:
    failed = errors.CallFailed("it came to nothing")
    assert verdict_of(failed).failure == "foreign"
    failed.__cause__ = errors.Overloaded("529")
    assert verdict_of(failed) == verdict_of(errors.Overloaded("529"))


# ---------------------------------------------------------------------- exceptions of other packages


class SdkError(Exception):
    """As SDKs have them: a status, a code, the response."""

    def __init__(self, **said: object) -> None:
        super().__init__("it failed")
        self.__dict__.update(said)


@pytest.mark.parametrize("status", sorted(BY_STATUS))
@pytest.mark.parametrize("attribute", ["status_code", "code"])
def test_a_status_means_what_it_does_with_us(status: int, attribute: str) -> None:
    assert verdict_of(SdkError(**{attribute: status})) == verdict_of(BY_STATUS[status]("as ours"))


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (SdkError(status_code=400, code="context_length_exceeded"), "window"),
        (SdkError(status_code=400, code="content_filter"), "declined"),
        (SdkError(status_code=429, code="insufficient_quota"), "credit"),
        (SdkError(status_code=429, code="rate_limit_exceeded"), "rate"),
        (SdkError(status_code=None, code=None), "foreign"),
        (SdkError(code=14), "foreign"),  # a status of gRPC, not of HTTP
        (RuntimeError("whatever"), "foreign"),
        (ValueError("whatever"), "foreign"),
        (KeyError("whatever"), "foreign"),
        (TimeoutError(), "slow"),
        (ConnectionResetError(), "network"),
    ],
)
def test_others_are_read_by_what_they_say(error: Exception, failure: str) -> None:
    assert verdict_of(error).failure == failure


def test_a_strangers_failure_may_be_tried_again_and_elsewhere() -> None:
    """X10."""
    assert verdict_of(RuntimeError("x")) == Verdict("foreign", *HERE_OR_ELSEWHERE)


def test_a_value_that_does_not_fit_is_invalid() -> None:
    class Person(BaseModel):
        age: int

    with pytest.raises(ValidationError) as caught:
        Person.model_validate({"age": "old"})
    assert verdict_of(caught.value).failure == "invalid"


def instructors(cause: Exception | None) -> Exception:
    """As Instructor raises it: with the last exception as its argument."""
    kind = type("InstructorRetryException", (Exception,), {"__module__": "instructor.core.exceptions"})
    return kind(*([cause] if cause else ["no attempt"]))


@pytest.mark.parametrize(
    ("cause", "failure"),
    [
        (None, "invalid"),
        (ValueError("does not fit"), "invalid"),
        (SdkError(status_code=401), "auth"),
        (SdkError(status_code=503), "overloaded"),
        (AssertionError("one tool call was expected"), "invalid"),
        (ConnectionRefusedError("nobody listens"), "network"),
        (SdkError(), "foreign"),  # a connection that broke, in OpenAI's SDK
    ],
)
def test_instructors_exception_is_what_it_wraps(cause: Exception | None, failure: str) -> None:
    assert verdict_of(instructors(cause)).failure == failure


def test_an_answer_that_instructor_finds_cut_off_is_the_callers_limit() -> None:
    cut_off = type("IncompleteOutputException", (Exception,), {"__module__": "instructor.core.exceptions"})
    assert verdict_of(cut_off()) == verdict_of(errors.AnswerCutOff())


class Response:
    def __init__(self, **headers: str) -> None:
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.RateLimited("429", retry_after_seconds=7), 7),
        (errors.RateLimited("429"), None),
        (errors.ConnectFailed("refused"), None),
        (SdkError(response=Response(retry_after="7.5")), 7.5),
        (SdkError(response=Response(retry_after="soon")), None),
        (SdkError(response=Response(retry_after="-1")), None),
        (SdkError(response=Response(retry_after="inf")), None),
        (SdkError(response=Response(retry_after="nan")), None),
        (SdkError(response=Response()), None),
        (instructors(SdkError(response=Response(retry_after="7.5"))), 7.5),
        (instructors(None), None),
        (RuntimeError("x"), None),
    ],
)
def test_how_long_a_provider_asks_to_wait(error: Exception, seconds: float | None) -> None:
    assert retry_after_of(error) == seconds
