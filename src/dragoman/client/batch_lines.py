"""A line of a batch's file, as a question.

It is a text, a prompt or a conversation with options, or a line as OpenAI's batches have.

Reference of the last: platform.openai.com/docs/guides/batch (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from dragoman.client.batches import Question
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError
from dragoman.messages import decode_json

_DIALECTS: Final = {"/v1/chat/completions": "openai_chat", "/v1/responses": "openai_responses"}
"""What the body is in, by the `url` beside it."""
_NAMES: Final = ("custom_id", "id")
"""What a line may be called by; its answer is called the same."""


def question_in(line: bytes) -> Question:
    """The question in a line. Raises `ConfigurationError` for what is none."""
    try:
        said = decode_json(line)
    except ValueError as error:
        raise ConfigurationError(f"the line is not JSON: {error}") from error
    if isinstance(said, str):
        return said
    if not isinstance(said, dict):
        raise ConfigurationError("a line is a text, or an object with `prompt`, `messages` or `body`")
    fields = {name: value for name, value in cast("dict[str, Any]", said).items() if name not in _NAMES}
    if "body" in fields:
        return _batch_request(fields)
    if not fields.keys() & {"prompt", "messages"}:
        raise ConfigurationError("the line has none of `prompt`, `messages` and `body`")
    return fields


def _batch_request(fields: Mapping[str, Any]) -> Question:
    url = fields.get("url", "/v1/chat/completions")
    if url not in _DIALECTS:
        raise ConfigurationError(f"the line is for {url}; a batch asks {' and '.join(_DIALECTS)}")
    dialect = get_dialect(_DIALECTS[url])
    return dialect.decode_request({"model": "", **fields["body"]}, url)


def label_in(line: bytes) -> dict[str, Any]:
    """What the line is called, if it is called anything."""
    try:
        said = decode_json(line)
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {name: said[name] for name in _NAMES if name in said}
