"""What a process says on its standard streams, of calls that go well and ill: neither keys nor what was asked or answered."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from dragoman.testing import Emulator
from tests.gateway.faults.matrix import ANSWERERS
from tests.gateway.faults.processes import Home
from tests.gateway.front.dialects import SURFACES

ASKED, ANSWERED = "canary-of-the-caller", "canary-of-the-model"
FAULTS: list[dict[str, Any]] = [
    {},
    {"status": 500},
    {"status": 401, "body": '{"error": {"message": "wrong key upstream-key"}}'},
    {"status": 400},
    {"status": 400, "body": f'{{"error": {{"message": "I do not like: {ASKED}"}}}}'},
    {"status": 500, "body": f'{{"error": {{"message": "I broke over: {ASKED}"}}}}'},
    {"cut_after": -1},
    {"body": f'{{"choices": "{ANSWERED}"'},
    {"error_after": 3},
]


@pytest.mark.timeout(120)
def test_nothing_leaks(tmp_path: Path, emulator: Emulator) -> None:
    home = Home(tmp_path, emulator, {}, log={"format": "json"})
    token = home.headers["authorization"].partition(" ")[2]
    replies: list[str] = []
    with home.gateway() as (process, url), httpx.Client(base_url=url, headers=home.headers, timeout=60) as client:
        for fault in FAULTS:
            for surface in SURFACES:
                emulator.reset()
                emulator.script(ANSWERED)
                if fault:
                    emulator.fault(**fault)
                model = ANSWERERS.get(surface.name, "up-openai")
                stream = bool(len(replies) % 2)
                reply = client.post(surface.path(model, stream), json=surface.body(model, ASKED, stream))
                replies.append(reply.text)
        client.post("/v1/chat/completions", content=b'{"model": "' + ASKED.encode())
        client.post(
            "/v1/chat/completions", json={"model": "up-openai"}, headers={"authorization": "Bearer sk-dragoman-x"}
        )
        process.send_signal(signal.SIGTERM)
        said = "".join(process.communicate(timeout=30))
    assert said.count("request_id") >= len(replies)  # it does say something of each
    for secret in (token, "upstream-key", ASKED, ANSWERED, "Traceback"):
        assert secret not in said, said[max(said.find(secret) - 300, 0) :][:600]
    assert not any(secret in text for text in replies for secret in (token, "upstream-key", "Traceback"))
