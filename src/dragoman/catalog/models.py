"""Which model a name means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, overload

from msgspec.structs import replace

from dragoman.catalog.facts import ModelFacts, Price, PriceList
from dragoman.catalog.files import clear, forget, gather, index, list_names, serves, take
from dragoman.catalog.hosts import list_name
from dragoman.catalog.names import spellings, variant
from dragoman.catalog.shown import models_table
from dragoman.errors import ConfigurationError

_NOTHING: Final = Price(Decimal(0))
_FREE: Final = (PriceList(prices={"input": _NOTHING, "output": _NOTHING}),)


class ModelList(Sequence[ModelFacts]):
    """Models in an order; it prints as a table."""

    def __init__(self, models: Iterable[ModelFacts] = ()) -> None:
        self._models = tuple(models)

    @overload
    def __getitem__(self, index: int) -> ModelFacts: ...
    @overload
    def __getitem__(self, index: slice) -> ModelList: ...
    def __getitem__(self, index: int | slice) -> ModelFacts | ModelList:
        return ModelList(self._models[index]) if isinstance(index, slice) else self._models[index]

    def __len__(self) -> int:
        return len(self._models)

    def __repr__(self) -> str:
        return models_table(self._models)


@lru_cache(maxsize=4096)
def find_model(provider: str, model: str) -> ModelFacts | None:
    """The facts about `model` as `provider` names it, or `None` when the catalog has none.

    `provider` is the name of a list, or of a provider that shares another's; it comes before the model, as everywhere.
    """
    found = index(list_name(provider))
    if found is None:
        return None
    for name in spellings(model):
        if facts := found.get(name):
            return facts
    if found.file.falls_back_to:
        return find_model(found.file.falls_back_to, model)
    return _variant(provider, model) if found.file.variants else None


def _variant(provider: str, model: str) -> ModelFacts | None:
    """OpenRouter's variants of a model are that model at another price: none for `:free`, an unknown one else."""
    base, kind = variant(model)
    facts = find_model(provider, base) if kind else None
    return None if facts is None else replace(facts, id=model, prices=_FREE if kind == "free" else ())


def find(model: str, *, provider: str | None = None) -> ModelFacts | None:
    """What is known about a model, or `None`.

    Without `provider`, `provider/model` is looked for first; then the name at its maker; then at the first host that
    knows it, whose prices it then has. Aliases, dated snapshots and regional names mean the model they stand for.
    """
    if provider is not None:
        return find_model(provider, model)
    before, slash, after = model.partition("/")
    if slash and (facts := find_model(before, after)):
        return facts
    return next((find_model(name, model) for name in providers_of(model)), None)


@lru_cache(maxsize=1024)
def providers_of(model: str) -> tuple[str, ...]:
    """The lists that know `model`: those of its makers, or of every host where no maker does."""
    makers = [name for name in list_names() if serves(name) == "own"]
    return _knowing(makers, model) or _knowing(list_names(), model)


def _knowing(lists: Iterable[str], model: str) -> tuple[str, ...]:
    return tuple(name for name in lists if (facts := find_model(name, model)) and facts.provider == name)


def models(provider: str | None = None) -> ModelList:
    """Every model of a provider, or of all. Raises `ConfigurationError` for a provider that has no list."""
    if provider is None:
        return ModelList(facts for name in list_names() if (found := index(name)) for facts in found.file.models)
    found = index(list_name(provider))
    if found is None:
        raise ConfigurationError(f"the catalog has no list `{provider}`. It has: {', '.join(list_names())}")
    return ModelList(found.file.models)


def has_list(provider: str) -> bool:
    """Whether the catalog has a list of the provider's models, so that a name which is not there is none of them."""
    return index(list_name(provider)) is not None


def refresh(source: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """Use newer data: a file, a folder of files, or the address of a file, each named after its list.

    What was given before still holds for other lists; without a source, the built-in data and the folder
    `$DRAGOMAN_CATALOG` hold again, read anew. Returns the lists that were replaced. Nothing is ever fetched unless
    this is called with an address.

    Raises:
        ConfigurationError: A file is not what it should be; then nothing has changed.
    """
    if source is None:
        forget()
        files = {}
    else:
        files = gather(source)
        take(files)
    clear((find_model.cache_clear, providers_of.cache_clear))
    return tuple(sorted(files))
