"""What can be done in a dialect, for the records that say so before a call."""

from __future__ import annotations

from functools import cache
from typing import Final

from dragoman.dialects import get_dialect
from dragoman.messages import Image, Message, Request
from dragoman.providers.mode import Mode

MODES: Final = (Mode.TOOLS,)
"""The techniques that `structured` has today, the preferred one first. It has them in every dialect."""

OPENAI_DIALECTS: Final = frozenset({"openai_chat", "openai_responses"})
"""Those that OpenAI's own SDK speaks."""


@cache
def has_pictures(dialect: str) -> bool:
    """Whether the dialect can say a picture: its codec is asked."""
    picture = Image.from_bytes(b"\x89PNG", "image/png")
    return not get_dialect(dialect).encode_request(Request(model="", messages=(Message("user", (picture,)),))).losses
