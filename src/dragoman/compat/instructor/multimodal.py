"""`instructor.multimodal`: what takes a `Mode` there takes a dialect here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dragoman.client import multimodal
from dragoman.client.mode import Mode
from dragoman.client.multimodal import (
    PDF,
    Audio,
    Image,
    ImageWithCacheControl,
    PDFWithCacheControl,
    PDFWithGenaiFile,
    autodetect_media,
)

__all__ = [
    "PDF",
    "Audio",
    "Image",
    "ImageWithCacheControl",
    "PDFWithCacheControl",
    "PDFWithGenaiFile",
    "autodetect_media",
    "convert_contents",
    "convert_messages",
]

_DIALECTS = {
    "ANTHROPIC": "anthropic_messages",
    "BEDROCK": "bedrock_converse",
    "COHERE": "cohere_v2",
    "RESPONSES": "openai_responses",
    "GEMINI": "gemini",
    "GENAI": "gemini",
    "VERTEXAI": "gemini",
}
"""The beginning of a mode's name → the dialect it is for. The others are for OpenAI's chat API and its likes."""


def convert_contents(contents: Any, mode: Mode) -> str | list[dict[str, Any]]:
    """The content of a message as plain data for `mode`."""
    return multimodal.convert_contents(contents, _dialect(mode))


def convert_messages(messages: Sequence[Any], mode: Mode, autodetect_images: bool = False) -> list[dict[str, Any]]:
    """Messages as plain data for `mode`."""
    return multimodal.convert_messages(list(messages), _dialect(mode), autodetect_images=autodetect_images)


def _dialect(mode: Mode) -> str:
    dialect = _DIALECTS.get(mode.name.partition("_")[0], "openai_chat")
    if dialect == "gemini" and mode.name.startswith("GEMINI"):
        raise NotImplementedError("Gemini's messages are no `messages`: give the parts to `create` as they are")
    return dialect
