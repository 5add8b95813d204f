"""Anthropic: signs its thinking."""

from dragoman.testing.emulator.customs.base import Customs
from dragoman.testing.rules.signatures import check_signatures, signed

CUSTOMS = Customs(
    price_list="anthropic",
    sign=lambda text: signed(text, "anthropic_messages"),
    check_reasoning=check_signatures,
)
