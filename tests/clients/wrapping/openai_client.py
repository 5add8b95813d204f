"""openai's clients, wrapped."""

from __future__ import annotations

from typing import Any

import openai

import dragoman
from dragoman import Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestOpenAI(Wrapped):
    model, provider, dialect = "gpt-4o-mini", "openai", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{url}/v1", api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_openai(client, **options)
