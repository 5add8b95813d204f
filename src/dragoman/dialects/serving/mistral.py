"""Mistral. Its chat has the path of OpenAI's: its own client is known by its name, others write `/mistral` first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.serving.base import Listing, Serving
from dragoman.messages import ModelInfo

_CAPABILITIES: Final = {"completion_chat": True, "function_calling": True, "vision": True}

_WINDOW: Final = 131_072
"""That of a model of which nothing is known: Mistral's client wants a number."""


def _model(model: ModelInfo) -> Wire:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created_at or 0,
        "owned_by": "mistralai",
        "type": "base",
        "capabilities": _CAPABILITIES,
        "max_context_length": model.context_tokens or _WINDOW,
    }


def _models(models: Sequence[ModelInfo]) -> Wire:
    return {"object": "list", "data": [_model(model) for model in models]}


SERVING = Serving(
    request_id_header="mistral-correlation-id",
    client="mistral-client-python",
    listing=Listing(models=_models, model=_model),
)
