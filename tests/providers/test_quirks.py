"""Corrections of a body for one provider, each with its reason, and what they report."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.providers import get_spec
from dragoman.providers.quirks import Quirk, drop, drop_from_history, one_answer, rename

WHY = "because"
THOUGHT: dict[str, Any] = {"role": "assistant", "content": "5", "reasoning": "Hm", "reasoning_content": "Hm"}

CASES: dict[str, tuple[Quirk, dict[str, Any], dict[str, Any], list[str]]] = {
    "renamed": (rename("a", "b", why=WHY), {"a": 1}, {"b": 1}, []),
    "not there": (rename("a", "b", why=WHY), {"c": 1}, {"c": 1}, []),
    "dropped": (drop("a", why=WHY), {"a": 1, "b": 2}, {"b": 2}, ["a"]),
    "nothing to drop": (drop("a", why=WHY), {"b": 2}, {"b": 2}, []),
    "one answer for several": (one_answer(why=WHY), {"n": 2, "b": 2}, {"b": 2}, ["n"]),
    "one answer was wanted": (one_answer(why=WHY), {"n": 1, "b": 2}, {"b": 2}, []),
    "dropped from history": (
        drop_from_history("reasoning", "reasoning_content", why=WHY),
        {"messages": [{"role": "user", "content": "2+3"}, dict(THOUGHT)]},
        {"messages": [{"role": "user", "content": "2+3"}, {"role": "assistant", "content": "5"}]},
        ["messages[1].reasoning", "messages[1].reasoning_content"],
    ),
    "only the assistant's": (
        drop_from_history("reasoning", why=WHY),
        {"messages": [{"role": "user", "content": "", "reasoning": "x"}]},
        {"messages": [{"role": "user", "content": "", "reasoning": "x"}]},
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_quirk_changes_the_body_and_says_what_was_lost(name: str) -> None:
    quirk, body, changed, lost = CASES[name]
    losses = quirk.apply(body)
    assert body == changed
    assert [loss.where for loss in losses] == lost
    assert all(loss.why == WHY for loss in losses)


def test_only_openais_models_are_not_sent_top_k() -> None:
    def lost(provider: str) -> list[str]:
        return [loss.where for quirk in get_spec(provider).quirks for loss in quirk.apply({"top_k": 5, "messages": []})]

    assert lost("openai") == lost("azure_openai") == ["top_k"]
    assert lost("openai_compatible") == []


@pytest.mark.parametrize("provider", ["openai", "azure_openai"])
def test_only_openais_models_are_not_sent_the_reasoning_of_earlier_turns(provider: str) -> None:
    def sent(provider: str) -> tuple[dict[str, Any], list[str]]:
        body: dict[str, Any] = {"model": "m", "messages": [{**THOUGHT, "reasoning_details": []}]}
        losses = [loss for quirk in get_spec(provider).quirks for loss in quirk.apply(body)]
        return body["messages"][0], [loss.where for loss in losses]

    turn, lost = sent(provider)
    assert turn == {"role": "assistant", "content": "5"}
    assert sorted(lost) == [f"messages[0].{name}" for name in ("reasoning", "reasoning_content", "reasoning_details")]
    turn, lost = sent("openai_compatible")
    assert turn["reasoning_content"] == "Hm"
    assert lost == []
