"""Mistral. Its chat has the path of OpenAI's: its own client is known by its name, others write `/mistral` first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dragoman.testing.emulator.customs.base import BIRTHDAY, Customs, Listing, Wire

_CAPABILITIES: Final = {"completion_chat": True, "function_calling": True, "vision": True}


def _model(name: str) -> Wire:
    return {
        "id": name,
        "object": "model",
        "created": BIRTHDAY,
        "owned_by": "mistralai",
        "type": "base",
        "capabilities": _CAPABILITIES,
        "max_context_length": 131072,
    }


def _models(names: Sequence[str]) -> Wire:
    return {"object": "list", "data": [_model(name) for name in names]}


CUSTOMS = Customs(
    price_list="mistral",
    request_id_header="mistral-correlation-id",
    client="mistral-client-python",
    listing=Listing(models=_models, model=_model),
)
