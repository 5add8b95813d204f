"""Values over a chain whose first target fails: `create`, values that grow, lists whose elements come one by one.

What speaks for another target is the same as for a text, and one thing more: that no answer fitted the type. However often
each was asked, and whoever answered, all that was paid is told, and is what the other side charges.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any

import pytest
from pydantic import BaseModel, Field

from dragoman import errors
from dragoman.messages import LLMResponse, Request, ToolCall
from dragoman.routing.target import Target
from dragoman.testing import Emulator
from tests.routing.faults.calls import FIRST, FIRST_MODEL, SECOND, SECOND_MODEL, Calls, Outcome, check_bill

Make = Callable[..., Calls]


class Contact(BaseModel):
    """Who someone is."""

    name: str
    age: int = Field(ge=0, le=150)


JOHN, MARY = Contact(name="John", age=42), Contact(name="Mary", age=31)
NO_AGE = {"name": "John", "age": 420}
LIST = {"value": [JOHN.model_dump(), MARY.model_dump()]}
"""As lists are asked for."""
SAID: list[Any] = [{"role": "user", "content": "John is 42 years old"}]


class Values(Outcome):
    """What a call for values came to: each that was seen, and how often the answer had begun anew when it was."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[int, Any]] = []
        self.value: Any = None

    def see(self, stream: Any, value: Any) -> None:
        self.seen.append((len(stream.restarts), value))

    def ended(self, stream: Any) -> None:
        self.value, self.response = stream.value, stream.response


def ask(calls: Calls, kind: str, **options: Any) -> Values:
    """A call of one kind, to its end."""
    outcome = Values()
    try:
        if calls.mode == "sync":
            _ask(calls.router, kind, outcome, options)
        else:
            calls.run(_aask(calls.router, kind, outcome, options))
    except errors.Error as error:
        outcome.error = error
    return outcome


def _ask(router: Any, kind: str, outcome: Values, options: dict[str, Any]) -> None:
    if kind == "create":
        outcome.value, completion = router.create_with_completion(response_model=Contact, messages=SAID, **options)
        outcome.response = completion.response
        return
    stream = getattr(router, f"create_{kind}")(response_model=Contact, messages=SAID, **options)
    for value in stream:
        outcome.see(stream, value)
    outcome.ended(stream)


async def _aask(router: Any, kind: str, outcome: Values, options: dict[str, Any]) -> None:
    if kind == "create":
        outcome.value, completion = await router.create_with_completion(
            response_model=Contact, messages=SAID, **options
        )
        outcome.response = completion.response
        return
    stream = getattr(router, f"create_{kind}")(response_model=Contact, messages=SAID, **options)
    async for value in stream:
        outcome.see(stream, value)
    outcome.ended(stream)


def saying(arguments: dict[str, Any]) -> Callable[[Request], LLMResponse]:
    """An answer that is a call of the one tool there is."""

    def answer(request: Request) -> LLMResponse:
        (tool,) = request.tools
        return LLMResponse(parts=(ToolCall(id="call_1", name=tool.name, arguments=arguments),))

    return answer


