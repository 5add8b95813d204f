"""Who serves models: one small file a provider, found by its name."""

from dragoman.providers.auth import Credential, find_credential, use_keys
from dragoman.providers.base_url import join_path, parse_base_url
from dragoman.providers.registry import get_spec, is_provider, provider_names, split_model
from dragoman.providers.spec import ProviderSpec

__all__ = [
    "Credential",
    "ProviderSpec",
    "find_credential",
    "get_spec",
    "is_provider",
    "join_path",
    "parse_base_url",
    "provider_names",
    "split_model",
    "use_keys",
]
