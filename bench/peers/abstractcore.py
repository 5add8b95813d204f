"""AbstractCore over its OpenAI provider."""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import SYSTEM, Answer, question

LABEL = "AbstractCore"
ENVIRONMENT = "abstractcore"
START = """
from abstractcore import create_llm
client = create_llm("openai", model="gpt-4o-mini", api_key="k", base_url=URL + "/v1")
"""
FIRST = "print(client.generate(QUESTION).content)"


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        from abstractcore import create_llm

        self.client = create_llm("openai", model="gpt-4o-mini", api_key="k", base_url=url + "/v1")

    def call(self) -> Answer:
        return answer(self.client.generate(question(), system_prompt=SYSTEM))

    async def call_async(self) -> Answer:
        return answer(await self.client.agenerate(question(), system_prompt=SYSTEM))

    def stream(self, text: str) -> list[str]:
        chunks = self.client.generate(text, system_prompt=SYSTEM, stream=True)
        return [chunk.content for chunk in chunks if chunk.content]

    async def stream_async(self, text: str) -> list[str]:
        chunks = await self.client.agenerate(text, system_prompt=SYSTEM, stream=True)
        return [chunk.content async for chunk in chunks if chunk.content]


def answer(response: Any) -> Answer:
    return Answer(response.content, response.usage["input_tokens"], response.usage["output_tokens"])
