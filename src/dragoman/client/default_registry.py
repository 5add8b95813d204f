"""`provider_registry`, and `from_provider` which looks there.

In it from the start, without being loaded, are the provider files of `dragoman.providers` and the plugins of the
entry-point group; whatever is registered joins them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, TypeVar, overload

from msgspec.structs import replace

from dragoman.client.abilities import WIRES
from dragoman.client.by_model import ByModel
from dragoman.client.create import create_llm
from dragoman.client.instructor import AsyncCreate, AsyncInstructor, Create, Instructor
from dragoman.client.mode import Mode
from dragoman.client.options import KeyLike
from dragoman.client.provider_config import ProviderConfig, config_of
from dragoman.client.registry import Entry, FactoryLike, ProviderRegistry
from dragoman.client.sdk_options import of_client_and_calls
from dragoman.client.technique import usual_mode
from dragoman.errors import ModelStringError, UnknownProvider
from dragoman.providers import (
    ProviderSpec,
    built_in_names,
    get_spec,
    given_key,
    is_provider,
    normal_name,
    provider_names,
    split_model,
)

Factory = TypeVar("Factory", bound=FactoryLike)

FLAG: Final = "INSTRUCTOR_USE_PROVIDER_REGISTRY"
"""The way back that the registry's design wanted: `false` leaves out of account whatever has been registered."""


class SpecFactory:
    """Makes the clients of a provider that has a spec, on our own transport."""

    def __init__(self, spec: ProviderSpec) -> None:
        self._spec = replace(spec, deprecated=None)  # the registry says so, once

    def create_client(
        self,
        api_key: KeyLike = None,
        model: str | None = None,
        mode: Mode | None = None,
        async_client: bool = False,
        **kwargs: Any,
    ) -> Instructor | AsyncInstructor:
        """A client for `model`; `kwargs` are those of `create_llm`, and fields of the body of every call."""
        spec, name = self._spec, self._spec.name
        kept = {name: kwargs.pop(name) for name in ("cache", "cache_ttl") if name in kwargs}
        if not model:
            raise ModelStringError(f"which model of `{name}`? Pass model=")
        kwargs, fields = of_client_and_calls(kwargs, spec)
        options: dict[str, Any] = {"api_key": api_key, **kwargs, **({"mode": mode} if mode else {})}
        if mode in WIRES:
            options.setdefault("dialect", WIRES[mode])
        mode = mode or usual_mode(self._spec, kwargs.get("dialect") or self._spec.dialect_for(model), model)
        if async_client:
            awaited = ByModel(lambda model: create_llm(spec, model, async_client=True, **options))
            return AsyncInstructor(None, AsyncCreate(awaited, **kept), mode, name, model=model, **fields)
        blocking = ByModel(lambda model: create_llm(spec, model, async_client=False, **options))
        return Instructor(None, Create(blocking, **kept), mode, name, model=model, **fields)

    def __repr__(self) -> str:
        return f"<SpecFactory for {self._spec.name}>"


class SpecEntry(Entry):
    """A provider that has a spec."""

    def __init__(self, spec: ProviderSpec) -> None:
        super().__init__(config_of(spec), lazy=lambda: SpecFactory(spec))
        self.spec = spec

    def mode(self, given: Mode | None) -> Mode | None:
        """The mode asked for. Otherwise each model is asked as is right for it."""
        return None if given is None else super().mode(given)

    def key(self, given: KeyLike) -> KeyLike:
        """The key given by argument. Others are looked for at each call, as the spec says; here, whether any is."""
        config = self.config
        if given or not config.requires_auth or given_key(self.spec.name, None):
            return given
        if not any(os.environ.get(variable) for variable in self.spec.auth.variables):
            return super().key(given)
        return None


