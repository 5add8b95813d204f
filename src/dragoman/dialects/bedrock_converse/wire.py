"""The shapes on the wire of the Bedrock Converse dialect, as documentation and for the tests.

Reference: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and the service model of
botocore 1.44.5 (both read 2026-11-21). The codec walks plain dicts and reads more leniently than these shapes say; what
they do not name is kept and written back. Bytes are base64 in JSON; the SDK's callers give them raw.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypedDict

# ---------------------------------------------------------------------- blocks: each has one member, named for its kind


class CachePoint(TypedDict):
    """The end of a prefix to be cached: all before it; at most four in a request."""

    type: Literal["default"]
    ttl: NotRequired[Literal["5m", "1h"]]


class S3Location(TypedDict):
    """A file in S3; `bucketOwner` is the account whose it is, when not the caller's."""

    uri: str
    bucketOwner: NotRequired[str]


class Source(TypedDict):
    """One of these. `text` and `content` (a list of `{"text": …}`) are for documents only."""

    bytes: NotRequired[str]
    s3Location: NotRequired[S3Location]
    text: NotRequired[str]
    content: NotRequired[list[dict[str, Any]]]


class Media(TypedDict):
    """A picture (png, jpeg, gif, webp), a film (mp4, mkv, mov, …, three_gp) or a sound (mp3, wav, …)."""

    format: str
    source: Source


class CitationsConfig(TypedDict):
    """Whether the model cites a document."""

    enabled: bool


class Document(TypedDict):
    """A file or text the model reads as a document. `name` may have letters, digits, single spaces and `-()[]`."""

    name: NotRequired[str]
    format: NotRequired[str]
    source: Source
    context: NotRequired[str]
    citations: NotRequired[CitationsConfig]


class ToolUse(TypedDict):
    """The model asks for a tool. `type: server_tool_use`: one that runs at Amazon."""

    toolUseId: str
    name: str
    input: NotRequired[Any]
    type: NotRequired[str]


class ToolResult(TypedDict):
    """The answer to the `toolUse` of that id, first in the next user turn. `type` is on those of Amazon's own tools.

    `content` has `text`, `json`, `image`, `document`, `video` and `searchResult` blocks.
    """

    toolUseId: str
    content: list[dict[str, Any]]
    status: NotRequired[Literal["success", "error"]]
    type: NotRequired[str]


class Reasoning(TypedDict):
    """Thinking, which goes back as it came.

    `reasoningText` has `text` and, where the model signs, `signature`; `redactedContent` is shown to nobody.
    """

    reasoningText: NotRequired[dict[str, Any]]
    redactedContent: NotRequired[str]


class CitationsContent(TypedDict):
    """Text with its sources. Nova adds sources after the text, in blocks without any."""

    content: NotRequired[list[dict[str, Any]]]
    citations: NotRequired[list[dict[str, Any]]]


BLOCKS: Final[dict[str, type]] = {
    "image": Media,
    "video": Media,
    "audio": Media,
    "document": Document,
    "toolUse": ToolUse,
    "toolResult": ToolResult,
    "reasoningContent": Reasoning,
    "citationsContent": CitationsContent,
    "cachePoint": CachePoint,
}
"""The members of blocks that are read, beside `text`. Every other block is kept whole as an `Opaque`."""


# ---------------------------------------------------------------------- request


class Message(TypedDict):
    """A turn. They alternate, and the first is a user's."""

    role: Literal["user", "assistant", "system"]
    content: list[dict[str, Any]]


class InferenceConfig(TypedDict):
    """What every model has."""

    maxTokens: NotRequired[int]
    temperature: NotRequired[float]
    topP: NotRequired[float]
    stopSequences: NotRequired[list[str]]


class ToolConfig(TypedDict):
    """`tools` has `toolSpec`, `systemTool` and `cachePoint` blocks; `toolChoice` is `{"auto": {}}`, `{"any": {}}` or
    `{"tool": {"name": …}}`.
    """

    tools: list[dict[str, Any]]
    toolChoice: NotRequired[dict[str, Any]]


