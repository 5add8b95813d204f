"""Which proxy a request goes through."""

from __future__ import annotations

import pytest

from dragoman.errors import ConfigurationError
from dragoman.http import Origin
from dragoman.transport import TransportOptions
from dragoman.transport.proxies import environment_proxy, is_exempt, parse_proxy

HTTPS = Origin("https", "api.example.com", 443)
HTTP = Origin("http", "api.example.com", 80)

# environment, what an https and an http request go through
ENVIRONMENTS = [
    ({}, None, None),
    ({"HTTPS_PROXY": "http://p:1"}, "p:1", None),
    ({"https_proxy": "http://p:1"}, "p:1", None),
    ({"HTTP_PROXY": "http://p:1"}, None, "p:1"),
    ({"http_proxy": "http://p:1"}, None, "p:1"),
    ({"ALL_PROXY": "http://p:1"}, "p:1", "p:1"),
    ({"all_proxy": "http://p:1"}, "p:1", "p:1"),
    ({"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:2"}, "q:2", "p:1"),
    ({"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2"}, "q:2", None),
    ({"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, None, None),
    ({"ALL_PROXY": "http://p:1", "https_proxy": ""}, None, "p:1"),
    ({"HTTPS_PROXY": " http://p:1 "}, "p:1", None),
    ({"HTTPS_PROXY": "p:1"}, "p:1", None),
    ({"HTTPS_PROXY": "http://p"}, "p:80", None),
    ({"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, None, None),
    ({"http_proxy": "http://p:1", "REQUEST_METHOD": "GET"}, None, "p:1"),
    ({"HTTPS_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, "p:1", None),
    ({"ALL_PROXY": "http://p:1", "NO_PROXY": "example.com"}, None, None),
    ({"ALL_PROXY": "http://p:1", "no_proxy": "example.com"}, None, None),
    ({"ALL_PROXY": "http://p:1", "NO_PROXY": "example.com", "no_proxy": ""}, "p:1", "p:1"),
    ({"ALL_PROXY": "http://p:1", "NO_PROXY": "example.com:443"}, None, "p:1"),
    ({"ALL_PROXY": "socks5://p:1", "NO_PROXY": "example.com"}, None, None),
]


@pytest.mark.parametrize(("environment", "https", "http"), ENVIRONMENTS)
def test_the_proxy_of_an_environment(environment: dict[str, str], https: str | None, http: str | None) -> None:
    proxies = [environment_proxy(origin, environment) for origin in (HTTPS, HTTP)]
    assert [proxy and str(proxy) for proxy in proxies] == [https, http]


# NO_PROXY, host, port, whether it is exempt
EXEMPTIONS = [
    ("", "example.com", 443, False),
    ("*", "example.com", 443, True),
    ("example.com", "example.com", 443, True),
    ("example.com", "api.example.com", 443, True),
    ("example.com", "notexample.com", 443, False),
    ("example.com", "example.com.evil", 443, False),
    (".example.com", "api.example.com", 443, True),
    (".example.com", "example.com", 443, True),
    (".example.com", "notexample.com", 443, False),
    ("*.example.com", "api.example.com", 443, True),
    ("EXAMPLE.com", "api.Example.COM", 443, True),
    ("example.com.", "example.com", 443, True),
    ("example.com", "example.com.", 443, True),
    ("a.com,b.com", "b.com", 443, True),
    ("a.com, b.com", "b.com", 443, True),
    ("a.com b.com", "b.com", 443, True),
    (",,", "b.com", 443, False),
    (".", "b.com", 443, False),
    ("com", "b.com", 443, True),
    ("example.com:8080", "example.com", 8080, True),
    ("example.com:8080", "example.com", 443, False),
    ("example.com:8080", "api.example.com", 8080, True),
    ("localhost", "localhost", 11434, True),
    ("127.0.0.1", "127.0.0.1", 11434, True),
    ("127.0.0.1:1", "127.0.0.1", 2, False),
    ("0.0.1", "127.0.0.1", 80, False),
    ("1", "127.0.0.1", 80, False),
    ("127.0.0.0/8", "127.9.9.9", 80, True),
    ("10.0.0.0/8", "127.0.0.1", 80, False),
    ("10.0.0.1/8", "10.9.9.9", 80, True),
    ("10.0.0.0/8", "ten.example", 80, False),
    ("10.0.0.0/99", "10.0.0.1", 80, False),
    ("::1", "::1", 80, True),
    ("[::1]", "::1", 80, True),
    ("[::1]:8080", "::1", 8080, True),
    ("[::1]:8080", "::1", 80, False),
    ("fd00::/8", "fd12::1", 80, True),
    ("fd00::/8", "fe80::1", 80, False),
    ("fd00::/8", "10.0.0.1", 80, False),
]


@pytest.mark.parametrize(("no_proxy", "host", "port", "exempt"), EXEMPTIONS)
def test_what_no_proxy_exempts(no_proxy: str, host: str, port: int, exempt: bool) -> None:
    assert is_exempt(Origin("http", host, port), no_proxy) is exempt


@pytest.mark.parametrize(
    ("url", "shown", "header"),
    [
        ("http://p:1", "p:1", ""),
        ("http://user:word@p:1", "p:1", "Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"),
        ("http://us%40er:w%2Ford@p:1/", "p:1", "Proxy-Authorization: Basic dXNAZXI6dy9vcmQ=\r\n"),
        ("http://user@p:1", "p:1", "Proxy-Authorization: Basic dXNlcjo=\r\n"),
        ("http://[::1]:3128", "[::1]:3128", ""),
    ],
)
def test_the_address_of_a_proxy(url: str, shown: str, header: str) -> None:
    proxy = parse_proxy(url)
    assert (str(proxy), proxy.header()) == (shown, header)
    assert "word" not in repr(proxy)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://user:secret@p:1", "https://` is not supported"),
        ("socks5://user:secret@p:1", "socks5://` is not supported"),
        ("http://user:secret@:1", "names no host"),
        ("http://user:secret@p:port", "cannot be read"),
        ("http://user:secret@p:99999", "cannot be read"),
        ("http://user:secret@[::1", "cannot be read"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_without_quoting_it(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        parse_proxy(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_explicit_proxy_counts_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HTTPS_PROXY", "http://q:2")
    options = TransportOptions(proxy="http://p:1")
    assert [str(options.proxy_for(origin)) for origin in (HTTPS, HTTP)] == ["p:1", "p:1"]


def test_the_environment_counts_only_when_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    assert str(TransportOptions().proxy_for(HTTPS)) == "p:1"
    assert TransportOptions(trust_env=False).proxy_for(HTTPS) is None


def test_options_do_not_show_what_is_secret() -> None:
    options = TransportOptions(proxy="http://user:secret@p:1", cert=("a", "b", "secret"), ca_file="ca.pem")
    assert "secret" not in repr(options)
    assert repr(options) == "TransportOptions(ca_file='ca.pem', proxy=[set], cert=[set])"
    assert repr(TransportOptions()) == "TransportOptions()"
