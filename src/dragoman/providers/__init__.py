"""Who serves models: one small file a provider, found by its name."""

from dragoman.providers.auth import Auth, Credential, Key, KeyAuth, KeySource, find_key, given_key
from dragoman.providers.base_url import join_path, parse_base_url, whole_url
from dragoman.providers.lending import use_keys
from dragoman.providers.quirks import Quirk
from dragoman.providers.registry import (
    built_in_names,
    get_spec,
    how_unknown,
    is_provider,
    normal_name,
    provider_names,
    split_model,
)
from dragoman.providers.settings import Setting, find_settings
from dragoman.providers.spec import ProviderSpec

__all__ = [
    "Auth",
    "Credential",
    "Key",
    "KeyAuth",
    "KeySource",
    "ProviderSpec",
    "Quirk",
    "Setting",
    "built_in_names",
    "find_key",
    "find_settings",
    "get_spec",
    "given_key",
    "how_unknown",
    "is_provider",
    "join_path",
    "normal_name",
    "parse_base_url",
    "provider_names",
    "split_model",
    "use_keys",
    "whole_url",
]
