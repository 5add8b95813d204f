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


@pytest.fixture
def emulator() -> Any:
    with Emulator() as running:
        yield running


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
