"""What the `google-genai` package makes of answers that break: contents, whole, streamed and in tasks."""

import asyncio

from faulty import ARGUMENTS, SECONDS, TOOL, URL, run_faults, told
from google import genai
from google.genai import types

client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=URL, timeout=SECONDS * 1000))
tasks = asyncio.Runner()

TOOLS = [types.Tool(function_declarations=[types.FunctionDeclaration(name=TOOL, parameters_json_schema=ARGUMENTS)])]
BY_HAND = types.AutomaticFunctionCallingConfig(disable=True)
ASKED = {"contents": "Why?", "config": {"tools": TOOLS, "automatic_function_calling": BY_HAND}}


def of_chunks(chunks):
    candidates = [candidate for chunk in chunks for candidate in chunk.candidates or []]
    parts = [part for each in candidates if each.content for part in each.content.parts or []]
    calls = [part.function_call.args for part in parts if part.function_call]
    ends = [candidate.finish_reason for candidate in candidates if candidate.finish_reason]
    return told(
        "".join(part.text or "" for part in parts),
        calls[0] if len(calls) == 1 else calls,
        ends == [types.FinishReason.STOP],
    )


def contents(model):
    return of_chunks([client.models.generate_content(model=model, **ASKED)])


def contents_streamed(model):
    return of_chunks(list(client.models.generate_content_stream(model=model, **ASKED)))


def contents_in_tasks(model):
    async def main():
        return [chunk async for chunk in await client.aio.models.generate_content_stream(model=model, **ASKED)]

    return of_chunks(tasks.run(main()))


STREAMED = [contents_streamed, contents_in_tasks]

run_faults("google.genai", {True: {face.__name__: face for face in STREAMED}, False: {"contents": contents}})
