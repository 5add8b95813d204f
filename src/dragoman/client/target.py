"""From what `create_llm` is told to a `Target`: the provider's settings and form, the address, the key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, cast
from warnings import warn

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls import Key, Target
from dragoman.catalog import find_model, has_list
from dragoman.client.options import ClientOptions, GenerateOptions, KeyLike
from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.client.transport import transport_for
from dragoman.dialects import Dialect, dialect_at, get_dialect
from dragoman.errors import ConfigurationError
from dragoman.messages import Request
from dragoman.providers import ProviderSpec, find_settings, parse_base_url, whole_url
from dragoman.secret import Secret
from dragoman.transport import TransportOptions


class Access(Struct, frozen=True, kw_only=True):
    """How a provider is reached, in the words of `create_llm`."""

    api_key: KeyLike = None
    base_url: str | None = None
    dialect: str | None = None
    http_client: Any = None
    transport: TransportOptions | None = None
    query: str = ""
    asynchronous: bool = False


def target_of(
    spec: ProviderSpec, model: str, access: Access, options: Mapping[str, Any]
) -> tuple[Target, dict[str, Any]]:
    """The target, and the `options` that are no settings of the provider's. `model` is empty where none is asked.

    Raises `ConfigurationError` for what cannot be right.
    """
    if spec.engine is not None:
        _refuse_address(spec, access)
    settings, rest = _settings(spec, options, model)
    spec = _form(spec, settings, access.base_url)
    spoken = dialect_at(access.dialect or spec.dialect_for(model), spec.takes)
    origin, prefix = parse_base_url(_base_url(spec, access.base_url, settings), spec.prefix_for(settings))
    _refuse_endpoint(prefix, spoken, model)
    target = Target(
        spec=spec,
        model=model,
        dialect=spoken,
        origin=origin,
        prefix=prefix,
        transport=transport_for(spec, access.http_client, access.transport, asynchronous=access.asynchronous),
        key=_key(access.api_key),
        headers=tuple((header, os.environ[env]) for env, header in spec.env_headers if os.environ.get(env)),
        query=_query(access.query) or spec.query_for(settings),
        settings=settings,
        quirks=tuple(quirk for quirk in spec.quirks if quirk.dialect in (None, spoken.name)),
    )
    return target, rest


def with_model(target: Target, model: str) -> Target:
    """The same place for another of the provider's models; `target` where the provider is known not to have it."""
    spec = target.spec
    if model == target.model or (has_list(spec.catalog_list) and find_model(spec.catalog_list, model) is None):
        return target
    if target.dialect.name != spec.dialect_for(target.model):  # the caller chose it
        return replace(target, model=model)
    dialect = get_dialect(spec.dialect_for(model))
    quirks = tuple(quirk for quirk in spec.quirks if quirk.dialect in (None, dialect.name))
    return replace(target, model=model, dialect=dialect, quirks=quirks)


def _refuse_address(spec: ProviderSpec, access: Access) -> None:
    """Nothing is sent, so there is nobody to send a key to, nor a way to go."""
    given = next((name for name in ("api_key", "base_url", "dialect", "query") if getattr(access, name)), None)
    if given is not None:
        raise ConfigurationError(f"`{spec.name}` runs models in this process, so {given}= has no use: leave it out")


def _settings(spec: ProviderSpec, options: Mapping[str, Any], model: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The provider's settings, and the options that are left. Raises `ConfigurationError` for those of another's."""
    settings, rest = find_settings(spec.name, spec.settings, options, model)
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
        warn(said, DeprecationWarning, stacklevel=stacklevel_of_caller())
    return spec if spec.configure is None else spec.configure(spec, settings, base_url or _variable(spec))


def _base_url(spec: ProviderSpec, argument: str | None, settings: Mapping[str, str]) -> str:
    """Where the provider is: the argument, then its variables, then its usual place."""
    if not isinstance(argument, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ConfigurationError(f"base_url is text, not {type(argument).__name__}")
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


def _query(query: object) -> str:
    if not isinstance(query, str):
        raise ConfigurationError(f"query is text, not {type(query).__name__}")
    return query


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
