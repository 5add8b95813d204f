"""`patch` and `apatch`, by which programs came to Instructor before it had clients of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from dragoman.client.mode import Mode
from dragoman.errors import ConfigurationError


def patch(client: Any = None, create: Callable[..., Any] | None = None, mode: Mode = Mode.TOOLS, **options: Any) -> Any:
    """An SDK's client, or its function, that takes a `response_model`.

    What is given is left as it is; the client that comes back has all that the given one has.

    Args:
        client: A client of OpenAI's SDK, or of one that is like it, or of Anthropic's.
        create: In place of a client, a function that takes OpenAI's arguments, such as LiteLLM's `completion`, or a
            client's own `client.chat.completions.create`.
        mode: How values are asked for.
        options: Defaults of the calls.
    """
    from dragoman.client.wrapping.from_sdk import from_anthropic, from_litellm, from_openai

    if (client is None) == (create is None):
        raise ConfigurationError("patch takes a client, or create=, a function")
    if create is not None:
        owner = getattr(getattr(create, "__self__", None), "_client", None)  # a method of an SDK's resource
        made: Any = patch(owner, mode=mode, **options) if owner else from_litellm(create, mode, **options)
        return made.create
    wrap: Callable[..., Any] = from_openai if hasattr(client, "chat") else from_anthropic
    return wrap(client, mode, **options)


def apatch(client: Any, mode: Mode = Mode.TOOLS, **options: Any) -> Any:
    """`patch`, which takes asynchronous clients too."""
    warnings.warn("apatch is deprecated: patch takes asynchronous clients too", DeprecationWarning, stacklevel=2)
    return patch(client, mode=mode, **options)
