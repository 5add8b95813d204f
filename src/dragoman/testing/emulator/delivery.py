"""How a reply is delivered: what to write, how long to wait, where to break off. Pure: every fault can be tested."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, TypeAlias

from msgspec import Struct

from dragoman.testing.emulator.faults import Fault, position
from dragoman.testing.emulator.http import Reply


class Write(Struct, frozen=True):
    """Send bytes; with them `pieces` pieces of the body are sent whole."""

    data: bytes
    pieces: int = 0


class Pause(Struct, frozen=True):
    """Wait."""

    seconds: float


class Stall(Struct, frozen=True):
    """Send nothing more until the client leaves."""


class Hold(Struct, frozen=True):
    """Send nothing more until it is released."""


class Hangup(Struct, frozen=True):
    """End the connection before the reply is whole."""

    reset: bool = False


DeliveryStep: TypeAlias = Write | Pause | Stall | Hold | Hangup

_MOST_AT_ONCE: Final = 65_536
_BODILESS: Final = frozenset({204, 304})


def steps_of(reply: Reply, *, head_only: bool, is_http_1_0: bool, keep_alive: bool) -> list[DeliveryStep]:
    """The steps of `reply`, its fault included. Writes with no wait between them are one."""
    fault = reply.fault
    framing = _framing(reply, is_http_1_0=is_http_1_0)
    has_body = not head_only and reply.status not in _BODILESS
    head = Write(_head(reply, framing, keep_alive=keep_alive and framing != "close"))
    body = list(_body(reply, framing)) if has_body else []
    steps: list[DeliveryStep] = [Pause(fault.head_delay_seconds), head, Pause(fault.first_delay_seconds), *body]
    return list(_joined(_dripped(_broken_at_byte(steps, fault), fault)))


def closes(reply: Reply, *, is_http_1_0: bool) -> bool:
    """Whether the end of the connection is what ends the body."""
    return _framing(reply, is_http_1_0=is_http_1_0) == "close"


def _framing(reply: Reply, *, is_http_1_0: bool) -> str:
    framing = reply.fault.framing or ("chunked" if reply.streamed else "length")
    return "close" if framing == "chunked" and is_http_1_0 else framing


def _head(reply: Reply, framing: str, *, keep_alive: bool) -> bytes:
    headers = {"date": formatdate(usegmt=True), "server": "dragoman-emulator"}
    if reply.status not in _BODILESS and framing == "length":
        headers["content-length"] = str(sum(map(len, reply.pieces)))
    elif reply.status not in _BODILESS and framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    if not keep_alive:
        headers["connection"] = "close"
    headers.update(reply.headers)
    headers.update({name.lower(): value for name, value in reply.fault.headers.items()})
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} {_reason(reply.status)}\r\n{lines}\r\n".encode("latin-1", "replace")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # a status of the provider's own, such as 529
        return "Unknown"


def _body(reply: Reply, framing: str) -> Iterator[DeliveryStep]:
    """The pieces with the waits between them, as far as the fault lets them go."""
    fault, count = reply.fault, len(reply.pieces)
    stop: DeliveryStep | None = None
    last = count
    for after, step in ((fault.stall_after, Stall()), (fault.cut_after, Hangup(fault.reset))):
        if after is not None and (place := position(after, count)) <= last:
            last, stop = place, step
    for number, piece in enumerate(reply.pieces[:last]):
        if number:
            yield Pause(fault.event_delay_seconds)
        if number == reply.hold_after:
            yield Hold()
        yield Write(b"%x\r\n%b\r\n" % (len(piece), piece) if framing == "chunked" and piece else piece, 1)
    if stop is not None:
        yield stop
    elif framing == "chunked":
        yield Write(b"0\r\n\r\n")


def _broken_at_byte(steps: list[DeliveryStep], fault: Fault) -> Iterator[DeliveryStep]:
    limits = [
        (limit, step)
        for limit, step in ((fault.stall_at_byte, Stall()), (fault.cut_at_byte, Hangup(fault.reset)))
        if limit is not None
    ]
    if not limits:
        yield from steps
        return
    left, stop = min(limits, key=lambda limit: limit[0])
    for step in steps:
        if isinstance(step, Write):
            if len(step.data) > left:
                yield Write(step.data[:left])
                yield stop
                return
            left -= len(step.data)
        yield step


def _dripped(steps: Iterator[DeliveryStep], fault: Fault) -> Iterator[DeliveryStep]:
    size = fault.drip_bytes
    for step in steps:
        if size is None or not isinstance(step, Write):
            yield step
            continue
        for start in range(0, len(step.data), size):
            is_last = start + size >= len(step.data)
            yield Pause(fault.drip_seconds)
            yield Write(step.data[start : start + size], step.pieces if is_last else 0)


def _joined(steps: Iterator[DeliveryStep]) -> Iterator[DeliveryStep]:
    """The same with no empty waits, and with writes that follow each other made one, up to a size."""
    held: list[bytes] = []
    size = pieces = 0
    for step in steps:
        if isinstance(step, Pause) and not step.seconds:
            continue
        if held and (not isinstance(step, Write) or size + len(step.data) > _MOST_AT_ONCE):
            yield Write(b"".join(held), pieces)
            held, size, pieces = [], 0, 0
        if isinstance(step, Write):
            held.append(step.data)
            size, pieces = size + len(step.data), pieces + step.pieces
        else:
            yield step
    if held:
        yield Write(b"".join(held), pieces)
