"""What callers hand in, made canonical: prompts, messages, pictures and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from dragoman.client.options import ImageLike, MessageLike
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError, Rejected
from dragoman.messages import Document, EmbeddingInput, Image, Message, Part, Role, Text

_ANTHROPIC_PARTS: Final = frozenset({
    "tool_use", "tool_result", "image", "document", "thinking", "redacted_thinking", "server_tool_use", "search_result",
})  # fmt: skip
"""Types of content parts that Anthropic's form has and OpenAI's has not."""

EmbedLike: TypeAlias = str | Sequence[int] | Image | Path | bytes
"""A text, its tokens, or a picture: as it is, by its path, or its bytes."""

EmbedInputs: TypeAlias = EmbedLike | Sequence[EmbedLike]
"""What to embed: one thing, or a list of them."""

_PLAIN_ROLES: Final = frozenset({"system", "user", "assistant"})

_IMAGE_KINDS: Final = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
"""How the bytes of a picture begin."""


def messages_of(
    prompt: str | Message | Sequence[Part] | None,
    *,
    system: str | None = None,
    messages: Iterable[MessageLike] = (),
    images: Iterable[ImageLike] = (),
    documents: Iterable[Document | str | Path] = (),
) -> tuple[Message, ...]:
    """The conversation: `system`, then `messages`, then the prompt with its pictures and files.

    Raises `ConfigurationError` when there is nothing to say.
    """
    turns = [] if system is None else [Message(Role.SYSTEM, system)]
    turns += canonical_messages(messages)
    attached: list[Part] = [*map(image_of, images), *map(document_of, documents)]
    if prompt is not None or attached:
        turns.append(_prompt_turn(prompt, attached))
    if not turns:
        raise ConfigurationError("nothing was asked: pass a prompt or messages=[...]")
    return tuple(turns)


def _prompt_turn(prompt: object, attached: list[Part]) -> Message:
    match prompt:
        case Message():
            return Message(prompt.role, (*attached, *prompt.parts)) if attached else prompt
        case str():
            return Message(Role.USER, (*attached, Text(prompt)) if attached else prompt)
        case list() | tuple():
            return Message(Role.USER, (*attached, *cast("Sequence[Part]", prompt)))
        case None:
            return Message(Role.USER, tuple(attached))
        case _ if prompt is ...:
            raise TypeError("`...` is a placeholder: put a real prompt or real messages in its place")
        case _:
            raise TypeError(f"a prompt is text, a Message or a list of parts, not {type(prompt).__name__}")


def canonical_messages(messages: Iterable[MessageLike]) -> list[Message]:
    """Messages with plain dicts, in OpenAI's or Anthropic's form, translated."""
    if cast("object", messages) is ...:
        raise TypeError("`...` is a placeholder: put real messages in its place")
    turns: list[Message] = []
    for form, group in groupby(messages, key=_form):
        match form:
            case None:
                turns += cast("Iterable[Message]", group)
            case "plain":
                turns += [Message(message["role"], message["content"]) for message in cast("Iterable[Any]", group)]
            case _:
                turns += _decoded(form, [dict(cast("Mapping[str, Any]", message)) for message in group])
    return turns


def _form(message: MessageLike) -> str | None:
    """The dialect a dict is written in, `"plain"` when any would say the same, `None` for a `Message`."""
    if isinstance(message, Message):
        return None
    if not isinstance(message, dict | Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise TypeError(f"a message is a Message or a dict with `role` and `content`, not {type(message).__name__}")
    content = message.get("content")
    if type(content) is str:
        return "plain" if len(message) == 2 and message.get("role") in _PLAIN_ROLES else "openai_chat"
    parts = cast("list[Any]", content) if isinstance(content, list) else []
    dicts = [cast("Mapping[str, Any]", part) for part in parts if isinstance(part, Mapping)]
    kinds = {part.get("type") for part in dicts}
    marked = kinds == {"text"} and any("cache_control" in part for part in dicts)
    return "anthropic_messages" if marked or kinds & _ANTHROPIC_PARTS else "openai_chat"


def _decoded(form: str, messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    try:
        return get_dialect(form).decode_request({"model": "", "messages": messages, "max_tokens": 1}).messages
    except Rejected as error:
        raise ConfigurationError(f"messages: {error.message}") from None


def image_of(image: ImageLike) -> Image:
    """A picture from a path, a URL, bytes, or as it is."""
    match image:
        case Image():
            return image
        case bytes():
            return Image.from_bytes(image, _kind_of_image(image))
        case str() if image.startswith(("http://", "https://", "data:")):
            return Image.from_url(image)
        case _:
            return _picture(Image.from_path(image), image)


def _picture(read: Image, path: str | Path) -> Image:
    if (read.media_type or "").startswith("image/"):
        return read
    raise ConfigurationError(f"`{path}` is no picture but {read.media_type}: other files go into documents=")


def embedding_inputs(given: EmbedInputs) -> tuple[EmbeddingInput, ...]:
    """What to embed, one by one. A list of numbers is the tokens of one text. Raises `ConfigurationError`."""
    match given:
        case str() | Image() | Path() | bytes():
            inputs = (_embedding_input(given),)
        case [int(), *_]:
            inputs = (tuple(given),)
        case _ if isinstance(cast("object", given), Iterable):
            inputs = tuple(map(_embedding_input, cast("Iterable[EmbedLike]", given)))
        case _:
            raise ConfigurationError(f"embed takes texts, token ids or pictures, not {type(given).__name__}")
    if not inputs:
        raise ConfigurationError("there is nothing to embed: the list is empty")
    return inputs


def _embedding_input(given: EmbedLike) -> EmbeddingInput:
    match given:
        case str():
            return given
        case Image() | Path() | bytes():
            return image_of(given)
        case [int(), *_]:
            return tuple(given)
        case _:
            raise ConfigurationError(f"embed takes texts, token ids or pictures, not {type(given).__name__}")


def _kind_of_image(content: bytes) -> str:
    for magic, kind in _IMAGE_KINDS.items():
        if content.startswith(magic):
            return kind
    raise ConfigurationError("these bytes are no PNG, JPEG, GIF or WebP: use Image.from_bytes(content, media_type)")


def document_of(document: Document | str | Path) -> Document:
    """A file from a path, a URL, or as it is."""
    if isinstance(document, Document):
        return document
    if isinstance(document, str) and document.startswith(("http://", "https://", "data:")):
        return Document.from_url(document)
    return Document.from_path(document)
