"""Tools given as dicts: in which dialect's form one is, is told by the form, never by the provider it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError, Rejected
from dragoman.messages import AnyTool

_Entry: TypeAlias = dict[str, Any]

_OF_ANTHROPIC: Final = re.compile(r".+_\d{8}|mcp_toolset")
"""Anthropic's types bear the day of their version, `web_search_20250305`; OpenAI's names do not."""

_MESSAGE: Final = {"role": "user", "content": "-"}
_BODIES: Final[Mapping[str, _Entry]] = {
    "openai_chat": {"model": "", "messages": [_MESSAGE]},
    "openai_responses": {"model": "", "input": [_MESSAGE]},
    "anthropic_messages": {"model": "", "max_tokens": 1, "messages": [_MESSAGE]},
    "gemini": {"model": "-", "contents": [{"role": "user", "parts": [{"text": "-"}]}]},
}
"""A request around the tool, for the codec to read it in."""


def tools_of_dict(tool: _Entry) -> tuple[AnyTool, ...]:
    """The tools of a dict: one, or several where Google's form holds more functions.

    Raises `ConfigurationError` for what is in no form that we know.
    """
    if "parameters" in tool and "name" in tool:  # the bare form
        left_out = {"type"} if tool["parameters"] else {"type", "parameters"}  # `{}`: Anthropic demands a `type` there
        tool = {"type": "function", "function": {key: tool[key] for key in tool if key not in left_out}}
    form = _form_of(tool)
    try:
        return get_dialect(form).decode_request({**_BODIES[form], "tools": [tool]}).tools
    except Rejected as error:
        raise ConfigurationError(f"tools: {error.message}") from None


def _form_of(tool: _Entry) -> str:
    match tool:
        case {"input_schema": _}:
            return "anthropic_messages"
        case {"type": "function" | "custom"} | {"function": _}:
            return "openai_chat"
        case {"type": str(kind)}:
            return "anthropic_messages" if _OF_ANTHROPIC.fullmatch(kind) else "openai_responses"
        case _ if tool and "name" not in tool and all(isinstance(value, dict | list) for value in tool.values()):
            return "gemini"
        case _:
            raise ConfigurationError(
                f"tools: a dict with {', '.join(f'`{name}`' for name in tool) or 'nothing in it'} is a tool in no form "
                'that we know. Give a function, a `Tool`, {"name": …, "parameters": {…}}, the name of a tool that '
                'providers run ("web_search"), or the whole form of OpenAI, Anthropic or Google'
            )
