"""TensorZero's client with its gateway (Rust) inside the process; no database, observability off."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.peers.base import Adapter
from bench.work import SYSTEM, Answer, question

LABEL = "TensorZero, embedded"
ENVIRONMENT = "tensorzero"
START = """
from pathlib import Path
from tempfile import mkdtemp
from tensorzero import TensorZeroGateway
settings = Path(mkdtemp(), "tensorzero.toml")
settings.write_text(CONFIGURATION.replace("URL", URL))
client = TensorZeroGateway.build_embedded(config_file=str(settings))
"""
FIRST = """
asked = {"messages": [{"role": "user", "content": QUESTION}]}
print(client.inference(model_name="mock", input=asked).content[0].text)
"""
CONFIGURATION = """
[gateway]
observability.enabled = false
disable_pseudonymous_usage_analytics = true
[models.mock]
routing = ["mock"]
[models.mock.providers.mock]
type = "openai"
model_name = "gpt-4o-mini"
api_base = "URL/v1"
api_key_location = "none"
"""
START = f'CONFIGURATION = """{CONFIGURATION}"""\n{START}'


class Peer(Adapter):
    def __init__(self, url: str) -> None:
        from tensorzero import TensorZeroGateway

        settings = Path(mkdtemp(), "tensorzero.toml")
        settings.write_text(CONFIGURATION.replace("URL", url))
        self.settings = str(settings)
        self.client = TensorZeroGateway.build_embedded(config_file=self.settings)

    def close(self) -> None:
        self.client.close()

    async def open_async(self) -> None:
        from tensorzero import AsyncTensorZeroGateway

        self.async_client = await AsyncTensorZeroGateway.build_embedded(config_file=self.settings)

    async def close_async(self) -> None:
        await self.async_client.close()

    def call(self) -> Answer:
        return answer(self.client.inference(model_name="mock", input=asked(question())))

    async def call_async(self) -> Answer:
        return answer(await self.async_client.inference(model_name="mock", input=asked(question())))

    def stream(self, text: str) -> list[str]:
        chunks = self.client.inference(model_name="mock", input=asked(text), stream=True)
        return [part.text for chunk in chunks for part in chunk.content if part.text]

    async def stream_async(self, text: str) -> list[str]:
        chunks = await self.async_client.inference(model_name="mock", input=asked(text), stream=True)
        return [part.text async for chunk in chunks for part in chunk.content if part.text]


def asked(text: str) -> dict[str, Any]:
    return {"system": SYSTEM, "messages": [{"role": "user", "content": text}]}


def answer(response: Any) -> Answer:
    return Answer(response.content[0].text, response.usage.input_tokens, response.usage.output_tokens)
