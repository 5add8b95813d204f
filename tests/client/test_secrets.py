"""A marked key is pushed through every path; it shows in no repr, exception, traceback, log or record."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import traceback
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest

import dragoman
from dragoman import RetryConfig
from dragoman.secret import Secret
from dragoman.testing import Emulator

from ..transport.scripted import CLOSE, READ, ScriptedServer

KEY = "sk-marked-5ecret-value"
ONCE = RetryConfig(max_attempts=1)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def shown(value: object, depth: int = 4) -> str:
    """Everything a curious debugger would print of `value`."""
    texts = [repr(value), str(value)]
    if depth:
        inner: list[Any] = [*getattr(value, "__dict__", {}).values()]
        inner += [getattr(value, name, None) for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        inner += [getattr(value, name) for name in getattr(type(value), "__struct_fields__", ())]
        texts += [shown(each, depth - 1) for each in inner if type(each).__module__.startswith("dragoman")]
    return "\n".join(texts)


def local_variables(error: BaseException) -> str:
    """The reprs of all variables in the frames an error came through, as tracebacks with locals print them."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if "dragoman" in frame.f_code.co_filename]
    return "\n".join(repr(value) for frame in ours for value in frame.f_locals.values())


SITUATIONS: dict[str, dict[str, Any]] = {
    "refused and quoted": {"status": 401, "message": f"Incorrect API key provided: {KEY}."},
    "quoted as a code": {"status": 401, "body": f'{{"error": {{"message": "no", "code": "{KEY}"}}}}'},
    "quoted in an id": {"status": 401, "message": "no", "headers": {"x-request-id": KEY, "request-id": KEY}},
    "quoted in an odd body": {"status": 500, "body": f"<html>{KEY}</html>"},
    "cut off": {"cut_at_byte": 5},
    "no JSON": {"body": "{"},
    "quoted in what is no JSON": {"body": f"<html>{KEY}</html>"},
    "cut off in the body": {"cut_after": 1, "framing": "chunked"},
    "silent": {"stall_at_byte": 0},
    "an error in a stream": {"status": 500, "message": f"the key {KEY} is tired", "error_after": 1},
}


def call(llm: Any, *, stream: bool) -> None:
    """One call, synchronous or not."""
    if isinstance(llm, dragoman.LLM):
        llm.generate("Hi", stream=True).drain() if stream else llm.generate("Hi")
        return

    async def main() -> None:
        async with llm:
            await (llm.generate("Hi", stream=True).drain() if stream else llm.generate("Hi"))

    asyncio.run(main())


def everything(llm: Any, error: dragoman.Error) -> str:
    """All that is printed, logged or stored of a failed call by those who do not mean to show a key."""
    texts = [shown(llm), shown(error), *traceback.format_exception(error), *map(shown, error.attempts)]
    return "\n".join([*texts, repr(pickle.dumps(error)), repr(pickle.loads(pickle.dumps(error)))])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_failing_call_shows_no_key(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, provider: str, situation: str, face: str, stream: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.reset()
    emulator.fault(**SITUATIONS[situation], times=None)
    llm: Any = dragoman.create_llm(
        provider, "m", base_url=emulator.url, api_key=KEY, retry_config=ONCE, timeout=0.5, async_client=face == "async"
    )
    if situation == "an error in a stream" and not stream:
        return call(llm, stream=False)  # it strikes streams
    with pytest.raises(dragoman.Error) as caught:
        call(llm, stream=stream)
    assert KEY not in everything(llm, caught.value) + repr(emulator.requests) + caplog.text
    if "quoted" not in situation and situation != "an error in a stream":  # a body that quotes is held as it came
        assert KEY not in local_variables(caught.value)
    return None


@pytest.mark.parametrize("field", ["message", "code"])
@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"x-mine": Secret(KEY)}},
        {"headers": {"x-my-token": KEY}},
        {"headers": {"authorization": f"Bearer {KEY}"}},
        {"query": f"a=b&sig={KEY}"},
    ],
    ids=["a secret", "own header", "own authorization", "query"],
)
def test_secrets_of_the_callers_own_are_not_quoted_either(emulator: Emulator, options: Any, field: str) -> None:
    emulator.reset()
    error = {"message": "no", field: f"seen {KEY}"}
    emulator.fault(status=401, body=json.dumps({"error": error}), times=None)
    llm = dragoman.create_llm("openai", "m", base_url=emulator.url, api_key="another-key", retry_config=ONCE, **options)
    with pytest.raises(dragoman.Unauthorized) as caught:
        llm.generate("Hi")
    assert KEY not in everything(llm, caught.value)
    assert "[secret]" in str(caught.value)


NOWHERE = {
    "nobody listens": "http://127.0.0.1:9",
    "no such host": "http://nowhere.invalid",
    "no address": "http://[::]:0",
}


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("where", NOWHERE)
def test_a_call_that_arrives_nowhere_shows_nothing_it_carried(
    caplog: pytest.LogCaptureFixture, where: str, face: str
) -> None:
    """Neither the key nor what the caller put into headers and query."""
    caplog.set_level(logging.DEBUG)
    llm: Any = dragoman.create_llm(
        "openai/m",
        base_url=NOWHERE[where],
        api_key=KEY,
        query=f"key={KEY}",
        headers={"x-other-key": KEY},
        retry_config=ONCE,
        timeout=5,
        async_client=face == "async",
    )
    with pytest.raises(dragoman.Error) as caught:
        call(llm, stream=False)
    error = caught.value
    assert KEY not in everything(llm, error) + local_variables(error) + caplog.text


