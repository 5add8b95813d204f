"""Cohere: counts tokens by giving them all, and lists models with what they can do."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.testing.emulator.customs.base import Counting, Customs, Listing, Wire


def _model(name: str) -> Wire:
    return {"name": name, "endpoints": ["chat"], "finetuned": False, "context_length": 256_000, "features": ["tools"]}


def _models(names: Sequence[str]) -> Wire:
    return {"models": [_model(name) for name in names], "next_page_token": None}


def _as_asked(wire: Wire) -> Wire:
    """A text to be counted, as one that a model is asked."""
    return {"model": wire.get("model"), "messages": [{"role": "user", "content": wire.get("text")}]}


def _tokens(count: int) -> Wire:
    return {"tokens": list(range(count)), "token_strings": [""] * count}


CUSTOMS = Customs(
    price_list="cohere",
    telling_headers={"x-fern-sdk-name": "cohere"},
    listing=Listing(models=_models, model=_model, parameter="page_size"),
    counting=Counting(path="/tokenize", request=_as_asked, reply=_tokens),
)
