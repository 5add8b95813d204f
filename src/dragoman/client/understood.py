"""What is asked, understood once by a router for whichever of its targets it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from dragoman.calls import Call
from dragoman.messages import Message, Request


class Settled(Struct):
    """What many calls of one client say alike.

    Attributes:
        options: All of them, checked; the client's own are among them.
        call: Such a call, in which the conversation is missing. It is made at the first that says nothing more.
        passing: Such a call for somebody else, in which the request is missing; made likewise.
        fills: Whether the options say anything of a request.
    """

    options: Mapping[str, Any]
    call: Call | None = None
    passing: Call | None = None
    fills: bool = True


class Understood(Struct, frozen=True):
    """Stands where a prompt stands in the methods of a plan, which then neither reads nor checks anything again.

    Attributes:
        messages: The conversation, canonical.
        options: All of them, checked.
        settled: What says all of them, where the call says nothing more.
        deadline: When an answer must be there, on top of the limits in `options`.
        request: The request that the options were made of, for what they cannot say.
    """

    messages: tuple[Message, ...]
    options: Mapping[str, Any]
    settled: Settled | None = None
    deadline: float | None = None
    request: Request | None = None
