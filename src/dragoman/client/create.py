"""`create_llm`, and `list_models` for those who have no model yet: from what a caller says to a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Unpack, overload

from dragoman.catalog import warn_if_retired
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.model_string import provider_and_model
from dragoman.client.options import ClientOptions, KeyLike
from dragoman.client.plan import Plan
from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.client.target import Access, target_of
from dragoman.messages import ModelInfo
from dragoman.providers import ProviderSpec, get_spec
from dragoman.transport import TransportOptions


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
    spec, model = provider_and_model(provider, model)
    warn_if_retired(spec.catalog_list, model, stacklevel=stacklevel_of_caller())
    access = Access(
        api_key=api_key,
        base_url=base_url,
        dialect=dialect,
        http_client=http_client,
        transport=transport,
        query=query,
        asynchronous=async_client,
    )
    plan = Plan(*target_of(spec, model, access, defaults))
    return AsyncLLM(plan) if async_client else LLM(plan)


def list_models(
    provider: str | ProviderSpec,
    *,
    api_key: KeyLike = None,
    base_url: str | None = None,
    dialect: str | None = None,
    http_client: Any = None,
    transport: TransportOptions | None = None,
    query: str = "",
    **options: Unpack[ClientOptions],
) -> list[ModelInfo]:
    """List the models that `provider` offers to a key: `llm.models()` without a model to begin with.

    The arguments are those of `create_llm`.

    Raises:
        UnknownProvider: There is no such provider; the message lists those there are.
        UnsupportedFeature: It has no list that a program can read.
        Error: As `LLM.generate`.
    """
    access = Access(
        api_key=api_key,
        base_url=base_url,
        dialect=dialect,
        http_client=http_client,
        transport=transport,
        query=query,
    )
    with LLM(_plan_without_model(provider, access, options)) as llm:
        return llm.models()


async def async_list_models(
    provider: str | ProviderSpec,
    *,
    api_key: KeyLike = None,
    base_url: str | None = None,
    dialect: str | None = None,
    http_client: Any = None,
    transport: TransportOptions | None = None,
    query: str = "",
    **options: Unpack[ClientOptions],
) -> list[ModelInfo]:
    """List the models that `provider` offers to a key: as `list_models`, to be awaited."""
    access = Access(
        api_key=api_key,
        base_url=base_url,
        dialect=dialect,
        http_client=http_client,
        transport=transport,
        query=query,
        asynchronous=True,
    )
    async with AsyncLLM(_plan_without_model(provider, access, options)) as llm:
        return await llm.models()


def _plan_without_model(provider: str | ProviderSpec, access: Access, options: Mapping[str, Any]) -> Plan:
    spec = provider if isinstance(provider, ProviderSpec) else get_spec(provider)
    return Plan(*target_of(spec, "", access, options))