def test_a_call_that_went_well_shows_no_key(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.reset()
    llm = dragoman.create_llm("openai/m", base_url=emulator.url, api_key=KEY, query=f"key={KEY}")
    stream = llm.generate("Hi", stream=True)
    events = [repr(event) for event in stream]
    response = llm.generate("Hi")
    seen = [repr(emulator.requests), *(repr(each.headers) + each.target for each in emulator.requests)]
    with urllib.request.urlopen(f"{emulator.url}/_emulator/requests") as reply:
        seen.append(reply.read().decode())
    shapes = [shown(llm), repr(stream), shown(response), shown(stream.response), *events, *seen, caplog.text]
    assert KEY not in "\n".join(shapes)
    assert len(emulator.requests) == 2


@pytest.mark.parametrize("url", [f"http://user:{KEY}@h", f"http://h/v1?key={KEY}", f"http://h/#{KEY}", f"{KEY}@h"])
def test_an_address_with_a_key_in_it_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(dragoman.ConfigurationError) as caught:
        dragoman.create_llm("openai/m", base_url=url)
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("where", ["nowhere", "cut off", "refused"])
def test_a_users_own_client_shows_no_key(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, library: Any, where: str, face: str
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.reset()
    emulator.fault(**SITUATIONS["refused and quoted" if where == "refused" else "cut off"], times=None)
    url = "http://127.0.0.1:9" if where == "nowhere" else emulator.url
    options: Any = {"api_key": Secret(KEY), "base_url": url, "retry_config": ONCE}
    if face == "sync":
        with library.Client() as http:
            error, llm = failed(dragoman.create_llm("openai/m", http_client=http, **options))
    else:
        error, llm = asyncio.run(failed_async(library, options))
    assert KEY not in everything(llm, error) + caplog.text


async def failed_async(library: Any, options: Any) -> tuple[dragoman.Error, Any]:
    async with library.AsyncClient() as http:
        llm: Any = dragoman.create_llm("openai/m", http_client=http, async_client=True, **options)
        with pytest.raises(dragoman.Error) as caught:
            await llm.generate("Hi")
        return caught.value, llm


def failed(llm: Any) -> tuple[dragoman.Error, Any]:
    with pytest.raises(dragoman.Error) as caught:
        call(llm, stream=False)
    return caught.value, llm


@pytest.mark.parametrize("way", ["function", "context", "environment"])
def test_a_key_hides_whatever_way_it_came(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    emulator.reset()
    emulator.fault(**SITUATIONS["refused and quoted"], times=None)
    if way == "environment":
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    api_key = (lambda: KEY) if way == "function" else None
    llm = dragoman.create_llm("openai/m", base_url=emulator.url, api_key=api_key, retry_config=ONCE)
    with dragoman.use_keys(**({"openai": KEY} if way == "context" else {})):
        error, _ = failed(llm)
    assert isinstance(error, dragoman.Unauthorized)
    assert KEY not in everything(llm, error)


def test_a_client_is_not_pickled_with_its_key() -> None:
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
        pickle.dumps(dragoman.create_llm("openai/m", api_key=KEY))
    assert KEY not in str(caught.value)


def test_a_key_that_cannot_be_a_header_is_not_quoted() -> None:
    llm = dragoman.create_llm(
        "openai/m", base_url="http://127.0.0.1:9", api_key=f"{KEY}\r\nx-evil: 1", retry_config=ONCE
    )
    with pytest.raises(dragoman.ConfigurationError) as caught:
        llm.generate("Hi")
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)


PASSWORD = "pass-marked-5ecret"
ENCODED = b64encode(f"user:{PASSWORD}".encode()).decode()
"""As it stands in `Proxy-Authorization`."""


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("origin", ["http://10.0.0.1", "https://10.0.0.1"], ids=["plain", "tunnel"])
@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_proxys_password_does_not_show(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, way: str, origin: str, face: str
) -> None:
    caplog.set_level(logging.DEBUG)
    proxy = f"http://user:{PASSWORD}@127.0.0.1:9"
    for name in ("http_proxy", "https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.setenv(
            name, proxy if way == "environment" and name.endswith("s_proxy" if "s:" in origin else "p_proxy") else ""
        )
    options = dragoman.TransportOptions(proxy=proxy if way == "option" else None)
    llm = dragoman.create_llm(
        "openai/m", base_url=origin, api_key="k", transport=options, retry_config=ONCE, async_client=face == "async"
    )
    error, _ = failed(llm)
    assert isinstance(error, dragoman.ConnectFailed)
    text = everything(llm, error) + repr(options) + caplog.text
    assert PASSWORD not in text
    assert ENCODED not in text


def test_a_proxy_that_refuses_may_quote_and_nothing_shows() -> None:
    refusal = f"HTTP/1.1 407 No {ENCODED}\r\nContent-Length: 0\r\n\r\n".encode()
    server = ScriptedServer([[READ, refusal, CLOSE]])
    try:
        proxy = f"http://user:{PASSWORD}@127.0.0.1:{server.origin.port}"
        options = dragoman.TransportOptions(proxy=proxy)
        llm = dragoman.create_llm(
            "openai/m", base_url="https://10.0.0.1", api_key="k", transport=options, retry_config=ONCE
        )
        error, _ = failed(llm)
    finally:
        server.stop()
    assert ENCODED not in everything(llm, error)
    assert PASSWORD not in everything(llm, error)
