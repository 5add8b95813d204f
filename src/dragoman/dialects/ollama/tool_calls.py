"""Tool calls, both ways, and the ids of those that came without one.

Old servers number nothing: a result is told by the tool's name alone. The ids made up here are always the same for the
same answer and place, are known by their prefix, and are never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from dragoman.dialects.base import Wire, merge_extra
from dragoman.dialects.checks import objects, optional, required
from dragoman.dialects.losses import lose_cache
from dragoman.dialects.ollama.wire import NAME
from dragoman.messages import Extra, Loss, ToolCall, encode_json

_MADE_UP: Final = "ollama_"


def made_up_id(*seed: object) -> str:
    from hashlib import blake2b  # brings OpenSSL: too slow to load for answers that have their ids

    return _MADE_UP + blake2b(repr(seed).encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def is_made_up(id_: str) -> bool:
    return id_.startswith(_MADE_UP)


# ---------------------------------------------------------------------- encode


def encode_call(call: ToolCall, where: str, losses: list[Loss]) -> Wire:
    """`call` as an entry of `tool_calls`."""
    entry: Wire = {} if is_made_up(call.id) else {"id": call.id}
    entry["function"] = {"name": call.name, "arguments": _arguments(call, where, losses)}
    lose_cache(call.cache, where, losses)
    merge_extra(entry, call.extra, NAME, where, losses)
    return entry


def _arguments(call: ToolCall, where: str, losses: list[Loss]) -> Mapping[str, Any]:
    if call.text is not None:
        losses.append(Loss(effect="changed", where=f"{where}.text", why="free-form input is sent as one JSON field"))
        return {"input": call.text}
    if not call.complete:
        why = "it is no whole JSON object: sent without it"
        losses.append(Loss(effect="changed", where=f"{where}.arguments_json", why=why))
    return call.arguments


# ---------------------------------------------------------------------- decode

_ENTRY: Final = frozenset({"id", "function"})
_FUNCTION: Final = frozenset({"name", "arguments"})


def decode_calls(message: Wire, where: str, seed: tuple[object, ...]) -> tuple[ToolCall, ...]:
    """The calls in a request's message. Raises `Rejected`."""
    entries = objects(message, "tool_calls", where)
    return tuple(_decode_call(entry, f"{where}tool_calls[{n}].", (*seed, n)) for n, entry in enumerate(entries))


def _decode_call(entry: Wire, where: str, seed: tuple[object, ...]) -> ToolCall:
    function = required(entry, "function", dict, where)
    name = required(function, "name", str, f"{where}function.")
    arguments = optional(function, "arguments", dict, f"{where}function.")
    id_ = optional(entry, "id", str, where) or made_up_id(*seed)
    return ToolCall(id=id_, name=name, arguments=arguments or {}, extra=_unknown(entry, function))


def _unknown(entry: Wire, function: Wire) -> Extra | None:
    rest = {name: value for name, value in entry.items() if name not in _ENTRY}
    spelling = {"type": rest.pop("type")} if rest.get("type") == "function" else {}
    deeper = {name: value for name, value in function.items() if name not in _FUNCTION}
    (spelling if deeper.keys() == {"index"} else rest).update({"function": deeper} if deeper else {})
    return Extra(fields=rest, dialect=NAME, spelling=spelling) if rest or spelling else None


def answered_calls(message: Wire, seed: tuple[object, ...], first: int) -> tuple[ToolCall, ...]:
    """The calls in an answer, of which `first` have come before. Raises `TypeError` for what is none."""
    entries = message.get("tool_calls") or ()
    return tuple(_answered_call(entry, (*seed, first + number)) for number, entry in enumerate(entries))


def _answered_call(entry: Wire, seed: tuple[object, ...]) -> ToolCall:
    """Their numbers are dropped: the order says the same."""
    function: Wire = entry["function"]
    name, arguments, id_ = function["name"], function.get("arguments"), entry.get("id")
    if type(name) is not str:
        raise TypeError(f"the name of a tool is {name!r:.40}")
    fields: Wire = {"id": id_ if isinstance(id_, str) and id_ else made_up_id(*seed, name), "name": name}
    if isinstance(arguments, dict):
        return ToolCall(arguments=cast("Wire", arguments), **fields)
    if arguments is None:
        return ToolCall(**fields)
    text = arguments if isinstance(arguments, str) else encode_json(arguments).decode()
    return ToolCall(arguments_json=text, **fields)
