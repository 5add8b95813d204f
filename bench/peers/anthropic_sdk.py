"""The official Anthropic SDK: messages."""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import ANTHROPIC_MODEL, MAX_TOKENS, SYSTEM, Answer, question

LABEL = "Anthropic SDK"
ENVIRONMENT = "anthropic"
START = 'from anthropic import Anthropic; client = Anthropic(api_key="k", base_url=URL)'
FIRST = """
messages = [{"role": "user", "content": QUESTION}]
print(client.messages.create(model="claude-sonnet-4-20250514", max_tokens=1000, messages=messages).content[0].text)
"""


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        from anthropic import Anthropic

        self.url = url
        self.client = Anthropic(api_key="k", base_url=url)
        self.create = self.client.messages.create

    def close(self) -> None:
        self.client.close()

    async def open_async(self) -> None:
        from anthropic import AsyncAnthropic

        self.async_client = AsyncAnthropic(api_key="k", base_url=self.url)
        self.create_async = self.async_client.messages.create

    async def close_async(self) -> None:
        await self.async_client.close()

    def call(self) -> Answer:
        return answer(self.create(**request(question())))

    async def call_async(self) -> Answer:
        return answer(await self.create_async(**request(question())))

    def stream(self, text: str) -> list[str]:
        events = self.create(**request(text), stream=True)
        return [event.delta.text for event in events if event.type == "content_block_delta"]

    async def stream_async(self, text: str) -> list[str]:
        events = await self.create_async(**request(text), stream=True)
        return [event.delta.text async for event in events if event.type == "content_block_delta"]


def request(text: str) -> dict[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": ANTHROPIC_MODEL, "max_tokens": MAX_TOKENS, "system": SYSTEM, "messages": messages}


def answer(message: Any) -> Answer:
    return Answer(message.content[0].text, message.usage.input_tokens, message.usage.output_tokens)
