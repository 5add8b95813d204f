"""The `ollama` package against the emulator. Run by tests/clients/test_ollama_sdk.py."""

import asyncio
import json

import ollama
from cases import caught, control, run_all

MODEL = "llama3.1:8b"
client = ollama.Client()  # address and key come from the environment

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
    return client.chat(MODEL, say(text), **options)


def case_message():
    answer = ask("Say exactly: pong-42")
    assert (answer.message.role, answer.message.content) == ("assistant", "pong-42")
    assert (answer.done, answer.done_reason, answer.model) == (True, "stop", MODEL)
    assert answer.prompt_eval_count > 0
    assert answer.eval_count == 2
    assert answer.created_at.endswith("Z")


def case_stream():
    lines = list(ask("Count to 5", stream=True))
    assert "".join(line.message.content for line in lines) == "1 2 3 4 5"
    assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True]
    assert lines[-1].done_reason == "stop"
    assert lines[-1].eval_count > 0


def case_async():
    async def main():
        aclient = ollama.AsyncClient()
        whole = await aclient.chat(MODEL, say("Say exactly: one"))
        pieces = [line.message.content async for line in await aclient.chat(MODEL, say("Count to 3"), stream=True)]
        return whole.message.content, "".join(pieces)

    assert asyncio.run(main()) == ("one", "1 2 3")


def case_options():
    cut = ask("Count to 100", options={"num_predict": 3, "temperature": 0, "num_ctx": 4096}, keep_alive="5m")
    assert (cut.message.content, cut.done_reason, cut.eval_count) == ("1 2 3 4 5 6 ", "length", 3)
    stopped = ask("Count to 10", options={"stop": ["5"]})
    assert stopped.message.content == "1 2 3 4 "


def case_image_and_system():
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Say exactly: seen", "images": ["iVBORw0KGgo="]},
    ]
    answer = client.chat(MODEL, messages)
    assert answer.message.content == "seen"
    assert answer.prompt_eval_count > 80


def case_tools():
    for stream in (False, True):
        asked = say("What is magic_function(3)? Use the tool.")
        answers = client.chat(MODEL, asked, tools=[MAGIC], stream=stream)
        lines = list(answers) if stream else [answers]
        calls = [call for line in lines for call in line.message.tool_calls or ()]
        assert [call.function.name for call in calls] == ["magic_function"]
        assert isinstance(calls[0].function.arguments["input"], int)
        assert lines[-1].done_reason == "stop"
        messages = [
            *asked,
            {"role": "assistant", "content": "", "tool_calls": calls},
            {"role": "tool", "tool_name": "magic_function", "content": "5"},
        ]
        after = client.chat(MODEL, messages, tools=[MAGIC])
        assert "5" in after.message.content
        assert not after.message.tool_calls


def case_thinking():
    for stream in (False, True):
        answers = client.chat(MODEL, say("Say exactly: done"), think=True, stream=stream)
        lines = list(answers) if stream else [answers]
        assert "".join(line.message.thinking or "" for line in lines)
        assert "".join(line.message.content for line in lines) == "done"


def case_structured():
    assert isinstance(json.loads(ask("Give me JSON", format="json").message.content), dict)
    made = json.loads(ask("A person", format=SCHEMA).message.content)
    assert made.keys() == {"name", "age"}


def case_load_and_unload():
    assert client.chat(MODEL, []).done_reason == "load"
    assert client.chat(MODEL, [], keep_alive=0).done_reason == "unload"


def case_embeddings():
    answer = client.embed(model="nomic-embed-text", input=["one", "two"])
    assert [len(vector) for vector in answer.embeddings] == [768, 768]


def case_list():
    names = [model.model for model in client.list().models]
    assert names
    assert "claude-sonnet-4-5" in names


def case_what_the_emulator_lacks():
    calls = {
        "generate": lambda: client.generate(MODEL, "Hi"),
        "ps": client.ps,
        "show": lambda: client.show(MODEL),
        "pull": lambda: client.pull(MODEL),
    }
    for name, call in calls.items():
        error = caught(ollama.ResponseError, call)
        assert error.status_code == 404
        assert f"the emulator has no `/api/{name}`" in error.error


def case_errors():
    for status in (400, 401, 404, 429, 500, 503):
        control("faults", {"status": status})
        error = caught(ollama.ResponseError, lambda: ask("Hi"))
        assert error.status_code == status
        assert error.error
    control("faults", {"error_after": 2})
    error = caught(ollama.ResponseError, lambda: list(ask("Count to 9", stream=True)))
    assert error.error


run_all(globals())
