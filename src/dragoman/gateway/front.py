"""The front: from a path to what answers it, before any framework is asked.

FastAPI's own routing costs more than all that follows here; what programs ask for again and again is found in a table,
and FastAPI gets the rest: its pages, `/health`, and routes of one's own.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qs

from dragoman.errors import Rejected
from dragoman.gateway.asgi import Scope
from dragoman.gateway.exchange import Exchange
from dragoman.gateway.lines import Headers, Line
from dragoman.gateway.replies import refusal_of
from dragoman.gateway.service import Service
from dragoman.gateway.surfaces import READ, Endpoint, Place, Surface, place_of


def place_in(scope: Scope) -> Place | None:
    """What is at the path of a request, below what the gateway is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return place_of(path.removeprefix(root) if root else path)


def answer(service: Service, line: Line, place: Place) -> Coroutine[Any, Any, None]:
    """What is to be awaited for a request to `place` to be answered."""
    endpoint = _endpoint_for(place, line)
    if endpoint is None:
        return _not_allowed(place, line)
    exchange = Exchange(service, line, place, endpoint)
    return exchange.run() if service.opened else _opened_first(service, exchange)


async def _opened_first(service: Service, exchange: Exchange) -> None:
    """In an application whose lifespan is not ours the first call opens the gateway."""
    await service.open()
    await exchange.run()


def _endpoint_for(place: Place, line: Line) -> Endpoint | None:
    """Of the endpoints at a path, the one that the method and the caller's signs mean."""
    choice = place.choices.get(line.method)
    if choice is None:
        return None
    agent = line.headers.get(b"user-agent", b"")
    for endpoint in choice.signed:
        client = endpoint.surface.client
        if (client and client in agent) or (endpoint.methods == READ and _is_asked(endpoint.surface, line)):
            return endpoint
    usual = choice.usual
    variant = usual.variant
    return usual if variant is None or (variant.mark in line.query) != variant.marked else variant.endpoint


def _is_asked(surface: Surface, line: Line) -> bool:
    """Whether headers or parameters of its own say that this dialect's client wants a list."""
    return _tells(surface, line.headers) or _asks(surface.serving.listing.parameter, line)


def _tells(surface: Surface, headers: Headers) -> bool:
    telling = surface.telling
    return bool(telling) and all(name in headers and value in (None, headers[name]) for name, value in telling.items())


def _asks(parameter: str, line: Line) -> bool:
    return bool(parameter) and parameter in parse_qs(line.query.decode("latin-1"))


async def _not_allowed(place: Place, line: Line) -> None:
    """405, in the dialect of the path."""
    allowed = sorted(place.choices)
    error = Rejected(f"Method {line.method} is not allowed here: use {' or '.join(allowed)}", http_status=405)
    refusal = refusal_of(place.endpoint.surface.dialect, error)
    await line.reply(refusal.status, [*refusal.headers, (b"allow", ", ".join(allowed).encode())], refusal.body)
