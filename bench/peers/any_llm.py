"""any-llm over its OpenAI provider."""

from __future__ import annotations

from bench.peers.base import Adapter
from bench.peers.openai_sdk import answer, text_of
from bench.work import OPENAI_MODEL, Answer, chat, question

LABEL = "any-llm"
ENVIRONMENT = "any-llm"
START = 'from any_llm import AnyLLM; client = AnyLLM.create("openai", api_key="k", api_base=URL + "/v1")'
FIRST = """
messages = [{"role": "user", "content": QUESTION}]
print(client.completion(model="gpt-4o-mini", messages=messages).choices[0].message.content)
"""


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        from any_llm import AnyLLM

        self.create = lambda: AnyLLM.create("openai", api_key="k", api_base=url + "/v1")
        self.client = self.create()

    async def open_async(self) -> None:
        self.async_client = self.create()

    def call(self) -> Answer:
        return answer(self.client.completion(model=OPENAI_MODEL, messages=chat(question())))

    async def call_async(self) -> Answer:
        return answer(await self.async_client.acompletion(model=OPENAI_MODEL, messages=chat(question())))

    def stream(self, text: str) -> list[str]:
        chunks = self.client.completion(model=OPENAI_MODEL, messages=chat(text), stream=True)
        return [found for chunk in chunks if (found := text_of(chunk))]

    async def stream_async(self, text: str) -> list[str]:
        chunks = await self.async_client.acompletion(model=OPENAI_MODEL, messages=chat(text), stream=True)
        return [found async for chunk in chunks if (found := text_of(chunk))]
