"""From any SDK's client to an `Instructor` that asks through it, by the package of its class."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from dragoman.client.instructor.base import InstructorBase
from dragoman.client.wrapping.from_sdk import (
    from_anthropic,
    from_cerebras,
    from_cohere,
    from_fireworks,
    from_genai,
    from_groq,
    from_mistral,
    from_openai,
    from_perplexity,
    from_writer,
)
from dragoman.client.wrapping.sdks import WrongClient

_FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (
    from_openai,
    from_anthropic,
    from_groq,
    from_cerebras,
    from_fireworks,
    from_perplexity,
    from_writer,
    from_genai,
    from_mistral,
    from_cohere,
)


def wrapped(client: object) -> InstructorBase | None:
    """An `Instructor` or `AsyncInstructor` that asks through `client`; `None` for what is no SDK's client."""
    for function in _FUNCTIONS:
        with suppress(WrongClient):
            return cast("Any", function)(client)  # their overloads tell faces apart, which nobody knows here
    return None
