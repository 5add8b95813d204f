"""What the `openai` package makes of answers that break: chats and responses, whole, streamed, by helpers and tasks."""

import asyncio

from faulty import ARGUMENTS, SECONDS, TOOL, URL, run_faults, told
from openai import AsyncOpenAI, OpenAI

OPTIONS = {"base_url": f"{URL}/v1", "api_key": "any", "max_retries": 0, "timeout": SECONDS}
client, aclient = OpenAI(**OPTIONS), AsyncOpenAI(**OPTIONS)
tasks = asyncio.Runner()

CHAT = {
    "messages": [{"role": "user", "content": "Why?"}],
    "tools": [{"type": "function", "function": {"name": TOOL, "parameters": ARGUMENTS}}],
}
RESPONSE = {"input": "Why?", "tools": [{"type": "function", "name": TOOL, "parameters": ARGUMENTS, "strict": False}]}


def of_completion(completion):
    (choice,) = completion.choices
    calls = choice.message.tool_calls or []
    arguments = "".join(call.function.arguments for call in calls)
    return told(choice.message.content, arguments, choice.finish_reason == "tool_calls")


def of_chunks(chunks):
    choices = [choice for chunk in chunks for choice in chunk.choices]
    calls = [call for choice in choices for call in choice.delta.tool_calls or []]
    return told(
        "".join(choice.delta.content or "" for choice in choices),
        "".join(call.function.arguments or "" for call in calls),
        [choice.finish_reason for choice in choices if choice.finish_reason] == ["tool_calls"],
    )


def of_response(response):
    calls = [item.arguments for item in response.output if item.type == "function_call"]
    return told(response.output_text, "".join(calls), response.status == "completed")


def of_events(events):
    ends = [event for event in events if event.type in {"response.completed", "response.incomplete"}]
    pieces = {kind: "".join(event.delta for event in events if event.type == kind) for kind in DELTAS}
    return told(*pieces.values(), [end.type for end in ends] == ["response.completed"])


DELTAS = ("response.output_text.delta", "response.function_call_arguments.delta")


def chat(model):
    return of_completion(client.chat.completions.create(model=model, **CHAT))


def responses(model):
    return of_response(client.responses.create(model=model, **RESPONSE))


def chat_streamed(model):
    return of_chunks(list(client.chat.completions.create(model=model, stream=True, **CHAT)))


def chat_by_helper(model):
    with client.chat.completions.stream(model=model, **CHAT) as stream:
        return of_completion(stream.get_final_completion())


def responses_streamed(model):
    return of_events(list(client.responses.create(model=model, stream=True, **RESPONSE)))


def responses_by_helper(model):
    with client.responses.stream(model=model, **RESPONSE) as stream:
        return of_response(stream.get_final_response())


def chat_in_tasks(model):
    async def main():
        return [chunk async for chunk in await aclient.chat.completions.create(model=model, stream=True, **CHAT)]

    return of_chunks(tasks.run(main()))


def responses_in_tasks(model):
    async def main():
        return [event async for event in await aclient.responses.create(model=model, stream=True, **RESPONSE)]

    return of_events(tasks.run(main()))


STREAMED = [chat_streamed, chat_by_helper, responses_streamed, responses_by_helper, chat_in_tasks, responses_in_tasks]

run_faults("openai", {True: {face.__name__: face for face in STREAMED}, False: {"chat": chat, "responses": responses}})
