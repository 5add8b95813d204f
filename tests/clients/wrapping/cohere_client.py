"""cohere's clients, wrapped."""

from __future__ import annotations

from typing import Any, ClassVar

import cohere

import dragoman
from dragoman import Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestCohereV2(Wrapped):
    overlooks: ClassVar = frozenset({"a bad frame"})  # its log has it
    model, provider, dialect = "command-a-03-2025", "cohere", "cohere_v2"
    adds: ClassVar = {"stream": False}

    def client(self, url: str, *, tries: int = 3, **options: Any) -> cohere.ClientV2:
        return cohere.ClientV2("k", base_url=url, max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> cohere.AsyncClientV2:
        return cohere.AsyncClientV2("k", base_url=url, **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_cohere(client, **options)

    async def end(self, client: Any) -> None:
        await client._client_wrapper.httpx_client.httpx_client.aclose()


class TestCohere(TestCohereV2):
    """The client of the older API: its `v2` is asked."""

    def client(self, url: str, *, tries: int = 3, **options: Any) -> cohere.Client:
        return cohere.Client("k", base_url=url, max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> cohere.AsyncClient:
        return cohere.AsyncClient("k", base_url=url, **options)
