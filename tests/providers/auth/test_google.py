"""Google Cloud's credentials, fetched by `google-auth` from a real token endpoint on this machine.

`make test-clients` runs this in an environment that has `google-auth`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import MissingKey, MissingPackage
from dragoman.flow import async_run, run
from dragoman.http import Origin
from dragoman.providers.auth import Credential
from dragoman.providers.auth.google import GoogleAuth, application_default
from dragoman.secret import Secret

pytestmark = pytest.mark.clients
AUTH = GoogleAuth()
with_google_auth = pytest.mark.skipif(find_spec("google.auth") is None if find_spec("google") else True, reason="google-auth is not installed here")  # fmt: skip


def headers_of(credential: Credential | None) -> dict[str, str]:
    assert credential is not None
    return dict(credential.headers("POST", Origin("https", "h", 443), "/", b""))


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


class Tokens(BaseHTTPRequestHandler):
    """Gives a token for every assertion: `token-1`, `token-2`, … in turn, each already about to end."""

    asked: list[int] = []  # noqa: RUF012  # shared on purpose: a handler is made for each request

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.asked.append(1)
        body = json.dumps({"access_token": f"token-{len(self.asked)}", "expires_in": 3600, "token_type": "Bearer"})
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        """Nothing."""


@pytest.fixture
def service_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A key file of a service account whose token endpoint is ours."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    Tokens.asked.clear()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        info = {
            "type": "service_account",
            "project_id": "p",
            "private_key": pem.decode(),
            "client_email": "a@p.iam.gserviceaccount.com",
            "token_uri": f"http://127.0.0.1:{server.server_port}/token",
        }
        file = tmp_path / "key.json"
        file.write_text(json.dumps(info))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        yield
        server.shutdown()


@with_google_auth
@pytest.mark.usefixtures("service_account")
def test_a_token_is_fetched_once_and_again_when_it_has_ended() -> None:
    settings = {"project": "p"}
    assert headers_of(run(AUTH.find("vertex", None, settings))) == {"authorization": "Bearer token-1"}
    assert headers_of(run(AUTH.find("vertex", None, settings))) == {"authorization": "Bearer token-1"}
    application_default().expiry = None
    application_default().token = None
    assert headers_of(run(AUTH.find("vertex", None, settings))) == {"authorization": "Bearer token-2"}


@with_google_auth
@pytest.mark.usefixtures("service_account")
def test_another_key_file_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = application_default()
    assert application_default() is first
    info = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    file = tmp_path / "other.json"
    file.write_text(json.dumps(info))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    assert application_default().refresh_token == "r"


@with_google_auth
@pytest.mark.usefixtures("service_account")
def test_a_task_does_not_wait_for_it_on_the_event_loop() -> None:
    threads: list[str] = []

    async def ask() -> Credential | None:
        return await async_run(AUTH.find("vertex", None, {"project": "p"}))

    before = application_default().refresh

    def noted(request: Any) -> None:
        threads.append(threading.current_thread().name)
        before(request)

    application_default().refresh = noted
    assert headers_of(asyncio.run(ask())) == {"authorization": "Bearer token-1"}
    assert threads
    assert threading.main_thread().name not in threads


@with_google_auth
def test_without_credentials_the_error_says_how_to_give_them() -> None:
    with pytest.raises(MissingKey, match="gcloud auth application-default login"):
        run(AUTH.find("vertex", None, {"project": "p"}))


def test_a_key_is_enough_where_no_project_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "k")
    assert headers_of(run(AUTH.find("vertex", None, {}))) == {"x-goog-api-key": "k"}
    assert headers_of(run(AUTH.find("vertex", Secret("ya29.x"), {"project": "p"}))) == {
        "authorization": "Bearer ya29.x"
    }


def test_without_google_auth_the_error_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("google.auth", "google.auth.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackage, match=r"pip install 'dragoman\[vertex\]'"):
        run(AUTH.find("vertex", None, {"project": "p"}))
