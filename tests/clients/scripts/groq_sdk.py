"""The `groq` package against the emulator. Run by tests/clients/test_groq_sdk.py."""

import asyncio

import groq
from cases import URL, caught, control, run_all
from groq import AsyncGroq, Groq

MODEL = "llama-3.3-70b-versatile"
client = Groq(api_key="k", base_url=URL, max_retries=0)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.chat.completions.create(model=MODEL, messages=say(text), **options)


def case_chat():
    answer = ask("Say exactly: Hello there!", max_completion_tokens=50)
    assert answer.choices[0].message.content == "Hello there!"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def case_async_chat():
    async def talk():
        async with AsyncGroq(api_key="k", base_url=URL, max_retries=0) as asking:
            return await asking.chat.completions.create(model=MODEL, messages=say("Say exactly: Hi"))

    assert asyncio.run(talk()).choices[0].message.content == "Hi"


def case_stream():
    chunks = list(ask("Say exactly: one two three", stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two three"
    assert chunks[-1].choices[0].finish_reason == "stop"


def case_tool_and_result():
    first = ask("What is the weather in Paris?", tools=[WEATHER], tool_choice="required")
    (call,) = first.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    turns = [*say("What is the weather in Paris?"), first.choices[0].message, result]
    last = client.chat.completions.create(model=MODEL, messages=turns, tools=[WEATHER])
    assert "sunny" in last.choices[0].message.content


def case_models():
    assert client.models.list().data


def case_errors():
    for status, kind in ((401, groq.AuthenticationError), (429, groq.RateLimitError), (500, groq.InternalServerError)):
        control("faults", {"status": status})
        caught(kind, lambda: ask("Hi"))


run_all(dict(globals()))
