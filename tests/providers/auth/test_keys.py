"""Where keys come from, in which order, and that they do not show."""

from __future__ import annotations

import copy
import pickle

import pytest

from dragoman.errors import MissingKey, UnknownProvider
from dragoman.flow import run
from dragoman.http import Origin
from dragoman.providers import use_keys
from dragoman.providers.auth import Credential, KeyAuth, KeySource, bearer
from dragoman.secret import HIDDEN, Secret

ANTHROPIC_LIKE = KeyAuth(sources=(KeySource("A_KEY", "x-api-key", ""), KeySource("A_TOKEN")))
ARGUMENT, CONTEXT = Secret("from-argument"), "from-context"


def find(provider: str, auth: KeyAuth, argument: Secret | None = None) -> Credential | None:
    return run(auth.find(provider, argument, {}))


@pytest.mark.parametrize(
    ("argument", "context", "environment", "header"),
    [
        (ARGUMENT, CONTEXT, {"A_KEY": "from-env"}, ("x-api-key", "from-argument")),
        (None, CONTEXT, {"A_KEY": "from-env"}, ("x-api-key", "from-context")),
        (None, None, {"A_KEY": "from-env", "A_TOKEN": "token"}, ("x-api-key", "from-env")),
        (None, None, {"A_TOKEN": "token"}, ("authorization", "Bearer token")),
        (Secret(""), None, {"A_KEY": "from-env"}, ("x-api-key", "from-env")),  # the empty string is missing
        (None, "", {"A_KEY": "", "A_TOKEN": " token\n"}, ("authorization", "Bearer token")),
    ],
)
def test_order(
    monkeypatch: pytest.MonkeyPatch,
    argument: Secret | None,
    context: str | None,
    environment: dict[str, str],
    header: tuple[str, str],
) -> None:
    for name in ("A_KEY", "A_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with use_keys(**({} if context is None else {"anthropic": context})):
        credential = find("anthropic", ANTHROPIC_LIKE, argument)
    assert credential is not None
    assert credential.headers("POST", Origin("https", "h", 443), "/", b"") == (header,)


def test_a_missing_key_names_every_place_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "")
    monkeypatch.delenv("A_TOKEN", raising=False)
    with pytest.raises(MissingKey, match=r"`A_KEY` or `A_TOKEN`.*api_key="):
        find("a", ANTHROPIC_LIKE)


def test_a_server_without_keys_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_KEY", raising=False)
    assert find("local", bearer("NO_KEY", required=False)) is None


def test_lent_keys_nest_and_end() -> None:
    auth = bearer("NO_SUCH_VARIABLE")
    with use_keys(openai="outer", anthropic="other"):
        with use_keys(OpenAI="inner"):
            assert _key("openai", auth) == "inner"
            assert _key("anthropic", auth) == "other"
        assert _key("openai", auth) == "outer"
    with pytest.raises(MissingKey):
        _key("openai", auth)


def test_a_key_lent_to_nobody_is_a_mistake() -> None:
    with pytest.raises(UnknownProvider, match="Did you mean `openai`"), use_keys(opnai="k"):
        pass


def _key(provider: str, auth: KeyAuth) -> str:
    credential = find(provider, auth)
    assert credential is not None
    return credential.secrets[0].reveal()


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("sk-marked-secret")
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>40}",
        "%s".__mod__(secret),
        repr([secret]),
        repr({"k": secret}),
    ]
    assert all("marked" not in text for text in shown)
    assert secret.hide_in("key sk-marked-secret is wrong") == f"key {HIDDEN} is wrong"
    assert copy.deepcopy({"k": secret})["k"] is not None
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
