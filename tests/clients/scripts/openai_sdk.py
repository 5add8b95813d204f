"""The `openai` package against the emulator. Run by tests/clients/test_openai_sdk.py."""

import asyncio
import enum
import json

import openai
from cases import URL, caught, control, run_all
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from pydantic import BaseModel, Field

MODEL = "gpt-4o-mini"
client = OpenAI(max_retries=0)  # address and key come from the environment

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
MAGIC = {
    "type": "function",
    "function": {
        "name": "magic_function",
        "parameters": {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]},
    },
}


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.chat.completions.create(model=MODEL, messages=say(text), **options)


def fault(text):
    return {"x-emulator-fault": text}


def consume(stream, into):
    for item in stream:
        into.append(item)


# ---------------------------------------------------------------------- whole answers


def case_chat():
    answer = ask("Say exactly: pong-42")
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason, choice.message.role) == ("pong-42", "stop", "assistant")
    assert answer.model == MODEL
    assert answer.id.startswith("chatcmpl-")
    assert answer.object == "chat.completion"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    assert answer._request_id.startswith("req_")


def case_echo_names_the_model():
    assert MODEL in ask("Hello there").choices[0].message.content
    assert "Hello there" in ask("Hello there").choices[0].message.content


def case_async_chat():
    async def main():
        async with AsyncOpenAI() as aclient:
            answers = await asyncio.gather(
                *(aclient.chat.completions.create(model=MODEL, messages=say(f"Say exactly: {n}")) for n in range(20))
            )
            return [answer.choices[0].message.content for answer in answers]

    assert asyncio.run(main()) == [str(n) for n in range(20)]


def case_azure_paths():
    azure = AzureOpenAI(azure_endpoint=URL, api_key="k", api_version="2024-10-21")
    answer = azure.chat.completions.create(model="my-deployment", messages=say("Say exactly: azure"))
    assert answer.choices[0].message.content == "azure"


def case_conversation_of_many_kinds_of_message():
    answer = client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "content": "One", "name": "ann"},
            {"role": "assistant", "content": "Two"},
            {"role": "assistant", "content": "Three"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Say exactly: picture"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
                ],
            },
        ],
        stop="never",
        user="u",
        metadata={"a": "b"},
        temperature=0.1,
    )
    assert answer.choices[0].message.content == "picture"
    assert answer.usage.prompt_tokens > 85


def case_stop_and_limit():
    stopped = ask("Count to 10", stop=["5"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("1 2 3 4 ", "stop")
    cut = ask("Count to 100", max_completion_tokens=3)
    assert (cut.choices[0].message.content, cut.choices[0].finish_reason) == ("1 2 3 4 5 6 ", "length")
    assert cut.usage.completion_tokens == 3


def case_alternatives_and_logprobs():
    answer = ask("Hello", n=3, logprobs=True, top_logprobs=2)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in answer.choices}) == 3
    for choice in answer.choices:
        tokens = choice.logprobs.content
        assert "".join(token.token for token in tokens) == choice.message.content
        assert all(token.logprob <= 0 and len(token.top_logprobs) == 2 for token in tokens)


def case_refusal():
    message = ask("please refuse").choices[0].message
    assert message.refusal
    assert not message.content


def case_embeddings():
    """The SDK asks for base64 by itself, and gives lists of numbers."""
    texts = ["The cat sat on the mat.", "A cat sat on a mat.", "Stock markets fell."]
    answer = client.embeddings.create(model="text-embedding-3-small", input=texts, dimensions=256)
    one, near, far = (item.embedding for item in answer.data)
    assert [len(one), [item.index for item in answer.data]] == [256, [0, 1, 2]]
    assert dot(one, one) > 0.999 > dot(one, near) > 0.5 > dot(one, far)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 16
    (line,) = control("bill")["lines"]
    assert (line["model"], line["usage"]["input_tokens"], line["cost"]) == ("text-embedding-3-small", 16, "0.00000032")


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def case_moderations():
    answer = client.moderations.create(input=["Have a great day!", "graphic violence"])
    fine, flagged = answer.results
    assert answer.id.startswith("modr-")
    assert answer.model == "omni-moderation-latest"
    assert not fine.flagged
    assert flagged.flagged
    assert flagged.categories.violence
    assert flagged.categories.violence_graphic
    assert not flagged.categories.hate
    assert flagged.category_scores.violence > flagged.category_scores.hate
    assert flagged.category_applied_input_types.violence == ["text"]
    assert control("bill")["lines"] == []


def case_moderations_of_pictures():
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    (result,) = client.moderations.create(model="omni-moderation-latest", input=[picture]).results
    assert not result.flagged
    assert result.category_applied_input_types.violence == ["image"]


def case_moderations_that_fail():
    error = caught(openai.BadRequestError, lambda: client.moderations.create(input=[]))
    assert "`input`" in error.message
    control("faults", {"status": 429, "path": "/moderations"})
    caught(openai.RateLimitError, lambda: client.moderations.create(input="a"))


