"""TLS: who is trusted, what is said when not, and the way through proxies."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost, Error
from dragoman.http import Origin
from dragoman.transport import TransportOptions

from .callers import Caller, post
from .forward_proxy import ForwardProxy
from .scripted import CLOSE, HOLD, RAGGED, READ, Await, ScriptedServer, Tell, answer, chunked
from .test_connections import _wait_for_news

Serve = Callable[..., ScriptedServer]
Make = Callable[..., Caller]

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Certificates as files: `ca`, and a client's `both`, `cert` and `key`."""
    folder = tmp_path_factory.mktemp("certificates")
    names = {name: str(folder / f"{name}.pem") for name in ("ca", "both", "cert", "key", "locked")}
    authority.cert_pem.write_to_path(names["ca"])
    client = authority.issue_cert("client@example.com")
    client.private_key_and_cert_chain_pem.write_to_path(names["both"])
    client.cert_chain_pems[0].write_to_path(names["cert"])
    client.private_key_pem.write_to_path(names["key"])
    _lock(client, Path(names["locked"]))
    return SimpleNamespace(**names, folder=str(folder))


def _lock(client: trustme.LeafCert, path: Path) -> None:
    """The key, encrypted with the password `open sesame`."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(client.private_key_pem.bytes(), None)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )


def server_context(authority: trustme.CA, *names: str, **options: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)
    return context


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    """A server that may call itself 127.0.0.1 or localhost."""
    return server_context(authority, "127.0.0.1", "localhost")


# ---------------------------------------------------------------------- trust


def test_a_company_authority(make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    server = serve([*[READ, answer()] * 3, HOLD], tls=context)
    caller = make(ca_file=files.ca)
    for _ in range(3):
        assert caller.call(post(server.origin)).body == b"ok"
    assert server.connections == 1


def test_verify_takes_a_file(make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    server = serve([READ, answer(), HOLD], tls=context)
    assert make(verify=files.ca).call(post(server.origin)).body == b"ok"


def test_verify_takes_a_folder(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace, tmp_path: Path
) -> None:
    """OpenSSL finds certificates in a folder by a hash of their subject."""
    named = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", files.ca], capture_output=True, text=True, check=False
    )
    if named.returncode != 0:
        pytest.skip("needs the `openssl` command")
    (tmp_path / f"{named.stdout.strip()}.0").write_bytes(Path(files.ca).read_bytes())
    server = serve([READ, answer(), HOLD], tls=context)
    assert make(verify=str(tmp_path)).call(post(server.origin)).body == b"ok"


def test_verify_takes_a_context(make: Make, serve: Serve, context: ssl.SSLContext, authority: trustme.CA) -> None:
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    server = serve([READ, answer(), HOLD], tls=context)
    assert make(verify=ours).call(post(server.origin)).body == b"ok"


def test_verify_can_be_turned_off(make: Make, serve: Serve, context: ssl.SSLContext) -> None:
    server = serve([READ, answer(), HOLD], tls=context)
    assert make(verify=False).call(post(server.origin)).body == b"ok"


def test_the_environment_names_authorities(serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    """`SSL_CERT_FILE` is read when the first context is made: in a process of its own."""
    server = serve([READ, answer(), HOLD], tls=context)
    program = (
        "from dragoman.transport import open_transport\n"
        "from dragoman.http import HttpRequest, Origin\n"
        f"print(open_transport().open(HttpRequest(origin=Origin('https', '127.0.0.1', {server.port}), target='/')).status)"
    )
    environment = {"SSL_CERT_FILE": files.ca, "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "200\n", done.stderr


def _past() -> dict[str, object]:
    now = dt.datetime.now(dt.UTC)
    return {"not_before": now - dt.timedelta(days=9), "not_after": now - dt.timedelta(days=1)}


def _future() -> dict[str, object]:
    now = dt.datetime.now(dt.UTC)
    return {"not_before": now + dt.timedelta(days=1), "not_after": now + dt.timedelta(days=9)}


UNTRUSTED = [
    ("an unknown authority", lambda ours: server_context(trustme.CA(), "127.0.0.1"), "ca_file"),
    ("expired", lambda ours: server_context(ours, "127.0.0.1", **_past()), "has expired"),
    ("not valid yet", lambda ours: server_context(ours, "127.0.0.1", **_future()), "not valid yet"),
    ("another name", lambda ours: server_context(ours, "example.com"), "not for this IP address"),
]


@pytest.mark.parametrize(("make_context", "words"), [row[1:] for row in UNTRUSTED], ids=[row[0] for row in UNTRUSTED])
def test_a_certificate_that_is_not_trusted(
    make: Make,
    serve: Serve,
    authority: trustme.CA,
    files: SimpleNamespace,
    make_context: Callable[[trustme.CA], ssl.SSLContext],
    words: str,
) -> None:
    server = serve([READ, answer(), HOLD], tls=make_context(authority))
    with pytest.raises(ConnectFailed, match=words) as caught:
        make(ca_file=files.ca).call(post(server.origin))
    assert str(server.origin) in str(caught.value)
    assert not caught.value.retryable
    assert server.requests == []


def test_a_certificate_for_another_host_name(
    make: Make, serve: Serve, authority: trustme.CA, files: SimpleNamespace
) -> None:
    server = serve([READ, answer(), HOLD], tls=server_context(authority, "example.com"))
    with pytest.raises(ConnectFailed, match="for another host name"):
        make(ca_file=files.ca).call(post(Origin("https", "localhost", server.port)))


def test_a_self_signed_certificate(make: Make, serve: Serve, tmp_path: Path) -> None:
    request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=self"
    made = subprocess.run(
        [*request.split(), "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip("needs the `openssl` command")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    server = serve([READ, answer(), HOLD], tls=context)
    with pytest.raises(ConnectFailed, match=r"self-signed.*ca_file"):
        make().call(post(server.origin))
    assert make(ca_file=str(tmp_path / "cert.pem")).call(post(server.origin)).body == b"ok"


def test_a_server_without_tls(make: Make, serve: Serve) -> None:
    server = serve([b"HTTP/1.1 400 Bad Request\r\n\r\n", HOLD])
    with pytest.raises(ConnectFailed, match=r"does not speak TLS.*http://") as caught:
        make().call(post(Origin("https", "127.0.0.1", server.port)))
    assert not caught.value.retryable


def test_a_server_that_closes_in_the_handshake(make: Make, serve: Serve) -> None:
    server = serve([CLOSE])
    with pytest.raises(ConnectFailed, match="TLS connection") as caught:
        make().call(post(Origin("https", "127.0.0.1", server.port)))
    assert caught.value.retryable  # it may be starting


def test_no_common_version(make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    ours = ssl.create_default_context(cafile=files.ca)
    ours.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    server = serve([READ, answer(), HOLD], tls=context)
    with pytest.raises(ConnectFailed, match="no common TLS version") as caught:
        make(verify=ours).call(post(server.origin))
    assert not caught.value.retryable


# ---------------------------------------------------------------------- client certificates


@pytest.fixture
def demanding(authority: trustme.CA, context: ssl.SSLContext) -> ssl.SSLContext:
    """A server that demands a client certificate."""
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize("form", ["one file", "two files", "two files and a password"])
def test_a_client_certificate(
    make: Make, serve: Serve, demanding: ssl.SSLContext, files: SimpleNamespace, form: str
) -> None:
    certs = {
        "one file": files.both,
        "two files": (files.cert, files.key),
        "two files and a password": (files.cert, files.locked, "open sesame"),
    }
    server = serve([READ, answer(), HOLD], tls=demanding)
    assert make(ca_file=files.ca, cert=certs[form]).call(post(server.origin)).body == b"ok"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_a_client_certificate_that_is_missing(
    make: Make, serve: Serve, demanding: ssl.SSLContext, files: SimpleNamespace, version: ssl.TLSVersion
) -> None:
    demanding.maximum_version = version
    """In TLS 1.3 the refusal comes after the handshake, and is overtaken by the end of the connection at times."""
    server = serve([READ, answer(), HOLD], tls=demanding)
    with pytest.raises((ConnectFailed, ConnectionLost), match="client certificate"):
        make(ca_file=files.ca).call(post(server.origin))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"verify": "/nowhere/ca.pem"}, r"verify='/nowhere/ca.pem'.*No such file"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file="),
        ({"cert": "/nowhere/cert.pem"}, "client certificate '/nowhere/cert.pem'.*No such file"),
        ({"cert": ("KEY", "CA")}, "client certificate"),
        ({"cert": ("CERT", "LOCKED", "secret")}, "client certificate"),
        ({"cert": ("CERT", "LOCKED")}, "client certificate"),
        ({"cert": ("a", "b", "c", "secret")}, "takes a file"),
        ({"ca_file": "KEY"}, "cannot be read as certificates"),
        ({"verify": ssl.create_default_context(), "ca_file": "CA"}, "is a context"),
        ({"verify": ssl.create_default_context(), "cert": "BOTH"}, "is a context"),
    ],
)
def test_files_that_cannot_be_used(
    make: Make, serve: Serve, files: SimpleNamespace, options: dict[str, object], words: str
) -> None:
    paths: dict[object, object] = {
        "CA": files.ca,
        "KEY": files.key,
        "CERT": files.cert,
        "LOCKED": files.locked,
        "BOTH": files.both,
    }

    def place(value: object) -> object:
        return tuple(map(place, value)) if isinstance(value, tuple) else paths.get(value, value)

    server = serve([HOLD])
    with pytest.raises(ConfigurationError, match=words) as caught:
        make(**{name: place(value) for name, value in options.items()}).call(
            post(Origin("https", "127.0.0.1", server.port))
        )
    assert "secret" not in str(caught.value)


# ---------------------------------------------------------------------- the same duties, inside TLS


def test_large_bodies_both_ways(make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    body = bytes(range(256)) * 20_000
    server = serve([READ, answer(body), READ, answer(body), HOLD], tls=context)
    caller = make(ca_file=files.ca)
    for _ in range(2):
        assert caller.call(post(server.origin, body=body)).body == body
    assert [request.body == body for request in server.requests] == [True, True]
    assert server.connections == 1


def test_frames_come_as_they_arrive(make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    turns = [threading.Event() for _ in range(3)]
    steps = [step for number, turn in enumerate(turns) for step in (Await(turn), b"9\r\ndata: %d\n\n\r\n" % number)]
    server = serve([READ, OK + b"Transfer-Encoding: chunked\r\n\r\n", *steps, b"0\r\n\r\n", HOLD], tls=context)
    caller = make(ca_file=files.ca)
    stream = caller.stream(caller.open(post(server.origin)), "sse")
    for number, turn in enumerate(turns):
        turn.set()
        assert caller.next(stream) == [("", b"%d" % number)]
    assert caller.next(stream) is None


def test_an_announced_end_ends_a_body(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace
) -> None:
    server = serve([READ, OK + b"\r\nhello", CLOSE], tls=context)
    assert make(ca_file=files.ca).call(post(server.origin)).body == b"hello"


def test_an_end_that_was_not_announced_may_be_an_attackers(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace
) -> None:
    server = serve([READ, OK + b"\r\nhello", RAGGED], tls=context)
    with pytest.raises(ConnectionLost):
        make(ca_file=files.ca).call(post(server.origin))


def test_a_cut_in_the_body(make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace) -> None:
    server = serve([READ, answer(b"hello")[:-1], CLOSE], tls=context)
    with pytest.raises(ConnectionLost):
        make(ca_file=files.ca).call(post(server.origin))


@pytest.mark.parametrize("end", [CLOSE, RAGGED], ids=["closed", "cut"])
def test_a_kept_connection_that_has_gone_is_not_used(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace, end: object
) -> None:
    go = threading.Event()
    server = serve([READ, answer(b"first"), Await(go), end], [READ, answer(b"second"), HOLD], tls=context)
    caller = make(ca_file=files.ca)
    assert caller.call(post(server.origin)).body == b"first"
    go.set()
    _wait_for_news(caller)
    assert caller.call(post(server.origin)).body == b"second"


def test_what_comes_unasked_is_not_read(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace
) -> None:
    go, said = threading.Event(), threading.Event()
    server = serve(
        [READ, answer(b"first"), Await(go), answer(b"evil"), Tell(said), HOLD],
        [READ, answer(b"second"), HOLD],
        tls=context,
    )
    caller = make(ca_file=files.ca)
    assert caller.call(post(server.origin)).body == b"first"
    go.set()
    _wait_for_news(caller)
    assert caller.call(post(server.origin)).body == b"second"


@pytest.mark.parametrize("script", [[READ, CLOSE], [READ, RAGGED]], ids=["closed", "cut"])
def test_a_request_is_sent_again_when_the_kept_connection_dies(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace, script: list[object]
) -> None:
    server = serve([READ, answer(b"first"), *script], [READ, answer(b"second"), HOLD], tls=context)
    caller = make(ca_file=files.ca)
    assert caller.call(post(server.origin)).body == b"first"
    assert caller.call(post(server.origin)).body == b"second"


def test_leaving_a_stream_frees_its_connection(
    make: Make, serve: Serve, context: ssl.SSLContext, files: SimpleNamespace
) -> None:
    server = serve([READ, chunked(b"data: 1\n\n")[:-5], HOLD], tls=context)
    caller = make(ca_file=files.ca)
    reply = caller.open(post(server.origin))
    caller.next(caller.stream(reply, "sse"))
    reply.close()
    caller.settle()
    assert server.gone.wait(10)


# ---------------------------------------------------------------------- proxies


@pytest.fixture
def proxies() -> Iterator[Callable[..., ForwardProxy]]:
    made: list[ForwardProxy] = []

    def start(**options: object) -> ForwardProxy:
        made.append(ForwardProxy(**options))
        return made[-1]

    yield start
    for proxy in made:
        proxy.stop()


def test_https_through_a_tunnel(
    make: Make, serve: Serve, proxies: Callable[..., ForwardProxy], context: ssl.SSLContext, files: SimpleNamespace
) -> None:
    proxy = proxies(authorization="Basic dXNlcjp3b3Jk")
    server = serve([*[READ, answer()] * 2, HOLD], tls=context)
    caller = make(ca_file=files.ca, proxy=f"http://user:word@127.0.0.1:{proxy.port}")
    for _ in range(2):
        assert caller.call(post(server.origin, headers=[("authorization", "Bearer k")])).body == b"ok"
    (request,) = proxy.requests
    assert request.line == f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"
    assert request.headers == {"host": f"127.0.0.1:{server.port}", "proxy-authorization": "Basic dXNlcjp3b3Jk"}
    assert "proxy-authorization" not in server.requests[0].headers
    assert server.requests[0].line == "POST /v1/chat HTTP/1.1"


def test_http_in_absolute_form(make: Make, serve: Serve, proxies: Callable[..., ForwardProxy]) -> None:
    proxy = proxies(authorization="Basic dXNlcjp3b3Jk")
    server = serve([*[READ, answer()] * 2, HOLD])
    caller = make(proxy=f"http://user:word@127.0.0.1:{proxy.port}")
    assert caller.call(post(server.origin, "/v1/chat?q=1")).body == b"ok"
    (request,) = proxy.requests
    assert request.line == f"POST http://127.0.0.1:{server.port}/v1/chat?q=1 HTTP/1.1"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert server.requests[0].line == "POST /v1/chat?q=1 HTTP/1.1"


def test_the_environments_proxy(
    make: Make, serve: Serve, proxies: Callable[..., ForwardProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = proxies()
    server = serve([READ, answer(), HOLD])
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    assert make().call(post(server.origin)).body == b"ok"
    assert len(proxy.requests) == 1


def test_a_proxy_that_is_exempt_is_not_asked(
    make: Make, serve: Serve, proxies: Callable[..., ForwardProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = proxies()
    server = serve([READ, answer(), HOLD])
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", f"127.0.0.1:{server.port}")
    assert make().call(post(server.origin)).body == b"ok"
    assert proxy.requests == []


REFUSALS = [
    (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", ConnectFailed, "demands credentials"),
    (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ConnectFailed, r"refused a tunnel \(status 403\)"),
    (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", ConnectFailed, r"refused a tunnel \(status 502\)"),
    (b"", Error, ""),
    (b"HTTP/1.1 200", Error, ""),
    (b"220 smtp.example\r\n", ConnectFailed, "the proxy 127.0.0.1:.* does not begin with"),
    (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99_999, ConnectFailed, "head is longer"),
]


@pytest.mark.parametrize(("refusal", "kind", "words"), REFUSALS)
def test_a_proxy_that_refuses(
    make: Make, proxies: Callable[..., ForwardProxy], refusal: bytes, kind: type[Error], words: str
) -> None:
    proxy = proxies(refusal=refusal)
    caller = make(proxy=f"http://user:secret@127.0.0.1:{proxy.port}")
    with pytest.raises(kind, match=words or None) as caught:
        caller.call(post(Origin("https", "api.example.com", 443), limits={"connect": 0.2}))
    assert "secret" not in str(caught.value)


def test_a_proxy_that_is_not_there(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectFailed, match=f"through the proxy 127.0.0.1:{port}: nothing listens") as caught:
        make(proxy=f"http://user:secret@127.0.0.1:{port}").call(post(Origin("https", "api.example.com", 443)))
    assert "secret" not in str(caught.value)


def test_a_tunnel_to_ipv6_names_it_in_brackets(make: Make, proxies: Callable[..., ForwardProxy]) -> None:
    proxy = proxies(refusal=b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with pytest.raises(ConnectFailed):
        make(proxy=f"http://127.0.0.1:{proxy.port}").call(post(Origin("https", "::1", 443)))
    assert proxy.requests[0].line == "CONNECT [::1]:443 HTTP/1.1"


def test_a_proxy_that_cannot_be_used(make: Make) -> None:
    for url in ("socks5://127.0.0.1:1080", "https://127.0.0.1:3128"):
        with pytest.raises(ConfigurationError, match="not supported"):
            make(proxy=url).call(post(Origin("https", "api.example.com", 443)))


def test_options_with_a_context_can_be_compared_and_kept_apart() -> None:
    one, other = ssl.create_default_context(), ssl.create_default_context()
    assert TransportOptions(verify=one) == TransportOptions(verify=one)
    assert hash(TransportOptions(verify=one)) == hash(TransportOptions(verify=one))
    assert TransportOptions(verify=one) != TransportOptions(verify=other)
