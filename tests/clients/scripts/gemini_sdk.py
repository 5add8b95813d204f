"""The `google-genai` package against the emulator. Run by tests/clients/test_gemini_sdk.py, for three generations of it.

3.x asks for version v1 of the API, 1.x and 2.x for v1beta; the emulator serves both alike.
"""

import asyncio
import json
from typing import Literal

from cases import URL, caught, run_all
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

MODEL = "gemini-2.5-flash"


def connect():
    return genai.Client(api_key="k", http_options=types.HttpOptions(base_url=URL))


client = connect()

WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="The weather in a city",
    parameters={"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
)
NO_AUTOMATION = types.AutomaticFunctionCallingConfig(disable=True)
WITH_TOOLS = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[WEATHER])], automatic_function_calling=NO_AUTOMATION
)


class Person(BaseModel):
    name: str
    age: int
    mood: Literal["glad", "sad"] | None = None


def ask(text, **config):
    return client.models.generate_content(
        model=MODEL, contents=text, config=types.GenerateContentConfig(**config) if config else None
    )


def stream(text, **config):
    return list(
        client.models.generate_content_stream(
            model=MODEL, contents=text, config=types.GenerateContentConfig(**config) if config else None
        )
    )


def failing(fault):
    options = types.HttpOptions(base_url=URL, headers={"x-emulator-fault": fault})
    return genai.Client(api_key="k", http_options=options)


# ---------------------------------------------------------------------- whole answers


def case_text():
    answer = ask("Say exactly: pong-42")
    assert answer.text == "pong-42"
    candidate = answer.candidates[0]
    assert candidate.finish_reason is types.FinishReason.STOP
    assert candidate.content.role == "model"
    assert answer.model_version == MODEL
    assert answer.response_id
    usage = answer.usage_metadata
    assert usage.total_token_count == usage.prompt_token_count + usage.candidates_token_count > 0


def case_settings_arrive():
    answer = ask(
        "Count to 10",
        system_instruction="Be brief.",
        temperature=0.1,
        top_p=0.9,
        top_k=5,
        seed=3,
        stop_sequences=["5"],
        safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")],
    )
    assert answer.text == "1 2 3 4 "


def case_limit():
    answer = ask("Count to 100", max_output_tokens=3)
    assert answer.candidates[0].finish_reason is types.FinishReason.MAX_TOKENS
    assert answer.usage_metadata.candidates_token_count == 3


def case_candidates_and_logprobs():
    answer = ask("Hello", candidate_count=3, response_logprobs=True, logprobs=2)
    assert [candidate.index for candidate in answer.candidates] == [0, 1, 2]
    assert len({candidate.content.parts[0].text for candidate in answer.candidates}) == 3
    for candidate in answer.candidates:
        chosen = candidate.logprobs_result.chosen_candidates
        assert "".join(token.token for token in chosen) == candidate.content.parts[0].text
        assert all(len(top.candidates) == 2 for top in candidate.logprobs_result.top_candidates)


def case_media():
    answer = ask(
        [
            "Say exactly: seen",
            types.Part.from_bytes(data=b"\x89PNG\r\n", mime_type="image/png"),
            types.Part.from_uri(file_uri="gs://bucket/film.mp4", mime_type="video/mp4"),
        ]
    )
    assert answer.text == "seen"
    assert answer.usage_metadata.prompt_token_count > 85


def case_async():
    async def main():
        aio = connect().aio  # its connections belong to this loop
        answers = await asyncio.gather(
            *(aio.models.generate_content(model=MODEL, contents=f"Say exactly: {n}") for n in range(10))
        )
        return [answer.text for answer in answers]

    assert asyncio.run(main()) == [str(n) for n in range(10)]


# ---------------------------------------------------------------------- streams


def case_stream():
    chunks = stream("Count to 60")
    assert "".join(chunk.text or "" for chunk in chunks) == ask("Count to 60").text
    assert len(chunks) > 3
    assert [chunk.candidates[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].candidates[0].finish_reason is types.FinishReason.STOP
    assert chunks[-1].usage_metadata.total_token_count > 0
    assert len({chunk.response_id for chunk in chunks}) == 1


def case_async_stream():
    async def main():
        chunks = await connect().aio.models.generate_content_stream(model=MODEL, contents="Count to 30")
        return [chunk.text or "" async for chunk in chunks]

    pieces = asyncio.run(main())
    assert len(pieces) > 2
    assert "".join(pieces).split() == [str(n) for n in range(1, 31)]


def case_chat_goes_on():
    chat = client.chats.create(model=MODEL)
    assert chat.send_message("Say exactly: one").text == "one"
    pieces = [chunk.text or "" for chunk in chat.send_message_stream("Say exactly: two")]
    assert "".join(pieces) == "two"
    assert chat.send_message("Say exactly: three").text == "three"
    assert len([content for content in chat.get_history() if content.role == "user"]) == 3


# ---------------------------------------------------------------------- thinking


def thinking(answer):
    return [part for part in answer.candidates[0].content.parts if part.thought]


def case_thinking():
    answer = ask("Say exactly: hm", thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=512))
    (thought,) = thinking(answer)
    assert thought.text
    assert thought.thought_signature
    assert answer.text == "hm"
    assert answer.usage_metadata.thoughts_token_count > 0


