"""Counting and listing: what is asked of each endpoint, and how the next page is found."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects.counting import COUNTINGS, get_counting
from dragoman.dialects.listing import LISTINGS, get_listing, listing_of
from dragoman.errors import ConfigurationError, DecodeError


@pytest.mark.parametrize(
    ("name", "answering", "counting"),
    [
        ("anthropic_count_tokens", "/v1/messages", "/v1/messages/count_tokens"),
        ("anthropic_count_tokens", "/v1/messages?beta=true", "/v1/messages/count_tokens?beta=true"),
        ("openai_input_tokens", "/responses", "/responses/input_tokens"),
        ("gemini_count_tokens", "/models/m:generateContent", "/models/m:countTokens"),
        ("gemini_count_tokens", "/models/m:streamGenerateContent?alt=sse", "/models/m:countTokens?alt=sse"),
        (
            "vertex_count_tokens",
            "/publishers/google/models/m:generateContent",
            "/publishers/google/models/m:countTokens",
        ),
    ],
)
def test_where_tokens_are_counted(name: str, answering: str, counting: str) -> None:
    assert get_counting(name).path(answering) == counting


PROMPTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "anthropic_count_tokens": (
        {"model": "m", "messages": [], "system": "s", "max_tokens": 9, "temperature": 1, "stream": True},
        {"model": "m", "messages": [], "system": "s"},
    ),
    "openai_input_tokens": (
        {"model": "m", "input": [], "tools": [], "max_output_tokens": 9, "store": False},
        {"model": "m", "input": [], "tools": []},
    ),
    "gemini_count_tokens": (
        {"contents": [], "systemInstruction": {}},
        {"generateContentRequest": {"contents": [], "systemInstruction": {}, "model": "models/m"}},
    ),
    "vertex_count_tokens": ({"contents": [], "safetySettings": []}, {"contents": []}),
}


@pytest.mark.parametrize("name", COUNTINGS)
def test_what_is_counted(name: str) -> None:
    body, counted = PROMPTS[name]
    assert get_counting(name).body(body, "m") == counted


@pytest.mark.parametrize(
    ("name", "page", "more"),
    [
        ("openai_models", {"data": []}, None),
        ("anthropic_models", {"data": [], "has_more": False, "last_id": "b"}, None),
        ("anthropic_models", {"data": [], "has_more": True, "last_id": "b"}, "&after_id=b"),
        ("gemini_models", {"models": []}, None),
        ("gemini_models", {"models": [], "nextPageToken": "a+/="}, "&pageToken=a%2B%2F%3D"),
        ("cohere_models", {"models": [], "next_page_token": ""}, None),
        ("cohere_models", {"models": [], "next_page_token": "c"}, "&page_token=c"),
        ("ollama_tags", {"models": []}, None),
    ],
)
def test_the_next_page(name: str, page: dict[str, Any], more: str | None) -> None:
    assert LISTINGS[name].next_page(page) == more


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("openai_chat", "/models"),
        ("mistral", "/models"),
        ("anthropic_messages", "/v1/models?limit=1000"),
        ("ollama", "/api/tags"),
    ],
)
def test_how_those_list_who_speak_a_dialect_at_home(dialect: str, path: str) -> None:
    assert get_listing(listing_of(dialect)).path == path


def test_entries_of_servers_that_say_little() -> None:
    model = LISTINGS["openai_models"].model(
        {"id": "m", "object": "model", "created": 0, "owned_by": "", "max_model_len": 8192}
    )
    assert (model.id, model.created_at, model.owner, model.context_tokens) == ("m", None, None, 8192)
    assert LISTINGS["anthropic_models"].model({"id": "m", "created_at": "soon"}).created_at is None


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("cohere_models", {"object": "list", "data": [{"id": "m"}]}),
        ("openai_models", {"data": [{"name": "m"}]}),
        ("openai_models", {"data": ["m"]}),
        ("openai_models", {"data": 5}),
        ("gemini_models", {}),
    ],
)
def test_what_is_no_list_of_models_is_said_to_be_none_and_not_asked_for_again(name: str, page: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match="no list of models as") as caught:
        LISTINGS[name].models(page)
    assert not caught.value.retryable


def test_a_list_may_be_empty() -> None:
    assert LISTINGS["ollama_tags"].models({"models": None}) == LISTINGS["ollama_tags"].models({"models": []}) == []


def test_googles_models_have_their_bare_names() -> None:
    (model,) = LISTINGS["gemini_models"].models({"models": [{"name": "models/gemini-2.5-pro"}]})
    assert (model.id, model.raw["name"]) == ("gemini-2.5-pro", "models/gemini-2.5-pro")


@pytest.mark.parametrize("find", [get_counting, get_listing])
def test_a_name_that_is_none(find: Any) -> None:
    with pytest.raises(ConfigurationError, match="`nowhere`; known are"):
        find("nowhere")