class OutputConfig(TypedDict):
    """`textFormat` is `{"type": "json_schema", "structure": {"jsonSchema": {"schema": "a string of JSON", …}}}`."""

    textFormat: NotRequired[dict[str, Any]]
    effort: NotRequired[str]


class Request(TypedDict):
    """The body; the model is in the path."""

    messages: list[Message]
    system: NotRequired[list[dict[str, Any]]]
    inferenceConfig: NotRequired[InferenceConfig]
    toolConfig: NotRequired[ToolConfig]
    outputConfig: NotRequired[OutputConfig]
    additionalModelRequestFields: NotRequired[dict[str, Any]]
    additionalModelResponseFieldPaths: NotRequired[list[str]]
    guardrailConfig: NotRequired[dict[str, Any]]
    performanceConfig: NotRequired[dict[str, Any]]
    promptVariables: NotRequired[dict[str, Any]]
    requestMetadata: NotRequired[dict[str, str]]
    serviceTier: NotRequired[dict[str, str]]


# ---------------------------------------------------------------------- response


class Usage(TypedDict):
    """`inputTokens` leaves out the cache; `totalTokens` has it in. The `…Count` twins are older names."""

    inputTokens: int
    outputTokens: int
    totalTokens: int
    cacheReadInputTokens: NotRequired[int]
    cacheWriteInputTokens: NotRequired[int]
    cacheReadInputTokenCount: NotRequired[int]
    cacheWriteInputTokenCount: NotRequired[int]
    cacheDetails: NotRequired[list[dict[str, Any]]]
    serverToolUsage: NotRequired[dict[str, Any]]


class Metrics(TypedDict):
    """How long the answer took, in milliseconds."""

    latencyMs: int


class Output(TypedDict):
    """The message."""

    message: Message


class Response(TypedDict):
    """An answer."""

    output: Output
    stopReason: str
    usage: Usage
    metrics: Metrics
    additionalModelResponseFields: NotRequired[dict[str, Any] | None]
    trace: NotRequired[dict[str, Any]]
    performanceConfig: NotRequired[dict[str, Any]]
    serviceTier: NotRequired[dict[str, str]]


# ---------------------------------------------------------------------- events of a stream; `p` in each is padding


class MessageStart(TypedDict):
    """The answer begins."""

    role: str


class BlockStart(TypedDict):
    """A call (`toolUse`), a server's result (`toolResult`) or a picture (`image`) begins; others have no start."""

    contentBlockIndex: int
    start: dict[str, Any]


class BlockDelta(TypedDict):
    """`text`; `toolUse` (`input`, a piece of JSON text); `reasoningContent` (`text`, `signature` or `redactedContent`);
    `citation`; `toolResult` (a list of blocks); `image`.
    """

    contentBlockIndex: int
    delta: dict[str, Any]


class BlockStop(TypedDict):
    """The block is complete."""

    contentBlockIndex: int


class MessageStop(TypedDict):
    """Why the model stopped."""

    stopReason: str
    additionalModelResponseFields: NotRequired[dict[str, Any]]


class Metadata(TypedDict):
    """The last event."""

    usage: Usage
    metrics: Metrics
    trace: NotRequired[dict[str, Any]]
    performanceConfig: NotRequired[dict[str, Any]]
    serviceTier: NotRequired[dict[str, str]]


EVENTS: Final[dict[str, type]] = {
    "messageStart": MessageStart,
    "contentBlockStart": BlockStart,
    "contentBlockDelta": BlockDelta,
    "contentBlockStop": BlockStop,
    "messageStop": MessageStop,
    "metadata": Metadata,
}


# ---------------------------------------------------------------------- error


class ErrorBody(TypedDict):
    """What went wrong, in words. Its name is in the header `x-amzn-errortype`, at some services in `__type`."""

    message: str
    __type: NotRequired[str]
