"""The front: from a path to what answers it, before any framework is asked.

FastAPI's own routing costs more than all that follows here; what programs ask for again and again is found in a table,
and FastAPI gets the rest: its pages, `/health`, and routes of one's own.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from dragoman.errors import Rejected
from dragoman.gateway.asgi import Headers, Http, Receive, Scope, Send, reply_with
from dragoman.gateway.exchange import Exchange
from dragoman.gateway.replies import refusal_of
from dragoman.gateway.service import Service
from dragoman.gateway.surfaces import READ, Endpoint, Place, Surface, place_of
from dragoman.gateway.surfaces.plain_chat import PLAIN_CHAT, PLAIN_CHAT_IN_JSON

_SHARED: Final = ("", "/v1")
"""How the paths of many dialects begin."""


def place_in(scope: Scope) -> Place | None:
    """What is at the path of a request, below what the gateway is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return place_of(path.removeprefix(root) if root else path)


async def answer(service: Service, scope: Scope, receive: Receive, send: Send, place: Place) -> None:
    """Answer a request to `place`."""
    endpoint = _endpoint_for(place, scope)
    if endpoint is None:
        await _not_allowed(place, scope, send)
        return
    if not service.opened:
        await service.open()
    await Exchange(service, Http(scope, receive, send), place, endpoint).run()


def _endpoint_for(place: Place, scope: Scope) -> Endpoint | None:
    """Of the endpoints at a path, the one that the method and the caller's signs mean."""
    method: str = scope["method"]
    first = place.endpoint
    if not place.others:
        if method not in first.methods:
            return None
        return _of_plain_chat(first, scope) if first.surface is PLAIN_CHAT else first
    fitting = [each for each in (first, *place.others) if method in each.methods]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    headers: Headers = dict(scope["headers"])
    return next((each for each in fitting if _is_meant(each, place, headers, scope)), fitting[0])


def _is_meant(endpoint: Endpoint, place: Place, headers: Headers, scope: Scope) -> bool:
    """Whether it is this dialect's client that calls: by the path, by its name, by headers or parameters of its own."""
    surface = endpoint.surface
    serving = surface.serving
    if place.begins == surface.name or (serving.prefix not in _SHARED and f"{serving.prefix}/" in scope["path"]):
        return True
    if serving.client and serving.client.encode() in headers.get(b"user-agent", b""):
        return True
    return endpoint.methods == READ and (_tells(surface, headers) or _asks(serving.listing.parameter, scope))


def _tells(surface: Surface, headers: Headers) -> bool:
    telling = surface.telling
    return bool(telling) and all(name in headers and value in (None, headers[name]) for name, value in telling.items())


def _asks(parameter: str, scope: Scope) -> bool:
    return bool(parameter) and parameter in parse_qs(scope["query_string"].decode("latin-1"))


def _of_plain_chat(endpoint: Endpoint, scope: Scope) -> Endpoint:
    return _IN_JSON if b"events=json" in scope["query_string"] else endpoint


_IN_JSON: Final = Endpoint(action="generate", surface=PLAIN_CHAT_IN_JSON)


async def _not_allowed(place: Place, scope: Scope, send: Send) -> None:
    """405, in the dialect of the path."""
    allowed = sorted({method for each in (place.endpoint, *place.others) for method in each.methods})
    error = Rejected(f"Method {scope['method']} is not allowed here: use {' or '.join(allowed)}", http_status=405)
    refusal = refusal_of(place.endpoint.surface.dialect, error)
    headers = [*refusal.headers, (b"allow", ", ".join(allowed).encode())]
    await reply_with(send, refusal.status, headers, refusal.body)
