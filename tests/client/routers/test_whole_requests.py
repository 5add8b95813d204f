"""Values asked for by a whole request: all that it has is sent, or told as lost."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dragoman.messages import Extra, Message, ReasoningOptions, Request, Role
from dragoman.testing import Emulator

from .stage import CLAUDE, MINI, MODES, Contact, Parrot, chain, result

BETA = Request(
    model="public",
    messages=(Message(Role.USER, "John is 42 years old"),),
    reasoning=ReasoningOptions(enabled=False),
    extra=(Extra(dialect="openai_chat", fields={"verbosity_of_2027": "low"}),),
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("inside", [False, True], ids=["a target", "a router's target"])
def test_a_value_is_asked_for_with_all_that_a_request_has(emulator: Emulator, mode: str, inside: bool) -> None:
    """Also with what only one dialect knows, for which there is no option."""
    target = chain(mode, MINI) if inside else MINI
    response = result(chain(mode, target).extract(Contact, BETA)).response
    assert emulator.requests[0].wire["verbosity_of_2027"] == "low"
    assert "reasoning" not in {loss.where for loss in response.warnings}


@pytest.mark.parametrize("mode", MODES)
def test_what_the_targets_dialect_does_not_know_is_told(emulator: Emulator, mode: str) -> None:
    response = result(chain(mode, CLAUDE).extract(Contact, BETA)).response
    assert "verbosity_of_2027" in {loss.where for loss in response.warnings}


@pytest.mark.parametrize("ask", ["extract", "generate"])
def test_so_is_what_a_target_that_is_asked_by_options_is_not_sent(ask: str) -> None:
    asked = chain("async", Parrot('{"name": "John", "age": 42}'))
    found = result(asked.extract(Contact, BETA) if ask == "extract" else asked.generate(BETA))
    response = found.response if ask == "extract" else found
    assert {"verbosity_of_2027", "reasoning"} <= {loss.where for loss in response.warnings}


def test_where_nothing_may_be_lost_another_is_asked(emulator: Emulator) -> None:
    polly = Parrot('{"name": "John", "age": 42}')
    asked = chain("async", polly, MINI).extract(Contact, replace(BETA, reasoning=None), on_loss="error")
    assert result(asked).response.provider == "openai"
    assert not polly.asked
