"""The `openai` package through the gateway: chat, streams, tools, values, responses, embeddings."""

import asyncio
import json

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from through import EMBEDDING_MODEL, MODEL, URL, asks_nobody, caught, control, run_all

OPTIONS = {"base_url": f"{URL}/v1", "api_key": "any", "max_retries": 0}
client = OpenAI(**OPTIONS)

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
NUMBER = {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}
MAGIC = {"type": "function", "function": {"name": "magic_function", "parameters": NUMBER}}
WEATHER_ITEM = {"type": "function", "name": "get_weather", "parameters": CITY, "strict": True}


class Person(BaseModel):
    name: str
    age: int


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.chat.completions.create(model=MODEL, messages=say(text), **options)


def respond(said, **options):
    return client.responses.create(model=MODEL, input=said, **options)


# ---------------------------------------------------------------------- chat


def case_chat():
    answer = ask("Say exactly: pong-42")
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.message.role) == ("pong-42", "stop", "assistant")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer.id
    assert answer.object == "chat.completion"
    assert answer._request_id


def case_async_chat():
    async def main():
        async with AsyncOpenAI(**OPTIONS) as aclient:
            asked = (aclient.chat.completions.create(model=MODEL, messages=say(f"Say exactly: {n}")) for n in range(10))
            return [answer.choices[0].message.content for answer in await asyncio.gather(*asked)]

    assert asyncio.run(main()) == [str(n) for n in range(10)]


def case_conversation_of_many_kinds_of_message():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": [{"type": "text", "text": "Say exactly: picture"}, picture]},
    ]
    answer = client.chat.completions.create(model=MODEL, messages=messages, temperature=0.1, top_p=0.9)
    assert answer.choices[0].message.content == "picture"


def case_stop_and_limit():
    assert ask("Count to 10", stop=["5"]).choices[0].message.content.strip() == "1 2 3 4"
    cut = ask("Count to 100", max_completion_tokens=3)
    assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", 3)


def case_stream():
    chunks = list(ask("Count to 60", stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.split() == [str(n) for n in range(1, 61)]
    assert len(chunks) > 10
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert [chunk for chunk in chunks if chunk.usage] == chunks[-1:]
    assert chunks[-1].usage.completion_tokens > 10


def case_stream_without_usage():
    chunks = list(ask("Hello", stream=True))
    assert all(chunk.usage is None and len(chunk.choices) == 1 for chunk in chunks)


def case_stream_helper():
    with client.chat.completions.stream(model=MODEL, messages=say("Count to 20")) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert kinds.count("content.delta") > 2
    assert final.choices[0].message.content.split()[-1] == "20"


def case_async_stream():
    async def main():
        async with AsyncOpenAI(**OPTIONS) as aclient:
            stream = await aclient.chat.completions.create(model=MODEL, messages=say("Count to 9"), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(main()).split() == list("123456789")


def case_stream_left_early():
    stream = ask("Count to 5000", stream=True)
    next(stream)
    stream.close()
    assert ask("Say exactly: on").choices[0].message.content == "on"


# ---------------------------------------------------------------------- tools and values


def case_tool_and_result():
    messages = say("What is the weather in 'Paris'?")
    first = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER, MAGIC])
    (call,) = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "18 degrees and sunny"}
    messages += [first.choices[0].message, result]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER, MAGIC])
    assert "18 degrees and sunny" in second.choices[0].message.content
    assert second.choices[0].finish_reason == "stop"


def case_tool_choice():
    named = {"type": "function", "function": {"name": "magic_function"}}
    for choice, wanted in (("required", "get_weather"), (named, "magic_function")):
        calls = ask("Number 3 please", tools=[WEATHER, MAGIC], tool_choice=choice).choices[0].message.tool_calls
        assert [call.function.name for call in calls] == [wanted]
    assert ask("What is the weather?", tools=[WEATHER], tool_choice="none").choices[0].message.tool_calls is None


