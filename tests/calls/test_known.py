"""What is found out once of a target: a call that has it sends what one that has it not does, whoever is asked."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from dragoman.calls import Call, Known, Target, Verbatim, generate, known_of
from dragoman.dialects import get_dialect
from dragoman.dialects.forwarding import fields_in
from dragoman.errors import MissingKey
from dragoman.flow import Open
from dragoman.http import HttpRequest, Origin
from dragoman.messages import Message, Request, encode_json
from dragoman.providers import ProviderSpec, get_spec, use_keys
from dragoman.providers.auth import KeyAuth
from dragoman.providers.auth.keys import KeySource
from dragoman.providers.registry import built_in_names
from dragoman.secret import Secret

from ..drive import Transport

NOW = 1000.0


def target(spec: ProviderSpec, **fields: Any) -> Target:
    assert isinstance(spec.dialect, str)
    given: dict[str, Any] = {
        "spec": spec,
        "model": "m",
        "dialect": get_dialect(spec.dialect),
        "origin": Origin("https", "api.test", 443),
        "prefix": "/v1",
        "transport": Transport("sync"),
        "key": Secret("k-1"),
    }
    return Target(**{**given, **fields})


def request(*, stream: bool) -> Request:
    return Request(model="m", messages=(Message("user", "Hi"),), max_tokens=7, stream=stream)


def sent(call: Call) -> HttpRequest:
    """The first thing that a call sends."""
    flow = generate(call)
    effect = next(flow)
    flow.close()
    assert isinstance(effect, Open)
    return effect.request


def as_written(dialect: str, *headers: tuple[str, str], stream: bool) -> Verbatim:
    wire = get_dialect(dialect).encode_request(replace(request(stream=stream), model="public")).wire
    return Verbatim(dialect=dialect, body=fields_in(encode_json(wire)), headers=headers)


def parts(http: HttpRequest) -> dict[str, Any]:
    return {
        "origin": http.origin,
        "target": http.target,
        "method": http.method,
        "headers": list(http.headers),
        "body": http.body,
        "deadline": http.deadline,
    }


WITH_KEYS = [
    name
    for name in built_in_names()
    if isinstance((spec := get_spec(name)).auth, KeyAuth) and isinstance(spec.dialect, str) and spec.chats
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("headers", [(), (("anthropic-beta", "new"), ("x-own", "1"))])
@pytest.mark.parametrize("name", WITH_KEYS)
def test_every_provider_is_sent_the_same(name: str, headers: tuple[tuple[str, str], ...], stream: bool) -> None:
    spec = get_spec(name)
    assert isinstance(spec.dialect, str)
    asked = target(spec, query="v=1", headers=(("x-fixed", "2"),))
    for verbatim in (None, as_written(spec.dialect, *headers, stream=stream)):
        call = Call(target=asked, request=request(stream=stream), clock=lambda: NOW, verbatim=verbatim)
        assert parts(sent(replace(call, known=known_of(asked)))) == parts(sent(call))


def test_headers_are_one_object_for_all_calls() -> None:
    asked = target(get_spec("openai"))
    call = Call(target=asked, request=request(stream=False), known=known_of(asked))
    beside = replace(call, verbatim=as_written("openai_chat", ("x-own", "1"), stream=False))
    assert sent(call).headers is sent(call).headers
    assert sent(beside).headers is sent(beside).headers is not sent(call).headers


def test_what_is_known_of_another_target_is_not_believed() -> None:
    asked, other = (target(get_spec("openai"), prefix=prefix, key=Secret(prefix)) for prefix in ("/a", "/b"))
    call = Call(
        target=asked,
        request=request(stream=False),
        known=known_of(other),
        clock=lambda: NOW,
        verbatim=as_written("openai_chat", stream=False),
    )
    assert parts(sent(call)) == parts(sent(replace(call, known=None)))


class Rotating(KeyAuth, frozen=True, kw_only=True):
    """An application's own way to find a key."""

    def find(self, provider: str, argument: Secret | None, settings: Any) -> Any:
        yield from ()
        assert argument is not None
        return self.key_of(Secret(f"{argument.reveal()}-rotated"))


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        (Rotating(sources=(KeySource("OPENAI_API_KEY"),)), Secret("k")),
        (get_spec("openai").auth, lambda: "k"),
        (get_spec("openai").auth, None),
        (get_spec("openai").auth, Secret("")),
    ],
)
def test_a_key_that_may_change_is_not_known(auth: Any, key: Any) -> None:
    known: Known = known_of(target(replace(get_spec("openai"), auth=auth), key=key))
    assert (known.credential, known.headers, known.headers_beside((("x", "1"),), None)) == (None, None, None)


def test_a_key_in_the_environment_is_looked_for_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = target(get_spec("openai"), key=None)
    call = Call(target=asked, request=request(stream=False), known=known_of(asked), clock=lambda: NOW)
    said: list[Any] = []
    for key in ("k-1", "k-1", "k-2", "k-1"):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        assert parts(sent(call)) == parts(sent(replace(call, known=None)))
        said.append(sent(call).headers)
    assert [dict(headers)["authorization"] for headers in said] == [f"Bearer k-{n}" for n in (1, 1, 2, 1)]
    assert said[0] is said[1]
    with use_keys(openai="k-3"):
        assert dict(sent(call).headers)["authorization"] == "Bearer k-3"
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(MissingKey):
        sent(call)


def test_a_key_is_not_shown() -> None:
    assert "k-1" not in repr(known_of(target(get_spec("openai"))))
