"""The shapes on the wire of the Anthropic Messages dialect, as documentation and for the tests.

Reference: docs.claude.com/en/api/messages and the types of the official SDK, anthropic 2.11.0 (both read 2026-11-20).
The codec walks plain dicts and reads more leniently than these shapes say; what they do not name is kept and written
back. Where a shape says `NotRequired`, `null` is met too and means the same.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict


class CacheControl(TypedDict):
    """Marks the end of a prefix to be cached; at most four in a request."""

    type: Literal["ephemeral"]
    ttl: NotRequired[str]


# ---------------------------------------------------------------------- blocks: what a message is made of


class TextBlock(TypedDict):
    """Text, and in an answer the sources of it."""

    type: Literal["text"]
    text: str
    citations: NotRequired[list[dict[str, Any]] | None]
    cache_control: NotRequired[CacheControl | None]


class Source(TypedDict):
    """Where the bytes of an image or document come from.

    `base64` has `media_type` and `data`; `url` a `url`; `file` a `file_id`; and for documents only: `text` has
    `media_type` and `data` that is plain text, `content` has text or a list of text and image blocks.
    """

    type: str
    media_type: NotRequired[str]
    data: NotRequired[str]
    url: NotRequired[str]
    file_id: NotRequired[str]
    content: NotRequired[str | list[dict[str, Any]]]


class ImageBlock(TypedDict):
    """A picture: JPEG, PNG, GIF or WebP."""

    type: Literal["image"]
    source: Source
    cache_control: NotRequired[CacheControl | None]


class CitationsConfig(TypedDict):
    """Whether the model cites a document."""

    enabled: NotRequired[bool]


class DocumentBlock(TypedDict):
    """A PDF or text the model reads as a document."""

    type: Literal["document"]
    source: Source
    title: NotRequired[str | None]
    context: NotRequired[str | None]
    citations: NotRequired[CitationsConfig | None]
    cache_control: NotRequired[CacheControl | None]


class ToolUseBlock(TypedDict):
    """The model asks for a tool. `caller` says who called it: the model, or code it wrote."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: dict[str, Any]
    caller: NotRequired[dict[str, Any]]
    toolset_name: NotRequired[str | None]
    cache_control: NotRequired[CacheControl | None]


class ToolResultBlock(TypedDict):
    """The caller's answer to the `tool_use` of that id; all of a turn's results stand first in the next user turn."""

    type: Literal["tool_result"]
    tool_use_id: str
    content: NotRequired[str | list[dict[str, Any]]]
    is_error: NotRequired[bool]
    cache_control: NotRequired[CacheControl | None]


class ThinkingBlock(TypedDict):
    """Must come back unchanged and in place, also when `thinking` is empty (`display: omitted`)."""

    type: Literal["thinking"]
    thinking: str
    signature: NotRequired[str]


class RedactedThinkingBlock(TypedDict):
    """Thinking that is shown to nobody; goes back as it came."""

    type: Literal["redacted_thinking"]
    data: str


class Citation(TypedDict):
    """One of five kinds; `char_location`, `page_location` and `content_block_location` count in a document,
    `search_result_location` in the caller's `search_result` blocks, `web_search_result_location` names a page.
    """

    type: str
    cited_text: str
    document_index: NotRequired[int]
    document_title: NotRequired[str | None]
    search_result_index: NotRequired[int]
    start_char_index: NotRequired[int]
    end_char_index: NotRequired[int]
    start_page_number: NotRequired[int]
    end_page_number: NotRequired[int]
    start_block_index: NotRequired[int]
    end_block_index: NotRequired[int]
    source: NotRequired[str]
    url: NotRequired[str]
    title: NotRequired[str | None]
    encrypted_index: NotRequired[str]


BLOCKS: Final[dict[str, type]] = {
    "text": TextBlock,
    "image": ImageBlock,
    "document": DocumentBlock,
    "tool_use": ToolUseBlock,
    "tool_result": ToolResultBlock,
    "thinking": ThinkingBlock,
    "redacted_thinking": RedactedThinkingBlock,
}
"""The blocks that have a canonical part. Every other type is kept whole as an `Opaque`."""


# ---------------------------------------------------------------------- request


class Message(TypedDict):
    """`system` here is honoured by few models (Fable 5, Mythos 5, Opus 4.8 and 5); most want it at the top."""

    role: Literal["user", "assistant", "system"]
    content: str | list[dict[str, Any]]


class Tool(TypedDict):
    """A function of the caller. Server tools have a dated `type` such as `web_search_20250305` and other fields."""

    name: str
    input_schema: dict[str, Any]
    type: NotRequired[Literal["custom"] | None]
    description: NotRequired[str]
    strict: NotRequired[bool]
    cache_control: NotRequired[CacheControl | None]
    defer_loading: NotRequired[bool]
    eager_input_streaming: NotRequired[bool | None]
    input_examples: NotRequired[list[dict[str, Any]]]
    allowed_callers: NotRequired[list[str]]


class ToolChoice(TypedDict):
    """How the model chooses among the tools; `name` with `tool`, and no parallel switch with `none`."""

    type: Literal["auto", "any", "tool", "none"]
    name: NotRequired[str]
    disable_parallel_tool_use: NotRequired[bool]


