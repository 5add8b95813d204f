"""Which models meet demands, and which demand nobody meets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, TypedDict, Unpack

from dragoman.catalog.day import day_meant
from dragoman.catalog.facts import Kind, ModelFacts
from dragoman.catalog.models import ModelList, models
from dragoman.errors import ConfigurationError, NoModelFits

Amount = Decimal | int | float | str
"""US dollars per million tokens."""


class Demands(TypedDict, total=False):
    """What a model must offer. What is not known of a model does not count as offered."""

    tools: bool
    """It calls tools."""
    forced_tools: bool
    """A tool call can be demanded of it."""
    vision: bool
    """It reads images."""
    audio: bool
    """It hears audio."""
    video: bool
    """It watches video."""
    documents: bool
    """It reads PDF files."""
    json_schema: bool
    """Its provider holds answers to a JSON schema."""
    json_object: bool
    """Its provider has a JSON mode."""
    reasoning: bool
    """It thinks before it answers (`False`: it does not, or can be kept from it)."""
    sampling: bool
    """It takes temperature and its like."""
    local: bool
    """It runs on one's own machine."""
    memory_gb: int
    """It runs on one's own machine with that much memory."""
    context_tokens: int
    """Its window holds that many tokens."""
    output_tokens: int
    """It writes that many tokens in one answer."""
    max_input_price: Amount
    """A million tokens of input cost no more, in US dollars."""
    max_output_price: Amount
    """A million tokens of output cost no more, in US dollars."""


Test = Callable[[ModelFacts, Any, str], bool]


def _takes(modality: str) -> Test:
    return lambda facts, wanted, _: (modality in facts.input) is wanted


def _holds_to(form: str) -> Test:
    return lambda facts, wanted, _: (form in facts.formats) is wanted


def _costs_at_most(what: str) -> Test:
    def fits(facts: ModelFacts, most: Amount, today: str) -> bool:
        price = facts.price(what, today)
        return price is not None and price <= Decimal(str(most))

    return fits


def _thinks(facts: ModelFacts, wanted: bool, _: str) -> bool:
    if wanted:
        return facts.reasoning is not None
    return facts.reasoning is None or facts.reasoning.can_disable is True


def _takes_sampling(facts: ModelFacts, wanted: bool, _: str) -> bool:
    return (facts.reasoning is None or facts.reasoning.refuses_sampling is not True) is wanted


_TESTS: Final[dict[str, Test]] = {
    "tools": lambda facts, wanted, _: (facts.tools is True) is wanted,
    "forced_tools": lambda facts, wanted, _: (facts.tools is True and facts.forced_tools) is wanted,
    "vision": _takes("image"),
    "audio": _takes("audio"),
    "video": _takes("video"),
    "documents": _takes("document"),
    "json_schema": _holds_to("json_schema"),
    "json_object": _holds_to("json_object"),
    "reasoning": _thinks,
    "sampling": _takes_sampling,
    "local": lambda facts, wanted, _: (facts.local is not None) is wanted,
    "memory_gb": lambda facts, most, _: facts.local is not None and facts.local.memory_gb <= most,
    "context_tokens": lambda facts, least, _: (facts.context_tokens or 0) >= least,
    "output_tokens": lambda facts, least, _: (facts.output_tokens or 0) >= least,
    "max_input_price": _costs_at_most("input"),
    "max_output_price": _costs_at_most("output"),
}


def require(
    provider: str | Sequence[str] | None = None,
    *,
    kind: Kind = "chat",
    today: str | None = None,
    **demands: Unpack[Demands],
) -> ModelList:
    """The models that meet every demand, cheapest first: three parts input to one of output, unknown prices last.

    Retired and deprecated models are never among them.

    Args:
        provider: Only models of this list, or of these.
        kind: What sort of model.
        today: The day for prices and retirement, ISO; today unless given.
        demands: See `Demands`.

    Raises:
        NoModelFits: None does; the message says how many each demand rules out, and which could be dropped.
    """
    for name, value in demands.items():
        _refuse_unsound(name, value)
    day = day_meant(today)
    candidates = [facts for facts in _of(provider) if facts.kind == kind and _is_served(facts, day)]
    fitting = [facts for facts in candidates if not _failures(facts, demands, day)]
    if not fitting:
        raise NoModelFits(_why_none(candidates, demands, day), demands=dict(demands))
    return ModelList(sorted(fitting, key=lambda facts: _expense(facts, day)))


_COUNTS: Final = frozenset({"memory_gb", "context_tokens", "output_tokens"})
_AMOUNTS: Final = frozenset({"max_input_price", "max_output_price"})


def _refuse_unsound(name: str, value: object) -> None:
    """Raises `ConfigurationError` for a demand that is none, or whose value cannot be one."""
    if name not in _TESTS:
        raise ConfigurationError(f"unknown demand `{name}`. There are: {', '.join(_TESTS)}")
    if name in _AMOUNTS:
        sound, wanted = _is_amount(value), "an amount in US dollars"
    elif name in _COUNTS:
        sound, wanted = isinstance(value, int | float) and value >= 0, "a number"
    else:
        sound, wanted = isinstance(value, bool), "True or False"
    if not sound:
        raise ConfigurationError(f"the demand {name}={value!r} is not {wanted}")


def _is_amount(value: object) -> bool:
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return False
    return amount.is_finite() and amount >= 0


def _of(provider: str | Sequence[str] | None) -> ModelList:
    names = [provider] if provider is None or isinstance(provider, str) else provider
    return ModelList(facts for name in names for facts in models(name))


def _is_served(facts: ModelFacts, day: str) -> bool:
    return not facts.deprecated and not facts.retired(day)


def _failures(facts: ModelFacts, demands: Demands, day: str) -> list[str]:
    """The demands it does not meet."""
    return [name for name, value in demands.items() if not _TESTS[name](facts, value, day)]


def _expense(facts: ModelFacts, day: str) -> tuple[bool, Decimal, str]:
    into, out = facts.price("input", day), facts.price("output", day)
    if into is None or out is None:
        return True, Decimal(0), facts.name
    return False, into * 3 + out, facts.name


def _why_none(candidates: list[ModelFacts], demands: Demands, day: str) -> str:
    failures = {facts.name: _failures(facts, demands, day) for facts in candidates}
    lines = [f"none of {len(candidates)} models meets all demands"]
    for name, value in demands.items():
        ruled_out = sum(name in missing for missing in failures.values())
        close = [model for model, missing in failures.items() if missing == [name]]
        line = f"{name}={value!r} rules out {ruled_out if ruled_out < len(candidates) else 'every one'}"
        lines.append(f"{line}; without it {len(close)} would fit: {_some(close)}" if close else line)
    return "\n  ".join(lines)


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown} …" if len(names) > 3 else shown