@pytest.fixture(params=["create", "partial", "iterable"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def wanted(kind: str) -> Any:
    return [JOHN] if kind == "iterable" else JOHN


# ---------------------------------------------------------------------- before anything was seen

# name, the fault, how the first attempt ended, whether its cost is known
EARLY = [
    ("case_13_overloaded", {"status": 503}, "Overloaded", True),
    ("case_09_too_many", {"status": 429, "retry_after": 30}, "RateLimited", True),
    ("case_14_key_refused", {"status": 401}, "Unauthorized", True),
    ("case_16_unknown_model", {"status": 404}, "UnknownModel", True),
    ("case_07_cut_off", {"cut_at_byte": 0}, "ConnectionLost", False),
]


@pytest.mark.parametrize(("fault", "failure", "known"), [row[1:] for row in EARLY], ids=[row[0] for row in EARLY])
def test_another_is_asked_for_the_value(
    make: Make, emulator: Emulator, kind: str, fault: dict[str, Any], failure: str, known: bool
) -> None:
    emulator.fault(**fault, model=FIRST_MODEL)
    outcome = ask(make(), kind)
    assert outcome.tried == [f"openai {failure}", "anthropic ok"]
    assert outcome.value == wanted(kind)
    assert {begun for begun, _ in outcome.seen} <= {0}  # nothing had been seen that would be void
    check_bill(emulator, outcome, unknown=int(not known))


# ---------------------------------------------------------------------- no answer fitted


def unfit(kind: str) -> Callable[[Request], LLMResponse]:
    return saying({"value": [NO_AGE]} if kind == "iterable" else NO_AGE)


def test_when_no_answer_fitted_another_is_asked_and_all_answers_are_paid(
    make: Make, emulator: Emulator, kind: str
) -> None:
    """An element that does not fit is not delivered, so the caller of a list has seen nothing yet. A value that grows
    was seen, and may be replaced where the rules say so.
    """
    emulator.script(*[unfit(kind)] * 3, model=FIRST_MODEL)
    outcome = ask(make(after_commit="restart"), kind, max_retries=2)
    assert outcome.tried == ["openai ok"] * 3 + ["anthropic ok"]
    assert outcome.value == wanted(kind)
    assert {begun for begun, _ in outcome.seen} == {"create": set(), "partial": {0, 1, 2, 3}, "iterable": {2}}[kind]
    check_bill(emulator, outcome)


@pytest.mark.parametrize(("kind", "tried"), [
    ("create", ["openai ok", "anthropic ok"]),
    ("partial", ["openai ok"]),
    ("iterable", ["openai ok", "anthropic ok"]),
])  # fmt: skip
def test_what_was_seen_and_did_not_fit_is_raised_as_a_rule(
    make: Make, emulator: Emulator, kind: str, tried: list[str]
) -> None:
    emulator.script(unfit(kind), model=FIRST_MODEL)
    outcome = ask(make(), kind, max_retries=0)
    assert outcome.tried == tried
    assert isinstance(outcome.error, errors.RetriesExhausted if tried == ["openai ok"] else NoneType)
    check_bill(emulator, outcome)


def test_unless_the_application_wants_no_other_answer(make: Make, emulator: Emulator, kind: str) -> None:
    emulator.script(unfit(kind), model=FIRST_MODEL)
    outcome = ask(make(allow_invalid_elsewhere=False), kind, max_retries=0)
    assert isinstance(outcome.error, errors.RetriesExhausted)
    assert outcome.tried == ["openai ok"]
    check_bill(emulator, outcome)


def test_when_the_answers_of_none_fitted_all_are_told(make: Make, emulator: Emulator) -> None:
    emulator.script(*[unfit("create")] * 3)
    outcome = ask(make(Target(FIRST, max_retries=1), Target(SECOND, max_retries=0)), "create")
    assert isinstance(outcome.error, errors.FallbackExhausted)
    assert [type(error) for error in outcome.error.errors] == [errors.RetriesExhausted] * 2
    assert outcome.tried == ["openai ok", "openai ok", "anthropic ok"]
    check_bill(emulator, outcome)


# ---------------------------------------------------------------------- a stream that breaks

BREAKS = {
    "partial": (JOHN.model_dump(), 4),
    "iterable": (LIST, 7),
}
"""What the first target would say, and after how many frames of it the connection ends: something was seen by then."""

each = pytest.mark.parametrize("kind", BREAKS)


def break_first(emulator: Emulator, kind: str, after: int | None = None) -> None:
    said, frames = BREAKS[kind]
    emulator.script(saying(said))
    emulator.script(saying(said), model=SECOND_MODEL)
    emulator.fault(cut_after=frames if after is None else after, model=FIRST_MODEL)


@each
@pytest.mark.parametrize("rule", ["raise", "continue", "restart"])
def test_what_breaks_before_anything_was_seen_is_asked_elsewhere(
    make: Make, emulator: Emulator, kind: str, rule: str
) -> None:
    """X9: the caller is committed by what was given, not by a call of a tool that had begun."""
    break_first(emulator, kind, after=2)
    outcome = ask(make(after_commit=rule), kind)
    assert outcome.tried == ["openai StreamInterrupted", "anthropic ok"]
    assert outcome.value == ([JOHN, MARY] if kind == "iterable" else JOHN)
    assert {begun for begun, _ in outcome.seen} == {0}
    check_bill(emulator, outcome, unknown=1)


@each
@pytest.mark.parametrize("rule", ["raise", "continue"])
def test_what_breaks_after_it_is_raised(make: Make, emulator: Emulator, kind: str, rule: str) -> None:
    """Nobody can go on from half a value."""
    break_first(emulator, kind)
    outcome = ask(make(after_commit=rule), kind)
    assert isinstance(outcome.error, errors.StreamInterrupted)
    assert outcome.tried == ["openai StreamInterrupted"]
    assert [getattr(value, "name", None) for _, value in outcome.seen] == ["John"]
    check_bill(emulator, outcome, unknown=1)


def test_a_value_that_grows_begins_anew(make: Make, emulator: Emulator) -> None:
    break_first(emulator, "partial")
    outcome = ask(make(after_commit="restart"), "partial")
    assert outcome.tried == ["openai StreamInterrupted", "anthropic ok"]
    assert [begun for begun, _ in outcome.seen] == sorted(begun for begun, _ in outcome.seen)
    assert {begun for begun, _ in outcome.seen} == {0, 1}
    assert outcome.seen[-1] == (1, JOHN)
    assert outcome.value == JOHN
    check_bill(emulator, outcome, unknown=1)


def test_a_list_begins_anew_and_what_comes_again_is_not_given_again(make: Make, emulator: Emulator) -> None:
    break_first(emulator, "iterable")
    outcome = ask(make(after_commit="restart"), "iterable")
    assert outcome.tried == ["openai StreamInterrupted", "anthropic ok"]
    assert outcome.seen == [(0, JOHN), (1, MARY)]
    assert outcome.value == [JOHN, MARY]
    check_bill(emulator, outcome, unknown=1)
