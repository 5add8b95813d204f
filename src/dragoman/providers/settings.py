"""Settings: what some providers want to know besides model and key, such as a region or an account."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from dragoman.errors import ConfigurationError
from dragoman.secret import Secret


class Setting(Struct, frozen=True, kw_only=True):
    """One thing a provider wants to know.

    Looked for as an argument of `create_llm` under `name` or one of `aliases`, then in `env` in order, then by `find`,
    then `default`. For models whose names begin as a key of `first_for` says, its variable goes before those of `env`.
    Without any of them it is missing, which is an error where it is `required`. `find` is given the options of
    `create_llm`. One that `is_address` says where the provider is, in place of `base_url`.
    """

    name: str
    env: tuple[str, ...] = ()
    first_for: Mapping[str, str] = {}
    aliases: tuple[str, ...] = ()
    default: str | None = None
    find: Callable[[Mapping[str, Any]], str | None] | None = None
    required: bool = False
    is_address: bool = False
    about: str = ""

    def look_up(self, options: Mapping[str, Any], model: str = "") -> str | None:
        given = next((options[name] for name in (self.name, *self.aliases) if options.get(name)), None)
        if given is not None:
            return given.reveal() if isinstance(given, Secret) else str(given)
        first = [name for start, name in self.first_for.items() if model.startswith(start)]
        found = next((os.environ[name] for name in (*first, *self.env) if os.environ.get(name)), None)
        return found or (self.find and self.find(options)) or self.default


def find_settings(
    provider: str, settings: Sequence[Setting], options: Mapping[str, Any], model: str = ""
) -> tuple[dict[str, str], dict[str, Any]]:
    """The settings among `options` and in the environment, and the options that are left.

    Raises `ConfigurationError` for one that is required and missing.
    """
    if not settings:
        return {}, dict(options)
    found = {setting.name: setting.look_up(options, model) for setting in settings}
    for setting in settings:
        if setting.required and not found[setting.name]:
            raise ConfigurationError(_how_to_give(provider, setting))
    names = {name for setting in settings for name in (setting.name, *setting.aliases)}
    rest = {name: value for name, value in options.items() if name not in names}
    return {name: value for name, value in found.items() if value}, rest


def _how_to_give(provider: str, setting: Setting) -> str:
    variables = " or ".join(f"`{name}`" for name in setting.env)
    about = f" ({setting.about})" if setting.about else ""
    article = "an" if setting.name[0] in "aeiou" else "a"
    return f"`{provider}` needs {article} {setting.name}{about}: pass {setting.name}=" + (
        f", or set {variables}" if variables else ""
    )
