"""Who is calling AWS: a Bedrock API key, or keys that sign each request.

Looked for in this order: what is given to `create_llm` (`api_key`, then `aws_access_key_id` …, then `profile`), the
variable `AWS_BEARER_TOKEN_BEDROCK`, the keys in the environment, and then wherever botocore looks: profiles, single
sign-on, containers, instances. Only that last one needs botocore.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from dragoman.errors import ConfigurationError, MissingKey, MissingPackage
from dragoman.flow import Flow, invoke
from dragoman.http import Origin
from dragoman.providers.auth.aws_signature import AwsKeys, sign
from dragoman.providers.auth.keys import Credential, Header, Key, KeySource, given_key
from dragoman.secret import Secret

BEARER: Final = KeySource("AWS_BEARER_TOKEN_BEDROCK")
_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""The variables of keys that sign; the last is for temporary ones."""
DEFAULT_REGION: Final = "us-east-1"
"""What is meant where no region is found anywhere: botocore has none, and the plan of `create_llm` wants one."""


class Signer(Struct, frozen=True, kw_only=True):
    """Signs each request with keys."""

    keys: AwsKeys
    region: str
    service: str

    @property
    def secrets(self) -> tuple[Secret, ...]:
        keys = self.keys
        return (keys.secret_key,) if keys.token is None else (keys.secret_key, keys.token)

    def headers(self, method: str, origin: Origin, target: str, body: bytes) -> tuple[Header, ...]:
        at = datetime.now(UTC)
        return sign(self.keys, method, f"{origin}{target}", (), body, region=self.region, service=self.service, at=at)

    def __repr__(self) -> str:
        return f"<Signer for {self.service} in {self.region}>"


class AwsAuth(Struct, frozen=True, kw_only=True):
    """A key for Bedrock, or AWS keys for the service called `service` in signatures."""

    service: str
    required: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        return BEARER.env, *_KEYS

    def find(self, provider: str, argument: Secret | None, settings: Mapping[str, str]) -> Flow[Credential]:
        given = given_key(provider, argument)
        if given:
            return Key(given, BEARER)
        keys, profile = _given_keys(settings), settings.get("profile")
        if keys is None and profile is None:
            token = os.environ.get(BEARER.env, "").strip()
            if token:
                return Key(Secret(token), BEARER)
            keys = _keys_in_environment()
        if keys is None:
            keys = yield from invoke(sync=partial(_keys_of_botocore, provider, profile))
        return Signer(keys=keys, region=region_for(settings), service=self.service)


def _given_keys(settings: Mapping[str, str]) -> AwsKeys | None:
    """The keys given by argument. Raises `ConfigurationError` for half of them."""
    access, secret = settings.get("aws_access_key_id"), settings.get("aws_secret_access_key")
    if access is None and secret is None:
        return None
    if access is None or secret is None:
        raise ConfigurationError("pass both, aws_access_key_id= and aws_secret_access_key=")
    return _keys(access, secret, settings.get("aws_session_token"))


def _keys_in_environment() -> AwsKeys | None:
    """The keys in the environment. Raises `ConfigurationError` for half of them, as botocore does."""
    access, secret, token = (os.environ.get(name, "").strip() for name in _KEYS)
    if not access:
        return None
    if not secret:
        raise ConfigurationError(f"`{_KEYS[0]}` is set and `{_KEYS[1]}` is not: set both")
    return _keys(access, secret, token)


def _keys(access: str, secret: str, token: str | None) -> AwsKeys:
    return AwsKeys(access, Secret(secret), Secret(token) if token else None)


# ---------------------------------------------------------------------- wherever botocore looks


def _keys_of_botocore(provider: str, profile: str | None) -> AwsKeys:
    """The keys that botocore finds, renewed when they are about to expire: it may read files and ask servers."""
    try:
        found = _credentials(provider, profile, *(os.environ.get(name) for name in _DECIDING))
    except ImportError:
        raise _without_botocore(provider, profile) from None
    frozen = found.get_frozen_credentials()
    return _keys(frozen.access_key, frozen.secret_key, frozen.token)


_NOTHING: Final = (
    f"there are no AWS credentials: set `{BEARER.env}`, or `{_KEYS[0]}` and `{_KEYS[1]}`, "
    "or pass api_key=, aws_access_key_id= and aws_secret_access_key=, or profile= to create_llm"
)
_PROFILES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""The variables that name a profile, in botocore's order (botocore/configprovider.py, 1.44)."""
_DECIDING: Final = (*_PROFILES, "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
"""Variables by which the same call may find other credentials."""


@lru_cache(maxsize=32)
def _credentials(provider: str, profile: str | None, *_: str | None) -> Any:
    """The record that botocore itself renews. Raises `ImportError` without botocore.

    Raises `MissingKey` when it finds nothing, which is not kept: after `aws sso login` it finds something.
    """
    session, exceptions = import_module("botocore.session"), import_module("botocore.exceptions")
    try:
        found = session.Session(profile=profile).get_credentials()
    except exceptions.BotoCoreError as error:
        raise ConfigurationError(f"botocore finds no AWS credentials: {error}") from error
    if found is None:
        raise MissingKey(_NOTHING, provider=provider)
    return found


def _without_botocore(provider: str, profile: str | None) -> MissingKey | MissingPackage:
    """What is missing: the package, when the caller wants what only it can read; else a key."""
    install = "pip install 'dragoman[bedrock]'"
    wanted = profile or _profile_in_environment()
    if wanted:
        return MissingPackage(f"the AWS profile `{wanted}` is read by botocore, which is not installed: {install}")
    return MissingKey(f"{_NOTHING}; profiles, single sign-on and roles need botocore: {install}", provider=provider)


def _profile_in_environment() -> str | None:
    return next((os.environ[name] for name in _PROFILES if os.environ.get(name)), None)


# ---------------------------------------------------------------------- where


def region_for(settings: Mapping[str, str]) -> str:
    """The region among `settings`. Raises `ConfigurationError` for what cannot be one."""
    region = settings.get("region") or DEFAULT_REGION
    if not region.replace("-", "").isalnum() or not region.isascii():
        raise ConfigurationError(f"`{region:.40}` is no AWS region: they are called like `{DEFAULT_REGION}`")
    return region


def region_of_profile(options: Mapping[str, Any]) -> str | None:
    """The region in AWS's own configuration file, if there is one, for the profile that is meant."""
    path = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    name = options.get("profile") or _profile_in_environment() or "default"
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text())
    except OSError:
        return None
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the AWS configuration in `{path}` cannot be read: {error}") from error
    section = name if name == "default" else f"profile {name}"
    return parser.get(section, "region", fallback=None)