class Thinking(TypedDict):
    """`enabled` has a budget (≥ 1024, older models); `adaptive`, `disabled` and `between_tools` have none."""

    type: Literal["enabled", "adaptive", "disabled", "between_tools"]
    budget_tokens: NotRequired[int]
    display: NotRequired[Literal["summarized", "omitted"] | None]


class Format(TypedDict):
    """The JSON Schema the answer must fit."""

    type: Literal["json_schema"]
    schema: dict[str, Any]


class OutputConfig(TypedDict):
    """What the answer should be like. `format` replaces the older top-level `output_format`."""

    effort: NotRequired[Literal["low", "medium", "high", "xhigh", "max"] | None]
    format: NotRequired[Format | None]


class Metadata(TypedDict):
    """The caller's own user, for abuse checks."""

    user_id: NotRequired[str | None]


class Request(TypedDict):
    """`temperature`, `top_p` and `top_k` exist in version 2023-06-01 only. Vertex and Bedrock name the model in the
    path and put `anthropic_version` here.
    """

    max_tokens: int
    messages: list[Message]
    model: NotRequired[str]
    system: NotRequired[str | list[dict[str, Any]]]
    tools: NotRequired[list[dict[str, Any]]]
    tool_choice: NotRequired[ToolChoice]
    thinking: NotRequired[Thinking]
    output_config: NotRequired[OutputConfig]
    output_format: NotRequired[Format | None]
    metadata: NotRequired[Metadata]
    stop_sequences: NotRequired[list[str]]
    stream: NotRequired[bool]
    temperature: NotRequired[float]
    top_p: NotRequired[float]
    top_k: NotRequired[int]
    service_tier: NotRequired[str]
    cache_control: NotRequired[CacheControl | None]


# ---------------------------------------------------------------------- response


class CacheCreation(TypedDict):
    """What was written to the cache, by how long it stays."""

    ephemeral_5m_input_tokens: int
    ephemeral_1h_input_tokens: int


class ServerToolUse(TypedDict):
    """How often server tools ran."""

    web_search_requests: NotRequired[int]
    web_fetch_requests: NotRequired[int]


class OutputTokensDetails(TypedDict):
    """What the output was spent on."""

    thinking_tokens: NotRequired[int]


class Usage(TypedDict):
    """`input_tokens` leaves out what was read from the cache or written to it: all input is the sum of the three.
    `output_tokens` includes thinking. No total is reported.
    """

    input_tokens: NotRequired[int]
    output_tokens: NotRequired[int]
    cache_read_input_tokens: NotRequired[int | None]
    cache_creation_input_tokens: NotRequired[int | None]
    cache_creation: NotRequired[CacheCreation | None]
    output_tokens_details: NotRequired[OutputTokensDetails | None]
    server_tool_use: NotRequired[ServerToolUse | None]


class StopDetails(TypedDict):
    """Why the model refused, with `stop_reason: refusal`."""

    type: Literal["refusal"]
    category: NotRequired[str | None]
    explanation: NotRequired[str | None]


class Response(TypedDict):
    """An answer. `stop_reason` is `null` in `message_start` only."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    content: list[dict[str, Any]]
    stop_reason: str | None
    stop_sequence: str | None
    stop_details: NotRequired[StopDetails | None]
    usage: Usage


# ---------------------------------------------------------------------- events of a stream, each named by its `type`


class MessageStart(TypedDict):
    """The response so far: no content, no stop reason, the input counted."""

    type: Literal["message_start"]
    message: Response


class ContentBlockStart(TypedDict):
    """A block begins, empty; blocks without deltas come whole here."""

    type: Literal["content_block_start"]
    index: int
    content_block: dict[str, Any]


class ContentBlockDelta(TypedDict):
    """`delta.type` is `text_delta`, `input_json_delta` (`partial_json`), `thinking_delta`, `signature_delta`,
    `citations_delta` (`citation`) or `compaction_delta`.
    """

    type: Literal["content_block_delta"]
    index: int
    delta: dict[str, Any]


class ContentBlockStop(TypedDict):
    """The block is complete."""

    type: Literal["content_block_stop"]
    index: int


class StopDelta(TypedDict):
    """Why the model stopped."""

    stop_reason: str | None
    stop_sequence: NotRequired[str | None]
    stop_details: NotRequired[StopDetails | None]


class MessageDelta(TypedDict):
    """`usage` is cumulative: each count replaces the one before."""

    type: Literal["message_delta"]
    delta: StopDelta
    usage: NotRequired[Usage]


class Bare(TypedDict):
    """An event that says nothing but its name."""

    type: Literal["message_stop", "ping"]


EVENTS: Final[dict[str, type]] = {
    "message_start": MessageStart,
    "content_block_start": ContentBlockStart,
    "content_block_delta": ContentBlockDelta,
    "content_block_stop": ContentBlockStop,
    "message_delta": MessageDelta,
    "message_stop": Bare,
    "ping": Bare,
}


# ---------------------------------------------------------------------- error


class ErrorDetails(TypedDict):
    """The machine-readable reason, where there is one."""

    error_code: NotRequired[str]


class ErrorObject(TypedDict):
    """What went wrong: a broad class, and words for people."""

    type: str
    message: str
    details: NotRequired[ErrorDetails | None]


class ErrorBody(TypedDict):
    """The body of a failure, and the event `error` inside a stream."""

    type: Literal["error"]
    error: ErrorObject
    request_id: NotRequired[str | None]
