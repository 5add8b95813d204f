"""`ProviderRegistry`: providers by name, each with a record of what it needs and a factory that makes its client.

A record can be read without loading the provider; the factory is loaded when a client is first wanted. The registry
that the library itself uses, and what is in it from the start, is in `default_registry.py`.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from threading import RLock
from traceback import format_exception
from typing import Any, Final, Protocol, TypeAlias, cast

from dragoman.client.mode import Mode, checked, current
from dragoman.client.options import KeyLike
from dragoman.client.provider_config import ProviderConfig
from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.errors import ConfigurationError, MissingKey, MissingPackage, UnknownProvider
from dragoman.providers import how_unknown, normal_name
from dragoman.secret import Secret

_logger: Final = logging.getLogger(__name__)


class ClientFactory(Protocol):
    """Makes clients of one provider, of whatever kind: for a registry a function with these parameters is one too."""

    def create_client(
        self,
        api_key: Any = None,
        model: str | None = None,
        mode: Mode | None = None,
        async_client: bool = False,
        **kwargs: Any,
    ) -> Any:
        """A client for `model`. Raises `ImportError` and `ConfigurationError`, for what is missing."""
        ...


FactoryLike: TypeAlias = ClientFactory | Callable[..., Any] | str
"""A `ClientFactory`, a function with the parameters of its method, or where to find either: `"module:attribute"`."""


Lazy: TypeAlias = Callable[[], FactoryLike] | str
"""Where a factory is found: a function that gives it, or `"module:attribute"`."""


class Entry:
    """A provider in the registry. `lazy` is looked up once, when the factory is first wanted."""

    def __init__(self, config: ProviderConfig, factory: FactoryLike | None = None, lazy: Lazy = "") -> None:
        self.config = config
        self._lock = RLock()  # one an entry: a module that is loaded for one may register others
        if isinstance(factory, str):
            factory, lazy = None, factory
        self._factory = factory
        self._lazy = lazy

    @property
    def loaded(self) -> bool:
        return self._factory is not None

    @property
    def factory(self) -> FactoryLike:
        with self._lock:
            if self._factory is None:
                self._factory = _found(self._lazy)
            return self._factory

    def mode(self, given: Mode | None) -> Mode | None:
        """The mode to make a client with. Raises `ConfigurationError` for one that the provider has not."""
        return _checked_mode(self.config, given)

    def key(self, given: KeyLike) -> KeyLike:
        """The key to make a client with. Raises `MissingKey` when one is needed and there is none."""
        variable = self.config.env_var_name
        key = given or (os.environ.get(variable) if variable else None) or None
        if key is None and self.config.requires_auth:
            raise _no_key(self.config)
        return key


class ProviderRegistry:
    """Providers by name. Names are compared without regard to case, `-` and `_` being the same."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = RLock()

    def register(
        self,
        config: ProviderConfig,
        factory: FactoryLike | None = None,
        lazy_factory: Lazy | None = None,
        replace: bool = False,
    ) -> None:
        """Add a provider.

        Args:
            config: What is known about it.
            factory: What makes its clients.
            lazy_factory: Where that is found when it is first wanted.
            replace: Take the place of a provider of the same name.

        Raises:
            ValueError: The name is taken, or there is neither factory.
        """
        if factory is None and lazy_factory is None:
            raise ValueError("Must provide factory or lazy_factory")
        entry = Entry(config, factory, lazy_factory or "")
        with self._lock:
            if not replace and self.has_provider(config.name):
                raise ValueError(f"Provider '{config.name}' already registered. Use replace=True to override.")
            self._entries[normal_name(config.name)] = entry
        _logger.debug("Registered provider '%s' (%s)", config.name, "eager" if entry.loaded else "lazy")

    def unregister(self, name: str) -> None:
        """Take back what was registered under `name`: a provider of ours that it replaced is there again.

        Raises `ValueError` when nothing was.
        """
        with self._lock:
            if self._entries.pop(normal_name(name), None) is None:
                raise ValueError(f"Nothing was registered under the name '{name}'")

    def get_factory(self, name: str) -> FactoryLike:
        """What makes the clients of `name`, loaded now if it was not. Raises `ValueError`, listing the known names."""
        return self._entry(name).factory

    def get_config(self, name: str) -> ProviderConfig:
        """What is known about `name`. Raises `ValueError`, listing the known names."""
        return self._entry(name).config

    def list_providers(self) -> list[str]:
        """Every name, sorted."""
        return sorted(entry.config.name for entry in self._entries.values())

    def has_provider(self, name: str) -> bool:
        """Whether there is a provider of that name, registered or of our own."""
        return normal_name(name) in map(normal_name, self.list_providers())

    def stats(self) -> dict[str, int]:
        """How many there are, how many have a loaded factory, how many wait, and how many are deprecated."""
        total, loaded = len(self.list_providers()), sum(entry.loaded for entry in self._entries.values())
        deprecated = sum(config.deprecated for config in self._configs())
        return {"total": total, "loaded": loaded, "lazy": total - loaded, "deprecated": deprecated}

    def create_client(
        self,
        provider: str,
        api_key: KeyLike = None,
        model: str | None = None,
        mode: Mode | None = None,
        async_client: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Make a client of `provider`, which gets `kwargs` as they are.

        Raises:
            ValueError: There is no such provider, or it has not that mode.
            ConfigurationError: Its package or its key is missing; this too is a `ValueError`.
        """
        entry = self._entry(provider)
        config = entry.config
        if config.deprecated:
            warnings.warn(str(config.deprecation_message), DeprecationWarning, stacklevel=stacklevel_of_caller())
        _check_package(config)
        key = entry.key(api_key)
        mode = entry.mode(mode)
        try:
            create = _create_of(entry.factory)
            client = create(api_key=key, model=model, mode=mode, async_client=async_client, **kwargs)
        except Exception as error:
            _log_failure(config.name, error, key)
            raise
        extra = {"provider": config.name, "mode": str(mode or client.mode), "async": async_client}
        _logger.info("Created %s client", config.name, extra=extra)
        return client

    def _entry(self, name: str) -> Entry:
        entry = self._entries.get(normal_name(name))
        if entry is None:
            raise UnknownProvider(how_unknown(name, self.list_providers(), listed_as="Available"))
        return entry

    def _configs(self) -> Iterable[ProviderConfig]:
        return [entry.config for entry in self._entries.values()]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.list_providers())} providers>"


# ---------------------------------------------------------------------- factories


def _found(place: Lazy) -> FactoryLike:
    """The factory at `place`. Raises `ImportError` and `AttributeError` when it is not there."""
    given = place if isinstance(place, str) else place()
    if not isinstance(given, str):
        return given
    module, colon, attributes = given.partition(":")
    if not colon:
        raise ConfigurationError(f"a factory is named as 'module:attribute', not '{given}'")
    return cast("FactoryLike", attrgetter(attributes)(import_module(module)))


def _create_of(factory: FactoryLike) -> Callable[..., Any]:
    create = getattr(factory, "create_client", factory)
    if not callable(create):
        raise ConfigurationError(
            f"a factory is a function or has `create_client`; this one is of type {type(factory).__name__}"
        )
    return create


# ---------------------------------------------------------------------- checks


def _check_package(config: ProviderConfig) -> None:
    """Nothing is imported for it, but for the packages around a dotted name."""
    if not _is_installed(str(config.import_name)):
        raise MissingPackage(
            f"The {config.pip_name} package is required for {config.name}. "
            f"Install with: {config.install_cmd}\nSee: {config.docs_url}"
        )


def _is_installed(module: str) -> bool:
    if module in sys.modules:
        return sys.modules[module] is not None  # pyright: ignore[reportUnnecessaryComparison]  # `None` there forbids an import
    try:
        return find_spec(module) is not None
    except ImportError:  # the package around it is absent
        return False


def _no_key(config: ProviderConfig) -> MissingKey:
    variable = f"Set {config.env_var_name} environment variable or pass" if config.env_var_name else "Pass"
    return MissingKey(f"API key required for {config.name}. {variable} api_key parameter. See: {config.docs_url}")


def _checked_mode(config: ProviderConfig, mode: Mode | None) -> Mode:
    """The mode to use: the one asked for, or the core mode it stands for, or the default one."""
    mode = config.default_mode if mode is None else checked(mode)
    supported = config.supported_modes
    if not supported or mode in supported:
        return mode
    if mode.core in supported:
        return current(mode)
    names = ", ".join(map(str, supported))
    raise ConfigurationError(f"Mode {mode} not supported by {config.name}. Supported modes: {names}")


# ---------------------------------------------------------------------- saying what happened


def _log_failure(provider: str, error: Exception, key: KeyLike) -> None:
    """With the trace; when that shows the key, as text without it."""
    secret = Secret(key) if isinstance(key, str) else key if isinstance(key, Secret) else Secret("")
    trace = "".join(format_exception(error))
    said, hidden = secret.hide_in(str(error)), secret.hide_in(trace)
    extra = {"provider": provider, "error": said}
    if hidden == trace:
        _logger.error("Error creating %s client: %s", provider, said, exc_info=error, extra=extra)
    else:
        _logger.error("Error creating %s client: %s\n%s", provider, said, hidden, extra=extra)
