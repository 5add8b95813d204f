"""HTTP as the emulator sees it: a call that came in, a reply to go out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import parse_qs

from msgspec import Struct

from dragoman.errors import Rejected
from dragoman.messages import decode_json, encode_json
from dragoman.testing.emulator.faults import NO_FAULT, Fault

Outcome: TypeAlias = Literal["ok", "refused", "failed", "cut", "left"]
"""How a call ended.

`ok`: answered whole. `refused`: answered with an error. `failed`: an error inside a stream. `cut`: a fault broke the
answer off. `left`: the client went away before it had everything.
"""

JSON: Final = "application/json"


class HttpCall(Struct, frozen=True, kw_only=True):
    """A request as it came. Header names are lower case; repeated ones are joined by `, `.

    `client_port` tells connections apart.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    is_http_1_0: bool = False
    too_large: bool = False
    client_port: int = 0

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.target.partition("?")[2])


def nothing(outcome: Outcome, delivered: int) -> None:
    """For replies whose end nobody waits for."""


async def _at_once() -> None:
    """For replies that wait for nobody."""


class Reply(Struct, kw_only=True):
    """What to answer. A streamed body has one piece a frame; another has one piece.

    After `hold_after` pieces `released` is waited for.

    `ended` is told the outcome and how many pieces were sent whole, just before the last bytes go out; or when the
    client has left, which it may still do while those are on their way: what is told last holds.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = ()
    streamed: bool = False
    outcome: Outcome = "ok"
    fault: Fault = NO_FAULT
    hold_after: int | None = None
    released: Callable[[], Awaitable[object]] = _at_once
    ended: Callable[[Outcome, int], None] = nothing


def json_reply(status: int, value: object, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A JSON body in one piece."""
    return Reply(
        status=status,
        headers=(("content-type", JSON), *headers),
        pieces=(encode_json(value),),
        outcome="ok" if status < 400 else "refused",
    )


def json_object(call: HttpCall) -> dict[str, Any]:
    """The body of a call. Raises `Rejected` for one that is no JSON object."""
    encoding = call.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise Rejected(f"The content encoding `{encoding}` is not understood", http_status=415)
    try:
        wire = decode_json(call.body)
    except ValueError:
        raise Rejected("We could not parse the JSON body of your request.", http_status=400) from None
    if not isinstance(wire, dict):
        raise Rejected("The body of your request is not a JSON object.", http_status=400)
    return cast("dict[str, Any]", wire)
