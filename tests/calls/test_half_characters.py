"""Texts that were cut in the midst of a character, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

import dragoman
from dragoman import ConfigurationError, Message
from dragoman.testing import Emulator

HALF = "\U0001f375".encode("utf-16", "surrogatepass")[2:4].decode("utf-16-le", "surrogatepass")


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (
            {"messages": [Message("user", "Hi"), {"role": "user", "content": f"tea {HALF}"}]},
            r"`messages\[1\]\.content`",
        ),
        ({"prompt": "Hi", "system": HALF}, r"`messages\[0\]\.content`"),
        ({"prompt": "Hi", "user": HALF}, "`user`"),
        ({"prompt": "Hi", "extra_body": {"metadata": {HALF: "x"}}}, "`metadata`"),
    ],
)
def test_half_a_character_is_refused_and_found(asked: dict[str, Any], where: str) -> None:
    with Emulator() as emulator, dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k") as llm:
        with pytest.raises(ConfigurationError, match=f"{where}.*half a character"):
            llm.generate(**asked)
        assert emulator.requests == []


@pytest.mark.parametrize("text", ["tea \U0001f375", "\ud83c\udf75", r"\ud83c in a program"])
def test_a_whole_one_is_sent(text: str) -> None:
    with Emulator() as emulator, dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k") as llm:
        llm.generate(text)
        assert emulator.requests[0].wire["messages"][0]["content"] == text.encode("utf-16", "surrogatepass").decode(
            "utf-16"
        )
