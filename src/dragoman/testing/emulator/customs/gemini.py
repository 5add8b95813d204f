"""Google: the Gemini API counts tokens, signs thoughts, and lists models as resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from dragoman.messages import Reasoning
from dragoman.testing.emulator.customs.base import Counting, Customs, Listing, Wire
from dragoman.testing.rules.signatures import signature_of

_METHODS: Final = ["generateContent", "countTokens"]


def _model(name: str) -> Wire:
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": _METHODS}


def _models(names: Sequence[str]) -> Wire:
    return {"models": [_model(name) for name in names]}


def _to_be_counted(wire: Wire) -> Wire:
    """A whole request may be counted too, inside the body."""
    inside = wire.get("generateContentRequest")
    return cast("Wire", inside) if isinstance(inside, dict) else wire


def _signed(text: str) -> Reasoning:
    return Reasoning(text, payload={"thoughtSignature": signature_of(text)}, dialect="gemini")


CUSTOMS = Customs(
    price_list="google",
    telling_headers={"x-goog-api-key": None},
    listing=Listing(models=_models, model=_model),
    counting=Counting(
        path="/models/MODEL-NAME:countTokens", request=_to_be_counted, reply=lambda tokens: {"totalTokens": tokens}
    ),
    sign=_signed,
)
