"""The emulator judges texts, in OpenAI's words: each that names a category is of it."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.testing import Emulator
from tests.conformance.corpus import Exchange, exchanges

from .conftest import Client, running

PATH = "/v1/moderations"
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def moderate(client: Client, given: Any, **fields: Any) -> dict[str, Any]:
    answer = client.post(PATH, {"input": given, **fields})
    assert answer.status == 200, answer.body
    return answer.json


FLAGGED = [
    # the input, the categories of each result
    ("Have a great day!", [[]]),
    ("full of hate", [["hate"]]),
    (["fine", "graphic violence"], [[], ["violence", "violence/graphic"]]),
    ([{"type": "text", "text": "illicit"}, PICTURE], [["illicit"]]),
    ([PICTURE], [[]]),
]


@pytest.mark.parametrize(("given", "expected"), FLAGGED)
def test_what_is_flagged(client: Client, given: Any, expected: list[list[str]]) -> None:
    results = moderate(client, given)["results"]
    assert [[name for name, found in each["categories"].items() if found] for each in results] == expected
    assert [each["flagged"] for each in results] == [bool(names) for names in expected]


APPLIED = [
    ("a", {"hate": ["text"], "violence": ["text"]}),
    ([PICTURE], {"hate": [], "violence": ["image"]}),
    ([{"type": "text", "text": "a"}, PICTURE], {"hate": ["text"], "violence": ["text", "image"]}),
]


@pytest.mark.parametrize(("given", "expected"), APPLIED)
def test_what_a_category_was_judged_by(client: Client, given: Any, expected: dict[str, list[str]]) -> None:
    (result,) = moderate(client, given)["results"]
    applied = result["category_applied_input_types"]
    assert {name: applied[name] for name in expected} == expected
    assert (result["category_scores"]["hate"] == 0) is (applied["hate"] == [])


REFUSED = {
    "no input": {},
    "an empty list": {"input": []},
    "a number": {"input": [5]},
    "a part of another kind": {"input": [{"type": "audio"}]},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(client: Client, name: str) -> None:
    answer = client.post(PATH, REFUSED[name])
    assert (answer.status, answer.error["type"]) == (400, "invalid_request_error")
    assert "`input` must be" in answer.error["message"]


def test_it_is_free_and_no_script_is_for_it(client: Client, emulator: Emulator) -> None:
    emulator.script("Hello!")
    moderate(client, "hate")
    assert (emulator.requests[0].wire, len(emulator.bill)) == ({"input": "hate"}, 0)
    assert client.ask("openai_chat").decoded().content == "Hello!"


def test_faults_that_name_the_path_strike_it(client: Client, emulator: Emulator) -> None:
    emulator.fault(status=429, path="/moderations")
    assert client.post(PATH, {"input": "a"}).status == 429
    assert client.post(PATH, {"input": "a"}).status == 200


def test_only_models_that_are_there() -> None:
    with running(models=["here"]) as (_, client):
        assert client.post(PATH, {"input": "a", "model": "gone"}).status == 404
        assert client.post(PATH, {"input": "a", "model": "here"}).json["model"] == "here"


def test_a_strict_one_has_openais() -> None:
    with running(strict=True) as (_, client):
        assert moderate(client, "a")["model"] == "omni-moderation-latest"
        assert moderate(client, "a", model="text-moderation-latest")["model"] == "text-moderation-latest"


@pytest.mark.parametrize("recorded", exchanges("openai_moderations"), ids=lambda recorded: recorded.id)
def test_it_answers_in_the_form_of_the_recorded(client: Client, recorded: Exchange) -> None:
    """By the model that answered: who is meant when none is named has changed since the first of them."""
    expected = recorded.response["body"]
    answer = client.post(PATH, {**recorded.request["body"], "model": expected["model"]}).json
    assert answer.keys() == expected.keys()
    for result, known in zip(answer["results"], expected["results"], strict=True):
        assert result.keys() == known.keys()
        assert result["category_scores"].keys() == known["category_scores"].keys()
        for exact in ("flagged", "categories", "category_applied_input_types"):
            assert result.get(exact) == known.get(exact)
