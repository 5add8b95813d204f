"""The usage of several answers in one object, as SDKs have it: models of pydantic's, open or frozen, and dicts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from dragoman.client.instructor.usage_sums import with_usage_of_all


class Details(BaseModel):
    cached: int | None = None


class Usage(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    prompt: int = 0
    details: Details | None = None
    tier: str | None = None
    parts: list[dict[str, int]] | None = None


class Answer(BaseModel):
    text: str
    usage: Usage | None


class GoogleAnswer(BaseModel):
    usage_metadata: Usage


def summed(*usages: Usage | None) -> Any:
    return with_usage_of_all([Answer(text=str(number), usage=usage) for number, usage in enumerate(usages)])


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ({"prompt": 3}, {"prompt": 4}, {"prompt": 7}),
        ({"details": Details(cached=1)}, {"details": Details(cached=2)}, {"details": Details(cached=3)}),
        ({"details": Details(cached=1)}, {}, {"details": Details(cached=1)}),
        ({}, {"details": Details()}, {"details": Details()}),
        ({"tier": "slow"}, {"tier": "fast"}, {"tier": "fast"}),
        ({"parts": [{"n": 1}]}, {"parts": [{"n": 2}]}, {"parts": [{"n": 1}, {"n": 2}]}),
        ({"unheard_of": 1.5, "batch": True}, {"unheard_of": 1, "batch": True}, {"unheard_of": 2.5, "batch": True}),
        ({"only_first": 2}, {"only_second": {"deep": 1}}, {"only_first": 2, "only_second": {"deep": 1}}),
    ],
    ids=["numbers", "inside", "first only", "nothing", "words", "lists", "unknown fields", "other fields"],
)
def test_what_is_added_up(first: dict[str, Any], second: dict[str, Any], both: dict[str, Any]) -> None:
    assert summed(Usage(**first), Usage(**second)).usage == Usage(**both)


def test_one_answer_is_given_as_it_is() -> None:
    answer = Answer(text="Hi", usage=Usage(prompt=3))
    assert with_usage_of_all([answer]) is answer


def test_none_is_changed() -> None:
    answers = [Answer(text=str(number), usage=Usage(prompt=number, details=Details(cached=1))) for number in (1, 2, 3)]
    before = [answer.model_copy(deep=True) for answer in answers]
    whole = with_usage_of_all(answers)
    assert (whole.text, whole.usage.prompt, whole.usage.details.cached) == ("3", 6, 3)
    assert answers == before


def test_other_forms() -> None:
    google = with_usage_of_all([GoogleAnswer(usage_metadata=Usage(prompt=number)) for number in (1, 2)])
    assert google.usage_metadata.prompt == 3
    amazon = [{"output": {}, "usage": {"inputTokens": number, "cacheDetails": [{"n": number}]}} for number in (1, 2)]
    assert with_usage_of_all(amazon)["usage"] == {"inputTokens": 3, "cacheDetails": [{"n": 1}, {"n": 2}]}
    assert summed(None, Usage(prompt=2)).usage.prompt == 2


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([SimpleNamespace(), SimpleNamespace()], "a `SimpleNamespace` tells of no usage"),
        ([SimpleNamespace(usage=1), SimpleNamespace(usage=2)], "cannot be written into a `SimpleNamespace`"),
    ],
)
def test_where_no_sum_can_be_written_the_log_says_so(
    answers: list[Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert with_usage_of_all(answers) is answers[-1]
    assert said in caplog.text
