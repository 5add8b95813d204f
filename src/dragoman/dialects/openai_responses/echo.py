"""What an answer repeats of the request it answers, with OpenAI's defaults for what was not asked."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_responses.conversation import INSTRUCTIONS
from dragoman.dialects.openai_responses.extras import spelling_of
from dragoman.dialects.openai_responses.request import encode_request
from dragoman.messages import JsonObject, Request

_DEFAULTS: Final[JsonObject] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def echo(request: Request) -> Wire:
    """The settings without the conversation, which is long and not repeated."""
    instructions = tuple(message for message in request.messages if INSTRUCTIONS in spelling_of(message.extra))
    asked = encode_request(replace(request, messages=instructions)).wire
    return {name: asked.get(name, default) for name, default in _DEFAULTS.items()}
