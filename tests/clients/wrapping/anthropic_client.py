"""anthropic's clients, wrapped."""

from __future__ import annotations

from typing import Any

import anthropic

import dragoman
from dragoman import Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestAnthropic(Wrapped):
    model, provider, dialect = "claude-sonnet-4-5", "anthropic", "anthropic_messages"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> anthropic.Anthropic:
        return anthropic.Anthropic(base_url=url, api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> anthropic.AsyncAnthropic:
        return anthropic.AsyncAnthropic(base_url=url, api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_anthropic(client, **options)
