"""The official OpenAI SDK: chat completions."""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import OPENAI_MODEL, Answer, chat, question

LABEL = "OpenAI SDK"
ENVIRONMENT = "openai"
START = 'from openai import OpenAI; client = OpenAI(api_key="k", base_url=URL + "/v1")'
FIRST = """
messages = [{"role": "user", "content": QUESTION}]
print(client.chat.completions.create(model="gpt-4o-mini", messages=messages).choices[0].message.content)
"""


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        from openai import OpenAI

        self.url = url + "/v1"
        self.client = OpenAI(api_key="k", base_url=self.url)
        self.create = self.client.chat.completions.create

    def close(self) -> None:
        self.client.close()

    async def open_async(self) -> None:
        from openai import AsyncOpenAI

        self.async_client = AsyncOpenAI(api_key="k", base_url=self.url)
        self.create_async = self.async_client.chat.completions.create

    async def close_async(self) -> None:
        await self.async_client.close()

    def call(self) -> Answer:
        return answer(self.create(model=OPENAI_MODEL, messages=chat(question())))

    async def call_async(self) -> Answer:
        return answer(await self.create_async(model=OPENAI_MODEL, messages=chat(question())))

    def stream(self, text: str) -> list[str]:
        chunks = self.create(model=OPENAI_MODEL, messages=chat(text), stream=True)
        return [found for chunk in chunks if (found := text_of(chunk))]

    async def stream_async(self, text: str) -> list[str]:
        chunks = await self.create_async(model=OPENAI_MODEL, messages=chat(text), stream=True)
        return [found async for chunk in chunks if (found := text_of(chunk))]


def answer(completion: Any) -> Answer:
    usage = completion.usage
    return Answer(completion.choices[0].message.content, usage.prompt_tokens, usage.completion_tokens)


def text_of(chunk: Any) -> str | None:
    return chunk.choices[0].delta.content if chunk.choices else None
