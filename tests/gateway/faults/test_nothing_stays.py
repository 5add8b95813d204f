"""When a call is over, nothing of it is left in rings of objects that hold each other.

Such rings stay until Python looks for them, which a gateway has it do seldom: its memory would grow by them.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from dragoman.gateway.keys import Keys
from dragoman.gateway.store import SqliteStore
from dragoman.messages import LLMResponse
from dragoman.testing import Emulator
from tests.gateway.faults.matrix import ANSWERERS, CALLERS, PARTS, TEXT, matrix_config
from tests.gateway.front.dialects import BY_NAME
from tests.gateway.front.running import UPSTREAMS, gateway

WAYS: dict[str, dict[str, Any]] = {
    "well": {},
    "after another try": {"status": 500, "times": 1},
    "with a refusal": {"status": 500},
    "with no JSON": {"body": '{"choices": [{"ind'},
    "in the middle": {"cut_after": 3},
    "before it began": {"cut_at_byte": 7, "reset": True},
    "with an error inside": {"error_after": 3, "status": 503},
    "without its end": {"end_after": -1},
}
MODELS = ["two", *ANSWERERS.values()]
"""Of the first, two targets are tried."""


@pytest.fixture(scope="module", params=[Decimal(1000), None], ids=["a budget", "no budget"])
def client(
    request: pytest.FixtureRequest, started: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """With a key, with money held for its calls and without."""
    file = tmp_path_factory.mktemp("store") / "keys.sqlite3"
    with SqliteStore(file) as store:
        _, token = Keys(store).create("ann", budget=request.param)
    models = {**UPSTREAMS, "two": ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5"]}
    config = matrix_config(started, models=models, keys={"required": True, "file": str(file)})
    headers = {"authorization": f"Bearer {token.reveal()}"}
    with (
        gateway(started, config) as url,
        httpx.Client(base_url=url, headers=headers, timeout=20, trust_env=False) as client,
    ):
        yield client


@contextmanager
def no_collections() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def left_by(call: Callable[[], object]) -> Counter[str]:
    """The kinds of our objects that stand in rings after `call`, or are held by such, once it has been made before."""
    call()
    with no_collections():
        gc.collect()
        call()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        gc.set_debug(0)
    kinds = [type(each) for each in gc.garbage]
    gc.garbage.clear()
    names = Counter(f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    return Counter({name: count for name, count in names.items() if _is_ours(name)})


def _is_ours(name: str) -> bool:
    return name.startswith("dragoman.") and not name.startswith("dragoman.testing.")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("how", WAYS)
def test_of_an_answer_that_ends(client: httpx.Client, emulator: Emulator, how: str, stream: bool) -> None:
    def ask_all() -> None:
        for caller in CALLERS:
            for model in MODELS:
                emulator.reset()
                emulator.script(*[LLMResponse(parts=PARTS, finish_reason="tool_calls")] * 2)
                if WAYS[how]:
                    emulator.fault(**{"times": None, **WAYS[how]})
                surface = BY_NAME[caller]
                client.post(surface.path(model, stream), json=surface.body(model, "Why?", stream))

    assert not left_by(ask_all)


@pytest.mark.parametrize("model", ["up-openai", "up-anthropic"], ids=["passed on", "translated"])
def test_of_a_stream_whose_caller_leaves(client: httpx.Client, emulator: Emulator, model: str) -> None:
    def leave() -> None:
        emulator.reset()
        emulator.script(TEXT)
        emulator.fault(hold_at_text="Rivers")
        body = BY_NAME["openai_chat"].body(model, "Why?", True)
        with client.stream("POST", "/v1/chat/completions", json=body) as reply:
            next(reply.iter_raw())
        assert emulator.wait_for_bill(1)[0].outcome == "left"
        assert client.get("/health").json()["open_calls"] == 0

    assert not left_by(leave)
