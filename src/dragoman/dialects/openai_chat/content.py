"""The `content` of an answer: nearly always text, but lists and objects are met."""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.parts import image_from
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.messages import Image, Opaque, Part, Reasoning, Refusal, Text, encode_json


def content_parts(content: Any) -> list[Part]:
    """Cloudflare sends an object for structured output: it becomes its JSON text. Lists hold text and thinking."""
    if isinstance(content, str):
        return [Text(content)] if content else []
    if content is None:
        return []
    if isinstance(content, list):
        parts = [_part(item) for item in cast("list[Any]", content)]
        return [part for part in parts if part is not None]
    return [Text(encode_json(content).decode())]


def _part(item: Any) -> Part | None:
    if not isinstance(item, dict):
        return Text(item if isinstance(item, str) else encode_json(item).decode())
    wire = cast("Wire", item)
    text = next((text for name in _TEXTS if (text := _text(wire.get(name)))), "")
    match wire.get("type"):
        case "text" | "output_text":
            return Text(text) if text else None
        case "thinking" | "reasoning":
            payload = {name: value for name, value in wire.items() if name in _SIGNED} or None
            return Reasoning(text, payload) if text or payload else None
        case "refusal":
            return Refusal(text)
        case "image_url":
            return _image(wire) or Opaque(dialect=NAME, payload=wire)
        case _:
            return Opaque(dialect=NAME, payload=wire)


_TEXTS: Final = ("text", "thinking", "summary", "refusal", "content")
"""Where the text of a part may be: Mistral's `thinking` and Databricks' `summary` are lists of texts themselves."""


_SIGNED: Final = frozenset({"signature", "closed"})
"""What Mistral wants back with thinking."""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    items = [cast("Wire", item).get("text") for item in cast("list[Any]", value) if isinstance(item, dict)]
    return "".join([text for text in items if isinstance(text, str)])


def _image(wire: Wire) -> Image | None:
    source = wire.get("image_url")
    url = cast("Wire", source).get("url") if isinstance(source, dict) else source
    return image_from(url) if isinstance(url, str) else None


def images_in(message: Wire) -> list[Image]:
    """The pictures that OpenRouter puts beside the content."""
    entries = message.get("images")
    if not isinstance(entries, list):
        return []
    images = [_image(cast("Wire", entry)) for entry in cast("list[Any]", entries) if isinstance(entry, dict)]
    return [image for image in images if image is not None]
