"""Cohere: counts tokens by giving them all, and lists models with what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dragoman.dialects.base import Wire
from dragoman.dialects.serving.base import Counting, Listing, Serving
from dragoman.messages import ModelInfo

_WINDOW: Final = 256_000
"""That of a model of which nothing is known: Cohere's client wants a number."""


def _model(model: ModelInfo) -> Wire:
    window = model.context_tokens or _WINDOW
    return {
        "name": model.id,
        "endpoints": ["chat"],
        "finetuned": False,
        "context_length": window,
        "features": ["tools"],
    }


def _models(models: Sequence[ModelInfo]) -> Wire:
    return {"models": [_model(model) for model in models], "next_page_token": None}


def _as_asked(wire: Wire) -> Wire:
    """A text to be counted, as one that a model is asked."""
    return {"model": wire.get("model"), "messages": [{"role": "user", "content": wire.get("text")}]}


def _tokens(count: int) -> Wire:
    return {"tokens": list(range(count)), "token_strings": [""] * count}


SERVING = Serving(
    telling_headers={"x-fern-sdk-name": "cohere"},
    listing=Listing(models=_models, model=_model, parameter="page_size"),
    counting=Counting(path="/tokenize", request=_as_asked, reply=_tokens),
)
