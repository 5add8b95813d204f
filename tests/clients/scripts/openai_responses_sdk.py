"""The `openai` package's Responses API against the emulator. Run by tests/clients/test_openai_responses_sdk.py."""

import asyncio
import json

import openai
from cases import caught, control, run_all
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

MODEL = "gpt-4o-mini"
client = OpenAI(max_retries=0)  # address and key come from the environment

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
NOTE = {"type": "custom", "name": "note", "description": "Write a note"}


class Person(BaseModel):
    name: str
    age: int


def ask(said, **options):
    return client.responses.create(model=MODEL, input=said, **options)


def fault(text):
    return {"x-emulator-fault": text}


# ---------------------------------------------------------------------- whole answers


def case_text():
    answer = ask("Say exactly: pong-42")
    assert answer.output_text == "pong-42"
    assert (answer.status, answer.object, answer.model) == ("completed", "response", MODEL)
    assert answer.id.startswith("resp_")
    assert answer.output[0].id.startswith("msg_")
    assert answer.created_at > 0
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0
    assert answer.usage.input_tokens_details.cached_tokens == 0
    assert answer.usage.output_tokens_details.reasoning_tokens == 0
    assert answer._request_id.startswith("req_")


def case_what_was_asked_is_repeated():
    answer = ask("Hello", instructions="Be brief.", temperature=0.5, tools=[WEATHER], metadata={"a": "b"})
    assert (answer.instructions, answer.temperature, answer.metadata) == ("Be brief.", 0.5, {"a": "b"})
    assert answer.tools[0].name == "get_weather"
    assert answer.tool_choice == "auto"


def case_conversation_of_many_kinds_of_item():
    answer = ask(
        [
            {"role": "developer", "content": "Be brief."},
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind."}]},
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Say exactly: picture"},
                    {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"},
                ],
            },
        ],
        store=False,
        include=["reasoning.encrypted_content"],
    )
    assert answer.output_text == "picture"


def case_async():
    async def main():
        async with AsyncOpenAI() as aclient:
            asks = (aclient.responses.create(model=MODEL, input=f"Say exactly: {n}") for n in range(10))
            return [answer.output_text for answer in await asyncio.gather(*asks)]

    assert asyncio.run(main()) == [str(n) for n in range(10)]


def case_limit():
    answer = ask("Count to 100", max_output_tokens=16)
    assert answer.status == "incomplete"
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert answer.usage.output_tokens == 16


def case_refusal():
    content = ask("please refuse").output[0].content[0]
    assert content.type == "refusal"
    assert content.refusal


def case_logprobs():
    content = ask("Hello", include=["message.output_text.logprobs"], top_logprobs=2).output[0].content[0]
    assert "".join(token.token for token in content.logprobs) == content.text
    assert all(len(token.top_logprobs) == 2 for token in content.logprobs)


def case_parse():
    answer = client.responses.parse(model=MODEL, input="Ada is 36 years old.", text_format=Person)
    assert isinstance(answer.output_parsed, Person)
    assert answer.output_parsed == Person(name="Ada", age=36)
    assert answer.output[0].content[0].parsed == answer.output_parsed


def case_json_object():
    answer = ask('Give JSON with the key "city".', text={"format": {"type": "json_object"}})
    assert "city" in json.loads(answer.output_text)


def case_count_tokens():
    short = client.responses.input_tokens.count(model=MODEL, input="Hello")
    long = client.responses.input_tokens.count(model=MODEL, input="Hello " * 50)
    assert short.object == "response.input_tokens"
    assert 0 < short.input_tokens < long.input_tokens


def case_models():
    assert MODEL in [model.id for model in client.models.list()]


# ---------------------------------------------------------------------- tools and history


def call_in(answer):
    return next(item for item in answer.output if item.type == "function_call")


def case_tool_and_result():
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    answer = ask([question], tools=[WEATHER], tool_choice="required")
    call = call_in(answer)
    assert (call.name, call.status) == ("get_weather", "completed")
    assert call.id.startswith("fc_")
    assert call.call_id.startswith("call_")
    assert json.loads(call.arguments) == {"city": "Oslo"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "17 degrees"}
    again = ask([question, *answer.output, result], tools=[WEATHER])
    assert "17 degrees" in again.output_text


def case_named_tool_and_allowed_tools():
    other = {**WEATHER, "name": "other"}
    forced = ask("Oslo", tools=[WEATHER, other], tool_choice={"type": "function", "name": "other"})
    assert call_in(forced).name == "other"
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_weather"}]}
    assert call_in(ask("Oslo", tools=[WEATHER, other], tool_choice=allowed)).name == "get_weather"
    assert ask("Weather in Oslo?", tools=[WEATHER], tool_choice="none").output[0].type == "message"