def case_tools_streamed():
    text = "What is the weather in 'San Francisco de Borja', and what is magic_function(3)?"
    calls, finish = {}, None
    for chunk in ask(text, tools=[WEATHER, MAGIC], stream=True):
        finish = chunk.choices[0].finish_reason or finish
        for delta in chunk.choices[0].delta.tool_calls or ():
            call = calls.setdefault(delta.index, {"id": delta.id, "name": delta.function.name, "arguments": ""})
            call["arguments"] += delta.function.arguments or ""
    assert finish == "tool_calls"
    assert [call["name"] for call in calls.values()] == ["get_weather", "magic_function"]
    assert [json.loads(call["arguments"]) for call in calls.values()] == [
        {"city": "San Francisco de Borja"},
        {"input": 3},
    ]
    assert len({call["id"] for call in calls.values()}) == 2


def case_parse():
    text = "Extract: Ada Lovelace, 36 years old"
    answer = client.chat.completions.parse(model=MODEL, messages=say(text), response_format=Person)
    assert answer.choices[0].message.parsed == Person(name="Ada Lovelace", age=36)


def case_parse_streamed():
    options = {"model": MODEL, "messages": say("Extract: Ada Lovelace, 36"), "response_format": Person}
    with client.chat.completions.stream(**options) as stream:
        list(stream)
        assert stream.get_final_completion().choices[0].message.parsed.age == 36


def case_parse_tools():
    tool = openai.pydantic_function_tool(Person)
    answer = client.chat.completions.parse(model=MODEL, messages=say("A Person: Ada Lovelace, 36"), tools=[tool])
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.parsed_arguments == Person(name="Ada Lovelace", age=36)


def case_json_object():
    text = "Give me JSON with the keys 'setup' and 'punchline'."
    answer = ask(text, response_format={"type": "json_object"})
    assert json.loads(answer.choices[0].message.content).keys() == {"setup", "punchline"}


# ---------------------------------------------------------------------- responses


def case_response():
    answer = respond("Say exactly: pong-42", instructions="Be brief.")
    assert answer.output_text == "pong-42"
    assert (answer.status, answer.object) == ("completed", "response")
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0


def case_response_streamed():
    events = list(respond("Count to 60", stream=True))
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text.split() == [str(n) for n in range(1, 61)]
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    assert events[-1].response.output_text == text
    assert [event.sequence_number for event in events] == list(range(len(events)))


def case_response_stream_helper():
    with client.responses.stream(model=MODEL, input="Extract: Ada Lovelace, 36", text_format=Person) as stream:
        list(stream)
        assert stream.get_final_response().output_parsed == Person(name="Ada Lovelace", age=36)


def case_response_tool_and_result():
    said = say("What is the weather in 'Paris'?")
    first = respond(said, tools=[WEATHER_ITEM])
    (call,) = [item for item in first.output if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})
    said += [*first.output, {"type": "function_call_output", "call_id": call.call_id, "output": "18 degrees"}]
    assert "18 degrees" in respond(said, tools=[WEATHER_ITEM]).output_text


def case_response_parse():
    answer = client.responses.parse(model=MODEL, input="Extract: Ada Lovelace, 36", text_format=Person)
    assert answer.output_parsed == Person(name="Ada Lovelace", age=36)


# ---------------------------------------------------------------------- embeddings, models, errors

if EMBEDDING_MODEL:

    def case_embeddings():
        """The SDK asks for base64 by itself, and gives lists of numbers."""
        texts = ["The cat sat on the mat.", "A cat sat on a mat.", "Stock markets fell."]
        answer = client.embeddings.create(model=EMBEDDING_MODEL, input=texts)
        one, near, far = (item.embedding for item in answer.data)
        assert dot(one, one) > 0.999 > dot(one, near) > 0.5 > dot(one, far)
        assert [item.index for item in answer.data] == [0, 1, 2]


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


@asks_nobody
def case_models():
    names = [model.id for model in client.models.list()]
    assert MODEL in names
    assert client.models.retrieve(MODEL).id == MODEL


@asks_nobody
def case_unknown_model():
    error = caught(openai.NotFoundError, lambda: client.chat.completions.create(model="nobody", messages=say("Hi")))
    assert "`nobody`" in error.message
    assert MODEL in error.message


def case_errors_by_status():
    kinds = {400: openai.BadRequestError, 429: openai.RateLimitError, 500: openai.InternalServerError}
    for status, kind in kinds.items():
        control("faults", {"status": status})
        caught(kind, lambda: ask("Hello"))


def case_cut_stream_is_an_error():
    control("faults", {"cut_after": 5})
    stream = ask("Count to 60", stream=True)
    caught(openai.APIError, lambda: list(stream))


run_all(globals())