def case_async_moderations():
    async def main():
        async with AsyncOpenAI() as aclient:
            return await aclient.moderations.create(input="hate", model="text-moderation-latest")

    (result,) = asyncio.run(main()).results
    assert result.categories.hate
    assert result.categories.illicit is None


def case_embeddings_in_every_form():
    def embed(given, **options):
        return client.embeddings.create(model="m", input=given, dimensions=8, **options).data

    (text,), (listed,), (numbers,) = embed("hello"), embed(["hello"]), embed("hello", encoding_format="float")
    assert text.embedding == listed.embedding == numbers.embedding
    assert len(embed([1, 2])) == 1
    assert len(embed([[1, 2], [3]])) == 2
    assert isinstance(embed("hello", encoding_format="base64")[0].embedding, str)


def case_embeddings_that_fail():
    error = caught(openai.BadRequestError, lambda: client.embeddings.create(model="m", input=[]))
    assert "'input'" in error.message
    control("faults", {"status": 429})
    caught(openai.RateLimitError, lambda: client.embeddings.create(model="m", input="a"))


def case_async_embeddings():
    async def main():
        async with AsyncOpenAI() as aclient:
            return await aclient.embeddings.create(model="text-embedding-3-large", input="hello")

    assert len(asyncio.run(main()).data[0].embedding) == 3072


def case_models():
    names = [model.id for model in client.models.list()]
    assert MODEL in names
    assert client.models.retrieve(MODEL).id == MODEL


# ---------------------------------------------------------------------- streams


def case_stream():
    chunks = list(ask("Count to 60", stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.split() == [str(n) for n in range(1, 61)]
    assert len(chunks) > 10
    assert {chunk.model for chunk in chunks} == {MODEL}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    with_usage = [chunk for chunk in chunks if chunk.usage]
    assert len(with_usage) == 1
    assert with_usage[0] is chunks[-1]
    assert not chunks[-1].choices


def case_stream_without_usage():
    chunks = list(ask("Hello", stream=True))
    assert all(chunk.usage is None and len(chunk.choices) == 1 for chunk in chunks)


def case_stream_helper():
    with client.chat.completions.stream(model=MODEL, messages=say("Count to 20")) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert kinds.count("content.delta") > 2
    assert kinds.count("content.done") == 1
    assert final.choices[0].message.content.split()[-1] == "20"


def case_stream_raw():
    raw = client.chat.completions.with_streaming_response.create(model=MODEL, messages=say("Hello"), stream=True)
    with raw as response:
        lines = [line for line in response.iter_lines() if line]
    assert response.headers["content-type"].startswith("text/event-stream")
    assert lines[-1] == "data: [DONE]"
    assert all(line.startswith("data: ") for line in lines)


def case_stream_left_early():
    stream = ask("Count to 5000", stream=True, extra_headers=fault("event-delay-seconds=0.005"))
    for _ in range(3):
        next(stream)
    stream.close()
    assert ask("Say exactly: on").choices[0].message.content == "on"


# ---------------------------------------------------------------------- tools


def case_tool_auto_and_result():
    messages = say("What is the weather in Paris?")
    first = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER, MAGIC])
    (call,) = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city":"Paris"}')
    assert call.id.startswith("call_")
    messages += [
        first.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "18 degrees and sunny"},
    ]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER, MAGIC])
    assert "18 degrees and sunny" in second.choices[0].message.content
    assert second.choices[0].finish_reason == "stop"


def case_tool_choices():
    for choice, wanted in (
        ("required", "get_weather"),
        ({"type": "function", "function": {"name": "magic_function"}}, "magic_function"),
    ):
        calls = ask("Number 3 please", tools=[WEATHER, MAGIC], tool_choice=choice).choices[0].message.tool_calls
        assert [call.function.name for call in calls] == [wanted]
    calls = ask("use magic_function(3)", tools=[WEATHER, MAGIC], tool_choice="required").choices[0].message.tool_calls
    assert [(call.function.name, call.function.arguments) for call in calls] == [("magic_function", '{"input":3}')]
    assert ask("What is the weather?", tools=[WEATHER], tool_choice="none").choices[0].message.tool_calls is None


def case_tools_in_parallel():
    text = "What is the weather in Paris, and what is magic_function(3)?"
    calls = ask(text, tools=[WEATHER, MAGIC]).choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["get_weather", "magic_function"]
    calls = ask(text, tools=[WEATHER, MAGIC], parallel_tool_calls=False).choices[0].message.tool_calls
    assert len(calls) == 1


def case_tools_streamed():
    text = "What is the weather in 'San Francisco de Borja', and what is magic_function(3)?"
    calls = {}
    finish = None
    for chunk in ask(text, tools=[WEATHER, MAGIC], stream=True):
        choice = chunk.choices[0]
        finish = choice.finish_reason or finish
        for delta in choice.delta.tool_calls or ():
            call = calls.setdefault(delta.index, {"arguments": "", "pieces": 0})
            call["id"] = delta.id or call.get("id")
            call["name"] = delta.function.name or call.get("name")
            call["arguments"] += delta.function.arguments or ""
            call["pieces"] += 1
    assert finish == "tool_calls"
    assert [call["name"] for call in calls.values()] == ["get_weather", "magic_function"]
    assert calls[0]["arguments"] == '{"city":"San Francisco de Borja"}'
    assert calls[0]["pieces"] > 3


