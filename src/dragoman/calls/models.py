"""The list of a provider's models as a flow: page after page, under one deadline."""

from __future__ import annotations

from msgspec.structs import replace

from dragoman.calls.call import Terms
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import Outgoing
from dragoman.calls.round_trip import RoundTrip, make
from dragoman.catalog import ModelFacts
from dragoman.dialects.base import Wire
from dragoman.dialects.listing import Listing, get_listing
from dragoman.errors import UnsupportedFeature
from dragoman.flow import Flow
from dragoman.messages import Attempt, ModelInfo


def list_models(terms: Terms) -> Flow[list[ModelInfo]]:
    """Every model that the provider lists, in its order, with what the catalog knows of them."""
    spec = terms.target.spec
    name = spec.listing_for(terms.target.model)
    if name is None:
        raise UnsupportedFeature("this provider has no list of its models that a program can read", provider=spec.name)
    listing = get_listing(name)
    started = terms.clock()
    deadline = terms.deadline_from(started)
    models: list[ModelInfo] = []
    attempts: tuple[Attempt, ...] = ()
    more: str | None = ""
    while more is not None:
        log = CallLog(terms, "", started, before=attempts)
        (page, more), progress = yield from make(terms, _page(terms, listing, more), log, deadline)
        models += page
        attempts = log.succeeded(progress)
    today = terms.today()
    return [_with_facts(model, spec.name, _facts(terms, model), today) for model in models]


def _page(terms: Terms, listing: Listing, more: str) -> RoundTrip[tuple[list[ModelInfo], str | None]]:
    def decode(wire: Wire) -> tuple[list[ModelInfo], str | None]:
        return listing.models(wire), listing.next_page(wire)

    path = terms.target.at(listing.path + more)
    return RoundTrip(outgoing=Outgoing(method="GET", path=path), decode=decode)


def _facts(terms: Terms, model: ModelInfo) -> ModelFacts | None:
    """Google's names begin with `models/`, the catalog's do not."""
    return terms.target.facts(model.id.removeprefix("models/"))


def _with_facts(model: ModelInfo, provider: str, facts: ModelFacts | None, today: str) -> ModelInfo:
    """The model as the provider lists it, with what the catalog knows besides, and its prices on `today`."""
    if facts is None:
        return replace(model, provider=provider)
    prices = facts.prices_on(today) or {}
    return replace(
        model,
        provider=provider,
        context_tokens=model.context_tokens or facts.context_tokens,
        max_output_tokens=model.max_output_tokens or facts.output_tokens,
        prices={name: price.base for name, price in prices.items()},
    )
