"""The `mistralai` package against the emulator. Run by tests/clients/test_mistral_sdk.py."""

import asyncio

from cases import URL, caught, control, run_all
from mistralai.client import Mistral
from mistralai.client.errors import SDKError
from pydantic import BaseModel

MODEL = "mistral-small-latest"
client = Mistral(api_key="k", server_url=URL)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class City(BaseModel):
    name: str
    country: str


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.chat.complete(model=MODEL, messages=say(text), **options)


def events(text, **options):
    with client.chat.stream(model=MODEL, messages=say(text), **options) as stream:
        return [event.data for event in stream]


def case_chat():
    answer = ask("Say exactly: Hello there!", temperature=0.2, random_seed=7)
    assert answer.choices[0].message.content == "Hello there!"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def case_async_chat():
    async def talk():
        return await client.chat.complete_async(model=MODEL, messages=say("Say exactly: Hi"))

    assert asyncio.run(talk()).choices[0].message.content == "Hi"


def case_stream():
    chunks = events("Say exactly: one two three")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "one two three"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens > 0
    assert all(chunk.usage is None for chunk in chunks[:-1])


def case_tool_and_result():
    first = ask("What is the weather in Paris?", tools=[WEATHER], tool_choice="any")
    (call,) = first.choices[0].message.tool_calls
    assert (call.function.name, first.choices[0].finish_reason) == ("get_weather", "tool_calls")
    result = {"role": "tool", "tool_call_id": call.id, "name": "get_weather", "content": "sunny"}
    turns = [*say("What is the weather in Paris?"), first.choices[0].message, result]
    last = client.chat.complete(model=MODEL, messages=turns, tools=[WEATHER])
    assert "sunny" in last.choices[0].message.content


def case_tool_streamed():
    chunks = events("What is the weather in Paris?", tools=[WEATHER], tool_choice="any")
    (call,) = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert call.function.name == "get_weather"
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def case_parse():
    answer = client.chat.parse(City, model=MODEL, messages=say("Which city?"))
    assert isinstance(answer.choices[0].message.parsed, City)


def case_cut_off():
    assert ask("Count to one hundred", max_tokens=2).choices[0].finish_reason == "length"


def case_alternatives():
    assert [choice.index for choice in ask("Say exactly: x", n=2).choices] == [0, 1]


def case_embeddings():
    answer = client.embeddings.create(model="mistral-embed", inputs=["one", "two"])
    assert [row.index for row in answer.data] == [0, 1]
    assert len(answer.data[0].embedding) == len(answer.data[1].embedding)
    assert answer.usage.prompt_tokens == 2


def case_models():
    listed = client.models.list()
    assert listed.data
    assert listed.data[0].capabilities.function_calling


def case_errors():
    for status in (400, 401, 429, 500):
        control("faults", {"status": status, "message": "So it goes"})
        error = caught(SDKError, lambda: ask("Hi"))
        assert error.status_code == status
        assert '"object":"error","message":"So it goes"' in error.body


run_all(dict(globals()))