def case_tool_cut_off():
    choice = ask("weather in Paris", tools=[WEATHER], max_tokens=5).choices[0]
    assert choice.finish_reason == "length"
    assert choice.message.tool_calls[0].function.arguments == '{"city":'


def case_custom_tool():
    tool = {"type": "custom", "custom": {"name": "run_code", "description": "Runs code"}}
    (call,) = ask("Run code 'print(1)'", tools=[tool]).choices[0].message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "run_code", "print(1)")


# ---------------------------------------------------------------------- structured output


class Mood(enum.Enum):
    HAPPY = "happy"
    SAD = "sad"


class Address(BaseModel):
    street: str
    city: str


class Person(BaseModel):
    name: str
    age: int = Field(ge=0, le=150)
    email: str | None
    mood: Mood
    addresses: list[Address]


def case_parse():
    text = "Extract: Ada Lovelace (ada@example.org), 36 years old, sad."
    answer = client.chat.completions.parse(model=MODEL, messages=say(text), response_format=Person)
    person = answer.choices[0].message.parsed
    assert (person.name, person.age, person.email, person.mood) == ("Ada Lovelace", 36, "ada@example.org", Mood.SAD)


def case_parse_streamed():
    options = {"model": MODEL, "messages": say("Extract: Ada Lovelace, 36"), "response_format": Person}
    with client.chat.completions.stream(**options) as stream:
        kinds = [event.type for event in stream]
        person = stream.get_final_completion().choices[0].message.parsed
    assert person.name == "Ada Lovelace"
    assert kinds.count("content.delta") > 3


def case_parse_tools():
    tool = openai.pydantic_function_tool(Person)
    answer = client.chat.completions.parse(model=MODEL, messages=say("A Person: Ada Lovelace, 36"), tools=[tool])
    (call,) = answer.choices[0].message.tool_calls
    assert isinstance(call.function.parsed_arguments, Person)
    assert call.function.parsed_arguments.age == 36


def case_json_object():
    text = "Tell a joke as JSON with the keys 'setup' and 'punchline'"
    answer = ask(text, response_format={"type": "json_object"})
    assert set(json.loads(answer.choices[0].message.content)) == {"setup", "punchline"}


def case_parse_cut_off():
    options = {"model": MODEL, "messages": say("Ada"), "response_format": Person, "max_tokens": 3}
    caught(openai.LengthFinishReasonError, lambda: client.chat.completions.parse(**options))


def case_parse_refused():
    answer = client.chat.completions.parse(model=MODEL, messages=say("please refuse"), response_format=Person)
    assert answer.choices[0].message.refusal
    assert answer.choices[0].message.parsed is None


# ---------------------------------------------------------------------- errors

CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


def case_statuses():
    for status, kind in CLASSES.items():
        asked = fault(f"status={status};message=So it goes")
        error = caught(kind, lambda asked=asked: ask("Hi", extra_headers=asked))
        assert error.status_code == status
        assert error.body["message"] == "So it goes"
        assert error.request_id.startswith("req_")


def case_bad_request():
    messages = [{"role": "nobody", "content": "?"}]
    error = caught(openai.BadRequestError, lambda: client.chat.completions.create(model=MODEL, messages=messages))
    assert "messages" in str(error)


def case_retry():
    control("faults", {"status": 429, "retry_after": 0.01, "times": 2})
    answer = OpenAI(max_retries=2).chat.completions.create(model=MODEL, messages=say("Say exactly: again"))
    assert answer.choices[0].message.content == "again"
    assert control("state")["requests"] == 3


def case_error_in_a_stream():
    stream, seen = ask("Count to 50", stream=True, extra_headers=fault("error-after=5;status=503;message=lost")), []
    error = caught(openai.APIError, lambda: consume(stream, seen))
    assert "lost" in str(error)
    assert len(seen) == 5


def case_cut_connection():
    caught(openai.APIConnectionError, lambda: ask("Hi", extra_headers=fault("cut-at-byte=40")))
    stream, seen = ask("Count to 500", stream=True, extra_headers=fault("cut-after=10")), []
    caught(openai.APIConnectionError, lambda: consume(stream, seen))
    assert len(seen) == 10


def case_stream_without_its_end_marker_is_taken_for_whole():
    """What the SDK does; `dragoman` raises `StreamInterrupted`."""
    whole = len(list(ask("Count to 500", stream=True)))
    assert len(list(ask("Count to 500", stream=True, extra_headers=fault("end-after=-1")))) == whole


def case_timeout():
    caught(openai.APITimeoutError, lambda: ask("Hi", timeout=0.3, extra_headers=fault("stall-at-byte=0")))


def case_broken_body():
    caught(json.JSONDecodeError, lambda: ask("Hi", extra_headers=fault("body={%22id%22:")))


if __name__ == "__main__":
    run_all(globals())
