"""The error table: what each class means to a caller, and what its message says."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from decimal import Decimal

import pytest

from dragoman import errors
from dragoman.errors import Error
from dragoman.messages import Attempt, LLMResponse, Loss

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Error)]

TABLE = {
    # class: (its parent, what our gateway answers, may the same call succeed later?)
    "Error": ("Exception", 500, False),
    "CallerError": ("Error", 400, False),
    "ConfigurationError": ("CallerError", 400, False),
    "MissingKey": ("ConfigurationError", 401, False),
    "MissingPackage": ("ConfigurationError", 501, False),
    "NotEnoughMemory": ("ConfigurationError", 507, False),
    "ModelStringError": ("ConfigurationError", 400, False),
    "KeyRefused": ("CallerError", 401, False),
    "ModelNotAllowed": ("CallerError", 403, False),
    "UnknownProvider": ("CallerError", 404, False),
    "UnsupportedFeature": ("CallerError", 400, False),
    "FetchRefused": ("CallerError", 400, False),
    "NoModelFits": ("CallerError", 400, False),
    "LossRefused": ("CallerError", 400, False),
    "Unavailable": ("Error", 503, True),
    "CallFailed": ("Error", 502, False),
    "TransportError": ("CallFailed", 502, True),
    "ConnectFailed": ("TransportError", 502, True),
    "TimedOut": ("TransportError", 504, True),
    "ConnectionLost": ("TransportError", 502, True),
    "StreamInterrupted": ("ConnectionLost", 502, True),
    "OutcomeUnknown": ("CallFailed", 502, False),
    "ProviderError": ("CallFailed", 502, False),
    "Rejected": ("ProviderError", 400, False),
    "Unauthorized": ("ProviderError", 401, False),
    "OutOfCredit": ("ProviderError", 402, False),
    "UnknownModel": ("ProviderError", 404, False),
    "ContextTooLong": ("Rejected", 400, False),
    "Filtered": ("Rejected", 400, False),
    "RateLimited": ("ProviderError", 429, True),
    "ProviderFailed": ("ProviderError", 502, True),
    "Overloaded": ("ProviderFailed", 503, True),
    "DecodeError": ("CallFailed", 502, True),
    "OutputError": ("Error", 502, False),
    "RetriesExhausted": ("OutputError", 502, False),
    "AnswerDeclined": ("OutputError", 502, False),
    "AnswerCutOff": ("OutputError", 502, False),
    "RouteError": ("CallFailed", 503, False),
    "FallbackExhausted": ("RouteError", 503, False),
    "BudgetExceeded": ("RouteError", 402, False),
    "NoFurtherTry": ("BudgetExceeded", 402, False),
    "NoDeployment": ("RouteError", 503, False),
    "NothingFits": ("NoDeployment", 400, False),
    "StorageFailed": ("Error", 503, True),
    "StorageFull": ("StorageFailed", 507, True),
}


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_table(kind: type[Error]) -> None:
    assert (kind.__bases__[0].__name__, kind.status, kind.retryable) == TABLE[kind.__name__]
    assert kind.__doc__


def test_the_table_is_whole() -> None:
    assert {kind.__name__ for kind in CLASSES} == set(TABLE)


@pytest.mark.parametrize(
    ("kind", "also"),
    [
        ("ConfigurationError", ValueError),
        ("MissingKey", ValueError),
        ("MissingPackage", ImportError),
        ("UnknownProvider", ValueError),
        ("FallbackExhausted", RuntimeError),
    ],
)
def test_errors_are_also_what_python_calls_them(kind: str, also: type[Exception]) -> None:
    """X18: both `except` clauses work."""
    assert issubclass(getattr(errors, kind), also)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Rejected), (401, errors.Unauthorized), (402, errors.OutOfCredit), (403, errors.Unauthorized),
        (404, errors.UnknownModel), (408, errors.ProviderFailed), (409, errors.ProviderFailed), (418, errors.Rejected),
        (422, errors.Rejected), (429, errors.RateLimited), (500, errors.ProviderFailed), (502, errors.ProviderFailed),
        (503, errors.Overloaded), (504, errors.ProviderFailed), (529, errors.Overloaded), (599, errors.ProviderFailed),
        (302, errors.Rejected),
    ],
)  # fmt: skip
def test_class_of_a_status(status: int, kind: type[Error]) -> None:
    assert errors.class_of_status(status) is kind


SAMPLES = {
    "plain": errors.CallerError("no"),
    "a limit": errors.TimedOut("too late", phase="connect"),
    "a provider's": errors.RateLimited("slow", http_status=429, code="c", retry_after_seconds=2.0, body={"a": 1}),
    "losses": errors.LossRefused([Loss(effect="dropped", where="seed", why="unknown there")]),
    "bytes": errors.DecodeError("no JSON", data=b"x"),
    "outputs": errors.OutputError("no fit", responses=[LLMResponse("x")]),
    "several": errors.FallbackExhausted("all", errors=[errors.ConnectFailed("a")]),
}


@pytest.mark.parametrize("remake", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
@pytest.mark.parametrize("sample", SAMPLES)
def test_errors_are_copied_and_pickled_whole(sample: str, remake: Callable[[Error], Error]) -> None:
    error = SAMPLES[sample]
    again = remake(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
    assert repr(again.__dict__) == repr(error.__dict__)


def test_a_message_says_what_happened_where_and_what_to_do() -> None:
    error = errors.ContextTooLong(
        "prompt is too long", http_status=400, code="invalid_request_error", request_id="req_1"
    )
    error.at("anthropic", "claude-x")
    assert str(error) == (
        "`anthropic/claude-x`: prompt is too long [HTTP 400, invalid_request_error, req_1]\n"
        "  Shorten the messages, lower max_tokens, or choose a model with a larger window."
    )
    assert str(errors.ConnectFailed("refused")) == "refused"


def test_an_error_shows_itself_in_a_line() -> None:
    error = errors.RateLimited("slow\ndown", http_status=429, code="rate_limit").at("openai", "gpt-x")
    assert repr(error) == "<RateLimited `openai/gpt-x`: slow down [HTTP 429, rate_limit]>"
    assert len(repr(errors.OutputError("it does not fit " * 100))) < 220


def test_where_it_happened_is_kept_when_already_known() -> None:
    assert errors.Error("x", provider="a").at("b", "m").target == "a/m"


def test_an_error_counts_its_attempts_and_their_cost() -> None:
    error = errors.Overloaded("busy")
    assert error.cost is None
    error.attempts = tuple(Attempt(target="p/m", outcome="x", seconds=1, cost=Decimal("0.5")) for _ in range(2))
    assert error.cost == Decimal(1)
    assert "(2 attempts)" in str(error)
    error.attempts += (Attempt(target="p/m", outcome="x", seconds=1),)
    assert error.cost is None


def test_refused_losses_are_all_named() -> None:
    losses = [
        Loss(effect="dropped", where="seed", why="unknown there"),
        Loss(effect="changed", where="n", why="one only"),
    ]
    assert str(errors.LossRefused(losses)).startswith(
        "nothing was sent, for `seed` would be dropped: unknown there; `n` would be changed: one only"
    )
