"""dragoman's values, in Instructor's manner: `create`, and the stream of partial values."""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import OPENAI_MODEL, chat, model, question

LABEL = "dragoman"
ENVIRONMENT = "dragoman"
LEFT_OUT = frozenset[str]()


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        import dragoman

        self.url, self.model = url, model()
        self.client = dragoman.from_provider(f"openai/{OPENAI_MODEL}", api_key="k", base_url=url)
        self.llm = dragoman.create_llm("openai", OPENAI_MODEL, api_key="k", base_url=url)

    def close(self) -> None:
        self.client.close()
        self.llm.close()

    async def open_async(self) -> None:
        import dragoman

        name = f"openai/{OPENAI_MODEL}"
        self.async_client = dragoman.from_provider(name, async_client=True, api_key="k", base_url=self.url)
        self.async_llm = dragoman.create_llm(name, async_client=True, api_key="k", base_url=self.url)

    async def close_async(self) -> None:
        await self.async_client.close()
        await self.async_llm.close()

    def create(self) -> Any:
        return self.client.chat.completions.create(response_model=self.model, messages=chat(question()))

    async def create_async(self) -> Any:
        return await self.async_client.chat.completions.create(response_model=self.model, messages=chat(question()))

    def partial(self, text: str) -> tuple[int, Any]:
        count, last = 0, None
        with self.llm.generate(messages=chat(text), response_model=self.model, stream=True) as stream:
            for value in stream:
                count, last = count + 1, value
        return count, last

    async def partial_async(self, text: str) -> tuple[int, Any]:
        count, last = 0, None
        async with self.async_llm.generate(messages=chat(text), response_model=self.model, stream=True) as stream:
            async for value in stream:
                count, last = count + 1, value
        return count, last
