"""A process that serves a gateway, alone or as one of several: then what it has to know comes by its environment."""

from __future__ import annotations

import gc
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
_COLLECTIONS: Final = (20_000, 50, 100)
"""Fewer than by default: a call makes and drops many small records, and a tenth of its time went into looking for
cycles among them (measured 2026-11-21). Memory stays flat all the same, for a call that is over leaves none.
"""


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
    gateway = create_app(told.config, host=told.host, metrics=told.metrics)
    collect_seldom()
    return gateway


def collect_seldom() -> None:
    """What is there now stays, and need not be looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTIONS)
