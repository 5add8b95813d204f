"""What users see in their editor, read by pyright in `make check`: `LLM`, its streams and its chats.

Nothing here runs. `assert_type` says what must be inferred; a `pyright: ignore` says that its line must be an error,
for one that is not needed is an error itself (`reportUnnecessaryTypeIgnoreComment`).
"""

from decimal import Decimal
from pathlib import Path
from typing import Any, assert_type

from pydantic import BaseModel

import dragoman
from dragoman import (
    LLM,
    AsyncLLM,
    BatchResults,
    Chat,
    EmbeddingResponse,
    Event,
    Extracted,
    Image,
    LLMResponse,
    Message,
    ModelInfo,
    PartialStream,
    Role,
    ServerTool,
    ServerToolCall,
    Stream,
    Text,
    Timeouts,
    TokenCount,
    ToolCall,
    ToolResult,
    Usage,
)
from dragoman.client.value_streams import IterableStream
from dragoman.messages import FinishReason


class Contact(BaseModel):
    name: str


def get_weather(city: str) -> str:
    return city


# ---------------------------------------------------------------------- create_llm

llm = dragoman.create_llm("openai", model="gpt-4o-mini", temperature=0.7, max_tokens=1000, timeout=30)
assert_type(llm, LLM)
assert_type(dragoman.create_llm("openai/gpt-4o-mini", async_client=False), LLM)
assert_type(dragoman.create_llm("openai/gpt-4o-mini", async_client=True), AsyncLLM)
assert_type(dragoman.create_llm("openai", "gpt-4o-mini", api_key=lambda: "sk-fresh", timeout=Timeouts(total=5)), LLM)

dragoman.create_llm("openai/gpt-4o-mini", temprature=0.7)  # pyright: ignore[reportCallIssue]  # misspelt
dragoman.create_llm("openai/gpt-4o-mini", temperature="hot")  # pyright: ignore[reportArgumentType]  # no number
dragoman.create_llm("openai/gpt-4o-mini", on_loss="ignore")  # pyright: ignore[reportArgumentType]  # not a choice
dragoman.create_lm("openai/gpt-4o-mini")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # no such name

# ---------------------------------------------------------------------- generate

assert_type(llm.generate("Hi"), LLMResponse)
assert_type(llm.generate("Hi", tools=["web_search", ServerTool("file_search", {"ids": []}), get_weather]), LLMResponse)
assert_type(llm.generate("Hi", tools=["web_search"]).server_tool_calls, tuple[ServerToolCall, ...])
llm.generate("Hi", tools=["web_serch"])  # pyright: ignore[reportArgumentType]  # misspelt
ServerTool("web_serch")  # pyright: ignore[reportArgumentType]  # misspelt
assert_type(llm.generate("Hi", stream=False), LLMResponse)
assert_type(llm.generate("Hi", stream=True), Stream)
assert_type(llm.generate("Hi", response_model=Contact), Contact)
assert_type(llm.generate("Hi", response_model=list[str]), list[str])
assert_type(llm.generate("Hi", response_model=int, max_retries=1, temperature=0), int)
assert_type(llm.extract(Contact, "Hi"), Extracted[Contact])
assert_type(llm.extract(Contact, "Hi").value, Contact)
assert_type(llm.extract(Contact, "Hi").response, LLMResponse)

llm.generate(messages=[Message("user", "Hi"), Message(Role.USER, [Text("Hi")]), {"role": "user", "content": "Hi"}])
llm.generate(Message("tool", [ToolResult(id="call_1", content="18 degrees")]))
llm.generate([Text("What is it?"), Image(url="https://example.com/x.png")])
llm.generate("Hi", images=["x.png", Path("x.png"), b"", Image(url="https://example.com/x.png")], documents=["x.pdf"])
llm.generate("Hi", tools=[get_weather, {"name": "f", "parameters": {}}], tool_choice="get_weather")
llm.generate("Hi", stop="END", reasoning_effort="high", output_format="json", extra_body={"min_p": 0.1})

assert_type(llm.generate("Hi", stream=True, response_model=Contact), PartialStream[Contact])
assert_type(next(llm.generate("Hi", stream=True, response_model=Contact)), Contact)
assert_type(llm.generate("Hi", stream=True, response_model=Contact).drain(), Contact)
llm.generate("Hi", max_retries=3)  # pyright: ignore[reportCallIssue]  # means nothing without response_model
llm.generate("Hi", max_token=5)  # pyright: ignore[reportCallIssue]  # misspelt
llm.generate("Hi", output_format="yaml")  # pyright: ignore[reportArgumentType]  # not a format
llm.generate(7)  # pyright: ignore[reportArgumentType]  # not a prompt

