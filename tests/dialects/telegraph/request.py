"""A request, both ways. What the telegraph cannot say becomes a `Loss`; what it does not know is kept as an `Extra`."""

from __future__ import annotations

from typing import Any, Final

from dragoman.dialects import Encoded, Wire
from dragoman.dialects.base import unknown_fields, write_extra
from dragoman.errors import Rejected
from dragoman.messages import Loss, Message, Request, Role, Text

from .wire import NAME, RequestBody, Turn

_KNOWN: Final = frozenset(RequestBody.__annotations__)
_TURN: Final = frozenset(Turn.__annotations__)

_SAID: Final = {"model", "messages", "max_tokens", "stream", "extra"}
"""The fields of a `Request` that have a place on this wire."""

_NOTHING: Final = Request(model="")


def encode_request(request: Request) -> Encoded:
    losses = [
        Loss(effect="dropped", where=name, why="the telegraph has no such setting")
        for name in Request.__struct_fields__
        if name not in _SAID and getattr(request, name) != getattr(_NOTHING, name)
    ]
    turns = [_encode_turn(message, f"messages[{number}]", losses) for number, message in enumerate(request.messages)]
    wire: Wire = {"model": request.model, "turns": turns}
    if request.max_tokens is not None:
        wire["limit"] = request.max_tokens
    if request.stream:
        wire["live"] = True
    for extra in request.extra:
        write_extra(wire, extra, NAME, "", losses)
    return Encoded(wire, tuple(losses))


def _encode_turn(message: Message, where: str, losses: list[Loss]) -> Wire:
    turn: Wire = {"who": message.role.value, "says": message.text}
    for number, part in enumerate(message.parts):
        if not isinstance(part, Text):
            losses.append(Loss(effect="dropped", where=f"{where}.content[{number}]", why="only text can be sent"))
    if message.cache is not None:
        losses.append(Loss(effect="dropped", where=f"{where}.cache", why="nothing is cached"))
    write_extra(turn, message.extra, NAME, where, losses)
    return turn


def decode_request(wire: Wire) -> Request:
    """Raises `Rejected` for what is no request."""
    turns = wire.get("turns")
    if not isinstance(wire.get("model"), str) or not isinstance(turns, list):
        raise rejected("`model` and `turns` are needed")
    extra = unknown_fields(wire, _KNOWN, NAME)
    return Request(
        model=wire["model"],
        messages=tuple(map(_decode_turn, turns)),
        max_tokens=wire.get("limit"),
        stream=bool(wire.get("live")),
        extra=() if extra is None else (extra,),
    )


def _decode_turn(turn: Any) -> Message:
    if not isinstance(turn, dict) or turn.get("who") not in list(Role) or not isinstance(turn.get("says"), str):
        raise rejected("a turn has `who` and `says`")
    return Message(Role(turn["who"]), turn["says"], extra=unknown_fields(turn, _TURN, NAME))


def rejected(why: str) -> Rejected:
    return Rejected(why, http_status=400, body={"trouble": why})
