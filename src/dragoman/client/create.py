"""`create_llm`: from a provider's name and a model's to a client."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from inspect import currentframe
from typing import Any, Final, Literal, Unpack, cast, overload
from warnings import warn

from dragoman.calls import Key, Target
from dragoman.catalog import providers_of, warn_if_retired
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.options import ClientOptions, GenerateOptions
from dragoman.client.plan import Plan
from dragoman.client.transport import AsyncOnDemand, OnDemand
from dragoman.dialects import Dialect, get_dialect
from dragoman.errors import ConfigurationError, ModelStringError, UnknownProvider
from dragoman.http import AsyncTransport, Transport
from dragoman.messages import ModelInfo, Request
from dragoman.providers import (
    ProviderSpec,
    built_in_names,
    find_settings,
    get_spec,
    how_unknown,
    is_provider,
    parse_base_url,
    split_model,
    whole_url,
)
from dragoman.secret import Secret
from dragoman.transport import TransportOptions, open_async_transport, open_transport, wrap_client

KeyLike = str | Secret | Callable[[], str] | Callable[[], Awaitable[str]] | None
"""A key, or a function that gives a fresh one for each call."""


@overload
def create_llm(
    provider: str | ProviderSpec,
    model: str | None = None,
    *,
    api_key: KeyLike = None,
    base_url: str | None = None,
    dialect: str | None = None,
    http_client: Any = None,
    transport: TransportOptions | None = None,
    query: str = "",
    async_client: Literal[False] = False,
    **defaults: Unpack[ClientOptions],
) -> LLM: ...


@overload
def create_llm(
    provider: str | ProviderSpec,
    model: str | None = None,
    *,
    api_key: KeyLike = None,
    base_url: str | None = None,
    dialect: str | None = None,
    http_client: Any = None,
    transport: TransportOptions | None = None,
    query: str = "",
    async_client: Literal[True],
    **defaults: Unpack[ClientOptions],
) -> AsyncLLM: ...


def create_llm(
    provider: str | ProviderSpec,
    model: str | None = None,
    *,
    api_key: KeyLike = None,
    base_url: str | None = None,
    dialect: str | None = None,
    http_client: Any = None,
    transport: TransportOptions | None = None,
    query: str = "",
    async_client: bool = False,
    **defaults: Unpack[ClientOptions],
) -> LLM | AsyncLLM:
    """Make a client for a model. Nothing is sent and no key is looked for before the first call.

    `create_llm("openai", model="gpt-4o-mini")` and `create_llm("openai/gpt-4o-mini")` are the same; a bare model name
    goes to the provider whose price list knows it.

    Args:
        provider: The provider's name, or `provider/model`; or the `ProviderSpec` of one that is registered nowhere.
        model: The model's name there.
        api_key: The key, or a function that gives one for each call. Otherwise `use_keys(...)`, then the
            environment, in the official SDK's order.
        base_url: Where the provider's API is, when not at its usual place. Without a path the provider's usual
            prefix is added.
        dialect: The wire to speak when the provider has several.
        http_client: An `httpx` or `httpx2` client to send with, in place of our own transport.
        transport: Settings of our own transport: proxy, certificates, limits.
        query: What to put after the `?` of each request's URL.
        async_client: Make an `AsyncLLM`, whose methods are awaited.
        defaults: Options for every call, such as `temperature`, `max_tokens` or `timeout` (see `GenerateOptions`),
            and what the provider wants to know besides, such as `region` or `project` (see `ClientOptions`).

    Raises:
        UnknownProvider: There is no such provider; the message lists those there are.
        ConfigurationError: A setting cannot be right.
    """
    spec, model = _which(provider, model)
    settings, options = _settings(spec, defaults)
    warn_if_retired(spec.catalog_list, model, stacklevel=frames_of_ours())
    spec = _form(spec, settings, base_url)
    target = _target(
        spec,
        model,
        key=_key(api_key),
        base_url=base_url,
        dialect=dialect,
        transport=_transport(spec, http_client, transport, async_client=async_client),
        query=query,
        settings=settings,
    )
    plan = Plan(target, options)
    return AsyncLLM(plan) if async_client else LLM(plan)


def list_models(
    provider: str | ProviderSpec,
    *,
    api_key: KeyLike = None,
    base_url: str | None = None,
    **options: Unpack[ClientOptions],
) -> list[ModelInfo]:
    """List the models that `provider` offers to a key: `llm.models()` without a model to begin with.

    Raises `UnknownProvider`, and what any call may raise.
    """
    spec = provider if isinstance(provider, ProviderSpec) else get_spec(provider)
    settings, rest = _settings(spec, options)
    spec = _form(spec, settings, base_url)
    target = _target(
        spec,
        "",
        key=_key(api_key),
        base_url=base_url,
        dialect=None,
        transport=_transport(spec, None, None, async_client=False),
        query="",
        settings=settings,
    )
    with LLM(Plan(target, rest)) as llm:
        return llm.models()


def _settings(spec: ProviderSpec, options: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The provider's settings, and the options that are left. Raises `ConfigurationError` for those of another's."""
    settings, rest = find_settings(spec.name, spec.settings, options)
    foreign = rest.keys() & (ClientOptions.__annotations__.keys() - GenerateOptions.__annotations__.keys())
    if foreign:
        raise ConfigurationError(_foreign(spec, min(foreign)))
    return settings, rest


def _foreign(spec: ProviderSpec, name: str) -> str:
    own = [setting.name for setting in spec.settings]
    meant = f": {_ELSEWHERE[name]}= is meant" if _ELSEWHERE.get(name) in own else ""
    takes = f"It takes {', '.join(f'{each}=' for each in own)}" if own else "It has none"
    return f"`{name}` is no setting of `{spec.name}`{meant}. {takes}"


