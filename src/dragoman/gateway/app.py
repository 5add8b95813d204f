"""The FastAPI app: the front before its routing, pages beside it.

A request to a dialect's path is answered before FastAPI routes it, unless the application has middleware of its own:
then it goes through that, and comes to the same front in the end. All of it is in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dragoman._version import __version__
from dragoman.client.llm_provider import ProviderFactory
from dragoman.errors import Rejected
from dragoman.gateway.asgi import AsgiLine, reply_with
from dragoman.gateway.config import GatewayConfig
from dragoman.gateway.front import answer, place_in
from dragoman.gateway.home import home_page
from dragoman.gateway.openapi import document
from dragoman.gateway.operations import CONTENT_TYPE
from dragoman.gateway.replies import refusal_of
from dragoman.gateway.service import Service
from dragoman.gateway.snapshots import Snapshots
from dragoman.gateway.surfaces import surface_of

TITLE: Final = "Multi-Provider LLM API"
"""As seed 003 has it (S3.10)."""


class Gateway(FastAPI):
    """The app. `service` has the parts of it that are running."""

    def __init__(self, service: Service) -> None:
        super().__init__(title=TITLE, version=__version__, lifespan=_lifespan(service))
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.user_middleware:
            place = place_in(scope)
            if place is not None:
                await answer(self.service, AsgiLine(scope, receive, send), place)
                return
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The document of all paths, those that FastAPI never sees too."""
        if self.openapi_schema is None:
            self.openapi_schema = document(super().openapi())
        return self.openapi_schema


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """That of the app, and of whichever other it is mounted in."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        await service.open()
        try:
            yield
        finally:
            await service.close()

    return lifespan


def create_app(
    config: str | PathLike[str] | Mapping[str, Any] | GatewayConfig | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    host: str | None = None,
    store: str | PathLike[str] | None = None,
    metrics: str | PathLike[str] | None = None,
) -> Gateway:
    """The gateway as a FastAPI app: to be served, to be mounted in another, or to be added to.

    Where it is mounted the other app's lifespan counts: give that one `lifespan=gateway.router.lifespan_context`. Else
    the gateway opens at the first call, and calls under way are not waited for at the end.

    Args:
        config: A file in YAML, TOML or JSON, or what stands in one. Without, the providers answer whose keys are found.
        environment: What `${NAME}` stands for, and where keys are looked for; the process's own when left out.
        host: The address that is listened on; when left out, each connection tells. Whether callers need a key may
            depend on it.
        store: The file that keeps keys and usage, in place of what the configuration says.
        metrics: A folder that several processes of one gateway share, so that each can tell of all.

    Raises:
        ConfigurationError: The configuration cannot be right. The message says where.
    """
    snapshots = Snapshots(config, environment)
    app = Gateway(Service(snapshots, host=host, store=_path(store), metrics=_path(metrics)))
    _add_pages(app)
    return app


def _path(given: str | PathLike[str] | None) -> Path | None:
    return None if given is None else Path(given)


def _add_pages(app: Gateway) -> None:
    for path, page in _PAGES.items():
        shape = _SHAPES.get(path, {})
        told: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": shape}}}}
        app.add_api_route(path, page, methods=["GET"], responses=told)
    app.add_api_route("/", _home, methods=["GET", "HEAD"], include_in_schema=False)
    app.router.default = partial(_elsewhere, app.service, app.router.not_found)


async def _elsewhere(service: Service, not_http: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The front, where middleware of the application's own stood before it; else nothing is here."""
    if scope["type"] != "http":
        await not_http(scope, receive, send)
        return
    place = place_in(scope)
    if place is not None:
        await answer(service, AsgiLine(scope, receive, send), place)
        return
    message = f"Invalid URL ({scope['method']} {scope['path']}): see /docs for what there is"
    refusal = refusal_of(surface_of("openai_chat").dialect, Rejected(message, http_status=404))
    await reply_with(send, refusal.status, refusal.headers, refusal.body)


def _service_of(request: Request) -> Service:
    return request.app.service


async def _home(request: Request) -> Response:
    """What this is: a page for those who ask for one (`Accept: text/html`), else a few words."""
    service = _service_of(request)
    models = service.snapshots.current.models()
    if "text/html" in request.headers.get("accept", ""):
        mount = request.scope.get("root_path", "")
        return HTMLResponse(home_page(models, str(request.base_url).rstrip("/"), mount))
    return JSONResponse({"service": "dragoman", "version": __version__, "models": len(models), "docs": "/docs"})


async def _health(request: Request) -> Response:
    """Whether the gateway lives, and what is not as it should be."""
    status, body = _service_of(request).status.health()
    return Response(body, status, media_type="application/json")


async def _ready(request: Request) -> Response:
    """Whether to send it calls."""
    status, body = _service_of(request).status.ready()
    return Response(body, status, media_type="application/json")


async def _metrics(request: Request) -> Response:
    """What Prometheus reads."""
    service = _service_of(request)
    if not service.snapshots.current.config.metrics.enabled:
        return Response(status_code=404)
    return Response(service.operations.metrics_text(), media_type=CONTENT_TYPE.decode())


async def _providers() -> Response:
    """The providers that can be asked (S3.10)."""
    return JSONResponse({"providers": ProviderFactory.available_providers()})


async def _version() -> Response:
    """What clients of Ollama ask first."""
    return JSONResponse({"version": __version__})


_PAGES: Final = {
    "/health": _health,
    "/ready": _ready,
    "/metrics": _metrics,
    "/v1/providers": _providers,
    "/api/version": _version,
}

_TEXT: Final = {"type": "string"}
_SHAPES: Final = {
    "/v1/providers": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
    "/api/version": {"type": "object", "additionalProperties": _TEXT},
}
"""What a page answers, as JSON Schema. Of a type FastAPI would ask at every start whether it is one of pydantic's first
version, which is loaded for that: 27 modules and 2 MB.
"""
