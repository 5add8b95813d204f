"""What is known about a model: records as they stand in the data files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from dragoman.catalog.day import Day, utc_today

Kind = Literal[
    "chat", "completion", "embedding", "rerank", "moderation", "transcription", "speech", "realtime", "image", "ocr"
]
Modality = Literal["text", "image", "audio", "video", "document", "embedding"]
Technique = Literal["tools", "json_schema", "json_object", "json_text", "grammar"]
"""How an answer is held to a form: by a tool's arguments, by the provider's own modes, or by asking for JSON only."""

_FREE: Final = Decimal(0)
_UNKNOWN: Final = "not known"


class Price(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """US dollars per million tokens (per thousand searches or requests for `web_search` and `request`).

    `above` lists `(tokens, price)`: with more input than `tokens`, that price holds for all of them.
    """

    base: Decimal
    above: tuple[tuple[int, Decimal], ...] = ()


class PriceList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices that hold from the day `since` (`None`: from the start) at a service tier (`None`: standard).

    `prices` is keyed by `input`, `output`, `cache_read`, `cache_write`, `cache_write_1h`, `input_audio`,
    `output_audio`, `web_search` and `request`; `cache_read_audio`, `input_image` and `output_image` are told but not
    counted, for no usage has them. A part of the input or output without a price of its own costs what the whole does.
    """

    prices: dict[str, Price]
    since: Day | None = None
    service_tier: str | None = None


class ReasoningFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model thinks before it answers.

    Attributes:
        efforts: The words that say how much, least first; `()` when it takes none, or they are not known.
        budget: Whether a number of tokens says how much.
        can_disable: Whether it can be switched off; `None` when not known.
        refuses_sampling: Whether temperature and its like are refused while it thinks; `None` when not known.
    """

    efforts: tuple[str, ...] = ()
    budget: bool = False
    can_disable: bool | None = None
    refuses_sampling: bool | None = None


class LocalFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model needs on the user's own machine, in gigabytes, and what it is good for."""

    size_gb: float
    memory_gb: int
    speed: Literal["fast", "medium", "slow"]
    structured: str | None = None
    good_for: str | None = None


class ModelFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about a model. What is not known is `None` or empty, never guessed.

    Attributes:
        id: Its name at the provider.
        provider: The list it stands in.
        names: Other names, lower case, that mean exactly it.
        match: Patterns of further names, as `(kind, text)`.
        context_tokens: Its window: what it reads and writes together.
        input_tokens: What it reads at most, where that is less than the window.
        output_tokens: What it writes at most in one answer.
        tools: Whether it calls tools.
        forced_tools: Whether a call can be demanded of it.
        formats: The forms its provider holds answers to.
        reasoning: How it thinks; `None` when it does not, as far as is known.
        deprecated: Whether its provider advises against it.
        retired_on: The day on which it stops answering, past or to come.
        kept_until: The day before which its provider promises not to retire it; when it will, it has not said.
        successor: What its provider names to go on with.
    """

    id: str
    provider: str = ""
    kind: Kind = "chat"
    names: tuple[str, ...] = ()
    match: tuple[tuple[Literal["starts_with", "ends_with", "contains", "regex"], str], ...] = ()
    context_tokens: Annotated[int, Meta(gt=0)] | None = None
    input_tokens: Annotated[int, Meta(gt=0)] | None = None
    output_tokens: Annotated[int, Meta(gt=0)] | None = None
    input: tuple[Modality, ...] = ("text",)
    output: tuple[Modality, ...] = ("text",)
    tools: bool | None = None
    forced_tools: bool = True
    formats: tuple[Technique, ...] = ()
    reasoning: ReasoningFacts | None = None
    deprecated: bool = False
    retired_on: Day | None = None
    kept_until: Day | None = None
    successor: str | None = None
    note: str | None = None
    local: LocalFacts | None = None
    prices: tuple[PriceList, ...] = ()

    @property
    def name(self) -> str:
        """`provider/model`."""
        return f"{self.provider}/{self.id}"

    @property
    def most_input_tokens(self) -> int | None:
        """How long a prompt may be."""
        return self.input_tokens or self.context_tokens

    @property
    def techniques(self) -> tuple[Technique, ...]:
        """How its answers can be held to a form, the surest first; any chat model can be asked for JSON."""
        tools: tuple[Technique, ...] = ("tools",) if self.tools else ()
        return (*tools, *self.formats, "json_text") if self.kind == "chat" else ()

    def retired(self, today: str) -> bool:
        """Whether it has stopped answering."""
        return self.retired_on is not None and self.retired_on <= today

    def prices_on(self, today: str, service_tier: str | None = None) -> dict[str, Price] | None:
        """The prices that hold on a day at a service tier, or `None`."""
        found, newest = None, ""
        for row in self.prices:
            since = row.since or ""
            if row.service_tier == service_tier and newest <= since <= today:
                found, newest = row.prices, since
        return found

    def price(self, what: str, today: str) -> Decimal | None:
        """The usual price of `input` or `output` on a day: 0 on one's own machine, `None` when not known."""
        if self.local is not None:
            return _FREE
        found = (self.prices_on(today) or {}).get(what)
        return None if found is None else found.base

    def __repr__(self) -> str:
        return _table(self)


class CatalogFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One data file: the models of one list.

    Attributes:
        as_of: The day on which its sources were read.
        sources: Where its facts come from.
        serves: `own`: models its provider made; `others`: those of others; `local`: what runs on one's own machine.
        falls_back_to: The list that is asked for what this one lacks.
        variants: Whether `name:variant` is one of its models at another price.
    """

    as_of: Day
    sources: tuple[str, ...]
    models: tuple[ModelFacts, ...]
    serves: Literal["own", "others", "local"] = "others"
    falls_back_to: str | None = None
    variants: bool = False


# ---------------------------------------------------------------------- how one model prints


def _table(facts: ModelFacts) -> str:
    """One model, a fact a line."""
    lines = [(label, text) for label, text in _lines(facts) if text]
    return "\n".join([facts.name, *(f"  {label:<11}{text}" for label, text in lines)])


def _lines(facts: ModelFacts) -> Iterable[tuple[str, str]]:
    day = utc_today()
    yield "kind", "" if facts.kind == "chat" else facts.kind
    yield "window", _window(facts)
    yield "takes", ", ".join(facts.input)
    yield "gives", "" if facts.output == ("text",) else ", ".join(facts.output)
    if facts.kind == "chat":
        yield "tools", _tools(facts)
        yield "structured", ", ".join(facts.techniques)
        yield "reasoning", _thinks(facts)
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
    return (
        "yes, but no call can be demanded" if facts.tools and not facts.forced_tools else "yes" if facts.tools else "no"
    )


def _thinks(facts: ModelFacts) -> str:
    """Who has not told whether it calls tools has not told this either."""
    return _reasoning(facts.reasoning) if facts.reasoning else _UNKNOWN if facts.tools is None else "no"


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
    if facts.kept_until:
        return f"not before {facts.kept_until}{then}"
    return f"deprecated{then}" if facts.deprecated else ""
