"""What the `anthropic` package makes of answers that break: messages, whole, streamed, by the helper and in tasks."""

import asyncio

from anthropic import Anthropic, AsyncAnthropic
from faulty import ARGUMENTS, SECONDS, TOOL, URL, run_faults, told

OPTIONS = {"base_url": URL, "api_key": "any", "max_retries": 0, "timeout": SECONDS}
client, aclient = Anthropic(**OPTIONS), AsyncAnthropic(**OPTIONS)
tasks = asyncio.Runner()

ASKED = {
    "max_tokens": 500,
    "messages": [{"role": "user", "content": "Why?"}],
    "tools": [{"name": TOOL, "input_schema": ARGUMENTS}],
}


def of_message(message):
    text = "".join(block.text for block in message.content if block.type == "text")
    calls = [block.input for block in message.content if block.type == "tool_use"]
    return told(text, calls[0] if len(calls) == 1 else calls, message.stop_reason == "tool_use")


def of_events(events):
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    return told(
        "".join(delta.text for delta in deltas if delta.type == "text_delta"),
        "".join(delta.partial_json for delta in deltas if delta.type == "input_json_delta"),
        [event.type for event in events].count("message_stop") == 1,
    )


def messages(model):
    return of_message(client.messages.create(model=model, **ASKED))


def messages_streamed(model):
    return of_events(list(client.messages.create(model=model, stream=True, **ASKED)))


def messages_by_helper(model):
    with client.messages.stream(model=model, **ASKED) as stream:
        return of_message(stream.get_final_message())


def messages_in_tasks(model):
    async def main():
        return [event async for event in await aclient.messages.create(model=model, stream=True, **ASKED)]

    return of_events(tasks.run(main()))


STREAMED = [messages_streamed, messages_by_helper, messages_in_tasks]

run_faults("anthropic", {True: {face.__name__: face for face in STREAMED}, False: {"messages": messages}})
