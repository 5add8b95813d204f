"""The `google-genai` package through the gateway: contents, streams, chats, functions, values, counting, embeddings."""

import asyncio

from google import genai
from google.genai import errors, types
from pydantic import BaseModel
from through import EMBEDDING_MODEL, MODEL, URL, asks_nobody, caught, control, run_all


def connect():
    return genai.Client(api_key="any", http_options=types.HttpOptions(base_url=URL))


client = connect()

WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="The weather in a city",
    parameters={"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
)
MAGIC = types.FunctionDeclaration(
    name="magic_function",
    parameters={"type": "OBJECT", "properties": {"input": {"type": "INTEGER"}}, "required": ["input"]},
)
TOOLS = {
    "tools": [types.Tool(function_declarations=[WEATHER, MAGIC])],
    "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
}


class Person(BaseModel):
    name: str
    age: int


def ask(contents, **config):
    return client.models.generate_content(model=MODEL, contents=contents, config=config or None)


def stream(contents, **config):
    return list(client.models.generate_content_stream(model=MODEL, contents=contents, config=config or None))


# ---------------------------------------------------------------------- contents


def case_text():
    answer = ask("Say exactly: pong-42")
    assert answer.text == "pong-42"
    candidate = answer.candidates[0]
    assert (candidate.finish_reason, candidate.content.role) == (types.FinishReason.STOP, "model")
    usage = answer.usage_metadata
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count > 0


def case_async():
    async def main():
        aio = connect().aio  # its connections belong to this loop
        asked = (aio.models.generate_content(model=MODEL, contents=f"Say exactly: {n}") for n in range(10))
        return [answer.text for answer in await asyncio.gather(*asked)]

    assert asyncio.run(main()) == [str(n) for n in range(10)]


def case_system_and_picture():
    picture = types.Part.from_bytes(data=b"\x89PNG\r\n", mime_type="image/png")
    assert ask(["Say exactly: seen", picture], system_instruction="Be brief.", temperature=0.1).text == "seen"


def case_stop_and_limit():
    assert ask("Count to 10", stop_sequences=["5"]).text.strip() == "1 2 3 4"
    cut = ask("Count to 100", max_output_tokens=3)
    assert cut.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS


def case_stream():
    chunks = stream("Count to 60")
    assert "".join(chunk.text or "" for chunk in chunks).split() == [str(n) for n in range(1, 61)]
    assert len(chunks) > 3
    assert chunks[-1].candidates[0].finish_reason is types.FinishReason.STOP
    assert chunks[-1].usage_metadata.candidates_token_count > 10


def case_async_stream():
    async def main():
        chunks = await connect().aio.models.generate_content_stream(model=MODEL, contents="Count to 9")
        return "".join([chunk.text or "" async for chunk in chunks])

    assert asyncio.run(main()).split() == list("123456789")


def case_chat_goes_on():
    chat = client.chats.create(model=MODEL)
    assert chat.send_message("Say exactly: one").text == "one"
    assert chat.send_message("Say exactly: two").text == "two"
    assert len(chat.get_history()) == 4


# ---------------------------------------------------------------------- functions and values


def case_function_call_and_result():
    first = ask("What is the weather in 'Paris'?", **TOOLS)
    (call,) = first.function_calls
    assert (call.name, call.args) == ("get_weather", {"city": "Paris"})
    result = types.FunctionResponse(id=call.id, name=call.name, response={"result": "18 degrees and sunny"})
    contents = [
        types.UserContent("What is the weather in 'Paris'?"),
        first.candidates[0].content,
        types.UserContent(types.Part(function_response=result)),
    ]
    assert "18 degrees and sunny" in ask(contents, **TOOLS).text


def case_streamed_function_calls():
    chunks = stream("What is the weather in 'Paris', and what is magic_function(3)?", **TOOLS)
    calls = [call for chunk in chunks for call in chunk.function_calls or ()]
    assert [(call.name, call.args) for call in calls] == [
        ("get_weather", {"city": "Paris"}),
        ("magic_function", {"input": 3}),
    ]


def case_automatic_function_calling():
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"18 degrees in {city}"

    answer = ask("What is the weather in 'Paris'?", tools=[get_weather])
    assert "18 degrees in Paris" in answer.text
    assert len(answer.automatic_function_calling_history) == 3


def case_tool_choice():
    def choose(mode, names=None):
        calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=names)
        config = types.ToolConfig(function_calling_config=calling)
        return [call.name for call in ask("Number 3 please", tool_config=config, **TOOLS).function_calls or ()]

    assert choose("ANY") == ["get_weather"]
    assert choose("ANY", ["magic_function"]) == ["magic_function"]
    assert choose("NONE") == []


def case_response_schema():
    answer = ask("Extract: Ada Lovelace, 36", response_mime_type="application/json", response_schema=Person)
    assert answer.parsed == Person(name="Ada Lovelace", age=36)


def case_streamed_schema():
    chunks = stream("Extract: Ada Lovelace, 36", response_mime_type="application/json", response_schema=Person)
    assert Person.model_validate_json("".join(chunk.text or "" for chunk in chunks)).age == 36


# ---------------------------------------------------------------------- counting, embeddings, models, errors


@asks_nobody  # an upstream that cannot count is not asked: the gateway estimates
def case_count_tokens():
    assert 50 < client.models.count_tokens(model=MODEL, contents="x" * 400).total_tokens < 500


if EMBEDDING_MODEL:

    def case_embeddings():
        answer = client.models.embed_content(model=EMBEDDING_MODEL, contents=["The cat sat.", "A cat sat."])
        one, near = (item.values for item in answer.embeddings)
        assert len(one) == len(near) > 100


@asks_nobody
def case_models():
    names = [model.name for model in client.models.list()]
    assert f"models/{MODEL}" in names
    assert client.models.get(model=MODEL).name == f"models/{MODEL}"


@asks_nobody
def case_unknown_model():
    error = caught(errors.ClientError, lambda: client.models.generate_content(model="nobody", contents="Hi"))
    assert (error.code, error.status) == (404, "NOT_FOUND")
    assert "`nobody`" in error.message


def case_errors_by_status():
    for status, kind in ((400, errors.ClientError), (429, errors.ClientError), (500, errors.ServerError)):
        control("faults", {"status": status})
        caught(kind, lambda: ask("Hello"))


def case_cut_stream_is_an_error():
    control("faults", {"cut_after": 5})
    assert caught(errors.ServerError, lambda: stream("Count to 60")).code >= 500


run_all(globals())
