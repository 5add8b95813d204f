"""The `anthropic` package against the emulator. Run by tests/clients/test_anthropic_sdk.py."""

import asyncio
import time

import anthropic
from anthropic import Anthropic, AsyncAnthropic
from cases import caught, control, run_all
from pydantic import BaseModel

MODEL = "claude-sonnet-4-5"
client = Anthropic(max_retries=0)  # address and key come from the environment

WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
MAGIC = {
    "name": "magic_function",
    "input_schema": {"type": "object", "properties": {"input": {"type": "integer"}}, "required": ["input"]},
}


def say(text):
    return [{"role": "user", "content": text}]


def ask(text, **options):
    return client.messages.create(**{"model": MODEL, "max_tokens": 5000, "messages": say(text), **options})


def fault(text):
    return {"x-emulator-fault": text}


def consume(stream, into):
    for item in stream:
        into.append(item)


# ---------------------------------------------------------------------- whole answers


def case_message():
    answer = ask("Say exactly: pong-42")
    assert [(block.type, block.text) for block in answer.content] == [("text", "pong-42")]
    assert (answer.stop_reason, answer.stop_sequence, answer.role, answer.type) == (
        "end_turn",
        None,
        "assistant",
        "message",
    )
    assert answer.model == MODEL
    assert answer.id.startswith("msg_")
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens == 2
    assert answer._request_id.startswith("req_")


def case_async_messages():
    async def main():
        async with AsyncAnthropic() as aclient:
            asked = (
                aclient.messages.create(model=MODEL, max_tokens=99, messages=say(f"Say exactly: {n}"))
                for n in range(20)
            )
            return [answer.content[0].text for answer in await asyncio.gather(*asked)]

    assert asyncio.run(main()) == [str(n) for n in range(20)]


def case_system_and_media():
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    paper = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "A paper."}}
    content = [picture, paper, {"type": "text", "text": "Say exactly: seen"}]
    answer = client.messages.create(
        model=MODEL,
        max_tokens=99,
        system=[{"type": "text", "text": "Be kind."}],
        messages=[
            *say("One"),
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": content},
        ],
        metadata={"user_id": "u"},
    )
    assert answer.content[0].text == "seen"
    assert answer.usage.input_tokens > 85


def case_stop_and_limit():
    stopped = ask("Count to 10", stop_sequences=["5"])
    assert (stopped.content[0].text, stopped.stop_reason, stopped.stop_sequence) == ("1 2 3 4 ", "stop_sequence", "5")
    cut = ask("Count to 100", max_tokens=3)
    assert (cut.content[0].text, cut.stop_reason, cut.usage.output_tokens) == ("1 2 3 4 5 6 ", "max_tokens", 3)


def case_refusal():
    assert ask("please refuse").stop_reason == "refusal"


def case_models():
    names = [model.id for model in client.models.list()]
    assert MODEL in names
    assert client.models.retrieve(MODEL).id == MODEL


def case_count_tokens():
    counted = client.messages.count_tokens(model=MODEL, messages=say("x" * 400))
    assert counted.input_tokens == 103
    assert ask("x" * 400).usage.input_tokens == 103


def case_cache():
    system = [{"type": "text", "text": "Long rules. " * 100, "cache_control": {"type": "ephemeral"}}]
    first, second = (ask(text, system=system).usage for text in ("One", "Two"))
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (303, 0)
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, 303)
    assert first.input_tokens == second.input_tokens == 4


# ---------------------------------------------------------------------- streams


def case_stream_events():
    events = list(ask("Count to 60", stream=True))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert len(kinds) > 12
    assert "".join(event.delta.text for event in events[2:-3]).split() == [str(n) for n in range(1, 61)]
    assert events[0].message.usage.input_tokens > 0
    assert events[0].message.model == MODEL
    assert events[-2].delta.stop_reason == "end_turn"
    assert events[-2].usage.output_tokens > 10


def case_stream_helper():
    with client.messages.stream(model=MODEL, max_tokens=999, messages=say("Count to 60")) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len(pieces) > 5
    assert final.content[0].text == "".join(pieces) == " ".join(str(n) for n in range(1, 61))
    assert final.usage.input_tokens > 0
    assert final.stop_reason == "end_turn"


def case_async_stream_helper():
    async def main():
        async with (
            AsyncAnthropic() as aclient,
            aclient.messages.stream(model=MODEL, max_tokens=99, messages=say("Say exactly: hello")) as stream,
        ):
            return "".join([text async for text in stream.text_stream])

    assert asyncio.run(main()) == "hello"


def case_stream_left_early():
    stream = ask("Count to 5000", stream=True, extra_headers=fault("event-delay-seconds=0.005"))
    for _ in range(3):
        next(stream)
    stream.close()
    assert ask("Say exactly: on").content[0].text == "on"


# ---------------------------------------------------------------------- tools


def case_tool_auto_and_result():
    messages = say("What is the weather in Paris?")
    first = ask("", messages=messages, tools=[WEATHER, MAGIC])
    (call,) = first.content
    assert first.stop_reason == "tool_use"
    assert (call.type, call.name, call.input) == ("tool_use", "get_weather", {"city": "Paris"})
    assert call.id.startswith("toolu_")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "18 degrees"}]}
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = ask("", messages=messages, tools=[WEATHER, MAGIC])
    assert "18 degrees" in second.content[0].text
    assert second.stop_reason == "end_turn"


