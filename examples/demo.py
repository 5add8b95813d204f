"""The main job: the same question to OpenAI and to Anthropic, in every way of asking.

    make demo

With `OPENAI_API_KEY` or `ANTHROPIC_API_KEY` set, that provider is really asked (a few hundredths of a cent); otherwise
the emulator that ships with the library answers, over real HTTP on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
from contextlib import ExitStack

import dragoman
from dragoman import AsyncLLM, LLMResponse, Message
from dragoman.testing import Emulator

QUESTION = "What is a dragoman? Answer in one sentence."
TOOL_QUESTION = "What is the weather in Paris, and what does it say of 'Rome'?"
MODELS = {"openai": ("gpt-4o-mini", "OPENAI_API_KEY"), "anthropic": ("claude-3-5-haiku-latest", "ANTHROPIC_API_KEY")}


def get_weather(city: str) -> str:
    """Tell the weather in a city.

    Args:
        city: The city's name.
    """
    return f"18 °C and clear in {city}"


def show(how: str, response: LLMResponse, text: str | None = None) -> None:
    """One line of facts, then what was said."""
    usage = response.usage
    cost = f"${response.cost:.6f}" if response.cost is not None else f"unknown ({response.cost_note})"
    first = f", first word after {response.first_token_seconds * 1e3:.1f} ms" if response.first_token_seconds else ""
    print(f"  {how:<13}{usage.input_tokens} tokens in, {usage.output_tokens} out, {cost}, ", end="")
    print(f"{(response.latency_seconds or 0) * 1e3:.1f} ms{first}")
    said = text if text is not None else response.content
    print(textwrap.indent(textwrap.fill(said.strip() or "(no text)", 100), "    | "))


def sync_calls(llm: dragoman.LLM) -> None:
    show("text", llm.generate(QUESTION))

    with llm.generate(QUESTION, stream=True) as stream:
        pieces = [event.content for event in stream if event.content]
    show("stream", stream.response, f"{stream.text}  [{len(pieces)} pieces]")

    asked = llm.generate(TOOL_QUESTION, tools=[get_weather])
    calls = ", ".join(f"{call.name}({call.arguments})" for call in asked.tool_calls)
    show("tool call", asked, calls or asked.content)
    if asked.tool_calls:
        results = llm.run_tools(asked, [get_weather])
        history = [Message("user", TOOL_QUESTION), asked.message, results]
        show("tool result", llm.generate(messages=history, tools=[get_weather]))


async def async_calls(llm: AsyncLLM) -> None:
    whole, other = await asyncio.gather(llm.generate(QUESTION), llm.generate("Name a colour."))
    show("async", whole)
    show("async, beside", other)
    async with llm.generate(QUESTION, stream=True) as stream:
        async for _ in stream:
            pass
    show("async stream", stream.response)


def main() -> int:
    with ExitStack() as stack:
        emulator = None
        for provider, (model, variable) in MODELS.items():
            options: dict[str, str] = {}
            if not os.environ.get(variable):
                emulator = emulator or stack.enter_context(Emulator())
                options = {"base_url": emulator.url, "api_key": "emulated"}
            where = "the emulator" if options else "the real provider"
            print(f"\n{provider}/{model}, answered by {where}")
            with dragoman.create_llm(provider, model=model, max_tokens=200, **options) as llm:
                sync_calls(llm)
            asyncio.run(async_calls(dragoman.create_llm(provider, model, async_client=True, max_tokens=200, **options)))
        if emulator is not None:
            print(f"\nThe emulator's own bill: {emulator.bill}")
    print("Real answers: set OPENAI_API_KEY or ANTHROPIC_API_KEY, and run it again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
