"""What the wire of Mistral has that OpenAI's has not.

Reference: docs.mistral.ai/api and the types of `mistralai` 3.7.0 (read 2026-11-20). The rest is as in
`openai_chat/wire.py`.
"""

from __future__ import annotations

from typing import Final, TypedDict

from dragoman.messages import JsonObject

NAME: Final = "mistral"


class ThinkingChunk(TypedDict, total=False):
    """The model's thinking, in an answer's content and in history."""

    type: str  # "thinking"
    thinking: list[JsonObject]  # {"type": "text", "text"}, {"type": "reference", …}
    signature: str | None
    closed: bool


class DocumentChunk(TypedDict, total=False):
    """A file to read, by its URL or as a `data:` URL."""

    type: str  # "document_url"
    document_url: str
    document_name: str | None


class FileChunk(TypedDict, total=False):
    """A file that Mistral already has."""

    type: str  # "file"
    file_id: str


class AudioChunk(TypedDict, total=False):
    """A sound: its bytes in base64 or its URL; with a format it is OpenAI's object."""

    type: str  # "input_audio"
    input_audio: str | JsonObject


class ReferenceChunk(TypedDict, total=False):
    """Which of the given documents the text before it rests on. Kept as it is."""

    type: str  # "reference"
    reference_ids: list[int | str]


class RequestBody(TypedDict, total=False):
    """Fields of a request under other names than OpenAI's."""

    random_seed: int  # `seed`
    max_tokens: int  # `max_completion_tokens`
    tool_choice: str | JsonObject  # `any` for `required`
    # safe_prompt, prompt_mode, guardrails, min_tokens, repetition_penalty, …: kept in `Request.extra`


class ErrorBody(TypedDict, total=False):
    """An error of the API; its edge answers `{"detail": …}` instead."""

    object: str  # "error"
    message: str
    type: str
    param: str | None
    code: str | None  # a number as text, such as "3051"
    raw_status_code: int
