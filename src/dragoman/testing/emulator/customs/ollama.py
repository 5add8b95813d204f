"""Ollama: lists what is installed, and loads or unloads a model that is asked nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from dragoman.messages import LLMResponse, Request, Usage
from dragoman.testing.emulator.customs.base import BIRTHDAY, Customs, Listing, Wire

_BORN: Final = datetime.fromtimestamp(BIRTHDAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
_DETAILS: Final = {"format": "gguf", "family": "emulator", "parameter_size": "1B", "quantization_level": "Q4_K_M"}


def _model(name: str) -> Wire:
    digest = f"{sum(name.encode()):064x}"
    return {"name": name, "model": name, "modified_at": _BORN, "size": 1, "digest": digest, "details": dict(_DETAILS)}


def _models(names: Sequence[str]) -> Wire:
    return {"models": [_model(name) for name in names]}


def _load_or_unload(request: Request) -> LLMResponse | None:
    if request.messages:
        return None
    kept = [extra.fields.get("keep_alive") for extra in request.extra]
    word = "unload" if any(time in (0, "0") for time in kept) else "load"
    nothing = Usage(input_tokens=0, output_tokens=0)
    return LLMResponse(finish_reason="other", raw_finish_reason=word, usage=nothing)


_NOT_HERE: Final = (
    *("/api/generate", "/api/ps", "/api/show", "/api/version"),
    *("/api/pull", "/api/push", "/api/create", "/api/copy", "/api/delete"),
)
"""Answers to bare prompts, and what is done to models (docs.ollama.com/api, read 2026-11-21)."""

CUSTOMS = Customs(
    listing=Listing(models=_models, model=_model, path="/api/tags"),
    own_answer=_load_or_unload,
    not_here=_NOT_HERE,
)
