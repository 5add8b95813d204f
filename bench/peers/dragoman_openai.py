"""dragoman over OpenAI chat completions, complete: retries, timeouts, usage and cost are on.

A missing cost is an error.
"""

from __future__ import annotations

from typing import Any

from bench.peers.base import Adapter
from bench.work import MAX_TOKENS, SYSTEM, TIMEOUT_SECONDS, Answer, question

LABEL = "dragoman (OpenAI)"
ENVIRONMENT = "dragoman"
START = 'import dragoman; llm = dragoman.create_llm("openai/gpt-4o-mini", api_key="k", base_url=URL)'
FIRST = "print(llm.generate(QUESTION).content)"


class Peer(Adapter):
    provider = "openai"
    model = "gpt-4o-mini"

    def __init__(self, url: str) -> None:
        self.url = url
        self.llm = self.client(async_client=False)

    def client(self, *, async_client: bool) -> Any:
        import dragoman

        return dragoman.create_llm(
            self.provider,
            model=self.model,
            api_key="k",
            base_url=self.url,
            max_tokens=MAX_TOKENS,
            timeout=TIMEOUT_SECONDS,
            retry_config=dragoman.RetryConfig(max_attempts=3),
            async_client=async_client,
        )

    def close(self) -> None:
        self.llm.close()

    async def open_async(self) -> None:
        self.async_llm = self.client(async_client=True)

    async def close_async(self) -> None:
        await self.async_llm.close()

    def call(self) -> Answer:
        return answer(self.llm.generate(question(), system=SYSTEM))

    async def call_async(self) -> Answer:
        return answer(await self.async_llm.generate(question(), system=SYSTEM))

    def stream(self, text: str) -> list[str]:
        with self.llm.generate(text, system=SYSTEM, stream=True) as stream:
            texts = [event.content for event in stream if event.content]
        priced(stream.response)
        return texts

    async def stream_async(self, text: str) -> list[str]:
        async with self.async_llm.generate(text, system=SYSTEM, stream=True) as stream:
            texts = [event.content async for event in stream if event.content]
        priced(stream.response)
        return texts


def answer(response: Any) -> Answer:
    usage = priced(response).usage
    return Answer(response.content, usage.input_tokens, usage.output_tokens)


def priced(response: Any) -> Any:
    if response.cost is None:
        raise RuntimeError(f"no cost: {response.cost_note}")
    return response
