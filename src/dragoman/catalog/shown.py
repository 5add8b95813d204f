"""Lists of models as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from dragoman.catalog.day import utc_today
from dragoman.catalog.facts import ModelFacts

_MOST_ROWS: Final = 40
_HEAD: Final = ("model", "window", "output", "takes", "tools", "thinks", "$ in", "$ out", "retires")
_YES: Final = {True: "yes", False: "no", None: "?"}


def models_table(models: Sequence[ModelFacts]) -> str:
    """Models, one a line; of more than 40 the first."""
    day = utc_today()
    rows = [_HEAD, *(_row(facts, day) for facts in models[:_MOST_ROWS])]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = len(models) - _MOST_ROWS
    return "\n".join([*lines, *([f"… and {more:,} more"] if more > 0 else [])])


def _row(facts: ModelFacts, day: str) -> tuple[str, ...]:
    return (
        facts.name,
        _count(facts.context_tokens),
        _count(facts.output_tokens),
        "+".join(facts.input),
        _YES[facts.tools],
        _YES[True if facts.reasoning else facts.tools and False],
        _dollars(facts.price("input", day)),
        _dollars(facts.price("output", day)),
        facts.retired_on or (f">= {facts.kept_until}" if facts.kept_until else ""),
    )


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"


def _dollars(amount: Decimal | None) -> str:
    return "?" if amount is None else f"{amount:f}"
