"""Instructor over the OpenAI SDK, in its usual mode: tools."""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import OPENAI_MODEL, chat, model, question

LABEL = "Instructor"
ENVIRONMENT = "instructor"
LEFT_OUT = frozenset({"partial_8000", "partial_async_8000"})


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        import instructor
        from openai import OpenAI

        self.url, self.model = url + "/v1", model()
        self.sdk = OpenAI(api_key="k", base_url=self.url)
        self.client = instructor.from_openai(self.sdk)

    def close(self) -> None:
        self.sdk.close()

    async def open_async(self) -> None:
        import instructor
        from openai import AsyncOpenAI

        self.async_sdk = AsyncOpenAI(api_key="k", base_url=self.url)
        self.async_client = instructor.from_openai(self.async_sdk)

    async def close_async(self) -> None:
        await self.async_sdk.close()

    def create(self) -> Any:
        asked = {"model": OPENAI_MODEL, "messages": chat(question()), "response_model": self.model}
        return self.client.chat.completions.create(**asked)

    async def create_async(self) -> Any:
        asked = {"model": OPENAI_MODEL, "messages": chat(question()), "response_model": self.model}
        return await self.async_client.chat.completions.create(**asked)

    def partial(self, text: str) -> tuple[int, Any]:
        asked = {"model": OPENAI_MODEL, "messages": chat(text), "response_model": self.model}
        count, last = 0, None
        for value in self.client.chat.completions.create_partial(**asked):
            count, last = count + 1, value
        return count, last

    async def partial_async(self, text: str) -> tuple[int, Any]:
        asked = {"model": OPENAI_MODEL, "messages": chat(text), "response_model": self.model}
        count, last = 0, None
        async for value in self.async_client.chat.completions.create_partial(**asked):
            count, last = count + 1, value
        return count, last
