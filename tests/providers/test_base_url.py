"""Where requests go, for what people write as base_url."""

from __future__ import annotations

import pytest

from dragoman.errors import ConfigurationError
from dragoman.providers import join_path, parse_base_url, whole_url

CHAT, MESSAGES, OLLAMA, COHERE = "/chat/completions", "/v1/messages", "/api/chat", "/v2/chat"


@pytest.mark.parametrize(
    ("base_url", "default_prefix", "path", "goes_to"),
    [
        # no path: the provider's default prefix
        ("http://localhost:1234", "/v1", CHAT, "http://localhost:1234/v1/chat/completions"),
        ("http://localhost:1234/", "/v1", CHAT, "http://localhost:1234/v1/chat/completions"),
        ("https://api.openai.com", "/v1", CHAT, "https://api.openai.com/v1/chat/completions"),
        ("http://localhost:8000", "", CHAT, "http://localhost:8000/chat/completions"),
        ("https://api.anthropic.com", "", MESSAGES, "https://api.anthropic.com/v1/messages"),
        # a path is the prefix, verbatim
        ("https://api.openai.com/v1", "/v1", CHAT, "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1/", "/v1", CHAT, "https://api.openai.com/v1/chat/completions"),
        ("https://api.groq.com/openai/v1", "/v1", CHAT, "https://api.groq.com/openai/v1/chat/completions"),
        ("https://api.deepseek.com/beta", "/v1", CHAT, "https://api.deepseek.com/beta/chat/completions"),
        ("https://api.z.ai/api/paas/v4", "/v1", CHAT, "https://api.z.ai/api/paas/v4/chat/completions"),
        ("https://api.deepinfra.com/v1/openai", "/v1", CHAT, "https://api.deepinfra.com/v1/openai/chat/completions"),
        ("https://gw.example/a/b", "", CHAT, "https://gw.example/a/b/chat/completions"),
        ("https://api.minimax.io/anthropic", "", MESSAGES, "https://api.minimax.io/anthropic/v1/messages"),
        # a version that the dialect's path repeats is written once
        ("https://api.anthropic.com/v1", "", MESSAGES, "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/", "", MESSAGES, "https://api.anthropic.com/v1/messages"),
        ("https://gw.example/claude/v1", "", MESSAGES, "https://gw.example/claude/v1/messages"),
        ("https://api.cohere.com/v2", "", COHERE, "https://api.cohere.com/v2/chat"),
        # the version of the API beside Ollama's own is left out
        ("http://localhost:11434", "", OLLAMA, "http://localhost:11434/api/chat"),
        ("http://localhost:11434/v1", "", OLLAMA, "http://localhost:11434/api/chat"),
        ("http://gw.example/ollama/v1/", "", OLLAMA, "http://gw.example/ollama/api/chat"),
        # … and only then
        ("https://gw.example/v2", "", MESSAGES, "https://gw.example/v2/v1/messages"),
        ("https://gw.example/v1beta", "", MESSAGES, "https://gw.example/v1beta/v1/messages"),
        ("https://gw.example/v1/proxy", "", MESSAGES, "https://gw.example/v1/proxy/v1/messages"),
        # ports and hosts
        ("HTTP://LocalHost:80", "/v1", CHAT, "http://localhost/v1/chat/completions"),
        ("https://[::1]:8443/v1", "", CHAT, "https://[::1]:8443/v1/chat/completions"),
        (" http://10.0.0.1:9 ", "/v1", CHAT, "http://10.0.0.1:9/v1/chat/completions"),
    ],
)
def test_base_url(base_url: str, default_prefix: str, path: str, goes_to: str) -> None:
    origin, prefix = parse_base_url(base_url, default_prefix)
    assert f"{origin}{join_path(prefix, path)}" == goes_to


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("localhost:1234", "http://"),
        ("", "http://"),
        ("ftp://host/v1", "http://"),
        ("https://", "http://"),
        ("http://host:notaport", "not a URL"),
        ("http://host:99999", "not a URL"),
        ("https://user:hunter2@host/v1", "user or password"),
        ("user:hunter2@host/v1", "http://"),
        ("https://host/v1?api-version=1", "query="),
    ],
)
def test_what_is_no_base_url_is_refused_without_showing_a_password(base_url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        parse_base_url(base_url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("localhost", "http://localhost:11434"),
        ("192.168.1.5", "http://192.168.1.5:11434"),
        ("192.168.1.5:8080", "http://192.168.1.5:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::]", "http://[::1]:11434"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("fe80::1", "http://[fe80::1]:11434"),
        ("ollama.example/", "http://ollama.example:11434/"),
        ("ollama.example/behind/it", "http://ollama.example:11434/behind/it"),
        ("ollama.example:80/behind", "http://ollama.example:80/behind"),
        ("http://ollama.example", "http://ollama.example"),
        ("https://ollama.example:8443/behind", "https://ollama.example:8443/behind"),
        (" https://ollama.com ", "https://ollama.com"),
    ],
)
def test_a_bare_host(address: str, url: str) -> None:
    assert whole_url(address, 11434) == url
    parse_base_url(url)