def case_result_of_parts():
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    answer = ask([question], tools=[WEATHER], tool_choice="required")
    parts = [
        {"type": "input_text", "text": "see the picture"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
    ]
    result = {"type": "function_call_output", "call_id": call_in(answer).call_id, "output": parts}
    assert "see the picture" in ask([question, *answer.output, result], tools=[WEATHER]).output_text


def case_custom_tool():
    question = {"role": "user", "content": "Write a note."}
    answer = ask([question], tools=[NOTE], tool_choice="required")
    call = answer.output[0]
    assert (call.type, call.name) == ("custom_tool_call", "note")
    assert isinstance(call.input, str)
    result = {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "noted"}
    assert "noted" in ask([question, *answer.output, result], tools=[NOTE]).output_text


def case_reasoning_goes_back_encrypted():
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    options = {
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "tools": [WEATHER],
    }
    answer = ask([question], tool_choice="required", **options)
    assert [item.type for item in answer.output] == ["reasoning", "function_call"]
    thought = answer.output[0]
    assert thought.id.startswith("rs_")
    assert thought.summary[0].text
    assert thought.encrypted_content
    assert answer.usage.output_tokens_details.reasoning_tokens > 0
    result = {"type": "function_call_output", "call_id": call_in(answer).call_id, "output": "17 degrees"}
    assert "17 degrees" in ask([question, *answer.output, result], **options).output_text
    spoilt = thought.model_copy(update={"encrypted_content": thought.encrypted_content[:-8] + "AAAAAAAA"})
    error = caught(openai.BadRequestError, lambda: ask([question, spoilt, *answer.output[1:], result], **options))
    assert error.code == "invalid_encrypted_content"


def case_nothing_is_remembered():
    first = ask("Hello")
    error = caught(openai.BadRequestError, lambda: ask("And now?", previous_response_id=first.id))
    assert error.param == "previous_response_id"
    assert "stateless" in error.message
    assert "whole conversation" in error.message
    caught(openai.BadRequestError, lambda: ask("And now?", conversation="conv_1"))
    caught(openai.BadRequestError, lambda: ask([{"type": "item_reference", "id": first.output[0].id}]))


# ---------------------------------------------------------------------- streams


def case_raw_stream():
    events = list(ask("Say exactly: one two three", stream=True))
    kinds = [event.type for event in events]
    assert kinds[:4] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
    ]
    assert kinds[-4:] == [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert set(kinds[4:-4]) == {"response.output_text.delta"}
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "one two three"
    final = events[-1].response
    assert (final.output_text, final.status) == ("one two three", "completed")
    assert final.usage.output_tokens > 0


def case_stream_helper():
    with client.responses.stream(model=MODEL, input="Say exactly: one two three") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert snapshots[-1] == final.output_text == "one two three"


def case_stream_of_structured_output():
    with client.responses.stream(model=MODEL, input="Ada is 36 years old.", text_format=Person) as stream:
        final = stream.until_done().get_final_response()
    assert final.output_parsed == Person(name="Ada", age=36)


def case_stream_of_reasoning_and_call():
    question = {"role": "user", "content": "What is the weather in Oslo?"}
    with client.responses.stream(
        model=MODEL, input=[question], tools=[WEATHER], tool_choice="required", reasoning={"effort": "low"}
    ) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = {event.type for event in events}
    assert "response.reasoning_summary_text.delta" in kinds
    assert "response.function_call_arguments.delta" in kinds
    done = {event.output_index: event.item for event in events if event.type == "response.output_item.done"}
    assert [done[place].type for place in sorted(done)] == ["reasoning", "function_call"]
    assert [item.id for item in final.output] == [done[place].id for place in sorted(done)]
    summary = "".join(event.delta for event in events if event.type == "response.reasoning_summary_text.delta")
    assert summary == done[0].summary[0].text
    assert json.loads(done[1].arguments) == {"city": "Oslo"}
    result = {"type": "function_call_output", "call_id": done[1].call_id, "output": "17 degrees"}
    assert "17 degrees" in ask([question, done[0], done[1], result], tools=[WEATHER]).output_text


def case_stream_of_refusal_and_limit():
    refused = list(ask("please refuse", stream=True))
    deltas = [event.delta for event in refused if event.type == "response.refusal.delta"]
    assert "".join(deltas) == refused[-1].response.output[0].content[0].refusal
    cut = list(ask("Count to 100", stream=True, max_output_tokens=16))
    assert cut[-1].type == "response.incomplete"
    assert cut[-1].response.incomplete_details.reason == "max_output_tokens"


def case_async_stream():
    async def main():
        async with AsyncOpenAI() as aclient, aclient.responses.stream(model=MODEL, input="Say exactly: hi") as stream:
            return (await stream.get_final_response()).output_text

    assert asyncio.run(main()) == "hi"


# ---------------------------------------------------------------------- errors


def case_errors_by_status():
    table = {
        401: openai.AuthenticationError,
        404: openai.NotFoundError,
        429: openai.RateLimitError,
        500: openai.InternalServerError,
    }
    for status, kind in table.items():
        error = caught(kind, lambda status=status: ask("Hi", extra_headers=fault(f"status={status}")))
        assert error.status_code == status


def case_bad_requests():
    for options in (
        {"tools": [{"type": "function"}]},
        {"input": [{"role": "nobody", "content": "x"}]},
        {"input": [{"type": "function_call_output", "call_id": "call_x", "output": "y"}]},
        {"temperature": "warm"},
        {"reasoning": "much"},
    ):
        given = {"input": "Hi", "model": MODEL, **options}
        error = caught(openai.BadRequestError, lambda given=given: client.responses.create(**given))
        assert error.message


def case_error_in_a_stream():
    stream = ask("Count to 50", stream=True, extra_headers=fault("error_after=6"))
    seen = []

    def consume():
        seen.extend(event.type for event in stream)

    error = caught(openai.APIError, consume)
    assert error.message
    assert "response.output_text.delta" in seen


def case_usage_is_billed():
    ask("Hello")
    assert control("requests")


if __name__ == "__main__":
    run_all(globals())
