"""google-genai's clients, wrapped."""

from __future__ import annotations

from typing import Any

from google import genai
from google.genai import types

import dragoman
from dragoman import AsyncInstructor, Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestGenai(Wrapped):
    model, provider, dialect = "gemini-2.5-flash", "google", "gemini"
    answers_itself = False

    def client(self, url: str, *, tries: int = 3, **options: Any) -> genai.Client:
        retries = types.HttpRetryOptions(attempts=tries, initial_delay=0.01, max_delay=0.02)
        http = types.HttpOptions(base_url=url, retry_options=retries, **options)
        return genai.Client(api_key="k", http_options=http)

    def async_client(self, url: str, **options: Any) -> genai.Client:
        return self.client(url, **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_genai(client, **options)

    def async_wrap(self, client: Any, **options: Any) -> AsyncInstructor:
        return dragoman.from_genai(client, use_async=True, **options)

    async def end(self, client: Any) -> None:
        await client.aio.aclose()
