"""The shapes of the wire, as OpenAI documents them and as its imitators extend them.

Reference: platform.openai.com/docs/api-reference/responses (read 2026-11-20). A request's `input` and an answer's
`output` are lists of the same things, items: messages, calls, results, reasoning, and what OpenAI's own tools did. What
a shape does not name is unknown: in a request it is kept in `Extra` and written back in the same place, an item of an
unknown type is an `Opaque`.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict

from dragoman.messages import JsonObject

NAME: Final = "openai_responses"

CACHE_TTLS: Final = frozenset({"30m", "12h"})
"""How long OpenAI keeps a prompt at a breakpoint; other words are Anthropic's."""

LOGPROBS: Final = "message.output_text.logprobs"
"""The entry of `include` that asks for log probabilities."""

# ---------------------------------------------------------------------- content parts


class InputText(TypedDict, total=False):
    """Text of a user, the system or a result."""

    type: str  # "input_text"; "text" is read too
    text: str
    prompt_cache_breakpoint: JsonObject


class InputImage(TypedDict, total=False):
    """A picture."""

    type: str  # "input_image"
    image_url: str | None  # https: or data:
    file_id: str | None
    detail: str  # auto, low, high, original
    prompt_cache_breakpoint: JsonObject


class InputFile(TypedDict, total=False):
    """A file to read, given in one of three ways."""

    type: str  # "input_file"
    file_id: str | None
    file_url: str | None
    file_data: str | None  # a data: URL
    filename: str | None
    prompt_cache_breakpoint: JsonObject


class InputAudio(TypedDict, total=False):
    """A sound to listen to."""

    type: str  # "input_audio"
    input_audio: JsonObject  # {"data": base64, "format": "wav" | "mp3"}
    prompt_cache_breakpoint: JsonObject


class OutputText(TypedDict, total=False):
    """Text of the model."""

    type: str  # "output_text"
    text: str
    annotations: list[JsonObject]
    logprobs: list[JsonObject]


class OutputRefusal(TypedDict, total=False):
    """The model's refusal."""

    type: str  # "refusal"
    refusal: str


# ---------------------------------------------------------------------- items


class MessageItem(TypedDict, total=False):
    """A message of anyone; of the model it has an id and a status."""

    type: str  # "message", which may be missing in a request
    role: str
    content: str | list[JsonObject]
    id: str
    status: str
    phase: str  # "commentary", "final_answer": wanted back


class ReasoningItem(TypedDict, total=False):
    """The model's thinking. All of it goes back, in its place."""

    type: str  # "reasoning"
    id: str
    status: str
    summary: list[JsonObject] | None  # {"type": "summary_text", "text"}
    content: list[JsonObject] | None  # {"type": "reasoning_text", "text"}: gpt-oss, DeepSeek, llama.cpp
    encrypted_content: str | None
    format: str  # OpenRouter: whose it is


class CallItem(TypedDict, total=False):
    """A call of a function, or of a tool that takes free text."""

    type: str  # "function_call", "custom_tool_call"
    id: str
    status: str
    call_id: str
    name: str
    arguments: str
    input: str


class ResultItem(TypedDict, total=False):
    """What a tool answered."""

    type: str  # "function_call_output", "custom_tool_call_output"
    id: str
    status: str
    call_id: str
    output: str | list[JsonObject]


class ImageItem(TypedDict, total=False):
    """A picture that the model has made."""

    type: str  # "image_generation_call"
    id: str
    status: str
    result: str  # base64
    output_format: str  # png, jpeg, webp


# ---------------------------------------------------------------------- the rest of a request


class ToolEntry(TypedDict, total=False):
    """An entry of `tools`: a function, or a tool that takes free text; others are OpenAI's own."""

    type: str  # "function", "custom"
    name: str
    description: str | None
    parameters: JsonObject | None
    strict: bool | None
    format: JsonObject  # {"type": "text"} or {"type": "grammar", "syntax", "definition"}


class TextFormat(TypedDict, total=False):
    """`text.format`."""

    type: str  # "text", "json_object", "json_schema"
    name: str
    schema: JsonObject
    description: str
    strict: bool


class ResponsesRequest(TypedDict, total=False):
    """The body of a request. Neither `model` nor `input` is needed beside a stored `prompt`."""

    model: str
    input: str | list[JsonObject]
    instructions: str
    tools: list[JsonObject]
    tool_choice: str | JsonObject
    parallel_tool_calls: bool
    text: JsonObject
    reasoning: JsonObject
    include: list[str]
    stream: bool
    max_output_tokens: int
    temperature: float
    top_p: float
    top_logprobs: int
    user: str
    service_tier: str
    metadata: JsonObject


# ---------------------------------------------------------------------- the answer


class ResponseBody(TypedDict, total=False):
    """A whole answer, and what the first and the last event of a stream carry."""

    id: str
    object: str  # "response"
    created_at: float  # seconds since 1970
    status: str
    model: str
    output: list[JsonObject]
    usage: JsonObject | None
    service_tier: str | None
    incomplete_details: JsonObject | None  # {"reason"}
    error: Any
    tool_usage: JsonObject  # how often OpenAI's own tools were used


class StreamedEvent(TypedDict, total=False):
    """An event of a stream; what it has depends on its type."""

    type: str
    sequence_number: int
    output_index: int
    item_id: str
    content_index: int
    summary_index: int
    response: ResponseBody
    item: JsonObject
    part: JsonObject
    delta: str
    text: str
    refusal: str
    arguments: str
    input: str
    annotation: JsonObject
    logprobs: list[JsonObject]
    error: Any


def fields_of(shape: Any) -> frozenset[str]:
    """The names that `shape` (a `TypedDict`) knows."""
    return frozenset(shape.__annotations__)
