"""Money as whole numbers: a pico-dollar is a millionth of a millionth of a US dollar.

A token's price has at most twelve decimals where a million tokens have one of at most six, so sums are exact. They fit
into SQLite's integers up to nine million dollars; a single call is believed up to a hundred thousand.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

PICO: Final = 10**12
MOST: Final = 100_000 * PICO
"""What one call may be said to cost: more is a mistake of whoever says so, and not known to be anything."""


def pico(usd: Decimal) -> int:
    """Whole pico-dollars, never fewer than `usd`."""
    numerator, denominator = usd.as_integer_ratio()
    return -(-numerator * PICO // denominator)


def believed(usd: Decimal | None) -> int | None:
    """The pico-dollars of a call's cost, or `None` where it is not known or cannot be right."""
    if usd is None or not usd.is_finite():
        return None
    cost = pico(usd)
    return cost if 0 <= cost <= MOST else None


def at_worst(usd: Decimal | None) -> int | None:
    """The pico-dollars to hold for a call that may cost so much."""
    if usd is None:
        return None
    return max(0, min(pico(usd), MOST)) if usd.is_finite() else MOST


def dollars(amount: int) -> Decimal:
    """US dollars, exactly."""
    return Decimal(amount).scaleb(-12).normalize() if amount else Decimal(0)


def shown(amount: int) -> str:
    """US dollars for people: `$0.00125`."""
    return f"${dollars(amount):f}"
