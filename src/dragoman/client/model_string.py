"""Which provider and which model are meant by what a caller writes."""

from __future__ import annotations

from dragoman.catalog import providers_of
from dragoman.errors import ModelStringError, UnknownProvider
from dragoman.providers import ProviderSpec, built_in_names, get_spec, how_unknown, is_provider, split_model


def provider_and_model(provider: str | ProviderSpec, model: str | None) -> tuple[ProviderSpec, str]:
    """The provider and the model that were meant: by two names, by `provider/model`, or by a model's name alone.

    Raises `ModelStringError`, and `UnknownProvider` when nobody is called so.
    """
    if model == "":
        raise ModelStringError("the model's name is empty")
    if isinstance(provider, ProviderSpec):
        if model is None:
            raise ModelStringError(f"which model of `{provider.name}`? Pass model=")
        return provider, model
    if model is not None:
        return get_spec(provider), model
    if "/" in provider:
        name, model = split_model(provider)
        return get_spec(name), model
    if is_provider(provider):
        raise ModelStringError(f"which model of `{provider}`? Pass model=, or write `{provider}/MODEL`")
    return _one_that_has(provider), provider


def _one_that_has(model: str) -> ProviderSpec:
    """The one provider whose catalog knows `model`."""
    knowing = sorted(set(built_in_names()) & set(providers_of(model)))
    if not knowing:
        raise UnknownProvider(f"{how_unknown(model)}. If it is a model, say whose: `provider/model`")
    if len(knowing) > 1:
        choices = " or ".join(f"`{name}/{model}`" for name in knowing)
        raise ModelStringError(f"several providers have `{model}`: write {choices}")
    return get_spec(knowing[0])
