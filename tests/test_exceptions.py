"""Instructor's names for what goes wrong: what they are here, and how they are made by hand."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from dragoman import errors, exceptions
from dragoman.errors import CallFailed, Error
from dragoman.exceptions import FailedAttempt, InstructorError, InstructorRetryException

OURS = {
    # Instructor's name: ours
    "InstructorError": errors.Error,
    "InstructorRetryException": errors.CallFailed,
    "IncompleteOutputException": errors.AnswerCutOff,
    "ValidationError": errors.OutputError,
    "ProviderError": errors.ProviderError,
    "ConfigurationError": errors.ConfigurationError,
}


@pytest.mark.parametrize("name", OURS)
def test_names_that_mean_the_same(name: str) -> None:
    assert getattr(exceptions, name) is OURS[name]


@pytest.mark.parametrize("name", [name for name in exceptions.__all__ if name != "FailedAttempt"])
def test_one_except_catches_all(name: str) -> None:
    assert issubclass(getattr(exceptions, name), InstructorError)


@pytest.mark.parametrize(
    "name", ["ModeError", "ClientError", "ResponseParsingError", "AsyncValidationError", "MultimodalError"]
)
def test_some_are_also_value_errors(name: str) -> None:
    assert issubclass(getattr(exceptions, name), ValueError)


@pytest.mark.parametrize(
    ("kind", "caught"),
    [
        (errors.RateLimited, True), (errors.Unauthorized, True), (errors.Rejected, True), (errors.TimedOut, True),
        (errors.ConnectFailed, True), (errors.DecodeError, True), (errors.FallbackExhausted, True),
        (errors.RetriesExhausted, True), (errors.AnswerDeclined, True), (exceptions.TokenBudgetExceeded, True),
        (exceptions.TokenUsageUnavailableError, True),
        (errors.AnswerCutOff, False), (errors.ConfigurationError, False), (errors.UnsupportedFeature, False),
        (exceptions.ModeError, False),
    ],
)  # fmt: skip
def test_what_instructor_wraps_is_caught_as_there(kind: type[Error], caught: bool) -> None:
    """It wraps what a call ends with in `InstructorRetryException`, but for a cut off answer and what is wrong before."""
    assert issubclass(kind, InstructorRetryException) is caught


MADE: dict[str, tuple[Callable[[], Error], str, dict[str, object]]] = {
    # what: how it is made, what it says, its attributes
    "retries": (
        lambda: InstructorRetryException("no", last_completion={"a": 1}, n_attempts=3, total_usage=5,
                                         messages=[{"role": "user"}], create_kwargs={"model": "m"}),
        "no",
        {"last_completion": {"a": 1}, "n_attempts": 3, "total_usage": 5, "messages": [{"role": "user"}],
         "create_kwargs": {"model": "m"}, "failed_attempts": None},
    ),
    "retries, without words": (lambda: InstructorRetryException(n_attempts=3, total_usage=5), "", {"n_attempts": 3}),
    "cut off": (
        lambda: exceptions.IncompleteOutputException(last_completion={"a": 1}),
        "The output is incomplete due to a max_tokens length limit.\n  Raise max_tokens.",
        {"last_completion": {"a": 1}},
    ),
    "mode": (
        lambda: exceptions.ModeError("tools", "openai", ["json", "functions"]),
        "Invalid mode 'tools' for provider 'openai'. Valid modes: json, functions",
        {"mode": "tools", "provider": "openai", "valid_modes": ["json", "functions"]},
    ),
    "parsing": (
        lambda: exceptions.ResponseParsingError("no call", mode="TOOLS", raw_response=1),
        "no call (mode: TOOLS)",
        {"mode": "TOOLS", "raw_response": 1},
    ),
    "multimodal": (
        lambda: exceptions.MultimodalError("no file", content_type="image", file_path="/a.png"),
        "no file (content_type: image, file: /a.png)",
        {"content_type": "image", "file_path": "/a.png"},
    ),
    "async": (lambda: exceptions.AsyncValidationError("no", errors=[]), "no", {"errors": []}),
    "budget": (
        lambda: exceptions.TokenBudgetExceeded("spent", budget=9, n_attempts=2, total_usage=11),
        "spent\n  Raise token_budget=.",
        {"budget": 9, "n_attempts": 2, "total_usage": 11},
    ),
    "configuration": (lambda: exceptions.ConfigurationError("no"), "no", {}),
    "client": (lambda: exceptions.ClientError("no"), "no", {}),
    "validation": (lambda: exceptions.ValidationError("no"), "no", {"responses": ()}),
}  # fmt: skip


@pytest.mark.parametrize(("make", "said", "attributes"), MADE.values(), ids=MADE)
def test_they_are_made_as_instructors_are(make: Callable[[], Error], said: str, attributes: dict[str, object]) -> None:
    error = make()
    assert str(error) == said
    assert {name: getattr(error, name) for name in attributes} == attributes
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (type(again), str(again), again.args) == (type(error), str(error), error.args)


@pytest.mark.parametrize("kind", [InstructorError, InstructorRetryException, exceptions.ValidationError])
def test_one_is_made_from_another_exception(kind: type[Error]) -> None:
    failed = [FailedAttempt(1, ValueError("a"), "b")]
    error = kind.from_exception(RuntimeError("went wrong"), failed_attempts=failed)
    assert (type(error), str(error), error.failed_attempts) == (kind, "went wrong", failed)
    number, exception, completion = failed[0]
    assert (number, str(exception), completion) == (1, "a", "b")


def test_what_a_call_failed_with_knows_what_was_asked() -> None:
    assert CallFailed("x").n_attempts == 1
