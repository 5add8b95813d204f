"""What a call may be in tokens: its input, and its input and answer together. Refused and fitted before it is sent."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import ContextTooLong, create_llm
from dragoman.testing import Emulator

QUESTION = "Why? " * 40
"""About 57 tokens with what is around it: 50 of text, 4 of the message, 3 of the answer's beginning."""


def asked(**options: Any) -> tuple[Any, Any]:
    """The request that the provider got, and the response."""
    with Emulator() as emulator:
        llm = create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k")
        response = llm.generate(QUESTION, **options)
        return emulator.requests[-1].request, response


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({"context_budget": 1057}, 1000),
        ({"context_budget": 1057, "max_tokens": 5000}, 1000),
        ({"context_budget": 1057, "max_tokens": 200}, 200),
        ({"max_input_tokens": 57, "max_tokens": 200}, 200),
    ],
    ids=["fills the limit in", "lowers it", "leaves a lower one", "says nothing of the answer"],
)
def test_the_budget_is_for_input_and_answer(options: dict[str, Any], limit: int) -> None:
    """X21: `max_tokens` limits the answer; the whole is another option's."""
    request, response = asked(**options)
    assert request.max_tokens == limit
    noted = [note for note in response.attempts[0].notes if "context_budget" in note]
    assert bool(noted) == (limit == 1000)


@pytest.mark.parametrize("limits", [{"max_input_tokens": 56}, {"context_budget": 57}])
def test_what_is_too_long_is_not_sent(limits: dict[str, int]) -> None:
    """X21"""
    with Emulator() as emulator:
        llm = create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k", **limits)
        with pytest.raises(ContextTooLong, match=r"about 57 tokens .*too many for"):
            llm.generate(QUESTION)
        assert not emulator.requests
