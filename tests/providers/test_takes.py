"""What some who speak OpenAI's chat dialect take and others do not: marks for the cache, searches of the web."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import CacheMark, Message, Text, create_llm, from_provider
from dragoman.testing import Emulator


def sent(name: str, emulator: Emulator, *messages: Message, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """The body that arrives, and what is said to be lost of it."""
    with create_llm(name, base_url=emulator.url, api_key="k", model=options.pop("model", "m")) as llm:
        response = llm.generate(messages=messages or [Message("user", "Who won?")], **options)
    return emulator.requests[-1].wire, [str(warning) for warning in response.warnings]


# ---------------------------------------------------------------------- marks for the cache


@pytest.mark.parametrize("name", ["openrouter", "dashscope", "litellm"])
@pytest.mark.parametrize(("ttl", "more"), [(None, {}), ("5m", {"ttl": "5m"}), ("1h", {"ttl": "1h"})])
def test_marks_in_anthropics_words(name: str, ttl: str | None, more: dict[str, str], emulator: Emulator) -> None:
    """The form is that of a recorded request of OpenRouter's for Claude, `eab04a78`."""
    mark = CacheMark(ttl=ttl)
    body, losses = sent(
        name, emulator, Message("system", "Long", cache=mark), Message("user", [Text("Hi", cache=mark)])
    )
    control = {"type": "ephemeral", **more}
    assert [message["content"] for message in body["messages"]] == [
        [{"type": "text", "text": text, "cache_control": control}] for text in ("Long", "Hi")
    ]
    assert losses == []


@pytest.mark.parametrize(
    ("name", "ttl", "why"),
    [
        ("openrouter", "12h", "`cache_control`: of 5m and 1h only"),
        ("openai", "5m", "OpenAI caches by itself"),
        ("groq", "5m", "not known that this provider takes marks"),
        ("groq", "30m", "not known that this provider takes marks"),
    ],
)
def test_a_mark_that_is_lost_says_why_of_its_provider(name: str, ttl: str, why: str, emulator: Emulator) -> None:
    body, losses = sent(name, emulator, Message("user", [Text("Hi", cache=CacheMark(ttl=ttl))]))
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    [loss] = losses
    assert "messages[0].content[0].cache" in loss
    assert why in loss


@pytest.mark.parametrize("name", ["openai", "azure_openai"])
def test_marks_in_openais_words(name: str, emulator: Emulator) -> None:
    body, losses = sent(name, emulator, Message("user", [Text("Hi", cache=CacheMark(ttl="30m"))]))
    assert body["messages"][0]["content"][0]["prompt_cache_breakpoint"] == {"mode": "explicit", "ttl": "30m"}
    assert losses == []


# ---------------------------------------------------------------------- searches of the web


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("openai", "gpt-4o-search-preview"),
        ("openai", "gpt-4o-mini-search-preview-2025-03-11"),
        ("openai", "gpt-5-search-api"),
        ("litellm", "claude-sonnet-4-5"),
        pytest.param("perplexity", "sonar", marks=pytest.mark.filterwarnings("ignore::DeprecationWarning")),
    ],
)
def test_a_search_where_it_is_known_to_work(name: str, model: str, emulator: Emulator) -> None:
    body, losses = sent(name, emulator, model=model, tools=["web_search"])
    assert body["web_search_options"] == {}
    assert losses == []


@pytest.mark.parametrize(
    ("name", "where", "why"),
    [
        ("openai", "web_search_options", "with its search models alone"),
        ("azure_openai", "tools[0]", "not known that this provider searches"),
        ("groq", "tools[0]", "not known that this provider searches"),
        ("openai_compatible", "tools[0]", "not known that this provider searches"),
        ("openrouter", "tools[0]", "not known that this provider searches"),
    ],
)
def test_a_search_that_is_not_asked_for_says_why(name: str, where: str, why: str, emulator: Emulator) -> None:
    body, losses = sent(name, emulator, model="gpt-4o", tools=["web_search"])
    assert body.keys() & {"web_search_options", "tools"} == set()
    [loss] = losses
    assert where in loss
    assert why in loss


def test_a_field_that_the_caller_names_is_sent_to_any_host(emulator: Emulator) -> None:
    body, losses = sent("groq", emulator, extra_body={"web_search_options": {}})
    assert body["web_search_options"] == {}
    assert losses == []


# ---------------------------------------------------------------------- what is OpenRouter's own

OPENROUTERS: dict[str, Any] = {
    "plugins": [{"id": "web", "max_results": 3}],
    "transforms": ["middle-out"],
    "models": ["anthropic/claude-haiku-4.5"],
    "provider": {"order": ["azure"], "require_parameters": True},
    "session_id": "s",
}
"""Fields of a body that no other takes (openrouter.ai/docs/api-reference, read 2026-11-21)."""


@pytest.mark.parametrize("name", OPENROUTERS)
def test_what_is_openrouters_own_goes_there_as_it_is(name: str, emulator: Emulator) -> None:
    body, losses = sent("openrouter", emulator, extra_body={name: OPENROUTERS[name]})
    assert (body[name], losses) == (OPENROUTERS[name], [])


@pytest.mark.parametrize(
    "name", sorted(OPENROUTERS.keys() - {"models"})
)  # which may be `model` misspelt: `extra_body` says it
def test_what_is_openrouters_own_beside_a_value(
    name: str, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    """As those write it who come from Instructor: what is no option goes into the body."""
    client = from_provider("openrouter/openai/gpt-4o", base_url=emulator.url, api_key="k")
    assert client.create(int, input="Count to 5", **{name: OPENROUTERS[name]}) == 5
    assert emulator.requests[-1].wire[name] == OPENROUTERS[name]
    assert [record.message for record in caplog.records if record.name != "dragoman.testing"] == []