def case_streamed_thinking():
    chunks = stream("Say exactly: hm", thinking_config=types.ThinkingConfig(include_thoughts=True))
    thoughts = [part for chunk in chunks for part in thinking(chunk)]
    assert "".join(part.text for part in thoughts)
    assert [part for part in thoughts if part.thought_signature]


# ---------------------------------------------------------------------- tools


def follow_up(question, answer):
    (call,) = answer.function_calls
    assert call.name == "get_weather"
    assert call.args == {"city": "Paris"}
    result = types.Part.from_function_response(name=call.name, response={"output": "18 degrees"})
    result.function_response.id = call.id
    history = [
        types.Content(role="user", parts=[types.Part(text=question)]),
        answer.candidates[0].content,
        types.Content(role="user", parts=[result]),
    ]
    final = client.models.generate_content(model=MODEL, contents=history, config=WITH_TOOLS)
    assert "18 degrees" in final.text


QUESTION = "What is the weather in Paris? Use get_weather with city Paris."


def case_tool_call():
    answer = client.models.generate_content(model=MODEL, contents=QUESTION, config=WITH_TOOLS)
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    follow_up(QUESTION, answer)


def case_streamed_tool_call():
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=QUESTION, config=WITH_TOOLS))
    follow_up(QUESTION, next(chunk for chunk in chunks if chunk.function_calls))


def case_automatic_function_calling():
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"18 degrees in {city}"

    answer = client.models.generate_content(
        model=MODEL, contents=QUESTION, config=types.GenerateContentConfig(tools=[get_weather])
    )
    assert "18 degrees in Paris" in answer.text


def case_tool_choice():
    forced = types.ToolConfig(
        function_calling_config=types.FunctionCallingConfig(mode="ANY", allowed_function_names=["get_weather"])
    )
    config = WITH_TOOLS.model_copy(update={"tool_config": forced})
    answer = client.models.generate_content(model=MODEL, contents="Hello, Paris", config=config)
    assert [call.name for call in answer.function_calls] == ["get_weather"]
    none = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode="NONE"))
    answer = client.models.generate_content(
        model=MODEL, contents=QUESTION, config=WITH_TOOLS.model_copy(update={"tool_config": none})
    )
    assert not answer.function_calls


# ---------------------------------------------------------------------- structured output


def case_response_schema():
    answer = ask("Ann is 31 years old", response_mime_type="application/json", response_schema=Person)
    assert isinstance(answer.parsed, Person)
    assert answer.parsed.age == 31


def case_response_json_schema():
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    answer = ask("Ann is 31 years old", response_mime_type="application/json", response_json_schema=schema)
    assert json.loads(answer.text) == {"age": 31}


def case_streamed_schema():
    chunks = stream("Ann is 31 years old", response_mime_type="application/json", response_schema=list[Person])
    assert json.loads("".join(chunk.text or "" for chunk in chunks))[0]["age"] == 31


# ---------------------------------------------------------------------- beside answers


def case_embeddings():
    answer = client.models.embed_content(model="gemini-embedding-001", contents=["one", "two"])
    assert [len(each.values) for each in answer.embeddings] == [3072, 3072]


def case_models():
    names = [model.name for model in client.models.list(config={"page_size": 100, "query_base": True})]
    assert names
    assert all(name.startswith("models/") for name in names)
    assert client.models.get(model=names[0].removeprefix("models/")).name == names[0]


def case_count_tokens():
    few = client.models.count_tokens(model=MODEL, contents="Hello").total_tokens
    many = client.models.count_tokens(model=MODEL, contents="Hello " * 50).total_tokens
    assert 0 < few < many


def case_errors():
    failed = caught(errors.ClientError, lambda: _ask(failing("status=429;retry_after=17")))
    assert (failed.code, failed.status) == (429, "RESOURCE_EXHAUSTED")
    failed = caught(errors.ServerError, lambda: _ask(failing("status=503")))
    assert (failed.code, failed.status) == (503, "UNAVAILABLE")
    assert failed.message


def case_rejected_request():
    failed = caught(errors.ClientError, lambda: ask([types.Content(role="robot", parts=[types.Part(text="Hi")])]))
    assert (failed.code, failed.status) == (400, "INVALID_ARGUMENT")
    assert "role" in failed.message


def _ask(one):
    return one.models.generate_content(model=MODEL, contents="Hello")


def case_signatures_survive_a_conversation():
    """What the SDK sends back of a thought is what it was given, as bytes."""
    chat = client.chats.create(
        model=MODEL, config=types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
    )
    first = chat.send_message("Say exactly: one")
    (thought,) = thinking(first)
    assert len(thought.thought_signature) == 32
    assert chat.send_message("Say exactly: two").text == "two"


if __name__ == "__main__":
    run_all(globals())
