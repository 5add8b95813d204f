"""Ollama: loads or unloads a model that is asked nothing."""

from __future__ import annotations

from typing import Final

from dragoman.messages import LLMResponse, Request, Usage
from dragoman.testing.emulator.customs.base import Customs


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

CUSTOMS = Customs(own_answer=_load_or_unload, not_here=_NOT_HERE)
