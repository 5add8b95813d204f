"""Tool calls, both ways."""

from __future__ import annotations

from typing import Any, Final

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.tool_calls import arguments_text, made_up_id
from dragoman.dialects.openai_responses.extras import extra_of, lose_mark, restore, unknown
from dragoman.dialects.openai_responses.wire import CallItem, fields_of
from dragoman.messages import Extra, ToolCall

FUNCTION_CALL: Final = "function_call"
CUSTOM_CALL: Final = "custom_tool_call"
CALLS: Final = frozenset({FUNCTION_CALL, CUSTOM_CALL})

_KNOWN: Final = fields_of(CallItem)


def decode_call(item: Wire, header: Wire, *seed: object) -> ToolCall | None:
    """The call in an item, or `None` when it has no name. `header` is what is spelled of the item: id and status.

    `seed` is for a call id that is missing.
    """
    name = item.get("name")
    if not isinstance(name, str) or not name:
        return None
    id_, extra = call_id(item, *seed), call_extra(item, header)
    if item.get("type") == CUSTOM_CALL:
        text = item.get("input")
        return ToolCall(id=id_, name=name, text=text if isinstance(text, str) else "", extra=extra)
    return ToolCall(id=id_, name=name, arguments_json=arguments_text(item.get("arguments")), extra=extra)


def call_id(item: Wire, *seed: object) -> str:
    """The id that the result is to name; a server that has one id only sends it as the item's."""
    id_: Any = item.get("call_id") or item.get("id")
    return str(id_) if id_ else made_up_id(*seed)


def call_extra(item: Wire, header: Wire) -> Extra | None:
    return extra_of(unknown(item, _KNOWN), header)


def call_item(call: ToolCall, header: Wire, losses: Losses) -> Wire:
    kind, name, text = call_words(call)
    item: Wire = {"type": kind, **header, "call_id": call.id, "name": call.name, name: text}
    lose_mark(call.cache, call.extra, losses)
    restore(item, call.extra, losses)
    return item


def call_words(call: ToolCall) -> tuple[str, str, str]:
    """The item's type, the name of the field that holds what is given to the tool, and that."""
    if call.text is None:
        return FUNCTION_CALL, "arguments", call.arguments_json
    return CUSTOM_CALL, "input", call.text
