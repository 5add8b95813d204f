"""Facts as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dragoman.catalog.facts import ModelFacts, ReasoningFacts

_UNKNOWN: Final = "not known"
_MOST_ROWS: Final = 40
_HEAD: Final = ("model", "window", "output", "takes", "tools", "thinks", "$ in", "$ out", "retires")
_YES: Final = {True: "yes", False: "no", None: "?"}


def today() -> str:
    """Today as ISO text, in UTC."""
    return datetime.now(UTC).date().isoformat()


def facts_table(facts: ModelFacts) -> str:
    """One model, a fact a line."""
    lines = [(label, text) for label, text in _lines(facts) if text]
    return "\n".join([facts.name, *(f"  {label:<11}{text}" for label, text in lines)])


def _lines(facts: ModelFacts) -> Iterable[tuple[str, str]]:
    day = today()
    yield "kind", "" if facts.kind == "chat" else facts.kind
    yield "window", _window(facts)
    yield "takes", ", ".join(facts.input)
    yield "gives", "" if facts.output == ("text",) else ", ".join(facts.output)
    if facts.kind == "chat":
        yield "tools", _tools(facts)
        yield "structured", ", ".join(facts.techniques)
        yield "reasoning", _reasoning(facts.reasoning) if facts.reasoning else "no"
    yield "local", _local(facts)
    yield "price", _price(facts, day)
    yield ("retired" if facts.retired(day) else "retires"), _end(facts)
    yield "note", facts.note or ""


def _window(facts: ModelFacts) -> str:
    parts = [f"{facts.context_tokens:,} tokens" if facts.context_tokens else _UNKNOWN]
    if facts.input_tokens:
        parts.append(f"{facts.input_tokens:,} in")
    if facts.output_tokens:
        parts.append(f"{facts.output_tokens:,} out")
    return ", ".join(parts)


def _tools(facts: ModelFacts) -> str:
    if facts.tools is None:
        return _UNKNOWN
    return "yes, but no call can be demanded" if facts.tools and not facts.forced_tools else _YES[facts.tools]


def _reasoning(reasoning: ReasoningFacts) -> str:
    parts = [" ".join(reasoning.efforts), "budget in tokens" if reasoning.budget else ""]
    parts.append({True: "can be switched off", False: "always on", None: ""}[reasoning.can_disable])
    parts.append("refuses sampling parameters" if reasoning.refuses_sampling else "")
    return ", ".join(filter(None, parts)) or "yes"


def _local(facts: ModelFacts) -> str:
    if facts.local is None:
        return ""
    return f"{facts.local.size_gb:g} GB, needs {facts.local.memory_gb} GB of memory, {facts.local.speed}"


def _price(facts: ModelFacts, day: str) -> str:
    """The usual prices of the day, dollars a million tokens."""
    if facts.local is not None:
        return "none"
    prices = facts.prices_on(day) or {}
    shown = [f"{what.replace('_', ' ')} {price.base:f}{_above(price.above)}" for what, price in prices.items()]
    tiers = sorted({row.service_tier for row in facts.prices if row.service_tier})
    also = f" (also {', '.join(tiers)})" if tiers else ""
    return f"$ {', '.join(shown)}{also}" if shown else _UNKNOWN


def _above(steps: Sequence[tuple[int, Decimal]]) -> str:
    return "".join(f" (above {tokens:,}: {price:f})" for tokens, price in steps)


def _end(facts: ModelFacts) -> str:
    then = f"; use {facts.successor}" if facts.successor else ""
    if facts.retired_on:
        return f"{facts.retired_on}{then}"
    return f"deprecated{then}" if facts.deprecated else ""


def models_table(models: Sequence[ModelFacts]) -> str:
    """Models, one a line; of more than 40 the first."""
    day = today()
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
        "yes" if facts.reasoning else "no",
        _dollars(facts.price("input", day)),
        _dollars(facts.price("output", day)),
        facts.retired_on or "",
    )


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else f"{tokens:,}"


def _dollars(amount: Decimal | None) -> str:
    return "?" if amount is None else f"{amount:f}"
