"""Azure's two ways to prove who is calling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.flow import Flow
from dragoman.providers.auth.keys import Key, KeyAuth, KeySource, find_key, given_key
from dragoman.secret import Secret

_TOKEN: Final = KeySource("AZURE_OPENAI_AD_TOKEN")
_KEY: Final = KeySource("AZURE_OPENAI_API_KEY", "api-key", "")
_START_OF_A_TOKEN: Final = "eyJ"  # noqa: S105  # how all of them begin
"""Entra's tokens are JSON Web Tokens, which begin with an object in base64; keys of Azure are letters and digits."""


class AzureAuth(KeyAuth, frozen=True, kw_only=True):
    """A key in `api-key`, or an Entra token as bearer, which goes first in the environment as in the official SDK.

    Which of them an argument is, or what a function given as `api_key` returns, its beginning tells.
    """

    sources: tuple[KeySource, ...] = (_TOKEN, _KEY)

    def find(self, provider: str, argument: Secret | None, settings: Mapping[str, str]) -> Flow[Key | None]:  # noqa: ARG002  # nothing but a key is needed
        yield from ()
        given = given_key(provider, argument)
        if given:
            return Key(given, _TOKEN if given.reveal().startswith(_START_OF_A_TOKEN) else _KEY)
        return find_key(provider, self, None)
