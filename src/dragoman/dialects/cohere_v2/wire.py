"""The shapes of the wire, as Cohere documents them.

Reference: docs.cohere.com/reference/chat and the types of the official SDK, cohere 7.3.1 (both read 2026-11-21). What a
shape does not name is unknown: in a request it is kept in `Extra` and written back in the same place, in an answer it
is in `LLMResponse.extra` or an `Opaque` part. An answer does not name the model.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict

NAME: Final = "cohere_v2"

# ---------------------------------------------------------------------- content


class ImageUrl(TypedDict, total=False):
    """Where a picture is."""

    url: str  # https: or data:
    detail: str  # auto, low, high


class Document(TypedDict, total=False):
    """What the model may cite: any fields, of which all are shown to it. `id` is what citations name it by."""

    id: str
    data: dict[str, Any]


class ContentPart(TypedDict, total=False):
    """`type` says which of the others is there: text (all roles), thinking (assistant), image_url (user), document
    (tool).
    """

    type: str
    text: str
    thinking: str
    image_url: ImageUrl
    document: Document


class Function(TypedDict, total=False):
    """What is called; `arguments` is JSON text."""

    name: str
    arguments: str


class ToolCall(TypedDict, total=False):
    """The model asks for a tool."""

    id: str
    type: str  # "function"
    function: Function


class Source(TypedDict, total=False):
    """What a citation cites: a document, or what a tool answered."""

    type: str  # document, tool
    id: str
    document: dict[str, Any]
    tool_output: dict[str, Any]


class Citation(TypedDict, total=False):
    """`start` and `end` count in the text, thinking or plan it is of; `text` is the passage between them."""

    start: int
    end: int
    text: str
    sources: list[Source]
    content_index: int
    type: str  # TEXT_CONTENT, THINKING_CONTENT, PLAN


class Message(TypedDict, total=False):
    """A turn. `tool_plan` is what the model says before it calls tools, in place of text."""

    role: str  # system, user, assistant, tool
    content: str | list[ContentPart]
    tool_plan: str
    tool_calls: list[ToolCall]
    citations: list[Citation]
    tool_call_id: str  # of role tool


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


class ResponseFormat(TypedDict, total=False):
    """With `json_object` the schema stands right here."""

    type: str  # text, json_object
    json_schema: dict[str, Any]


class Thinking(TypedDict, total=False):
    """Whether to think, and for how many tokens at most."""

    type: str  # enabled, disabled
    token_budget: int


class ChatRequest(TypedDict, total=False):
    """`safety_mode`, `citation_options` and `priority` are Cohere's alone and pass as they are."""

    model: str
    messages: list[Message]
    stream: bool
    tools: list[Tool]
    tool_choice: str  # REQUIRED, NONE; absent: as the model likes
    strict_tools: bool  # for all tools
    documents: list[str | Document]
    response_format: ResponseFormat
    thinking: Thinking
    max_tokens: int
    temperature: float
    p: float
    k: int
    seed: int
    stop_sequences: list[str]
    frequency_penalty: float
    presence_penalty: float
    logprobs: bool


# ---------------------------------------------------------------------- response


class Tokens(TypedDict, total=False):
    """Counts, which are floats at times."""

    input_tokens: float
    output_tokens: float
    reasoning_tokens: float


class Usage(TypedDict, total=False):
    """`tokens` is what the model read and wrote; `billed_units` leaves out what Cohere added to the prompt."""

    billed_units: Tokens
    tokens: Tokens
    cached_tokens: float


class Logprob(TypedDict, total=False):
    """A piece of text and the log probabilities of its tokens."""

    text: str
    token_ids: list[int]
    logprobs: list[float]


class ChatResponse(TypedDict, total=False):
    """A whole answer."""

    id: str
    message: Message
    finish_reason: str  # COMPLETE, STOP_SEQUENCE, MAX_TOKENS, TOOL_CALL, ERROR, TIMEOUT
    usage: Usage
    logprobs: list[Logprob]


class StreamEvent(TypedDict, total=False):
    """An event, by its `type`: message-start, content-start, content-delta, content-end, tool-plan-delta,
    tool-call-start, tool-call-delta, tool-call-end, citation-start, citation-end, message-end.

    What stands in lists in a whole answer is a single object in `delta.message`, and `index` numbers it.
    """

    id: str
    type: str
    index: int
    delta: dict[str, Any]
    logprobs: Logprob


class ErrorBody(TypedDict, total=False):
    """The body of a failure."""

    id: str
    message: str
    error_type: str
