"""Which provider and which model are meant by what a caller writes."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from dragoman.catalog import find_model, models, providers_of
from dragoman.errors import ModelStringError, UnknownProvider
from dragoman.providers import ProviderSpec, built_in_names, get_spec, how_unknown, is_provider, split_model

_LIKE: Final = 0.85
"""How like a model's name must be to be named to who may have mistyped it, from 0 to 1."""


def provider_and_model(provider: str | ProviderSpec, model: str | None) -> tuple[ProviderSpec, str]:
    """The provider and the model that were meant: by two names, by `provider/model`, or by a model's name alone.

    Raises `ModelStringError`, and `UnknownProvider` when nobody is called so.
    """
    if "" in (provider, model):
        raise ModelStringError(f"the {'provider' if provider == '' else 'model'}'s name is empty")
    if not isinstance(model, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ModelStringError(f"a model is named by text, a path too, not by {type(model).__name__}: pass str(...)")
    if isinstance(provider, ProviderSpec):
        if model is None:
            raise ModelStringError(f"which model of `{provider.name}`? Pass model=")
        return provider, model
    if not isinstance(provider, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ModelStringError(
            f"a provider is named by text such as 'openai/gpt-4o-mini', not {type(provider).__name__}"
        )
    if model is not None:
        _refuse_two_models(provider, model)
        return get_spec(provider), model
    if "/" in provider:
        name, model = split_model(provider)
        return get_spec(name), model
    if is_provider(provider):
        raise ModelStringError(f"which model of `{provider}`? Pass model=, or write `{provider}/MODEL`")
    return _one_that_has(provider), provider


def _refuse_two_models(provider: str, model: str) -> None:
    name, slash, _ = provider.partition("/")
    if slash and is_provider(name):
        raise ModelStringError(f"`{provider}` names a model already: leave out `{model}`, or write `{name}` before it")


def _one_that_has(model: str) -> ProviderSpec:
    """The one provider whose catalog knows `model`.

    `anthropic:claude-haiku-4-5` is other libraries' way to write a provider, and also Vertex's name of that model.
    """
    before, colon, after = model.partition(":")
    if colon and is_provider(before) and find_model(before, after):
        raise UnknownProvider(how_unknown(model))
    knowing = sorted(set(built_in_names()) & set(providers_of(model)))
    if not knowing:
        raise UnknownProvider(f"{how_unknown(model)}. If it is a model, say whose: {_one_like(model)}")
    if len(knowing) > 1:
        choices = " or ".join(f"`{name}/{model}`" for name in knowing)
        raise ModelStringError(f"several providers have `{model}`: write {choices}")
    return get_spec(knowing[0])


def _one_like(model: str) -> str:
    """How a model is named: the one that `model` may have been meant for, or any."""
    known = {facts.id: facts.name for facts in reversed(models()) if facts.provider in built_in_names()}
    like = get_close_matches(model.lower(), known, n=1, cutoff=_LIKE)
    return f"`provider/model`, such as `{known[like[0]]}`" if like else "`provider/model`"
