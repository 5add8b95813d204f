"""Google Cloud's credentials: fetched and refreshed by `google-auth`, away from the event loop."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from msgspec import Struct

from dragoman.errors import MissingKey, MissingPackage
from dragoman.flow import Flow, invoke
from dragoman.http import Origin
from dragoman.providers.auth.keys import Key, KeySource, given_key
from dragoman.secret import Secret

SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_KEY: Final = KeySource("GOOGLE_API_KEY", "x-goog-api-key", "")
_TOKEN: Final = KeySource("GOOGLE_APPLICATION_CREDENTIALS")
_OAUTH_START: Final = "ya29."
_refreshing: Final = Lock()
"""Held while a token is fetched: credentials are shared by all clients, and are not made for two threads."""


class Token(Struct, frozen=True):
    """An OAuth token, and the project that pays where it is not that of the credentials."""

    text: Secret
    quota_project: str | None = None

    @property
    def secrets(self) -> Sequence[Secret]:
        return (self.text,)

    def headers(self, method: str, origin: Origin, target: str, body: bytes) -> Sequence[tuple[str, str]]:  # noqa: ARG002  # a token is sent as it is
        bearer = ("authorization", f"Bearer {self.text.reveal()}")
        return (bearer, ("x-goog-user-project", self.quota_project)) if self.quota_project else (bearer,)


class GoogleAuth(Struct, frozen=True, kw_only=True):
    """Application default credentials, or an API key (express mode).

    A key given by argument goes first, then the project's credentials, then `GOOGLE_API_KEY` where no project is named:
    the order of Google's SDK. An access token may be given as the key.
    """

    required: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        return (_KEY.env, _TOKEN.env)

    def find(self, provider: str, argument: Secret | None, settings: Mapping[str, str]) -> Flow[Key | Token]:
        given = given_key(provider, argument)
        if given:
            return Key(given, _TOKEN if given.reveal().startswith(_OAUTH_START) else _KEY)
        key = os.environ.get(_KEY.env, "").strip()
        if key and "project" not in settings:
            return Key(Secret(key), _KEY)
        return (yield from invoke(sync=lambda: fetch_token(provider)))


def fetch_token(provider: str) -> Token:
    """A token that is valid now. Raises `MissingPackage` and `MissingKey`."""
    try:
        from google.auth.exceptions import GoogleAuthError  # pyright: ignore[reportMissingImports, reportUnknownVariableType]  # an extra
        from google.auth.transport.requests import Request  # pyright: ignore[reportMissingImports, reportUnknownVariableType]  # an extra
    except ImportError:
        raise MissingPackage(
            "google-auth is not installed: `pip install 'dragoman[vertex]'`", provider=provider
        ) from None
    try:
        with _refreshing:
            credentials = application_default()
            if not credentials.valid:
                credentials.refresh(Request())
    except GoogleAuthError as error:  # pyright: ignore[reportUnknownVariableType]  # has no types here
        raise MissingKey(
            f"Google Cloud gives no credentials ({error}): run `gcloud auth application-default login`, set "
            f"`{_TOKEN.env}` to a key file, or pass api_key= to create_llm",
            provider=provider,
        ) from error
    return Token(Secret(credentials.token), getattr(credentials, "quota_project_id", None))


_DECIDING: Final = (_TOKEN.env, "CLOUDSDK_CONFIG", "GOOGLE_CLOUD_QUOTA_PROJECT")
"""Variables by which other credentials may be found."""


def application_default() -> Any:
    """The credentials of this machine, found once for what the variables say."""
    return _found(*map(os.environ.get, _DECIDING))


@lru_cache(maxsize=32)
def _found(*_: str | None) -> Any:
    import google.auth  # pyright: ignore[reportMissingImports]  # an extra

    return google.auth.default(scopes=SCOPES)[0]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # has no types here
