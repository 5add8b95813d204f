"""Tool calls, both ways.

Until 2023 there was one `function_call` without an id. It is read as a call whose id begins with `call_legacy_`, and
such a call goes back in the old form, as does its result.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.openai_chat.losses import Losses, decode_mark, extra_of, lose_mark, restore, unknown
from dragoman.dialects.openai_chat.wire import CustomCall, FunctionCall, ToolCallEntry, fields_of
from dragoman.messages import ToolCall, encode_json

CALL_PREFIX: Final = "call_"
_LEGACY_PREFIX: Final = "call_legacy_"

_ENTRY: Final = fields_of(ToolCallEntry)
_FUNCTION: Final = fields_of(FunctionCall)
_CUSTOM: Final = fields_of(CustomCall)


def made_up_id(*seed: object) -> str:
    """An id for a call that came without one: always the same for the same answer and place, and short enough."""
    return CALL_PREFIX + _digest(seed)


def legacy_id(*seed: object) -> str:
    return _LEGACY_PREFIX + _digest(seed)


def _digest(seed: tuple[object, ...]) -> str:
    from hashlib import blake2b  # brings OpenSSL: too slow to load for answers that have their ids

    return blake2b(repr(seed).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def is_legacy_id(id_: str) -> bool:
    return id_.startswith(_LEGACY_PREFIX)


# ---------------------------------------------------------------------- encode


def encode_call(call: ToolCall, losses: Losses) -> Wire:
    """`call` as an entry of `tool_calls`."""
    if call.text is not None and not losses.variant.free_form_tools:
        losses.changed("", "this dialect's calls have arguments: the text is sent as one called `input`")
        call = ToolCall(id=call.id, name=call.name, arguments={"input": call.text}, cache=call.cache, extra=call.extra)
    if call.text is None:
        entry: Wire = {
            "id": losses.variant.call_id(call.id),
            "type": "function",
            "function": encode_function_call(call),
        }
    else:
        entry = {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.text}}
    lose_mark(call.cache, call.extra, losses)
    restore(entry, call.extra, losses)
    return entry


def encode_function_call(call: ToolCall) -> Wire:
    return {"name": call.name, "arguments": call.arguments_json}


# ---------------------------------------------------------------------- decode


def decode_call(value: Any, *seed: object, keep_index: bool = False) -> ToolCall | None:
    """The call in an entry of `tool_calls`, or `None` when it is no call. `seed` is for an id that is missing."""
    if not isinstance(value, dict):
        return None
    entry = cast("Wire", value)
    id_ = entry.get("id")
    call_id = str(id_) if id_ else made_up_id(*seed)
    function = entry.get("function")
    if isinstance(function, dict):
        return _function_call(entry, cast("Wire", function), call_id, keep_index=keep_index)
    custom = entry.get("custom")
    if not isinstance(custom, dict):
        return None
    return _custom_call(entry, cast("Wire", custom), call_id, keep_index=keep_index)


def _function_call(entry: Wire, function: Wire, id_: str, *, keep_index: bool) -> ToolCall | None:
    name = function.get("name")
    if not isinstance(name, str):
        return None
    text = arguments_text(function.get("arguments"))
    if entry.keys() <= _PLAIN and len(function) <= 2 and not (keep_index and "index" in entry):
        return ToolCall(id=id_, name=name, arguments_json=text)
    return ToolCall(id=id_, name=name, arguments_json=text, **_common(entry, keep_index=keep_index))


_PLAIN: Final = frozenset({"id", "type", "function", "index"})


def _custom_call(entry: Wire, custom: Wire, id_: str, *, keep_index: bool) -> ToolCall | None:
    name, text = custom.get("name"), custom.get("input")
    if not isinstance(name, str):
        return None
    text = text if isinstance(text, str) else ""
    return ToolCall(id=id_, name=name, text=text, **_common(entry, keep_index=keep_index))


def _common(entry: Wire, *, keep_index: bool) -> Wire:
    """The cache mark, and what only the host knows, such as the thought signature that Google wants back."""
    cache, spelling = decode_mark(entry)
    if keep_index and "index" in entry:
        spelling["index"] = entry["index"]
    return {"cache": cache, "extra": extra_of(unknown_in(entry), spelling)}


def unknown_in(entry: Wire) -> Wire:
    """The fields of an entry, and of the call in it, that are not OpenAI's."""
    inside, known = ("function", _FUNCTION) if isinstance(entry.get("function"), dict) else ("custom", _CUSTOM)
    return unknown(entry, _ENTRY, inside=inside, known_inside=known)


def arguments_text(value: Any) -> str:
    """The JSON text of arguments. Nothing, `""` and `"null"` mean none; some hosts send the object itself."""
    if isinstance(value, str):
        return value if value not in ("", "null") else "{}"
    return "{}" if value is None else encode_json(value).decode()


def decode_legacy_call(value: Any, *seed: object) -> ToolCall | None:
    """The call in `function_call`, or `None`: Snowflake sends one without a name beside every answer."""
    name = cast("Wire", value).get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        return None
    text = arguments_text(cast("Wire", value).get("arguments"))
    return ToolCall(id=legacy_id(*seed, name), name=name, arguments_json=text)
