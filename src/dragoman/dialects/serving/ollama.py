"""Ollama: lists what is installed. A stream is lines of JSON, between which nothing may stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.serving.base import NO_SIGN, Listing, Serving
from dragoman.messages import ModelInfo

_DETAILS: Final = {"format": "gguf", "family": "dragoman", "parameter_size": "1B", "quantization_level": "Q4_K_M"}
"""Of weights, which are elsewhere: Ollama's clients want some."""


def _model(model: ModelInfo) -> Wire:
    born = datetime.fromtimestamp(model.created_at or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = f"{sum(model.id.encode()):064x}"
    own = {"name": model.id, "model": model.id, "modified_at": born, "size": 1, "digest": digest}
    return {**own, "details": dict(_DETAILS)}


def _models(models: Sequence[ModelInfo]) -> Wire:
    return {"models": [_model(model) for model in models]}


def _shown(model: ModelInfo) -> Wire:
    """What clients ask before they offer tools or pictures (docs.ollama.com/api/show, read 2026-11-22)."""
    family = _DETAILS["family"]
    window = {} if model.context_tokens is None else {f"{family}.context_length": model.context_tokens}
    listed = _model(model)
    return {
        "modified_at": listed["modified_at"],
        "details": listed["details"],
        "model_info": {"general.architecture": family, **window},
        "capabilities": ["completion", *sorted(model.abilities & _CAPABILITIES)],
    }


_CAPABILITIES: Final = frozenset({"tools", "vision", "thinking"})

SERVING = Serving(
    prefix="",
    listing=Listing(models=_models, model=_model, path="/api/tags", show=_shown, show_path="/api/show"),
    sign_of_life=NO_SIGN,
)
