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
from decimal import Decimal
from time import perf_counter
from typing import Any

import dragoman
from dragoman import LLM, AsyncLLM, LLMResponse, Message
from dragoman.testing import Emulator

QUESTION = "What is a dragoman? Answer in one sentence."
ASIDE = "Name a colour, in one word."
TOOL_QUESTION = "What is the weather in 'Paris'?"

MODELS = {"openai": ("gpt-4o-mini", "OPENAI_API_KEY"), "anthropic": ("claude-haiku-4-5", "ANTHROPIC_API_KEY")}
"""Provider → the model asked, and the variable whose key makes the question real."""


def get_weather(city: str) -> str:
    """Tell the weather in a city.

    Args:
        city: The city's name.
    """
    return f"18 °C and clear in {city}"


def sync_calls(llm: LLM) -> list[LLMResponse]:
    """Whole, streamed, and with a tool: the call, then the answer that its result makes possible."""
    whole = llm.generate(QUESTION)
    show("text", whole)

    with llm.generate(QUESTION, stream=True) as stream:
        pieces = [event.content for event in stream if event.content]
    show("stream", stream.response, f"{stream.text}  [in {len(pieces)} pieces]")

    asked = llm.generate(TOOL_QUESTION, tools=[get_weather])
    calls = ", ".join(f"{call.name}({call.arguments})" for call in asked.tool_calls)
    show("tool call", asked, calls)
    if not asked.tool_calls:  # a real model may answer at once
        return [whole, stream.response, asked]

    history = [Message("user", TOOL_QUESTION), asked.message, llm.run_tools(asked, [get_weather])]
    told = llm.generate(messages=history, tools=[get_weather])
    show("tool result", told)
    return [whole, stream.response, asked, told]


async def async_calls(llm: AsyncLLM) -> list[LLMResponse]:
    """The same, awaited: two calls at once, then a stream."""
    whole, aside = await asyncio.gather(llm.generate(QUESTION), llm.generate(ASIDE))
    show("async", whole)
    show("at once", aside)

    async with llm.generate(QUESTION, stream=True) as stream:
        pieces = [event.content async for event in stream if event.content]
    show("async stream", stream.response, f"{stream.text}  [in {len(pieces)} pieces]")
    return [whole, aside, stream.response]


def show(how: str, response: LLMResponse, said: str = "") -> None:
    """One line of facts, then what was said."""
    usage = response.usage
    facts = f"{usage.input_tokens:>4} tokens in {usage.output_tokens:>4} out {money(response.cost):>12}"
    first = response.first_token_seconds
    late = f"   first piece after {first * 1e3:.1f} ms" if first is not None else ""
    print(f"  {how:<13}{facts} {(response.latency_seconds or 0) * 1e3:>8.1f} ms{late}")
    text = textwrap.fill((said or response.content).strip() or "(no text)", 96)
    print(textwrap.indent(text, "    | "))


def money(cost: Decimal | None) -> str:
    return "cost unknown" if cost is None else f"${cost:.6f}"


def show_total(responses: list[LLMResponse], seconds: float) -> None:
    tokens_in = sum(response.usage.input_tokens or 0 for response in responses)
    tokens_out = sum(response.usage.output_tokens or 0 for response in responses)
    facts = f"{tokens_in:>4} tokens in {tokens_out:>4} out {money(total_cost(responses)):>12}"
    print(f"  {f'{len(responses)} calls':<13}{facts} {seconds * 1e3:>8.1f} ms")


def total_cost(responses: list[LLMResponse]) -> Decimal | None:
    """US dollars, or `None` when any is unknown: an unknown cost is not 0."""
    costs = [response.cost for response in responses]
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))


def ask(provider: str, emulator: Emulator) -> list[LLMResponse]:
    """Everything, with one provider: the real one when there is a key for it."""
    model, variable = MODELS[provider]
    real = bool(os.environ.get(variable))
    options: dict[str, Any] = {} if real else {"base_url": emulator.url, "api_key": "emulated"}
    began = perf_counter()
    with dragoman.create_llm(provider, model, max_tokens=200, **options) as llm:
        print(f"\n{llm!r}" if real else f"\n{llm!r}, which is the emulator (set {variable} to ask the real one)")
        responses = sync_calls(llm)

    async def in_a_loop() -> list[LLMResponse]:
        async with dragoman.create_llm(provider, model, async_client=True, max_tokens=200, **options) as llm:
            return await async_calls(llm)

    responses += asyncio.run(in_a_loop())
    show_total(responses, perf_counter() - began)
    return responses


def main() -> int:
    responses: list[LLMResponse] = []
    failures = 0
    with Emulator() as emulator:
        for provider in MODELS:
            try:
                responses += ask(provider, emulator)
            except dragoman.Error as error:
                failures += 1
                print(f"  {type(error).__name__}: {error}")
        print(f"\nAll {len(responses)} calls together: {money(total_cost(responses))}.", end=" ")
        if len(emulator.bill):
            print(f"The emulator's own bill for its {len(emulator.bill)}: {money(emulator.bill.cost)}.", end="")
        print()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
