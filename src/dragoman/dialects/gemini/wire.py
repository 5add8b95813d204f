"""The shapes on the wire of Gemini's `generateContent`, as documentation and for the tests.

Reference: ai.google.dev/api/generate-content and the types of the official SDK, google-genai 3.4.0 (both read
2026-11-20). The codec walks plain dicts and reads more leniently than these shapes say; what they do not name is kept
and written back. Requests may spell every name in snake case as well, and `null` means absent.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

# ---------------------------------------------------------------------- parts: what a content is made of


class Blob(TypedDict):
    """Bytes, as base64."""

    mimeType: str
    data: str


class FileData(TypedDict):
    """An address: of an uploaded file, `gs://…` on Vertex AI, a page of YouTube, a public URL."""

    fileUri: str
    mimeType: NotRequired[str]


class PartialArg(TypedDict):
    """A value, or a piece of a text, for the place `jsonPath` among the arguments."""

    jsonPath: str
    stringValue: NotRequired[str]
    numberValue: NotRequired[float]
    boolValue: NotRequired[bool]
    nullValue: NotRequired[str]
    willContinue: NotRequired[bool]


class FunctionCall(TypedDict):
    """The model asks for a function. Models before Gemini 3 give no `id`.

    In a stream that was asked for `streamFunctionCallArguments` only the first piece has the `name`.
    """

    name: NotRequired[str]
    args: NotRequired[dict[str, Any]]
    id: NotRequired[str]
    partialArgs: NotRequired[list[PartialArg]]
    willContinue: NotRequired[bool]


class FunctionResponse(TypedDict):
    """What the function answered. `response` is an object: `{"output": …}`, or `{"error": …}`.

    `parts` has media, for models since Gemini 3.
    """

    name: str
    response: dict[str, Any]
    id: NotRequired[str]
    parts: NotRequired[list[dict[str, Any]]]


class Part(TypedDict):
    """One of the first fields says what it is. `thoughtSignature` signs just this part and must come back on it.

    `executableCode`, `codeExecutionResult`, `toolCall` and `toolResponse` are of tools that run at Google.
    """

    text: NotRequired[str]
    inlineData: NotRequired[Blob]
    fileData: NotRequired[FileData]
    functionCall: NotRequired[FunctionCall]
    functionResponse: NotRequired[FunctionResponse]
    executableCode: NotRequired[dict[str, Any]]
    codeExecutionResult: NotRequired[dict[str, Any]]
    toolCall: NotRequired[dict[str, Any]]
    toolResponse: NotRequired[dict[str, Any]]
    thought: NotRequired[bool]
    thoughtSignature: NotRequired[str]
    videoMetadata: NotRequired[dict[str, Any]]


class Content(TypedDict):
    """One turn; `role` is `user` or `model`. In an answer both may be missing."""

    role: NotRequired[str]
    parts: NotRequired[list[Part]]


# ---------------------------------------------------------------------- request


class FunctionDeclaration(TypedDict):
    """A function of the caller. Its arguments as JSON Schema, or (`parameters`) in Google's own form; never both."""

    name: str
    description: NotRequired[str]
    parametersJsonSchema: NotRequired[dict[str, Any]]
    parameters: NotRequired[dict[str, Any]]


class Tool(TypedDict):
    """Functions, or one of the tools that run at Google (`googleSearch`, `urlContext`, `codeExecution` …)."""

    functionDeclarations: NotRequired[list[FunctionDeclaration]]


class FunctionCallingConfig(TypedDict):
    """`mode` is `AUTO`, `ANY`, `NONE` or `VALIDATED`; names go with `ANY` and `VALIDATED`."""

    mode: NotRequired[str]
    allowedFunctionNames: NotRequired[list[str]]


class ToolConfig(TypedDict):
    """How the model chooses among the tools."""

    functionCallingConfig: NotRequired[FunctionCallingConfig]


class ThinkingConfig(TypedDict):
    """`thinkingLevel` since Gemini 3, `thinkingBudget` before (0: off, -1: as the model likes); not both."""

    includeThoughts: NotRequired[bool]
    thinkingBudget: NotRequired[int]
    thinkingLevel: NotRequired[str]


class GenerationConfig(TypedDict):
    """`responseLogprobs` asks for log probabilities, `logprobs` for how many of the likeliest tokens."""

    maxOutputTokens: NotRequired[int]
    temperature: NotRequired[float]
    topP: NotRequired[float]
    topK: NotRequired[float]
    candidateCount: NotRequired[int]
    stopSequences: NotRequired[list[str]]
    seed: NotRequired[int]
    presencePenalty: NotRequired[float]
    frequencyPenalty: NotRequired[float]
    responseLogprobs: NotRequired[bool]
    logprobs: NotRequired[int]
    responseMimeType: NotRequired[str]
    responseJsonSchema: NotRequired[dict[str, Any]]
    responseSchema: NotRequired[dict[str, Any]]
    thinkingConfig: NotRequired[ThinkingConfig]


class Request(TypedDict):
    """The model, and whether to stream, are in the path."""

    contents: list[Content]
    systemInstruction: NotRequired[Content]
    tools: NotRequired[list[Tool]]
    toolConfig: NotRequired[ToolConfig]
    generationConfig: NotRequired[GenerationConfig]
    safetySettings: NotRequired[list[dict[str, Any]]]
    cachedContent: NotRequired[str]
    serviceTier: NotRequired[str]


# ---------------------------------------------------------------------- response


class Candidate(TypedDict):
    """One answer. `finishReason` is in the last frame of a stream only."""

    content: NotRequired[Content]
    finishReason: NotRequired[str]
    finishMessage: NotRequired[str]
    index: NotRequired[int]
    safetyRatings: NotRequired[list[dict[str, Any]]]
    citationMetadata: NotRequired[dict[str, Any]]
    groundingMetadata: NotRequired[dict[str, Any]]
    urlContextMetadata: NotRequired[dict[str, Any]]
    logprobsResult: NotRequired[dict[str, Any]]


class UsageMetadata(TypedDict):
    """The answer's count leaves thoughts out, the prompt's what server tools added; the total has all."""

    promptTokenCount: NotRequired[int]
    candidatesTokenCount: NotRequired[int]
    thoughtsTokenCount: NotRequired[int]
    toolUsePromptTokenCount: NotRequired[int]
    cachedContentTokenCount: NotRequired[int]
    totalTokenCount: NotRequired[int]
    promptTokensDetails: NotRequired[list[dict[str, Any]]]
    candidatesTokensDetails: NotRequired[list[dict[str, Any]]]
    serviceTier: NotRequired[str]


class PromptFeedback(TypedDict):
    """With a `blockReason` the prompt was refused, and there is no candidate."""

    blockReason: NotRequired[str]
    blockReasonMessage: NotRequired[str]


class Response(TypedDict):
    """An answer, or a frame of a stream, which has a piece of it."""

    candidates: NotRequired[list[Candidate]]
    promptFeedback: NotRequired[PromptFeedback]
    usageMetadata: NotRequired[UsageMetadata]
    modelVersion: NotRequired[str]
    responseId: NotRequired[str]
    createTime: NotRequired[str]


# ---------------------------------------------------------------------- error


class ErrorObject(TypedDict):
    """What went wrong. `details` are objects told by `@type`: `ErrorInfo` (`reason`), `RetryInfo` (`retryDelay`) …"""

    code: int
    message: str
    status: str
    details: NotRequired[list[dict[str, Any]]]


class ErrorBody(TypedDict):
    """The body of a failure, and the frame of one inside a stream."""

    error: ErrorObject
