"""mistralai's client, wrapped."""

from __future__ import annotations

from typing import Any, ClassVar

from mistralai.client import Mistral

import dragoman
from dragoman import AsyncInstructor, Instructor

from .contract import Wrapped, emulator, running

__all__ = ["emulator", "running"]


class TestMistral(Wrapped):
    model, provider, dialect = "mistral-large-latest", "mistral", "mistral"
    refuses_fields = True
    adds: ClassVar = {"stream": False}
    tries = 1  # it tries again for so long, not so often

    def client(self, url: str, *, tries: int = 1, **options: Any) -> Mistral:
        return Mistral(api_key="k", server_url=f"{url}/mistral", **options)

    def async_client(self, url: str, **options: Any) -> Mistral:
        return self.client(url, **options)

    def wrap(self, client: Any, **options: Any) -> Instructor:
        return dragoman.from_mistral(client, **options)

    def async_wrap(self, client: Any, **options: Any) -> AsyncInstructor:
        return dragoman.from_mistral(client, use_async=True, **options)

    async def end(self, client: Any) -> None:
        await client.__aexit__(None, None, None)
