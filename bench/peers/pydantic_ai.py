"""Pydantic AI: an agent over its OpenAI model; streams without debouncing."""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import OPENAI_MODEL, SYSTEM, Answer, question

LABEL = "Pydantic AI"
ENVIRONMENT = "pydantic-ai"
START = """
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
agent = Agent(OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=URL + "/v1", api_key="k")))
"""
FIRST = "print(agent.run_sync(QUESTION).output)"


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        self.url = url + "/v1"
        self.agent = self.make()

    def make(self) -> Any:
        from pydantic_ai import Agent
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        provider = OpenAIProvider(base_url=self.url, api_key="k")
        return Agent(OpenAIChatModel(OPENAI_MODEL, provider=provider), system_prompt=SYSTEM)

    async def open_async(self) -> None:
        self.async_agent = self.make()

    def call(self) -> Answer:
        return answer(self.agent.run_sync(question()))

    async def call_async(self) -> Answer:
        return answer(await self.async_agent.run(question()))

    def stream(self, text: str) -> list[str]:
        return list(self.agent.run_stream_sync(text).stream_text(delta=True, debounce_by=None))

    async def stream_async(self, text: str) -> list[str]:
        async with self.async_agent.run_stream(text) as result:
            return [found async for found in result.stream_text(delta=True, debounce_by=None)]


def answer(result: Any) -> Answer:
    usage = result.usage() if callable(result.usage) else result.usage
    return Answer(result.output, usage.input_tokens, usage.output_tokens)
