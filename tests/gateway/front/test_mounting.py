"""The gateway as a part of somebody's own application."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from starlette.middleware.cors import CORSMiddleware

from dragoman.gateway import Gateway, create_app
from dragoman.testing import Emulator
from tests.gateway.front.running import config_for, serving

BODY = {"model": "up-openai", "messages": [{"role": "user", "content": "Hi"}]}


def test_below_a_path(emulator: Emulator) -> None:
    gateway = create_app(config_for(emulator))
    app = FastAPI(lifespan=gateway.router.lifespan_context)
    app.mount("/llm", gateway)
    with serving(app) as url:
        assert httpx.post(f"{url}/llm/v1/chat/completions", json=BODY, trust_env=False).status_code == 200
        assert httpx.get(f"{url}/llm/health", trust_env=False).json()["status"] == "ok"
        assert httpx.post(f"{url}/v1/chat/completions", json=BODY, trust_env=False).status_code == 404


def test_without_its_lifespan_it_opens_at_the_first_call(emulator: Emulator) -> None:
    app = FastAPI()
    app.mount("/llm", create_app(config_for(emulator)))
    with serving(app) as url:
        assert httpx.post(f"{url}/llm/v1/messages", json={**BODY, "max_tokens": 9}, trust_env=False).status_code == 200


def test_with_routes_and_middleware_of_ones_own(emulator: Emulator) -> None:
    """Every request goes through the middleware, those to the gateway's own paths too."""
    app = create_app(config_for(emulator))
    app.add_middleware(CORSMiddleware, allow_origins=["https://mine.example"])

    @app.get("/mine")
    async def mine(request: Request) -> Response:
        return Response(request.url.path)

    with serving(app) as url:
        assert httpx.get(f"{url}/mine", trust_env=False).text == "/mine"
        origin = {"origin": "https://mine.example"}
        for stream in (False, True):
            reply = httpx.post(
                f"{url}/v1/chat/completions", json={**BODY, "stream": stream}, headers=origin, trust_env=False
            )
            assert reply.status_code == 200
            assert reply.headers["access-control-allow-origin"] == "https://mine.example"


def test_who_sends_on_after_a_refusal_still_hears_it(emulator: Emulator) -> None:
    """Also where another's server or middleware stands between."""
    app = FastAPI()
    app.mount("/llm", create_app(config_for(emulator, server={"body_bytes": 1000})))
    with serving(app) as url:
        reply = httpx.post(f"{url}/llm/v1/chat/completions", content=b"a" * 20_000_000, trust_env=False)
        assert reply.status_code == 413
        assert "1000 bytes" in reply.json()["error"]["message"]


def test_alone_it_is_not_called_by_way_of_asgi(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What our own protocol takes in makes no scope and no messages, whoever may listen to the server's log."""
    with serving(create_app(config_for(emulator))) as url:
        monkeypatch.setattr(Gateway, "__call__", None)
        assert httpx.post(f"{url}/v1/chat/completions", json=BODY, trust_env=False).status_code == 200
