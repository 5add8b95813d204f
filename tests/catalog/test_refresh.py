"""Newer data: from a folder, a file, an address or `$DRAGOMAN_CATALOG`; never by itself, never half."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dragoman import ConfigurationError
from dragoman.catalog import find, find_model, models, providers_of, refresh

GOOD = '{"as_of": "2027-01-01", "sources": ["mine"], "serves": "own", "models": [{"id": "gpt-9", "context_tokens": 9}]}'


@pytest.fixture(autouse=True)
def built_in_again() -> Iterator[None]:
    yield
    refresh()


def test_a_folder_replaces_the_lists_it_has(tmp_path: Path) -> None:
    (tmp_path / "openai.json").write_text(GOOD)
    (tmp_path / "acme.json").write_text(GOOD.replace("gpt-9", "acme-1"))
    assert refresh(tmp_path) == ("acme", "openai")
    assert [facts.id for facts in models("openai")] == ["gpt-9"]
    assert find("gpt-4o", provider="openai") is None
    assert providers_of("acme-1") == ("acme",)
    assert find("claude-haiku-4-5") is not None  # other lists stay
    refresh()
    assert find("gpt-4o", provider="openai") is not None
    assert find("acme-1") is None


def test_a_single_file(tmp_path: Path) -> None:
    path = tmp_path / "openai.json"
    path.write_text(GOOD)
    assert refresh(str(path)) == ("openai",)
    assert find_model("openai", "gpt-9") is not None


def test_the_folder_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openai.json").write_text(GOOD)
    monkeypatch.setenv("DRAGOMAN_CATALOG", str(tmp_path))
    refresh()
    assert find("gpt-9") is not None
    assert find("claude-haiku-4-5") is not None


def test_an_address(tmp_path: Path) -> None:
    (tmp_path / "openai.json").write_text(GOOD)
    handler = partial(_Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert refresh(f"{url}/openai.json?newest") == ("openai",)
        with pytest.raises(ConfigurationError, match="could not read the catalog at"):
            refresh(f"{url}/nothing.json")
        server.shutdown()
    assert find_model("openai", "gpt-9") is not None


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Tests print nothing."""


def with_model(row: str) -> str:
    return f'{{"as_of": "2027-01-01", "sources": [], "models": [{row}]}}'


BAD = {
    "not JSON": ("nonsense", "is no catalog file: JSON is malformed"),
    "no date": ('{"sources": [], "models": []}', "missing required field `as_of`"),
    "no day": ('{"as_of": "soon", "sources": [], "models": []}', r"Expected `str` matching regex .* at `\$.as_of`"),
    "a field misspelt": (with_model('{"id": "m", "contxt_tokens": 5}'), "unknown field `contxt_tokens`"),
    "no window": (with_model('{"id": "m", "context_tokens": -5}'), "Expected `int` >= 1"),
    "no kind": (with_model('{"id": "m", "kind": "chats"}'), "Invalid enum value 'chats'"),
    "no pattern": (with_model('{"id": "m", "match": [["regex", "("]]}'), "model `m`: `\\(` is no regular expression"),
    "a negative price": (
        with_model('{"id": "m", "prices": [{"prices": {"input": ["-1"]}}]}'),
        "model `m`: the price of `input` is no amount",
    ),
    "a price that is no number": (
        with_model('{"id": "m", "prices": [{"prices": {"input": ["NaN"]}}]}'),
        "model `m`: the price of `input` is no amount",
    ),
    "steps that fall": (
        with_model('{"id": "m", "prices": [{"prices": {"input": ["1", [[5, "2"], [4, "3"]]]}}]}'),
        "its steps do not rise",
    ),
    "more out than it holds": (
        with_model('{"id": "m", "context_tokens": 5, "output_tokens": 6}'),
        "model `m`: a limit is larger than the window",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_and_changes_nothing(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "openai.json").write_text(text)
    (tmp_path / "acme.json").write_text(GOOD)
    with pytest.raises(ConfigurationError, match=said) as caught:
        refresh(tmp_path)
    assert "openai.json` is no catalog file" in str(caught.value)
    assert find("gpt-4o", provider="openai") is not None
    assert find("gpt-9", provider="acme") is None


def test_a_bad_file_of_the_environment_is_said_when_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openai.json").write_text("[]")
    monkeypatch.setenv("DRAGOMAN_CATALOG", str(tmp_path))
    refresh()
    with pytest.raises(ConfigurationError, match=r"openai\.json` is no catalog file"):
        find("gpt-4o", provider="openai")


@pytest.mark.parametrize("name", ["nothing.json", "empty"])
def test_nothing_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match="there is no catalog file at"):
        refresh(tmp_path / name)
