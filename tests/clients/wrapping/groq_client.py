"""groq's clients, wrapped."""

from __future__ import annotations

from typing import Any

import groq

import dragoman
from dragoman import Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestGroq(Wrapped):
    model, provider, dialect = "llama-3.3-70b-versatile", "groq", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> groq.Groq:
        return groq.Groq(base_url=url, api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> groq.AsyncGroq:
        return groq.AsyncGroq(base_url=url, api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_groq(client, **options)
