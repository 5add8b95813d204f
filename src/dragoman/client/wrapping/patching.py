"""`patch` and `apatch`: how Instructor was used before it had clients. Kept for code that has them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

from dragoman.client.instructor import AsyncInstructor, Instructor
from dragoman.client.mode import Mode
from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.client.wrapping.from_sdk import (
    from_anthropic,
    from_bedrock,
    from_cerebras,
    from_cohere,
    from_fireworks,
    from_genai,
    from_groq,
    from_litellm,
    from_lookalike,
    from_mistral,
    from_openai,
    from_writer,
)
from dragoman.client.wrapping.sdks import WrongClient
from dragoman.errors import ConfigurationError

_WAYS: Final[tuple[Any, ...]] = (
    from_openai, from_anthropic, from_genai, from_mistral, from_cohere, from_groq, from_cerebras, from_fireworks,
    from_writer, from_bedrock,
)  # fmt: skip
"""Each takes the clients of its SDK; the first also those of others that are made of OpenAI's."""


def patch(
    client: Any = None, create: Callable[..., Any] | None = None, mode: Mode | None = None, **options: Any
) -> Any:
    """Have an SDK's client, or its `create`, answer with values of the caller's types.

    Returned is what does: an `Instructor` around `client`, or a function in place of `create` that takes a
    `response_model` besides. What was given stays as it was. With a client `create` is not needed, and not used.

    Args:
        client: A client of an SDK, or an object with the `chat.completions.create` of OpenAI's.
        create: A client's `create`, or a function that takes OpenAI's arguments, such as LiteLLM's `completion`.
        mode: How values are asked for; what is right for the model, unless it is said.
        options: Defaults of the calls.

    Raises:
        WrongClient: It is neither.
        ConfigurationError: Neither is given.
    """
    if client is not None:
        return _patched(client, mode, options)
    if create is None:
        raise ConfigurationError("patch takes a client, or create=, a function")
    return _patched_function(create, mode, options).create


def apatch(client: Any, mode: Mode | None = None, **options: Any) -> Any:
    """`patch`, which takes clients that are awaited too. Deprecated, as in Instructor."""
    warnings.warn("apatch is deprecated, use patch instead", DeprecationWarning, stacklevel=stacklevel_of_caller())
    return patch(client, mode=mode, **options)


def _patched(client: Any, mode: Mode | None, options: Mapping[str, Any]) -> Instructor | AsyncInstructor:
    for wrap in _WAYS:
        try:
            return wrap(client, mode, **options)
        except WrongClient:
            continue
    return from_lookalike(client, mode, **options)


def _patched_function(
    create: Callable[..., Any], mode: Mode | None, options: Mapping[str, Any]
) -> Instructor | AsyncInstructor:
    """A method is called by its client; another function is of litellm's form."""
    client = getattr(getattr(create, "__self__", None), "_client", None)
    return from_litellm(create, mode, **options) if client is None else _patched(client, mode, options)