# ---------------------------------------------------------------------- responses and streams

response = llm.generate("Hi")
assert_type(response.content, str)
assert_type(response.text, str)
repr(response.choices)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]  # OpenAI's name
assert_type(response.cost, Decimal | None)
assert_type(response.usage.input_tokens, int | None)
assert_type(response.usage["prompt_tokens"], int)
assert_type(response.tool_calls, tuple[ToolCall, ...])
assert_type(response.tool_calls[0].arguments, dict[str, Any])
assert_type(response.finish_reason, FinishReason | None)
assert_type(response.message, Message)
assert_type(LLMResponse("Hello", "gpt-4o-mini", {"prompt_tokens": 3}).usage, Usage)
assert_type(llm.run_tools(response, [get_weather]), Message)
response.content = "changed"  # pyright: ignore[reportAttributeAccessIssue]  # a response is not changed

with llm.generate("Hi", stream=True) as stream:
    assert_type(stream, Stream)
    for event in stream:
        assert_type(event, Event)
        assert_type(event.content, str)
    assert_type(stream.response, LLMResponse)
assert_type(llm.generate("Hi", stream=True).drain(), LLMResponse)
aiter(llm.generate("Hi", stream=True))  # pyright: ignore[reportArgumentType]  # a blocking one

# ---------------------------------------------------------------------- chats

chat = llm.chat(system="Be brief", tools=[get_weather])
assert_type(chat, Chat)
assert_type(chat.messages, list[Message])
assert_type(chat.generate("Hi"), LLMResponse)
assert_type(chat.generate("Hi", stream=True), Stream)
chat.generate("Hi", response_model=Contact)  # pyright: ignore[reportCallIssue]  # a chat answers in text

# ---------------------------------------------------------------------- besides answers

vectors = llm.embed(["a", "b"], dimensions=8, input_type="query", dtype="float")
assert_type(vectors, EmbeddingResponse)
assert_type(vectors.vectors, tuple[list[float], ...])
assert_type(vectors[0], list[float])
assert_type([*vectors], list[list[float]])
assert_type(llm.embed([[1, 2], [3]]), EmbeddingResponse)
assert_type(llm.count_tokens("Hi", system="Be brief"), TokenCount)
assert_type(llm.models(timeout=5), list[ModelInfo])
assert_type(dragoman.list_models("openai"), list[ModelInfo])
llm.embed("a", dtype="float16")  # pyright: ignore[reportArgumentType]  # no such type
llm.embed("a", temperature=1)  # pyright: ignore[reportCallIssue]  # an option of answers

# ---------------------------------------------------------------------- from_provider

client = dragoman.from_provider("openai/gpt-4o-mini", max_tokens=9)
assert_type(client, dragoman.Instructor)
assert_type(client.create(response_model=Contact, messages=[{"role": "user", "content": "Hi"}]), Contact)
assert_type(client.chat.completions.create(Contact, input="Hi", max_retries=1), Contact)
assert_type(client.messages.create(input="Hi"), LLMResponse)
assert_type(client.responses.create(input="Hi", stream=True), Stream)
assert_type(client.create_with_completion(response_model=list[str], input="Hi"), tuple[list[str], Any])
assert_type(client.create_partial(Contact, "Hi"), PartialStream[Contact])
assert_type(client.create_iterable("Hi", Contact), IterableStream[Contact])
assert_type(client.create_list(Contact, "Hi", context={"a": 1}), list[Contact])
assert_type(client.create(Contact, "Hi", stream=True), PartialStream[Contact])
assert_type(client.create(list[Contact], "Hi", stream=True), IterableStream[Contact])
assert_type(client.create(Contact, "Hi", strict=False, token_budget=900), Contact)

client.create(Contact, inptu="Hi")  # pyright: ignore[reportCallIssue]  # misspelt

assert_type(llm.batch(["Hi", {"prompt": "Ho"}]), BatchResults[LLMResponse])
assert_type(llm.batch(["Hi"], response_model=Contact, max_cost=1.5), BatchResults[Contact])
assert_type(llm.batch(["Hi"], response_model=Contact)[0].value, Contact | None)
assert_type(llm.batch(["Hi"]).cost, Decimal | None)
llm.batch(["Hi"], again=["done"])  # pyright: ignore[reportArgumentType]  # such a row has its answer
