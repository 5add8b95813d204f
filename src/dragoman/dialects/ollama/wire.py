"""The shapes of the wire, as Ollama documents them.

Reference: docs.ollama.com/api/chat and the types of the official SDK, ollama 0.6.3 (both read 2026-11-21). What a shape
does not name is unknown: in a request it is kept in `Extra` and written back in the same place, in an answer it is in
`LLMResponse.extra`. Old servers leave out much of an answer: only `message` is relied upon.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict

NAME: Final = "ollama"

# ---------------------------------------------------------------------- messages


class Function(TypedDict, total=False):
    """What is called. `index` numbers the calls of an answer."""

    index: int
    name: str
    arguments: dict[str, Any]


class ToolCall(TypedDict, total=False):
    """The model asks for a tool. Old servers give no `id`, and the SDK drops it."""

    id: str
    type: str  # "function"; some clients write it
    function: Function


class Message(TypedDict, total=False):
    """A turn. `images` are base64 without more; the server puts them before the text."""

    role: str  # system, user, assistant, tool
    content: str
    thinking: str
    images: list[str]
    tool_calls: list[ToolCall]
    tool_name: str  # of role tool: which tool answered
    tool_call_id: str  # of role tool, on new servers: which call is answered


# ---------------------------------------------------------------------- request


class ToolFunction(TypedDict, total=False):
    """A function the model may call."""

    name: str
    description: str
    parameters: dict[str, Any]


class Tool(TypedDict, total=False):
    """A tool; there is no other type."""

    type: str  # "function"
    function: ToolFunction


class Options(TypedDict, total=False):
    """The settings of the model that have a canonical name; `num_ctx`, `min_p`, `repeat_penalty` … pass as they are."""

    num_predict: int  # -1: no limit
    temperature: float
    top_p: float
    top_k: int
    seed: int
    stop: list[str]
    frequency_penalty: float
    presence_penalty: float


class ChatRequest(TypedDict, total=False):
    """`stream` is true unless it is said to be false. `format` is "json" or a JSON Schema."""

    model: str
    messages: list[Message]
    stream: bool
    tools: list[Tool]
    format: str | dict[str, Any]
    think: bool | str
    options: Options
    logprobs: bool
    top_logprobs: int
    keep_alive: str | float  # how long the model stays in memory: "5m", seconds, negative for ever, 0 unloads


# ---------------------------------------------------------------------- response


class Logprob(TypedDict, total=False):
    """A token of the answer."""

    token: str
    logprob: float
    bytes: list[int]
    top_logprobs: list[dict[str, Any]]


class ChatResponse(TypedDict, total=False):
    """A whole answer, or a line of a stream: then `message` holds what is new, and the last line has `done: true`.

    Durations are in nanoseconds; `load_duration` is how long it took to get the model into memory.
    """

    model: str
    created_at: str  # RFC 3339
    message: Message
    logprobs: list[Logprob]
    done: bool
    done_reason: str  # stop, length, load, unload
    total_duration: int
    load_duration: int
    prompt_eval_count: int  # absent when the whole prompt was cached
    prompt_eval_duration: int
    eval_count: int
    eval_duration: int


class ErrorBody(TypedDict):
    """The body of a failure, and the line that ends a stream that has failed."""

    error: str
