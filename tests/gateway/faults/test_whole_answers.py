"""What a provider may send in place of an answer: the caller is told an error of its own dialect, or the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from dragoman import errors
from dragoman.dialects import get_dialect
from dragoman.messages import encode_json
from dragoman.testing import Emulator
from tests.gateway.faults.matrix import ANSWERERS, CALLERS, TEXT, asked, matrix_config
from tests.gateway.front.running import gateway

CALLER = pytest.mark.parametrize("caller", CALLERS)
ANSWERER = pytest.mark.parametrize("answerer", ANSWERERS)
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])

# What the provider's status says, and those that the caller may be told; Anthropic and Gemini have fewer words
STATUSES = [
    (301, {500, 502}),
    (302, {500, 502}),
    (307, {500, 502}),
    (400, {400}),
    (401, {500, 502}),
    (402, {500, 502}),
    (403, {403, 500, 502}),
    (404, {404}),
    (408, {408, 500, 502, 503, 504}),
    (409, {400, 409, 500, 502}),
    (413, {400, 413}),
    (418, {400, 418}),
    (422, {400, 422}),
    (429, {429}),
    (500, {500, 502}),
    (502, {500, 502}),
    (503, {503, 529}),
    (504, {500, 502, 503, 504}),
    (529, {503, 529}),
    (599, {500, 502}),
]


def prepare(emulator: Emulator, **fault: Any) -> None:
    emulator.reset()
    emulator.script(TEXT)
    emulator.fault(**fault, times=None)


@CALLER
@ANSWERER
def test_a_status(client: httpx.Client, emulator: Emulator, caller: str, answerer: str) -> None:
    for status, told_as in STATUSES:
        prepare(emulator, status=status, headers={"location": "http://127.0.0.1:9/"} if status < 400 else {})
        for stream in (False, True):
            told = asked(client, caller, answerer, stream=stream)
            assert told.is_failed, (status, told)
            assert told.status in told_as, (status, told)
        assert len(emulator.requests) == 2  # nobody follows a redirect, or asks again


@CALLER
@ANSWERER
@STREAM
def test_an_error_in_an_answer_of_status_200(
    client: httpx.Client, emulator: Emulator, caller: str, answerer: str, stream: bool
) -> None:
    error = errors.Overloaded("too much to do", http_status=503)
    body = encode_json(get_dialect(answerer).encode_error(error)[1]).decode()
    prepare(emulator, status=200, body=body, headers={"content-type": "application/json"})
    told = asked(client, caller, answerer, stream=stream)
    assert told.is_failed, told
    assert told.status >= 500


HTML = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"

BODIES: dict[str, dict[str, Any]] = {
    "html": {"body": HTML, "headers": {"content-type": "text/html"}},
    "html that says it is JSON": {"body": HTML, "headers": {"content-type": "application/json"}},
    "html with an error's status": {"status": 502, "body": HTML, "headers": {"content-type": "text/html"}},
    "nothing": {"body": ""},
    "white space": {"body": " \r\n\r\n "},
    "JSON that is cut": {"body": '{"id": "x", "choices": [{"mess'},
    "no object": {"body": "[1, 2]"},
    "a number": {"body": "5"},
    "null": {"body": "null"},
    "no answer": {"body": '{"hello": "there"}'},
    "bytes that are no text": {"body": '{"choices": "\udcff"}'},
    "depths": {"body": '{"a":' * 50_000},
    "cut in the head": {"cut_at_byte": 20},
    "cut after the head": {"cut_after": 0},
    "cut in the body": {"cut_at_byte": 250},
    "shorter than it says": {"cut_at_byte": 250, "framing": "length"},
    "reset": {"cut_at_byte": 250, "reset": True},
    "a coding that nobody knows": {"headers": {"content-encoding": "zstd, br, moon"}},
    "a coding that it is not in": {"headers": {"content-encoding": "gzip"}},
}


@CALLER
@ANSWERER
@STREAM
def test_what_is_no_answer(client: httpx.Client, emulator: Emulator, caller: str, answerer: str, stream: bool) -> None:
    for name, fault in BODIES.items():
        prepare(emulator, **fault)
        told = asked(client, caller, answerer, stream=stream)
        assert told.is_failed, (name, told)
        assert told.status in {500, 502, 503, 529}, (name, told)


@pytest.fixture(scope="module")
def impatient(started: Emulator) -> Iterator[Callable[[], httpx.Client]]:
    config = matrix_config(started, server={"timeouts": {"first_byte": 0.2, "between_chunks": 0.2}})
    with gateway(started, config) as url, httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        yield lambda: client


@CALLER
@ANSWERER
def test_silence(impatient: Callable[[], httpx.Client], emulator: Emulator, caller: str, answerer: str) -> None:
    for byte in (0, 20, 250):
        prepare(emulator, stall_at_byte=byte)
        told = asked(impatient(), caller, answerer, stream=False)
        assert told.is_failed, (byte, told)
        assert told.status in {500, 504}, (byte, told)
