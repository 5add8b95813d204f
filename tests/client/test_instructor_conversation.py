"""What becomes of a call's messages before they are sent: templates, pictures, `system` in Anthropic's form."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from pydantic import BaseModel

from dragoman import ConfigurationError, Image, from_provider
from dragoman.testing import Emulator

PICTURE = "https://example.com/cat.png"


class User(BaseModel):
    name: str


def sent(emulator: Emulator, **options: Any) -> dict[str, Any]:
    """The body of the request that `create` makes of `options`; nothing of them changes."""
    before = deepcopy(options)
    with from_provider("openai/gpt-4o-mini", base_url=emulator.url, api_key="any") as client:
        client.create(User, **options)
    assert options == before
    return emulator.requests[-1].wire


def linked(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"messages": "Who is {{ name }}?", "context": {"name": "Ann"}}, [{"role": "user", "content": "Who is Ann?"}]),
        ({"messages": "Who is {{ name }}?"}, [{"role": "user", "content": "Who is {{ name }}?"}]),
        (
            {"messages": "Hi", "system": "You are {{ name }}.", "validation_context": {"name": "Ann"}},
            [{"role": "system", "content": "You are Ann."}, {"role": "user", "content": "Hi"}],
        ),
        (
            {"messages": [{"role": "user", "content": ["Whose cat?", Image.from_url(PICTURE)]}]},
            [{"role": "user", "content": [{"type": "text", "text": "Whose cat?"}, linked(PICTURE)]}],
        ),
        (
            {"messages": [{"role": "user", "content": ["Whose?", PICTURE]}], "autodetect_images": True},
            [{"role": "user", "content": [{"type": "text", "text": "Whose?"}, linked(PICTURE)]}],
        ),
        (
            {"messages": "Hi", "system": [{"type": "text", "text": "Be brief."}]},
            [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        ),
    ],
)
def test_made_ready(emulator: Emulator, options: dict[str, Any], messages: list[Any]) -> None:
    assert sent(emulator, **options)["messages"] == messages


def test_a_context_is_a_mapping(emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="context= must be a mapping"):
        sent(emulator, messages="Hi", context=["Ann"])


class Content(BaseModel):
    """As Google's SDK has it."""

    role: str
    parts: list[dict[str, str]]


def test_messages_as_google_s_sdk_takes_them(emulator: Emulator) -> None:
    given = ["Hi", Content(role="user", parts=[{"text": "{{ name }}"}])]
    sent_messages = sent(emulator, messages=given, context={"name": "Ann"})["messages"]
    assert [(message["role"], message["content"]) for message in sent_messages] == [("user", "Hi"), ("user", "Ann")]


RULES = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
HI = {"role": "user", "content": "Hi"}


@pytest.fixture
def strict() -> Any:
    with Emulator(strict=True) as running:
        yield running


@pytest.mark.parametrize(
    ("options", "system"),
    [
        ({"system": RULES, "messages": [HI]}, RULES),
        ({"messages": [{"role": "system", "content": RULES}, HI]}, RULES),
        (
            {"messages": [{"role": "system", "content": "Be kind."}, {"role": "system", "content": RULES}, HI]},
            [{"type": "text", "text": "Be kind."}, *RULES],
        ),
    ],
    ids=["system=", "in messages", "after another"],
)
def test_marks_of_anthropic_s_stay_on_its_system_prompt(strict: Emulator, options: Any, system: Any) -> None:
    client = from_provider("anthropic/claude-haiku-4-5", base_url=strict.url, api_key="any")
    client.create(User, **options)
    assert strict.requests[-1].wire["system"] == system
    assert [turn["role"] for turn in strict.requests[-1].wire["messages"]] == ["user"]


def test_a_later_system_turn_of_anthropic_s_stays_in_its_place(strict: Emulator) -> None:
    client = from_provider("anthropic/claude-opus-5-5", base_url=strict.url, api_key="any")
    client.create(User, messages=[HI, {"role": "system", "content": RULES}])
    assert strict.requests[-1].wire["messages"][1] == {"role": "system", "content": RULES}


def test_the_user_s_id_of_anthropic_s_metadata_is_sent(strict: Emulator) -> None:
    client = from_provider("anthropic/claude-haiku-4-5", base_url=strict.url, api_key="any")
    client.create(User, messages=[HI], metadata={"user_id": "x"})
    assert strict.requests[-1].wire["metadata"] == {"user_id": "x"}
