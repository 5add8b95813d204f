"""A request, both ways: OpenAI's, in Mistral's words."""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.mistral.adopt import adopt
from dragoman.dialects.mistral.variant import REQUESTS
from dragoman.dialects.openai_chat import request as chat
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.messages import Request

_NAMES: Final = {"seed": "random_seed", "max_completion_tokens": "max_tokens"}
_UNKNOWN: Final = {"user": "Mistral refuses requests with fields it does not know"}

# ---------------------------------------------------------------------- encode


def encode_request(request: Request) -> Encoded:
    losses = Losses(REQUESTS)
    wire = chat.write_request(request, losses)
    for theirs, ours in _NAMES.items():
        if theirs in wire:
            wire[ours] = wire.pop(theirs)
    for name, why in _UNKNOWN.items():
        if wire.pop(name, None) is not None:
            losses.dropped(name, why)
    _write_stream(request, wire, losses)
    _write_choice(wire, losses)
    _write_format(wire, losses)
    _write_prefix(wire)
    return Encoded(wire, tuple(losses.found))


def _write_stream(request: Request, wire: Wire, losses: Losses) -> None:
    """Usage comes with the last chunk, unasked."""
    options = cast("Wire", wire.pop("stream_options", {}))
    others = {name: value for name, value in options.items() if name != "include_usage"}
    if others:
        wire["stream_options"] = others
    if request.stream and request.include_usage is False:
        losses.dropped("include_usage", "usage is always reported")


def _write_choice(wire: Wire, losses: Losses) -> None:
    choice = wire.get("tool_choice")
    if isinstance(choice, dict) and "allowed_tools" in choice:
        wire["tool_choice"] = cast("Wire", choice)["allowed_tools"]["mode"]
        losses.dropped("tool_choice.names", "this dialect lets choose among all tools, or names one")
    if wire.get("tool_choice") == "required":
        wire["tool_choice"] = "any"


def _write_format(wire: Wire, losses: Losses) -> None:
    form = wire.get("response_format")
    if isinstance(form, dict) and cast("Wire", form).get("type") == "json_object" and "schema" in form:
        del form["schema"]
        losses.dropped("output_format.schema", "only `json_schema` has it")


def _write_prefix(wire: Wire) -> None:
    """A last turn of the assistant's is one to go on with, and has to say so."""
    turns = cast("list[Wire]", wire["messages"])
    if turns and turns[-1]["role"] == "assistant":
        turns[-1].setdefault("prefix", True)


# ---------------------------------------------------------------------- decode


def decode_request(wire: Wire, path: str = "") -> Request:
    """Raises `Rejected` for a body that is no request."""
    names = {ours: theirs for theirs, ours in _NAMES.items()}
    chat_wire = {names.get(name, name): value for name, value in wire.items()}
    if wire.get("stream"):
        chat_wire["stream_options"] = {**(wire.get("stream_options") or {}), "include_usage": True}
    chat_wire["messages"] = _read_messages(wire.get("messages"))
    return adopt(chat.decode_request(chat_wire, path))


def _read_messages(value: Any) -> Any:
    """The messages, without the prefix that a last turn of the assistant's has anyway."""
    if not isinstance(value, list) or not value:
        return cast("object", value)
    *before, last = cast("list[Any]", value)
    return [*before, _without_prefix(cast("Wire", last)) if isinstance(last, dict) else last]


def _without_prefix(turn: Wire) -> Wire:
    if turn.get("role") != "assistant" or turn.get("prefix") is not True:
        return turn
    return {name: field for name, field in turn.items() if name != "prefix"}
