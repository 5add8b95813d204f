"""Bodies that are no answers: lists of models, in each dialect's shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dragoman.catalog import providers_of

MODELS: Final = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "claude-haiku-4-5", "emulator-1")
"""What is listed unless the emulator is told which models there are; any other name is answered too."""

_CREATED: Final = 1_735_689_600
"""2025-01-01, as good a birthday as any."""

_NOBODY: Final = "dragoman"


def _openai_model(name: str) -> dict[str, Any]:
    owner = next(iter(providers_of(name)), _NOBODY)
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": owner}


def _openai_models(names: Sequence[str]) -> dict[str, Any]:
    return {"object": "list", "data": [_openai_model(name) for name in names]}


def _anthropic_model(name: str) -> dict[str, Any]:
    born = datetime.fromtimestamp(_CREATED, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": name, "display_name": name, "created_at": born}


def _anthropic_models(names: Sequence[str]) -> dict[str, Any]:
    first, last = (names[0], names[-1]) if names else (None, None)
    data = [_anthropic_model(name) for name in names]
    return {"data": data, "has_more": False, "first_id": first, "last_id": last}


_ONE: Final[dict[str, Callable[[str], dict[str, Any]]]] = {"anthropic_messages": _anthropic_model}
_LIST: Final[dict[str, Callable[[Sequence[str]], dict[str, Any]]]] = {"anthropic_messages": _anthropic_models}


def model_body(dialect: str, name: str) -> dict[str, Any]:
    """One model in the dialect's shape; OpenAI's where it has none of its own."""
    return _ONE.get(dialect, _openai_model)(name)


def models_body(dialect: str, names: Sequence[str]) -> dict[str, Any]:
    return _LIST.get(dialect, _openai_models)(names)
