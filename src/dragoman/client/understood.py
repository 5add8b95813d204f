"""What is asked, understood once by a router for whichever of its targets it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from dragoman.messages import Message


class Understood(Struct, frozen=True):
    """Stands where a prompt stands in the methods of a plan, which then neither reads nor checks anything again.

    Attributes:
        messages: The conversation, canonical.
        options: All of them, checked: what the plan has `settled`, and over it what the call says.
    """

    messages: tuple[Message, ...]
    options: Mapping[str, Any]
