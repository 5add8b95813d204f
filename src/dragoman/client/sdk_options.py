"""What a client is made with by those who know OpenAI's SDK or Instructor, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from dragoman.calls import RetryConfig
from dragoman.client.options import ClientOptions
from dragoman.errors import ConfigurationError
from dragoman.providers import ProviderSpec

_OF_THE_CLIENT: Final = ClientOptions.__annotations__.keys() | {
    "base_url", "dialect", "http_client", "transport", "query",
}  # fmt: skip
"""What `create_llm` takes, whoever the provider is."""


def of_client_and_calls(kwargs: Mapping[str, Any], spec: ProviderSpec) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `create_llm` takes of `kwargs`, and what goes into the body of every call."""
    given = _in_our_words(kwargs, spec)
    known = _OF_THE_CLIENT | {name for setting in spec.settings for name in (setting.name, *setting.aliases)}
    fields = {name: given.pop(name) for name in given.keys() - known}
    return given, fields


def _in_our_words(kwargs: Mapping[str, Any], spec: ProviderSpec) -> dict[str, Any]:
    """`kwargs`, in which what OpenAI's SDK takes besides has our names. What is `None` is left out."""
    given = {name: value for name, value in kwargs.items() if value is not None}
    headers = {**_taken(given, "default_headers", Mapping, {}), **_taken(given, "headers", Mapping, {})}
    organization = given.pop("organization", None)
    if organization is not None:
        headers[_organization_header(spec)] = organization
    if headers:
        given["headers"] = headers
    if "default_query" in given:
        given["query"] = urlencode(_taken(given, "default_query", Mapping))
    if "max_retries" in given:
        given["retry_config"] = RetryConfig(max_attempts=_taken(given, "max_retries", int) + 1)
    return given


def _taken(given: dict[str, Any], name: str, kind: type[Any], otherwise: Any = None) -> Any:
    """What is given as `name`, which is there no longer. Raises `ConfigurationError` for what is no `kind`."""
    value = given.pop(name, otherwise)
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} must be {_SAID[kind]}, not {type(value).__name__}")
    return value


_SAID: Final[Mapping[type[Any], str]] = {Mapping: "a mapping of names to values", int: "a whole number"}


def _organization_header(spec: ProviderSpec) -> str:
    for variable, header in spec.env_headers:
        if "ORG" in variable:
            return header
    raise ConfigurationError(f"`{spec.name}` knows no organization: leave organization= out")
