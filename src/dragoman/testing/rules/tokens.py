"""Counting tokens, by a rule that anyone can do in the head.

A token is four characters; what is left at the end of a text is one too. A message costs three more, a picture, sound
or file 85. Tools count by the JSON text of their parameters, their names and descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from msgspec import Struct

from dragoman.messages import (
    AnyTool,
    Audio,
    CacheMark,
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    ServerTool,
    Text,
    ToolCall,
    ToolResult,
    Video,
    encode_json,
)

TOKEN_CHARS: Final = 4
MESSAGE_TOKENS: Final = 3
MEDIA_TOKENS: Final = 85


class Piece(Struct, frozen=True):
    """A piece of a prompt in the order the model reads it; `mark` when the prompt is to be cached up to its end."""

    text: str
    tokens: int
    mark: CacheMark | None = None


def count_text(text: str) -> int:
    return -(-len(text) // TOKEN_CHARS)


def tokens_of(text: str) -> list[str]:
    """`text` cut into its tokens."""
    return [text[start : start + TOKEN_CHARS] for start in range(0, len(text), TOKEN_CHARS)]


def count_request(request: Request) -> int:
    """The input tokens of `request`."""
    return sum(piece.tokens for piece in pieces_of(request))


def pieces_of(request: Request) -> Iterator[Piece]:
    """The prompt in the order that caches go by: tools first, then the messages."""
    for tool in request.tools:
        yield _tool_piece(tool)
    for message in request.messages:
        yield from _message_pieces(message)


def _tool_piece(tool: AnyTool) -> Piece:
    if isinstance(tool, Opaque):
        return _text_piece(encode_json(tool.payload).decode(), tool.cache)
    if isinstance(tool, ServerTool):
        return _text_piece(f"{tool.name}{encode_json(tool.options).decode()}", tool.cache)
    described = f"{tool.name}{tool.description or ''}{encode_json(tool.text_format or tool.parameters).decode()}"
    return _text_piece(described, tool.cache)


def _message_pieces(message: Message) -> Iterator[Piece]:
    yield Piece(message.role, MESSAGE_TOKENS)
    parts = message.parts
    for part in parts:
        mark = part.cache or (message.cache if part is parts[-1] else None)
        yield _part_piece(part, mark)


def _part_piece(part: Part, mark: CacheMark | None) -> Piece:
    match part:
        case Text() | Reasoning() | Refusal():
            return _text_piece(part.text, mark)
        case ToolCall():
            return _text_piece(part.name + (part.text or part.arguments_json), mark)
        case ToolResult():
            return _result_piece(part, mark)
        case Image() | Audio() | Video() | Document():
            return _media_piece(part, mark)
        case Opaque():
            return _text_piece(encode_json(part.payload).decode(), mark)
        case _:
            assert_never(part)


def _text_piece(text: str, mark: CacheMark | None) -> Piece:
    return Piece(text, count_text(text), mark)


def _result_piece(result: ToolResult, mark: CacheMark | None) -> Piece:
    if isinstance(result.content, str):
        return _text_piece(result.content, mark)
    inside = [_part_piece(part, None) for part in result.content]
    return Piece("".join(piece.text for piece in inside), sum(piece.tokens for piece in inside), mark)


def _media_piece(part: Image | Audio | Video | Document, mark: CacheMark | None) -> Piece:
    if isinstance(part, Document) and part.text is not None:
        return _text_piece(part.text, mark)
    return Piece(part.url or part.data or part.file_id or "", MEDIA_TOKENS, mark)