_ELSEWHERE: Final = {"region": "location", "region_name": "location", "location": "region"}
"""What other providers call the same."""


def _form(spec: ProviderSpec, settings: Mapping[str, str], base_url: str | None) -> ProviderSpec:
    """The form of the provider for what is set, and a warning when it should not be used any more."""
    if spec.deprecated is not None:
        said = f"the provider `{spec.name}` is deprecated: {spec.deprecated}"
        warn(said, DeprecationWarning, stacklevel=frames_of_ours())
    return spec if spec.configure is None else spec.configure(spec, settings, base_url or _variable(spec))


def _which(provider: str | ProviderSpec, model: str | None) -> tuple[ProviderSpec, str]:
    """The provider and the model that were meant."""
    if model == "":
        raise ModelStringError("the model's name is empty")
    if isinstance(provider, ProviderSpec):
        if model is None:
            raise ModelStringError(f"which model of `{provider.name}`? Pass model=")
        return provider, model
    return _by_name(provider, model)


def _by_name(provider: str, model: str | None) -> tuple[ProviderSpec, str]:
    if model is not None:
        return get_spec(provider), model
    if "/" in provider:
        name, model = split_model(provider)
        return get_spec(name), model
    if is_provider(provider):
        raise ModelStringError(f"which model of `{provider}`? Pass model=, or write `{provider}/MODEL`")
    knowing = sorted(set(built_in_names()) & set(providers_of(provider)))
    if not knowing:
        raise UnknownProvider(f"{how_unknown(provider)}. If it is a model, say whose: `provider/model`")
    if len(knowing) > 1:
        choices = " or ".join(f"`{name}/{provider}`" for name in knowing)
        raise ModelStringError(f"several providers have `{provider}`: write {choices}")
    return get_spec(knowing[0]), provider


def _target(
    spec: ProviderSpec,
    model: str,
    *,
    key: Key,
    base_url: str | None,
    dialect: str | None,
    transport: Transport | AsyncTransport,
    query: str,
    settings: Mapping[str, str],
) -> Target:
    spoken = get_dialect(dialect or spec.dialect_for(model))
    origin, prefix = parse_base_url(_base_url(spec, base_url, settings), spec.prefix_for(settings))
    _refuse_endpoint(prefix, spoken, model)
    return Target(
        spec=spec,
        model=model,
        dialect=spoken,
        origin=origin,
        prefix=prefix,
        transport=transport,
        key=key,
        headers=tuple((header, os.environ[env]) for env, header in spec.env_headers if os.environ.get(env)),
        query=query or spec.query_for(settings),
        settings=settings,
        quirks=tuple(quirk for quirk in spec.quirks if quirk.dialect in (None, spoken.name)),
    )


def _base_url(spec: ProviderSpec, argument: str | None, settings: Mapping[str, str]) -> str:
    """Where the provider is: the argument, then its variables, then its usual place."""
    found = argument or _variable(spec) or spec.url_for(settings)
    if not found:
        raise ConfigurationError(_how_to_say_where(spec))
    return found if spec.bare_host_port is None else whole_url(found, spec.bare_host_port)


def _how_to_say_where(spec: ProviderSpec) -> str:
    own = [setting for setting in spec.settings if setting.is_address]
    arguments = " or ".join(f"{name}=" for name in (*(setting.name for setting in own), "base_url"))
    variables = [*(env for setting in own for env in setting.env), *spec.base_url_variables]
    named = " or ".join(f"`{name}`" for name in variables)
    return f"`{spec.name}` needs to know where: pass {arguments}, or set {named}"


def _variable(spec: ProviderSpec) -> str | None:
    """The base URL that the environment names."""
    return next((os.environ[name] for name in spec.base_url_variables if os.environ.get(name)), None)


def _refuse_endpoint(prefix: str, dialect: Dialect, model: str) -> None:
    """A base URL is where the API begins; the dialect adds the rest."""
    path = dialect.path(Request(model=model, messages=()))
    if prefix.endswith(path):
        raise ConfigurationError(f"base_url is where the API begins: leave out `{path}` at its end")


def _key(api_key: object) -> Key:
    match api_key:
        case None | Secret():
            return api_key
        case str():
            return Secret(api_key)
        case _ if callable(api_key):
            return cast("Key", api_key)
        case _:
            raise ConfigurationError(f"api_key is text or a function that gives it, not {type(api_key).__name__}")


def _transport(
    spec: ProviderSpec, http_client: Any, options: TransportOptions | None, *, async_client: bool
) -> Transport | AsyncTransport:
    if spec.make_transport is not None:
        if http_client is not None or options is not None:
            raise ConfigurationError(
                f"`{spec.name}` sends nothing itself here, so http_client= and transport= have no use: leave them out, "
                "or pass base_url= where it is reached over HTTP"
            )
        return spec.make_transport("async" if async_client else "sync")
    if http_client is not None:
        if options is not None:
            raise ConfigurationError("http_client= brings its own settings: pass it or transport=, not both")
        return wrap_client(http_client, asynchronous=async_client)
    options = options or TransportOptions()
    if async_client:
        return AsyncOnDemand(lambda: open_async_transport(options))
    return OnDemand(lambda: open_transport(options))


def frames_of_ours() -> int:
    """How far up the caller is who is not of this library: a warning is about their line."""
    frame, level = currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("dragoman."):
        frame, level = frame.f_back, level + 1
    return level
