"""A stream that breaks, wherever it does, ends for its caller in exactly one error of the caller's dialect.

Every dialect that asks, by every dialect that answers, by every place where it can break.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from dragoman.messages import LLMResponse
from dragoman.testing import Emulator
from tests.gateway.faults.matrix import ANSWERERS, CALLERS, PARTS, TEXT, Told, asked, matrix_config
from tests.gateway.front.running import gateway

CALLER = pytest.mark.parametrize("caller", CALLERS)
ANSWERER = pytest.mark.parametrize("answerer", ANSWERERS)


def prepare(emulator: Emulator, **fault: Any) -> None:
    """The answer is a text and then a call of a tool; `fault` is what happens to it."""
    emulator.reset()
    emulator.script(LLMResponse(parts=PARTS, finish_reason="tool_calls"))
    if fault:
        emulator.fault(**fault)


def check_failed(told: Told, fault: object) -> None:
    assert told.is_failed, (fault, told)
    assert TEXT.startswith(told.text), (fault, told)


@CALLER
@ANSWERER
def test_it_arrives_where_nothing_breaks(client: httpx.Client, emulator: Emulator, caller: str, answerer: str) -> None:
    prepare(emulator)
    told = asked(client, caller, answerer)
    assert told.is_whole, told
    assert told.text == TEXT


# ---------------------------------------------------------------------- at any frame

BREAKS: dict[str, dict[str, Any]] = {
    "end_after": {},  # in good order, as HTTP goes
    "cut_after": {},
    "error_after": {"status": 503},
}
MOST_FRAMES = 40


@CALLER
@ANSWERER
@pytest.mark.parametrize("how", BREAKS)
def test_it_breaks_after_any_frame(
    client: httpx.Client, emulator: Emulator, caller: str, answerer: str, how: str
) -> None:
    """From the end to the beginning: without its last frame no dialect's answer is whole, and before the first content
    there is not even a stream.
    """
    for missing in range(1, MOST_FRAMES):
        prepare(emulator, **BREAKS[how], **{how: -missing})
        told = asked(client, caller, answerer)
        check_failed(told, missing)
        if told.status != 200:
            break
    assert told.status in {500, 502, 503, 529}
    assert missing > 4


@CALLER
@ANSWERER
def test_it_is_reset_inside_a_frame(client: httpx.Client, emulator: Emulator, caller: str, answerer: str) -> None:
    """The head of the reply is shorter than 200 bytes, the answer longer than 600."""
    for byte in (0, 7, 100, 200, 333, 555):
        prepare(emulator, cut_at_byte=byte, reset=True, times=None)  # one that was kept alive is asked anew
        check_failed(asked(client, caller, answerer), byte)


# ---------------------------------------------------------------------- frames that are none

BROKEN = [
    "{oops",
    '{"a": "\udcff"}',  # a byte that is no UTF-8
    '{"a": 1} {"b": 2}',
    "5",
    "[]",
    '"text"',
    "[" * 20_000,
    '{"a":' * 20_000,
]
"""No objects, which every frame of every dialect is."""

ODD = [
    "{}",
    "null",
    '{"choices": 5}',
    '{"choices": [5]}',
    '{"choices": [{"index": 0, "delta": 5}]}',
    '{"choices": [{"index": 0, "delta": {"content": 5}}]}',
    '{"choices": [{"index": 0, "delta": {"tool_calls": [{"index": "x", "function": 5}]}}]}',
    '{"choices": [{"index": 0, "delta": {}, "finish_reason": 5}]}',
    '{"choices": [], "usage": {"prompt_tokens": -5, "completion_tokens": "many", "total_tokens": 1e400}}',
    '{"choices": [], "usage": 5}',
    '{"type": 5}',
    '{"type": "content_block_delta"}',
    '{"type": "content_block_delta", "index": 77, "delta": {"type": "text_delta", "text": "!"}}',
    '{"type": "content_block_delta", "index": [], "delta": {"type": "text_delta", "text": 5}}',
    '{"type": "content_block_start", "index": 0, "content_block": 5}',
    '{"type": "message_delta", "delta": 5, "usage": 5}',
    '{"type": "message_start"}',
    '{"type": "response.output_text.delta", "delta": 5}',
    '{"type": "response.output_item.added", "item": 5, "output_index": "x"}',
    '{"type": "response.function_call_arguments.delta", "item_id": "nobody\'s", "delta": "!"}',
    '{"type": "response.in_progress", "response": 5}',
    '{"candidates": 5}',
    '{"candidates": [{"content": {"parts": [5]}}]}',
    '{"candidates": [{"content": {"parts": [{"functionCall": 5}]}}]}',
    '{"candidates": [{"content": 5, "finishReason": 5}], "usageMetadata": {"promptTokenCount": -1}}',
    '{"usageMetadata": 5}',
    '{"message": 5}',
    '{"message": {"content": 5, "tool_calls": 5}}',
    '{"message": {"role": "assistant", "tool_calls": [5]}, "done": "no"}',
    '{"from_the_future": {"a": [1.0]}}',
]
"""Objects in which something is not what it is in one dialect or other."""


def as_frame(answerer: str, data: str) -> str:
    return f"{data}\n" if answerer == "ollama" else f"data: {data}\n\n"


@CALLER
@ANSWERER
def test_a_frame_in_it_is_no_object(client: httpx.Client, emulator: Emulator, caller: str, answerer: str) -> None:
    for data in BROKEN:
        for place in (0, 4):
            prepare(emulator, frame=as_frame(answerer, data), frame_after=place)
            check_failed(asked(client, caller, answerer), data[:40])


@ANSWERER
@pytest.mark.parametrize("forwarded", [True, False], ids=["forwarded", "translated"])
def test_a_frame_in_it_is_odd(client: httpx.Client, emulator: Emulator, answerer: str, forwarded: bool) -> None:
    """It may be read past or not, but the caller is told an answer or an error, and no piece of neither."""
    caller = next(name for name in CALLERS if (name == answerer) == forwarded or answerer not in CALLERS)
    for data in ODD:
        prepare(emulator, frame=as_frame(answerer, data), frame_after=4)
        told = asked(client, caller, answerer)
        assert told.is_failed or told.is_whole, (data, told)


@CALLER
@ANSWERER
def test_what_comes_after_its_end_is_not_passed_on(
    client: httpx.Client, emulator: Emulator, caller: str, answerer: str
) -> None:
    """Gemini's has no end but that of the body, so there it is part of the stream."""
    for data in ("{oops", '{"from_the_future": 1}', "[DONE]"):
        prepare(emulator, frame=as_frame(answerer, data), frame_after=1000)
        told = asked(client, caller, answerer)
        assert told.text == TEXT
        assert told.is_whole or (answerer == "gemini" and told.is_failed), (data, told)


# ---------------------------------------------------------------------- silence

SILENCE = {"first_byte": 0.2, "between_chunks": 0.2}
"""Seconds. Nobody waits longer, so that nobody waits for these tests."""


@pytest.fixture(scope="module")
def impatient(started: Emulator) -> Iterator[Callable[[], httpx.Client]]:
    config = matrix_config(started, server={"timeouts": SILENCE})
    with gateway(started, config) as url, httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        yield lambda: client


@CALLER
@ANSWERER
def test_it_falls_silent(impatient: Callable[[], httpx.Client], emulator: Emulator, caller: str, answerer: str) -> None:
    for place, fault in [
        ("before the head", {"stall_at_byte": 0}),
        ("before the first frame", {"stall_after": 0}),
        ("in the middle", {"stall_after": 6 if answerer == "openai_responses" else 3}),
    ]:
        prepare(emulator, **fault)
        told = asked(impatient(), caller, answerer)
        check_failed(told, place)
        assert (told.status == 200) == (place == "in the middle")
