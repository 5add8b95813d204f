"""The canonical language: what every dialect is translated into and out of.

Pure values: immutable, keyword-only, without identity. Nothing here knows a provider, a wire or a clock.
"""

from dragoman.messages.assemble import Assembler, events_of
from dragoman.messages.embedding import EmbeddingInput, EmbeddingRequest, EmbeddingResponse, InputType, VectorType
from dragoman.messages.events import (
    METADATA_EVENTS,
    ChoiceFinish,
    CitationDelta,
    Event,
    Finish,
    LogprobsDelta,
    PartAdded,
    ReasoningDelta,
    ReasoningEnd,
    RefusalDelta,
    ResponseStart,
    Restarted,
    Seam,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    UsageUpdate,
)
from dragoman.messages.facts import ModelInfo, TokenCount
from dragoman.messages.json_text import decode_json, encode_json
from dragoman.messages.media import Audio, Document, Image, Media, Video
from dragoman.messages.message import Content, Message, Role
from dragoman.messages.part_base import CacheMark, Extra, JsonObject
from dragoman.messages.parts import (
    Citation,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    joined_text,
    parse_arguments,
)
from dragoman.messages.request import EFFORTS, USUAL_TIERS, OutputFormat, ReasoningOptions, Request
from dragoman.messages.response import Attempt, FinishReason, LLMResponse, Loss, ServerToolCall, TokenLogprob
from dragoman.messages.tools import AnyTool, ServerTool, ServerToolName, Tool, ToolChoice
from dragoman.messages.usage import Usage

__all__ = [
    "EFFORTS",
    "METADATA_EVENTS",
    "USUAL_TIERS",
    "AnyTool",
    "Assembler",
    "Attempt",
    "Audio",
    "CacheMark",
    "ChoiceFinish",
    "Citation",
    "CitationDelta",
    "Content",
    "Document",
    "EmbeddingInput",
    "EmbeddingRequest",
    "EmbeddingResponse",
    "Event",
    "Extra",
    "Finish",
    "FinishReason",
    "Image",
    "InputType",
    "JsonObject",
    "LLMResponse",
    "LogprobsDelta",
    "Loss",
    "Media",
    "Message",
    "ModelInfo",
    "Opaque",
    "OutputFormat",
    "Part",
    "PartAdded",
    "Reasoning",
    "ReasoningDelta",
    "ReasoningEnd",
    "ReasoningOptions",
    "Refusal",
    "RefusalDelta",
    "Request",
    "ResponseStart",
    "Restarted",
    "Role",
    "Seam",
    "ServerTool",
    "ServerToolCall",
    "ServerToolName",
    "Text",
    "TextDelta",
    "TokenCount",
    "TokenLogprob",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolChoice",
    "ToolResult",
    "Usage",
    "UsageUpdate",
    "VectorType",
    "Video",
    "decode_json",
    "encode_json",
    "events_of",
    "joined_text",
    "parse_arguments",
]
