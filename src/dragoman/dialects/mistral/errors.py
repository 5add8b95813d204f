"""Errors: read as any host's of OpenAI's kind, written in Mistral's shape."""

from __future__ import annotations

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.errors import encode_error as encode_chat_error
from dragoman.errors import Error


def encode_error(error: Error) -> tuple[int, Wire]:
    """Status and body."""
    status, body = encode_chat_error(error)
    details = body["error"]
    return status, {
        "object": "error",
        "message": details["message"],
        "type": details["code"] or details["type"],
        "param": details["param"],
        "code": None,
        "raw_status_code": status,
    }
