"""The clients of further SDKs made by Stainless, wrapped."""

from __future__ import annotations

from typing import Any

from cerebras.cloud.sdk import AsyncCerebras, Cerebras
from fireworks import AsyncFireworks, Fireworks
from perplexity import AsyncPerplexity, Perplexity
from writerai import AsyncWriter, Writer

import dragoman
from dragoman import Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestCerebras(Wrapped):
    model, provider, dialect = "llama-3.3-70b", "cerebras", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> Cerebras:
        return Cerebras(base_url=url, api_key="k", max_retries=tries - 1, warm_tcp_connection=False, **options)

    def async_client(self, url: str, **options: Any) -> AsyncCerebras:
        return AsyncCerebras(base_url=url, api_key="k", warm_tcp_connection=False, **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_cerebras(client, **options)


class TestFireworks(Wrapped):
    model, provider, dialect = "accounts/fireworks/models/glm-5", "fireworks", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> Fireworks:
        return Fireworks(base_url=f"{url}/inference", api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> AsyncFireworks:
        return AsyncFireworks(base_url=f"{url}/inference", api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_fireworks(client, **options)


class TestWriter(Wrapped):
    model, provider, dialect = "palmyra-x5", "writer", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> Writer:
        return Writer(base_url=url, api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> AsyncWriter:
        return AsyncWriter(base_url=url, api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_writer(client, **options)


class TestPerplexity(Wrapped):
    model, provider, dialect = "sonar", "perplexity", "openai_chat"

    def client(self, url: str, *, tries: int = 3, **options: Any) -> Perplexity:
        return Perplexity(base_url=url, api_key="k", max_retries=tries - 1, **options)

    def async_client(self, url: str, **options: Any) -> AsyncPerplexity:
        return AsyncPerplexity(base_url=url, api_key="k", **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_perplexity(client, **options)
