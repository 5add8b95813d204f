"""Google: the Gemini API signs thoughts."""

from __future__ import annotations

from dragoman.messages import Reasoning
from dragoman.testing.emulator.customs.base import Customs
from dragoman.testing.rules.signatures import signature_of


def _signed(text: str) -> Reasoning:
    return Reasoning(text, payload={"thoughtSignature": signature_of(text)}, dialect="gemini")


CUSTOMS = Customs(price_list="google", sign=_signed)
