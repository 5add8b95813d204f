"""A marked key is pushed through every path; it shows in no repr, exception, traceback, log or record."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

import dragoman
from dragoman import RetryConfig
from dragoman.testing import Emulator

KEY = "sk-marked-5ecret-value"
ONCE = RetryConfig(max_attempts=1)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(keys={"another key"}) as emulator:
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


SITUATIONS = {
    "refused and quoted": {"status": 401, "message": f"Incorrect API key provided: {KEY}."},
    "quoted in an odd body": {"status": 500, "body": f"<html>{KEY}</html>"},
    "cut off": {"cut_at_byte": 5},
    "no JSON": {"body": "{"},
    "an error in a stream": {"status": 500, "message": f"the key {KEY} is tired", "error_after": 1},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_failing_call_shows_no_key(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, provider: str, situation: str, stream: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.reset()
    emulator.fault(**SITUATIONS[situation], times=None)
    llm = dragoman.create_llm(provider, "m", base_url=emulator.url, api_key=KEY, retry_config=ONCE)
    with pytest.raises(dragoman.Error) as caught:
        llm.generate("Hi", stream=True).drain() if stream else llm.generate("Hi")
    error = caught.value
    everything = [shown(llm), shown(error), *traceback.format_exception(error), repr(emulator.requests), caplog.text]
    everything += [shown(attempt) for attempt in error.attempts]
    assert KEY not in "\n".join(everything)


def test_a_key_that_cannot_be_a_header_is_not_quoted() -> None:
    llm = dragoman.create_llm(
        "openai/m", base_url="http://127.0.0.1:9", api_key=f"{KEY}\r\nx-evil: 1", retry_config=ONCE
    )
    with pytest.raises(dragoman.ConfigurationError) as caught:
        llm.generate("Hi")
    assert KEY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)


def test_nothing_that_holds_the_key_shows_it(emulator: Emulator) -> None:
    emulator.reset()
    for asynchronous in (False, True):
        llm: Any = dragoman.create_llm("openai/m", base_url=emulator.url, api_key=KEY, async_client=asynchronous)
        assert KEY not in shown(llm)
    with pytest.raises(dragoman.Unauthorized) as caught:
        asyncio.run(llm.generate("Hi"))
    assert KEY not in shown(caught.value) + "".join(traceback.format_exception(caught.value))


def test_a_proxys_password_does_not_show() -> None:
    options = dragoman.TransportOptions(proxy=f"http://user:{KEY}@127.0.0.1:9")
    llm = dragoman.create_llm("openai/m", base_url="http://10.0.0.1", api_key="k", transport=options, retry_config=ONCE)
    with pytest.raises(dragoman.ConnectFailed) as caught:
        llm.generate("Hi")
    assert KEY not in shown(llm) + shown(caught.value) + "".join(traceback.format_exception(caught.value))