def case_tool_choices():
    for choice, wanted in (
        ({"type": "any"}, "get_weather"),
        ({"type": "tool", "name": "magic_function"}, "magic_function"),
    ):
        answer = ask("Number 3 please", tools=[WEATHER, MAGIC], tool_choice=choice)
        assert [block.name for block in answer.content] == [wanted]
    assert ask("weather?", tools=[WEATHER], tool_choice={"type": "none"}).content[0].type == "text"


def case_tools_in_parallel():
    text = "What is the weather in Paris, and what is magic_function(3)?"
    calls = ask(text, tools=[WEATHER, MAGIC]).content
    assert [(call.name, call.input) for call in calls] == [
        ("get_weather", {"city": "Paris"}),
        ("magic_function", {"input": 3}),
    ]
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    assert len(ask(text, tools=[WEATHER, MAGIC], tool_choice=choice).content) == 1


def case_tools_streamed():
    text = "What is the weather in 'San Francisco de Borja', and what is magic_function(3)?"
    options = {"model": MODEL, "max_tokens": 999, "messages": say(text), "tools": [WEATHER, MAGIC]}
    with client.messages.stream(**options) as stream:
        kinds = [event.type for event in stream]
        calls = stream.get_final_message().content
    assert [call.input for call in calls] == [{"city": "San Francisco de Borja"}, {"input": 3}]
    assert kinds.count("input_json") > 4
    assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 2


def case_tool_cut_off():
    answer = ask("weather in Paris", tools=[WEATHER], max_tokens=5)
    assert answer.stop_reason == "max_tokens"


# ---------------------------------------------------------------------- thinking

THINK = {"type": "enabled", "budget_tokens": 1024}


def case_thinking():
    thought, text = ask("Hello", thinking=THINK).content
    assert (thought.type, text.type) == ("thinking", "text")
    assert thought.thinking
    assert thought.signature


def case_thinking_streamed():
    with client.messages.stream(model=MODEL, max_tokens=5000, messages=say("Hello"), thinking=THINK) as stream:
        kinds = [event.type for event in stream]
        thought, text = stream.get_final_message().content
    assert kinds.count("thinking") > 2
    assert kinds.count("signature") == 1
    assert thought.signature
    assert text.text


def case_thinking_comes_back():
    first = ask("What is the weather in Paris?", thinking=THINK, tools=[WEATHER])
    thought, call = first.content
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 degrees"}
    turns = [{"role": "user", "content": [result]}]
    begin = say("What is the weather in Paris?")
    answer = ask("", messages=[*begin, {"role": "assistant", "content": first.content}, *turns], thinking=THINK)
    assert answer.content[-1].type == "text"
    forged = [{**thought.model_dump(), "thinking": "something else"}, call]
    messages = [*begin, {"role": "assistant", "content": forged}, *turns]
    error = caught(anthropic.BadRequestError, lambda: ask("", messages=messages, thinking=THINK))
    assert "signature" in str(error)


# ---------------------------------------------------------------------- structured output


class Person(BaseModel):
    name: str
    age: int
    email: str | None


def case_parse():
    text = "Extract: Ada Lovelace (ada@example.org), 36 years old."
    answer = client.messages.parse(model=MODEL, max_tokens=999, messages=say(text), output_format=Person)
    assert answer.parsed_output == Person(name="Ada Lovelace", age=36, email="ada@example.org")


# ---------------------------------------------------------------------- errors

CLASSES = {
    400: anthropic.BadRequestError,
    401: anthropic.AuthenticationError,
    403: anthropic.PermissionDeniedError,
    404: anthropic.NotFoundError,
    409: anthropic.ConflictError,
    422: anthropic.UnprocessableEntityError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
    529: anthropic._exceptions.OverloadedError,
}


def case_statuses():
    for status, kind in CLASSES.items():
        asked = fault(f"status={status};message=So it goes")
        error = caught(kind, lambda asked=asked: ask("Hi", extra_headers=asked))
        assert error.status_code == status
        assert error.body["type"] == "error"
        assert error.body["error"]["message"] == "So it goes"
        assert error.request_id.startswith("req_")


def case_overload_has_its_type():
    kind = CLASSES[529]
    assert caught(kind, lambda: ask("Hi", extra_headers=fault("status=529"))).type == "overloaded_error"


def case_bad_request():
    caught(anthropic.BadRequestError, lambda: ask("", messages=[{"role": "nobody", "content": "?"}]))


def case_retries_and_obeys_retry_after():
    for status in (429, 529):
        control("reset", {})
        control("faults", {"status": status, "retry_after": 0.8, "times": 2})
        start = time.monotonic()
        answer = Anthropic(max_retries=2).messages.create(
            model=MODEL, max_tokens=99, messages=say("Say exactly: again")
        )
        assert answer.content[0].text == "again"
        assert time.monotonic() - start >= 1.6  # its own pauses would take 1.5 at most
        assert control("state")["requests"] == 3


def case_error_in_a_stream():
    stream, seen = ask("Count to 50", stream=True, extra_headers=fault("error-after=5;status=529;message=lost")), []
    error = caught(anthropic.APIStatusError, lambda: consume(stream, seen))
    assert "lost" in str(error)
    assert len(seen) == 5


def case_cut_connection():
    caught(anthropic.APIConnectionError, lambda: ask("Hi", extra_headers=fault("cut-at-byte=40")))


def case_timeout():
    caught(anthropic.APITimeoutError, lambda: ask("Hi", timeout=0.3, extra_headers=fault("stall-at-byte=0")))


if __name__ == "__main__":
    run_all(globals())
