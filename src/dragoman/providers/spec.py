"""`ProviderSpec`: all that a provider file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects.listing import listing_of
from dragoman.http import AsyncTransport, Transport
from dragoman.messages import Request
from dragoman.providers.auth import Auth
from dragoman.providers.quirks import Quirk
from dragoman.providers.settings import Setting

BySettings: TypeAlias = str | Callable[[Mapping[str, str]], str]
"""A text, with the provider's settings in braces (`https://{region}.host`), or a function of them."""


class AsUsual(Enum):
    """What a field holds of which there is nothing to say: neither a name of its own nor that there is none."""

    AS_USUAL = "as usual"


AS_USUAL: Final = AsUsual.AS_USUAL

IN_PROCESS: Final = "http://in-process"
"""The address of models that this process runs: nothing is sent to it."""


class ProviderSpec(Struct, frozen=True, kw_only=True):
    """Who serves models: dialect, address, key and quirks. What a *model* can do is in `catalog`.

    Attributes:
        name: How callers name the provider, lower case.
        dialect: The dialect spoken unless the caller names another, or a function that tells it by the model.
        also_speaks: Other dialects that it answers, for `dialect=`.
        base_url: Where its API lives; `None` when the caller must say.
        default_prefix: The path put before the dialect's own when a `base_url` has no path.
        bare_host_port: The port meant when its address is a bare host (`host`, `host:port`, `:port`), for those that
            are given so.
        base_url_env: Variables that may hold the base URL, as the official SDK reads them.
        query: What is put after the `?` of every request.
        paths: By dialect: where a request goes below the prefix, when not where the dialect says.
        settings: What it wants to know besides model and key.
        configure: Gives the spec as it is for what the caller has set: the settings, and the base URL if any.
        engine: The engine in this process that runs its models, where nothing is sent.
        make_transport: Makes the transport of its calls when that is not HTTP, for threads (`"sync"`) or tasks
            (`"async"`).
        auth: How its key is found and sent.
        env_headers: Variables whose value, when set, is sent as a header.
        quirks: Corrections of the body, in order.
        strict_end: Whether its streams always end with the dialect's end marker.
        price_list: The catalog's price list; `AS_USUAL`: it is called as the provider; `None`: there is none.
        passes_on: Whether it passes a request on to the provider that its model's name begins with (`openai/gpt-4o`),
            whose price list then holds.
        unload: The request that has a model put out of its server's memory, where one does. It is written in the
            dialect that the provider speaks by itself.
        lacks: What its dialect has for structured output and it has not: `forced_tools`, `json_schema`, `json_object`.
        schemas: Which part of JSON Schema it takes where an answer is held to one: a row of `structured/subsets.py`;
            `AS_USUAL`: what is usual in the dialect.
        takes: Fields of `openai_chat` that it takes and not all who speak it do: `web_search_options`, and for marks of
            the cache OpenAI's `prompt_cache_breakpoint` or Anthropic's `cache_control`.
        chats: Whether it answers prompts; some only embed.
        embeddings: The codec of its embeddings, or a function that tells it by the model; `None`: it has none.
        counting: How it counts tokens (`dialects/counting.py`); `None`: it does not.
        listing: How it lists its models (`dialects/listing.py`); `AS_USUAL`: as its dialect does at home; `None`: it
            does not.
        unreachable_hint: What to do when nothing answers at its address, for servers that the caller runs.
        unknown_model_hint: What to do when it does not know the model, with `{model}` in it.
        deprecated: What to use in its place and why, when it should not be used any more.
        docs_url: Where its API is described.
    """

    name: str
    dialect: str | Callable[[str], str]
    auth: Auth
    also_speaks: tuple[str, ...] = ()
    base_url: BySettings | None = None
    default_prefix: BySettings = ""
    bare_host_port: int | None = None
    base_url_env: tuple[str, ...] = ()
    query: BySettings = ""
    paths: Mapping[str, Callable[[Request], str]] = {}
    settings: tuple[Setting, ...] = ()
    configure: Callable[[ProviderSpec, Mapping[str, str], str | None], ProviderSpec] | None = None
    engine: str | None = None
    make_transport: Callable[[Literal["sync", "async"]], Transport | AsyncTransport] | None = None
    env_headers: tuple[tuple[str, str], ...] = ()
    quirks: tuple[Quirk, ...] = ()
    strict_end: bool = True
    price_list: str | AsUsual | None = AS_USUAL
    passes_on: bool = False
    unload: Callable[[str], Request] | None = None
    lacks: frozenset[str] = frozenset()
    schemas: str | AsUsual = AS_USUAL
    takes: frozenset[str] = frozenset()
    chats: bool = True
    embeddings: str | Callable[[str], str] | None = None
    counting: str | None = None
    listing: str | AsUsual | None = AS_USUAL
    unreachable_hint: str | None = None
    unknown_model_hint: str | None = None
    deprecated: str | None = None
    docs_url: str | None = None

    @property
    def prices(self) -> str | None:
        """The name of the price list in the catalog, `None` when there is none."""
        return self.name if self.price_list is AS_USUAL else self.price_list

    def listed(self, model: str) -> tuple[str, str] | None:
        """The price list that has `model`, and its name there; `None` where there is no list."""
        if self.passes_on:
            before, slash, after = model.partition("/")
            return (before, after) if slash else None
        return None if self.prices is None else (self.prices, model)

    @property
    def catalog_list(self) -> str:
        """What the catalog knows its models under: some without prices have facts there."""
        return self.prices or self.name

    @property
    def base_url_variables(self) -> tuple[str, ...]:
        """The variables that may hold the base URL: the official SDK's, and ours; none for models in this process."""
        if self.engine is not None:
            return ()
        return (*self.base_url_env, f"DRAGOMAN_{self.name.upper()}_BASE_URL")

    def dialect_for(self, model: str) -> str:
        """The dialect spoken to `model`."""
        return self.dialect if isinstance(self.dialect, str) else self.dialect(model)

    def embeddings_for(self, model: str) -> str | None:
        """The codec of embeddings by `model`."""
        return self.embeddings(model) if callable(self.embeddings) else self.embeddings

    def listing_for(self, model: str) -> str | None:
        """How it lists its models, `None` when it does not."""
        return listing_of(self.dialect_for(model)) if self.listing is AS_USUAL else self.listing

    def url_for(self, settings: Mapping[str, str]) -> str | None:
        """Where its API lives, `None` when the caller must say."""
        return None if self.base_url is None else _filled(self.base_url, settings)

    def prefix_for(self, settings: Mapping[str, str]) -> str:
        return _filled(self.default_prefix, settings)

    def query_for(self, settings: Mapping[str, str]) -> str:
        return _filled(self.query, settings)


def alias(spec: ProviderSpec, name: str, *, use: str) -> ProviderSpec:
    """`spec` under a name that should not be used any more."""
    return replace(spec, name=name, price_list=spec.prices, deprecated=f"write `{use}`")


def _filled(text: BySettings, settings: Mapping[str, str]) -> str:
    return text.format_map(settings) if isinstance(text, str) else text(settings)
