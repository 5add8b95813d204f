"""The `anthropic` package through the gateway: messages, streams, tools, values, counting."""

import asyncio

import anthropic
from anthropic import Anthropic, AsyncAnthropic
from pydantic import BaseModel
from through import MODEL, URL, asks_nobody, caught, control, run_all

OPTIONS = {"base_url": URL, "api_key": "any", "max_retries": 0}
client = Anthropic(**OPTIONS)

WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
MAGIC = {
    "name": "magic_function",
    "input_schema": {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]},
}


class Person(BaseModel):
    name: str
    age: int


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.messages.create(**{"model": MODEL, "max_tokens": 5000, "messages": say(text), **options})


# ---------------------------------------------------------------------- messages


def case_message():
    answer = ask("Say exactly: pong-42")
    assert [(block.type, block.text) for block in answer.content] == [("text", "pong-42")]
    assert (answer.stop_reason, answer.role, answer.type) == ("end_turn", "assistant", "message")
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0
    assert answer.id
    assert answer._request_id


def case_async_messages():
    async def main():
        async with AsyncAnthropic(**OPTIONS) as aclient:
            asked = (
                aclient.messages.create(model=MODEL, max_tokens=99, messages=say(f"Say exactly: {n}"))
                for n in range(10)
            )
            return [answer.content[0].text for answer in await asyncio.gather(*asked)]

    assert asyncio.run(main()) == [str(n) for n in range(10)]


def case_system_and_picture():
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    content = [picture, {"type": "text", "text": "Say exactly: seen"}]
    answer = client.messages.create(
        model=MODEL,
        max_tokens=99,
        system=[{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
        messages=[*say("One"), {"role": "assistant", "content": "Two"}, {"role": "user", "content": content}],
    )
    assert answer.content[0].text == "seen"


def case_stop_and_limit():
    stopped = ask("Count to 10", stop_sequences=["5"])
    assert stopped.content[0].text.strip() == "1 2 3 4"
    cut = ask("Count to 100", max_tokens=3)
    assert (cut.stop_reason, cut.usage.output_tokens) == ("max_tokens", 3)


@asks_nobody  # an upstream that cannot count is not asked: the gateway estimates
def case_count_tokens():
    counted = client.messages.count_tokens(model=MODEL, messages=say("x" * 400))
    assert 50 < counted.input_tokens < 500


# ---------------------------------------------------------------------- streams


def case_stream():
    events = list(ask("Count to 60", stream=True))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    text = "".join(event.delta.text for event in events if event.type == "content_block_delta")
    assert text.split() == [str(n) for n in range(1, 61)]
    assert events[-2].delta.stop_reason == "end_turn"
    assert events[-2].usage.output_tokens > 10


def case_stream_helper():
    with client.messages.stream(model=MODEL, max_tokens=5000, messages=say("Count to 30")) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text.split()[-1] == "30"
    assert final.content[0].text == text
    assert final.usage.output_tokens > 5


def case_async_stream_helper():
    async def main():
        async with (
            AsyncAnthropic(**OPTIONS) as aclient,
            aclient.messages.stream(model=MODEL, max_tokens=99, messages=say("Count to 9")) as stream,
        ):
            return "".join([text async for text in stream.text_stream])

    assert asyncio.run(main()).split() == list("123456789")


def case_stream_left_early():
    with ask("Count to 5000", stream=True) as stream:
        next(iter(stream))
    assert ask("Say exactly: on").content[0].text == "on"


# ---------------------------------------------------------------------- tools and values


def case_tool_and_result():
    messages = say("What is the weather in 'Paris'?")
    first = client.messages.create(model=MODEL, max_tokens=500, messages=messages, tools=[WEATHER, MAGIC])
    (call,) = [block for block in first.content if block.type == "tool_use"]
    assert (first.stop_reason, call.name, call.input) == ("tool_use", "get_weather", {"city": "Paris"})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees and sunny"}
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(model=MODEL, max_tokens=500, messages=messages, tools=[WEATHER, MAGIC])
    assert "18 degrees and sunny" in second.content[0].text
    assert second.stop_reason == "end_turn"


def case_tool_choice():
    for choice, wanted in (
        ({"type": "any"}, "get_weather"),
        ({"type": "tool", "name": "magic_function"}, "magic_function"),
    ):
        answer = ask("Number 3 please", tools=[WEATHER, MAGIC], tool_choice=choice)
        assert [block.name for block in answer.content if block.type == "tool_use"] == [wanted]
    answer = ask("What is the weather?", tools=[WEATHER], tool_choice={"type": "none"})
    assert [block.type for block in answer.content] == ["text"]


def case_tools_streamed():
    text = "What is the weather in 'San Francisco de Borja', and what is magic_function(3)?"
    options = {"model": MODEL, "max_tokens": 500, "messages": say(text), "tools": [WEATHER, MAGIC]}
    with client.messages.stream(**options) as stream:
        final = stream.get_final_message()
    calls = [block for block in final.content if block.type == "tool_use"]
    assert [(call.name, call.input) for call in calls] == [
        ("get_weather", {"city": "San Francisco de Borja"}),
        ("magic_function", {"input": 3}),
    ]
    assert final.stop_reason == "tool_use"


def case_parse():
    answer = client.messages.parse(
        model=MODEL, max_tokens=500, messages=say("Extract: Ada Lovelace, 36"), output_format=Person
    )
    assert answer.parsed_output == Person(name="Ada Lovelace", age=36)


# ---------------------------------------------------------------------- models, errors


@asks_nobody
def case_models():
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL


@asks_nobody
def case_unknown_model():
    error = caught(anthropic.NotFoundError, lambda: ask("Hi", model="nobody"))
    assert error.body["error"]["type"] == "not_found_error"
    assert "`nobody`" in error.message
    assert MODEL in error.message
    assert error.body["request_id"] == error.request_id


def case_errors_by_status():
    kinds = {400: anthropic.BadRequestError, 429: anthropic.RateLimitError, 500: anthropic.InternalServerError}
    for status, kind in kinds.items():
        control("faults", {"status": status})
        caught(kind, lambda: ask("Hello"))


def case_cut_stream_is_an_error():
    control("faults", {"cut_after": 5})
    stream = ask("Count to 60", stream=True)
    with stream:
        error = caught(anthropic.APIStatusError, lambda: list(stream))
    assert error.body["type"] == "error"
    assert error.body["request_id"] == error.request_id


run_all(globals())
