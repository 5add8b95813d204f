"""Money as whole numbers: a pico-dollar is a millionth of a millionth of a US dollar.

A token's price has at most twelve decimals where a million tokens have one of at most six, so sums are exact. They fit
into SQLite's integers up to nine million dollars; a single call is believed up to a hundred thousand.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from math import ceil
from typing import Final

PICO: Final = 10**12
_EXACT: Final = Context(prec=200, rounding=ROUND_CEILING)
MOST: Final = 100_000 * PICO
"""What one call may be said to cost: more is a mistake of whoever says so, and not known to be anything."""


def pico(usd: Decimal) -> int:
    """Whole pico-dollars, never fewer than `usd`."""
    return ceil(usd.scaleb(12, _EXACT))


def believed(usd: Decimal | None) -> int | None:
    """The pico-dollars of a call's cost, or `None` where it is not known or cannot be right."""
    if usd is None or not usd.is_finite():
        return None
    cost = ceil(usd.scaleb(12, _EXACT))  # `pico`, once less called: each call is believed
    return cost if 0 <= cost <= MOST else None


def at_worst(usd: Decimal | None) -> int | None:
    """The pico-dollars to hold for a call that may cost so much."""
    if usd is None:
        return None
    worst = ceil(usd.scaleb(12, _EXACT)) if usd.is_finite() else MOST
    return worst if 0 <= worst <= MOST else max(0, min(worst, MOST))


def dollars(amount: int) -> Decimal:
    """US dollars, exactly."""
    return Decimal(amount).scaleb(-12).normalize() if amount else Decimal(0)


def shown(amount: int) -> str:
    """US dollars for people: `$0.00125`."""
    return f"${dollars(amount):f}"
