"""The `cohere` package against the emulator. Run by tests/clients/test_cohere_sdk.py."""

import asyncio
import json

import cohere
from cases import caught, control, run_all

MODEL = "command-a-03-2025"
client = cohere.ClientV2()  # address and key come from the environment
once = {"request_options": {"max_retries": 0}}

MAGIC = {
    "type": "function",
    "function": {
        "name": "magic_function",
        "description": "Magic",
        "parameters": {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]},
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.chat(**{"model": MODEL, "messages": say(text), **once, **options})


def streamed(text, **options):
    return list(client.chat_stream(**{"model": MODEL, "messages": say(text), **once, **options}))


def text_of(events):
    return "".join(event.delta.message.content.text or "" for event in events if event.type == "content-delta")


def case_message():
    answer = ask("Say exactly: pong-42")
    assert [(part.type, part.text) for part in answer.message.content] == [("text", "pong-42")]
    assert (answer.finish_reason, answer.message.role) == ("COMPLETE", "assistant")
    assert answer.id
    assert answer.usage.tokens.input_tokens > 0
    assert answer.usage.tokens.output_tokens == 2


def case_stream():
    events = streamed("Count to 5")
    assert text_of(events) == "1 2 3 4 5"
    kinds = [event.type for event in events if event.type != "content-delta"]
    assert kinds == ["message-start", "content-start", "content-end", "message-end"]
    assert events[0].id
    assert events[-1].delta.finish_reason == "COMPLETE"
    assert events[-1].delta.usage.tokens.output_tokens > 0


def case_async():
    async def main():
        aclient = cohere.AsyncClientV2()
        whole = await aclient.chat(model=MODEL, messages=say("Say exactly: one"))
        events = [event async for event in aclient.chat_stream(model=MODEL, messages=say("Count to 3"))]
        return whole.message.content[0].text, text_of(events)

    assert asyncio.run(main()) == ("one", "1 2 3")


def case_settings():
    cut = ask("Count to 100", max_tokens=3, temperature=0.1, p=0.5, k=3, seed=1, safety_mode="OFF")
    assert (cut.message.content[0].text, cut.finish_reason) == ("1 2 3 4 5 6 ", "MAX_TOKENS")
    stopped = ask("Count to 10", stop_sequences=["5"])
    assert (stopped.message.content[0].text, stopped.finish_reason) == ("1 2 3 4 ", "STOP_SEQUENCE")


def case_media_and_documents():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [picture, {"type": "text", "text": "Say exactly: seen"}]},
    ]
    answer = client.chat(model=MODEL, messages=messages, documents=["A paper.", {"id": "d1", "data": {"text": "Two."}}])
    assert answer.message.content[0].text == "seen"
    assert answer.usage.tokens.input_tokens > 85


def case_tools():
    asked = say("What is magic_function(3)? Use the tool.")
    answer = client.chat(model=MODEL, messages=asked, tools=[MAGIC])
    calls = answer.message.tool_calls
    assert answer.finish_reason == "TOOL_CALL"
    assert [call.function.name for call in calls] == ["magic_function"]
    assert isinstance(json.loads(calls[0].function.arguments)["input"], int)
    result = [{"type": "document", "document": {"data": {"text": "5"}}}]
    messages = [*asked, answer.message, {"role": "tool", "tool_call_id": calls[0].id, "content": result}]
    after = client.chat(model=MODEL, messages=messages, tools=[MAGIC])
    assert after.finish_reason == "COMPLETE"
    assert "5" in after.message.content[0].text


def case_tools_streamed():
    events = list(
        client.chat_stream(model=MODEL, messages=say("What is magic_function(3)? Use the tool."), tools=[MAGIC])
    )
    start = next(event for event in events if event.type == "tool-call-start")
    assert start.delta.message.tool_calls.function.name == "magic_function"
    pieces = [event for event in events if event.type == "tool-call-delta"]
    text = "".join(event.delta.message.tool_calls.function.arguments for event in pieces)
    assert isinstance(json.loads(text)["input"], int)
    assert events[-1].delta.finish_reason == "TOOL_CALL"


def case_choice():
    forced = ask("Hello", tools=[MAGIC], tool_choice="REQUIRED")
    assert forced.finish_reason == "TOOL_CALL"
    free = ask("What is magic_function(3)? Use the tool.", tools=[MAGIC], tool_choice="NONE")
    assert not free.message.tool_calls


def case_thinking():
    options = {"thinking": {"type": "enabled", "token_budget": 500}}
    answer = ask("Say exactly: done", **options)
    assert [part.type for part in answer.message.content] == ["thinking", "text"]
    assert answer.message.content[0].thinking
    events = streamed("Say exactly: done", **options)
    deltas = [event.delta.message.content for event in events if event.type == "content-delta"]
    assert "".join(delta.thinking or "" for delta in deltas)
    assert text_of(events) == "done"


def case_structured():
    made = ask("A person", response_format={"type": "json_object", "json_schema": SCHEMA})
    assert json.loads(made.message.content[0].text).keys() == {"name", "age"}
    assert isinstance(
        json.loads(ask("Give JSON", response_format={"type": "json_object"}).message.content[0].text), dict
    )


def case_embeddings():
    asked = {"model": "embed-v4.0", "texts": ["one", "two"], "input_type": "search_document"}
    for kind, field in {"float": "float_", "int8": "int8", "base64": "base64"}.items():
        assert len(getattr(client.embed(**asked, embedding_types=[kind]).embeddings, field)) == 2
    error = caught(cohere.BadRequestError, lambda: client.embed(**asked, embedding_types=["float", "int8"]))
    assert error.status_code == 400


def case_models_and_counting():
    assert "claude-sonnet-4-5" in [model.name for model in client.models.list().models]
    counted = client.tokenize(model=MODEL, text="x" * 400)
    assert len(counted.tokens) == ask("x" * 400).usage.tokens.input_tokens


KINDS = {
    400: cohere.BadRequestError,
    401: cohere.UnauthorizedError,
    404: cohere.NotFoundError,
    429: cohere.TooManyRequestsError,
    500: cohere.InternalServerError,
    503: cohere.ServiceUnavailableError,
}


def case_errors():
    for status, kind in KINDS.items():
        control("faults", {"status": status})
        error = caught(kind, lambda: ask("Hi"))
        assert error.status_code == status
        assert "message" in str(error.body)
    control("faults", {"error_after": 2})
    last = streamed("Count to 9")[-1]
    assert (last.type, last.delta.finish_reason) == ("message-end", "ERROR")
    assert last.delta.error


run_all(globals())
