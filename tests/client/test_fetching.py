"""What is fetched for dialects that take only bytes, and what is not."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from dragoman import create_llm
from dragoman.client import fetching
from dragoman.client.fetching import Fetch, fetch, takes_bytes_only, with_bytes
from dragoman.dialects import dialect_names, get_dialect
from dragoman.errors import DecodeError, FetchRefused
from dragoman.flow import async_run, run
from dragoman.messages import Audio, Document, Image, Message, Request, Text
from dragoman.testing import Emulator

PNG = b"\x89PNG\r\n\x1a\n rest"


class Pages(BaseHTTPRequestHandler):
    """Answers a path by what it says."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        status, headers, body = PAGES[self.path]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: tests print nothing."""


PAGES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/cat": (200, {"Content-Type": "image/png; charset=binary"}, PNG),
    "/cat?size=1": (200, {"Content-Type": "application/octet-stream"}, PNG),
    "/page": (200, {"Content-Type": "text/html"}, b"<html>"),
    "/moved": (302, {"Location": "/cat"}, b""),
    "/round": (302, {"Location": "/round"}, b""),
    "/away": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
    "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/gone": (404, {}, b"no"),
    "/large": (200, {}, b"x" * 2000),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/cat", "image/png"), ("/cat?size=1", "application/octet-stream"), ("/moved", "image/png")],
)
def test_fetched(server: str, path: str, media_type: str) -> None:
    found = fetch(server + path, private=True)
    assert (found.content, found.media_type) == (PNG, media_type)
    assert found.url == server + path.replace("moved", "cat")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("{server}/cat", r"leads to 127\.0\.0\.1"),
        ("ftp://host/x", "no http or https URL"),
        ("file:///etc/passwd", "no http or https URL"),
        ("http://user:secret@host/x", "a user's name in it"),
        ("http://[::1/x", "no URL"),
        ("http://host:99999/x", "no URL"),
        ("http:///x", "no http or https URL"),
    ],
)
def test_refused(server: str, url: str, says: str) -> None:
    with pytest.raises(FetchRefused, match=says) as caught:
        fetch(url.format(server=server))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "says"),
    [("/round", "more than 5 times"), ("/gone", "status 404"), ("/file", "no http or https URL")],
)
def test_refused_on_the_way(server: str, path: str, says: str) -> None:
    with pytest.raises(FetchRefused, match=says):
        fetch(server + path, private=True)


def test_each_redirect_is_looked_at_anew(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first server is let through here as if it were public; where it sends us is not."""
    from dragoman.transport import public

    monkeypatch.setattr(public, "is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(FetchRefused, match=r"169\.254\.169\.254"):
        fetch(server + "/away")


def test_no_more_is_read_than_is_allowed(server: str) -> None:
    assert len(fetch(server + "/large", private=True, most_bytes=2000).content) == 2000
    with pytest.raises(DecodeError):
        fetch(server + "/large", private=True, most_bytes=1999)


def test_what_was_encrypted_stays_so() -> None:
    with pytest.raises(FetchRefused, match="not encrypted"):
        fetching._next("https://host/x", "http://host/x")
    assert fetching._next("https://host/x", "y") == "https://host/y"


def test_storage_of_google_is_reached_by_https() -> None:
    request = fetching._request("gs://bucket/cat.png", fetching.Timeouts())
    assert (str(request.origin), request.target) == ("https://storage.googleapis.com", "/bucket/cat.png")


# ---------------------------------------------------------------------- for a dialect

NEEDS_BYTES = {
    "bedrock_converse": {Image, Document, Audio},
    "ollama": {Image},
    "openai_chat": {Audio, Document},
    "openai_responses": {Audio},
}
"""What each dialect takes as bytes and not by URL; those that are not named take both, or neither."""


@pytest.mark.parametrize("dialect", dialect_names())
@pytest.mark.parametrize("kind", [Image, Audio, Document])
def test_which_dialects_need_bytes(dialect: str, kind: Any) -> None:
    assert takes_bytes_only(get_dialect(dialect), kind) == (kind in NEEDS_BYTES.get(dialect, set()))


def asked(*parts: Any) -> Request:
    return Request(model="m", messages=(Message("system", "s"), Message("user", parts)))


@pytest.mark.parametrize("path", ["/cat", "/cat?size=1"])
@pytest.mark.parametrize("driver", [run, lambda flow: __import__("asyncio").run(async_run(flow))])
def test_a_picture_is_fetched_where_bytes_are_needed(server: str, path: str, driver: Any) -> None:
    picture = Image.from_url(server + path, detail="low")
    request = asked(Text("What?"), picture)
    done = driver(with_bytes(request, get_dialect("ollama"), "any"))
    assert done.messages[1].parts == (Text("What?"), Image.from_bytes(PNG, "image/png", detail="low"))
    assert request.messages[1].parts[1] is picture


@pytest.mark.parametrize(
    ("dialect", "fetch_from", "part"),
    [
        ("openai_chat", "any", Image(url="http://127.0.0.1:1/cat")),  # takes the URL
        ("ollama", "never", Image(url="http://127.0.0.1:1/cat")),
        ("ollama", "any", Image.from_bytes(PNG, "image/png")),
        ("bedrock_converse", "any", Image(url="s3://bucket/cat.png")),
        ("ollama", "any", Text("http://127.0.0.1:1/cat")),
    ],
)
def test_nothing_is_fetched_where_nothing_is_to_be_gained(dialect: str, fetch_from: Fetch, part: Any) -> None:
    request = asked(part)
    done = run(with_bytes(request, get_dialect(dialect), fetch_from))
    assert done.messages == request.messages


@pytest.mark.parametrize(("fetch_from", "says"), [("public", r"127\.0\.0\.1"), ("any", "is no image, but text/html")])
def test_what_is_fetched_is_what_was_said(server: str, fetch_from: Fetch, says: str) -> None:
    with pytest.raises(FetchRefused, match=says):
        run(with_bytes(asked(Image.from_url(server + "/page")), get_dialect("ollama"), fetch_from))


# ---------------------------------------------------------------------- in a call


@pytest.mark.parametrize("fetch_from", ["any", "public", "never"])
def test_a_call_fetches_what_it_may(server: str, fetch_from: Fetch) -> None:
    """A value is asked for in the same way, and a client's default holds for its calls."""
    with Emulator() as emulator:
        llm = create_llm("ollama/llava", base_url=emulator.url, fetch=fetch_from)
        ask = [
            lambda: llm.generate("What?", images=[f"{server}/cat"]),
            lambda: llm.extract(str, "What?", images=[f"{server}/cat"]),
        ]
        for call in ask:
            if fetch_from == "public":
                with pytest.raises(FetchRefused):
                    call()
                continue
            call()
            sent = emulator.requests[-1].request
            assert sent is not None
            pictures = [part for message in sent.messages for part in message.parts if isinstance(part, Image)]
            assert [part.data for part in pictures] == ([b64encode(PNG).decode()] if fetch_from == "any" else [])
        llm.close()