class SpecRegistry(ProviderRegistry):
    """A registry in which every provider that has a spec is found; what is registered goes before it."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, SpecEntry] = {}

    def list_providers(self) -> list[str]:
        taken = self._entries.keys()
        return sorted([*super().list_providers(), *(name for name in provider_names() if name not in taken)])

    def stats(self) -> dict[str, int]:
        """As of any registry. Plugins that were not asked for are not read to see whether they are deprecated."""
        counts = super().stats()
        loaded = sum(entry.loaded for name, entry in self._found.items() if name not in self._entries)
        return {**counts, "loaded": counts["loaded"] + loaded, "lazy": counts["lazy"] - loaded}

    def _entry(self, name: str) -> Entry:
        registered = self._entries.get(normal_name(name))
        if registered is not None:
            return registered
        try:
            spec = get_spec(name)
        except UnknownProvider:
            return super()._entry(name)
        with self._lock:
            found = self._found.get(spec.name)
            if found is None or found.spec is not spec:
                found = self._found[spec.name] = SpecEntry(spec)
            return found

    def _configs(self) -> Iterable[ProviderConfig]:
        read = {*built_in_names(), *filter(is_provider, self._found)} - self._entries.keys()
        return [*super()._configs(), *(self._entry(name).config for name in sorted(read))]


provider_registry: Final = SpecRegistry()
"""Where `from_provider` looks."""


def register_provider(config: ProviderConfig, lazy: bool = True, replace: bool = False) -> Callable[[Factory], Factory]:
    """Register the function or class below as what makes the clients of a provider, in `provider_registry`.

    With `lazy` it counts as loaded when it is first used. To leave its module unread until then, register
    `"module:attribute"` instead.
    """

    def register(factory: Factory) -> Factory:
        if lazy:
            provider_registry.register(config, lazy_factory=lambda: factory, replace=replace)
        else:
            provider_registry.register(config, factory=factory, replace=replace)
        return factory

    return register


@overload
def from_provider(
    model: str,
    *,
    async_client: Literal[False] = False,
    mode: Mode | None = None,
    cache: Any = None,
    api_key: KeyLike = None,
    **kwargs: Any,
) -> Instructor: ...


@overload
def from_provider(
    model: str,
    *,
    async_client: Literal[True],
    mode: Mode | None = None,
    cache: Any = None,
    api_key: KeyLike = None,
    **kwargs: Any,
) -> AsyncInstructor: ...


def from_provider(
    model: str,
    *,
    async_client: bool = False,
    mode: Mode | None = None,
    cache: Any = None,
    api_key: KeyLike = None,
    **kwargs: Any,
) -> Any:
    """Make a client for `provider/model`, in Instructor's manner.

    Args:
        model: `provider/model`; the provider is what stands before the first slash.
        async_client: Make an `AsyncInstructor`, whose methods are awaited.
        mode: How to get values of the caller's types; `ProviderConfig.supported_modes` says which there are.
        cache: Where answers are kept: an `AutoCache`, a `DiskCache`, or a `BaseCache` of yours.
        api_key: The key. Otherwise `use_keys(...)`, then the environment.
        kwargs: What else the client is made with: for our own, all that `create_llm` takes, what OpenAI's SDK takes
            besides (`default_headers`, `default_query`, `organization`, and `max_retries`: how often each request is
            tried again), and what goes into the body of every call, such as `thinking`.

    Raises:
        ModelStringError: There is no slash in `model`, or nothing before or after it.
        ValueError: As `ProviderRegistry.create_client`.
    """
    if not isinstance(model, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ModelStringError(
            f"from_provider takes 'provider/model', not {type(model).__name__}; create_llm takes a spec too"
        )
    provider, name = split_model(model)
    options = kwargs if cache is None else {**kwargs, "cache": cache}
    return _registry().create_client(
        provider, api_key=api_key, model=name, mode=mode, async_client=async_client, **options
    )


def _registry() -> ProviderRegistry:
    return SpecRegistry() if os.environ.get(FLAG, "").strip().lower() in {"false", "0", "no"} else provider_registry
