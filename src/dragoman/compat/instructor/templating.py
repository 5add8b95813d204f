"""`instructor.templating`: the arguments of a call, rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.client.mode import Mode
from dragoman.client.templating import templated, templated_text

__all__ = ["apply_template", "handle_templating"]

_LISTS = ("messages", "contents", "chat_history")


def handle_templating(
    kwargs: Mapping[str, Any], mode: Mode, provider: Any = None, context: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`kwargs` with their messages rendered with `context`, which may stand third, as it did up to 1.8.

    `mode` and `provider` do not matter: each message shows which form it has.
    """
    del mode  # Instructor's callers give it
    if context is None and isinstance(provider, Mapping):
        context = cast("Mapping[str, Any]", provider)
    done: dict[str, Any] = {
        name: templated(value, context) if name in _LISTS else value for name, value in kwargs.items()
    }
    if isinstance(kwargs.get("message"), str):
        done["message"] = templated_text(kwargs["message"], context)
    return done


def apply_template(text: str, context: Mapping[str, Any]) -> str:
    """`text` with `context` in it."""
    return templated_text(text, context)
