"""LiteLLM's SDK over OpenAI chat completions."""

from __future__ import annotations

from bench.peers.base import Adapter
from bench.peers.openai_sdk import answer, text_of
from bench.work import OPENAI_MODEL, Answer, chat, question

LABEL = "LiteLLM"
ENVIRONMENT = "litellm"
START = "from litellm import completion"
FIRST = """
messages = [{"role": "user", "content": QUESTION}]
options = {"model": "openai/gpt-4o-mini", "api_key": "k", "api_base": URL + "/v1"}
print(completion(messages=messages, **options).choices[0].message.content)
"""


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        import litellm

        litellm.telemetry = False
        self.litellm = litellm
        self.options = {"model": f"openai/{OPENAI_MODEL}", "api_key": "k", "api_base": url + "/v1"}

    def call(self) -> Answer:
        return answer(self.litellm.completion(messages=chat(question()), **self.options))

    async def call_async(self) -> Answer:
        return answer(await self.litellm.acompletion(messages=chat(question()), **self.options))

    def stream(self, text: str) -> list[str]:
        chunks = self.litellm.completion(messages=chat(text), stream=True, **self.options)
        return [found for chunk in chunks if (found := text_of(chunk))]

    async def stream_async(self, text: str) -> list[str]:
        chunks = await self.litellm.acompletion(messages=chat(text), stream=True, **self.options)
        return [found async for chunk in chunks if (found := text_of(chunk))]
