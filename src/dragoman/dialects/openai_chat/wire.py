"""The shapes of the wire, as OpenAI documents them and as its imitators extend them.

Reference: platform.openai.com/docs/api-reference/chat (read 2026-11-20). What a shape does not name is unknown: in a
request it is kept in `Extra` and written back in the same place, in an answer it stays in `LLMResponse.raw`.
Comments name the hosts that a field comes from when it is not OpenAI's.
"""

from __future__ import annotations

from typing import Any, Final, TypedDict

from dragoman.messages import JsonObject

NAME: Final = "openai_chat"

CACHE_TTLS: Final = frozenset({"30m", "12h"})
"""How long OpenAI keeps a prompt at a breakpoint; other words are Anthropic's."""

# ---------------------------------------------------------------------- content parts


class CacheBreakpoint(TypedDict, total=False):
    """Ask for the prompt to be cached up to here."""

    mode: str  # "explicit"
    ttl: str


class TextPart(TypedDict, total=False):
    """Text."""

    type: str  # "text"
    text: str
    prompt_cache_breakpoint: CacheBreakpoint
    cache_control: JsonObject  # OpenRouter, Vercel, Alibaba: Anthropic's mark


class RefusalPart(TypedDict, total=False):
    """The model's refusal, in history."""

    type: str  # "refusal"
    refusal: str
    prompt_cache_breakpoint: CacheBreakpoint
    cache_control: JsonObject


class ImageUrl(TypedDict, total=False):
    """Where a picture is."""

    url: str  # https: or data:
    detail: str  # auto, low, high, original


class ImagePart(TypedDict, total=False):
    """A picture."""

    type: str  # "image_url"
    image_url: ImageUrl
    prompt_cache_breakpoint: CacheBreakpoint
    cache_control: JsonObject


class InputAudio(TypedDict, total=False):
    """A sound."""

    data: str  # base64
    format: str  # wav, mp3


class AudioPart(TypedDict, total=False):
    """A sound to listen to."""

    type: str  # "input_audio"
    input_audio: InputAudio
    prompt_cache_breakpoint: CacheBreakpoint
    cache_control: JsonObject


class File(TypedDict, total=False):
    """A file, by id or with its bytes."""

    file_id: str
    filename: str
    file_data: str  # a data: URL; OpenRouter also takes https:


class FilePart(TypedDict, total=False):
    """A file to read."""

    type: str  # "file"
    file: File
    prompt_cache_breakpoint: CacheBreakpoint
    cache_control: JsonObject


# ---------------------------------------------------------------------- tools


class FunctionTool(TypedDict, total=False):
    """A function the model may call."""

    name: str
    description: str
    parameters: JsonObject
    strict: bool


class CustomTool(TypedDict, total=False):
    """A tool that takes free text."""

    name: str
    description: str
    format: JsonObject  # {"type": "text"} or {"type": "grammar", "grammar": {"syntax", "definition"}}


class ToolEntry(TypedDict, total=False):
    """An entry of `tools`."""

    type: str  # "function", "custom"
    function: FunctionTool
    custom: CustomTool
    cache_control: JsonObject


class FunctionCall(TypedDict, total=False):
    """The call of a function."""

    name: str
    arguments: str  # JSON text, not always whole


class CustomCall(TypedDict, total=False):
    """The call of a tool that takes free text."""

    name: str
    input: str


class ToolCallEntry(TypedDict, total=False):
    """An entry of `tool_calls`."""

    id: str
    type: str  # "function", "custom"
    function: FunctionCall
    custom: CustomCall
    index: int  # in streams
    cache_control: JsonObject


# ---------------------------------------------------------------------- messages


class AssistantMessage(TypedDict, total=False):
    """Of a request, and of an answer."""

    role: str
    content: str | list[JsonObject] | None
    refusal: str | None
    tool_calls: list[ToolCallEntry]
    function_call: FunctionCall  # until 2023
    audio: AnswerAudio
    images: list[ImagePart]  # OpenRouter
    reasoning_content: str  # DeepSeek, xAI, Z.ai, llama.cpp, …
    reasoning: str  # Groq, OpenRouter, Ollama, Cerebras, vLLM, …
    reasoning_details: list[JsonObject]  # OpenRouter, Vercel, MiniMax: signed or encrypted
    extra_content: JsonObject  # Google: thought signatures
    cache_control: JsonObject


class AnswerMessage(AssistantMessage, total=False):
    """Of an answer alone."""

    annotations: list[JsonObject]  # {"type": "url_citation", …}; OpenRouter adds parsed files


class PlainMessage(TypedDict, total=False):
    """Of the system, the developer or the user."""

    role: str
    content: str | list[JsonObject]
    cache_control: JsonObject


class ToolMessage(TypedDict, total=False):
    """The result of a tool call; with role `function` and without an id until 2023."""

    role: str
    content: str | list[JsonObject]
    tool_call_id: str
    name: str
    cache_control: JsonObject


# ---------------------------------------------------------------------- the request


class ChatRequest(TypedDict, total=False):
    """The body of a request."""

    model: str
    messages: list[JsonObject]
    tools: list[JsonObject]
    tool_choice: str | JsonObject
    web_search_options: JsonObject
    parallel_tool_calls: bool
    functions: list[FunctionTool]  # until 2023
    function_call: str | JsonObject  # until 2023
    response_format: JsonObject
    reasoning_effort: str
    reasoning: JsonObject  # OpenRouter: {"effort", "max_tokens", "enabled"}
    stream: bool
    stream_options: JsonObject
    max_completion_tokens: int
    max_tokens: int  # the older name, still the only one most compatible servers know
    temperature: float
    top_p: float
    top_k: int  # vLLM, Fireworks, Together, …
    stop: str | list[str]
    seed: int
    frequency_penalty: float
    presence_penalty: float
    n: int
    logprobs: bool
    top_logprobs: int
    user: str
    service_tier: str
    metadata: JsonObject


# ---------------------------------------------------------------------- the answer


class AnswerAudio(TypedDict, total=False):
    """The model's voice."""

    id: str
    data: str
    transcript: str
    expires_at: int


class UsageCounts(TypedDict, total=False):
    """Where hosts disagree, `usage.py` has the list of names."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: JsonObject
    completion_tokens_details: JsonObject


class Choice(TypedDict, total=False):
    """One of the alternative answers."""

    index: int
    message: AnswerMessage
    delta: AnswerMessage  # in streams
    finish_reason: str | None
    finish_details: JsonObject  # the first vision models, in place of the reason
    logprobs: JsonObject | None
    stop_reason: str | int | None  # vLLM: the stop text, or the id of the token
    error: JsonObject  # OpenRouter


class Completion(TypedDict, total=False):
    """A whole answer, or one chunk of it."""

    id: str
    object: str  # "chat.completion", "chat.completion.chunk"
    created: int  # seconds since 1970
    model: str
    choices: list[Choice]
    usage: UsageCounts | None
    citations: list[str]  # Perplexity, xAI
    search_results: list[JsonObject]  # Perplexity
    x_groq: JsonObject  # Groq: usage and errors of streams
    error: Any  # in place of the rest


class ErrorDetails(TypedDict, total=False):
    """`error` of a reply with an error status, and of a chunk."""

    message: str
    type: str
    param: str | None
    code: str | int | None


def fields_of(shape: Any) -> frozenset[str]:
    """The names that `shape` (a `TypedDict`) knows."""
    return frozenset(shape.__annotations__)
