"""One process of several that serve one gateway: what it has to know comes by its environment."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

from msgspec import Struct
from msgspec.json import decode, encode

from dragoman.gateway.app import Gateway, create_app
from dragoman.gateway.protocol import LimitedProtocol

FACTORY: Final = "dragoman.gateway.worker:app"
"""What uvicorn is told to call in each process."""

_VARIABLE: Final = "DRAGOMAN_WORKER"


class Instructions(Struct, frozen=True, kw_only=True):
    """What every process of a gateway is told.

    Attributes:
        config: The file, as it was named.
        host: The address that is listened on.
        header_seconds: How long the head of a request may take.
        metrics: The folder through which each can tell of all.
    """

    config: str | None
    host: str
    header_seconds: float
    metrics: str | None = None

    def leave(self, environment: MutableMapping[str, str]) -> None:
        """Put them where processes that are started from here find them."""
        environment[_VARIABLE] = encode(self).decode()


def app() -> Gateway:
    """The app of this process."""
    told = decode(os.environ[_VARIABLE], type=Instructions)
    LimitedProtocol.header_seconds = told.header_seconds
    return create_app(told.config, host=told.host, metrics=told.metrics)
