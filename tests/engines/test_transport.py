"""An engine as a transport: the same for threads and for tasks, and nothing on the event loop."""

from __future__ import annotations

import asyncio
import threading
from time import monotonic
from typing import Any

import pytest

from dragoman.engines.base import ModelFiles
from dragoman.engines.residency import Residency
from dragoman.engines.transport import AsyncEngineTransport, EngineTransport, Session
from dragoman.errors import ContextTooLong, Error, ProviderFailed, TimedOut, UnknownModel
from dragoman.http import HttpRequest, Origin
from dragoman.messages import decode_json, encode_json

from .scripted import ScriptedEngine, ScriptedModel

MODES = ("sync", "async")
both = pytest.mark.parametrize("mode", MODES)


def request(*, stream: bool = True, deadline: float | None = None, **fields: Any) -> HttpRequest:
    body = {"model": "a", "messages": [{"role": "user", "content": "Hi"}], "stream": stream, **fields}
    return HttpRequest(origin=Origin("http", "here", 80), target="/api/chat", body=encode_json(body), deadline=deadline)


def ask(mode: str, engine: ScriptedEngine, asked: HttpRequest, take: int | None = None) -> list[dict[str, Any]]:
    """The lines that come; after `take` of them the reply is closed."""
    session = Session(engine, Residency(100_000))
    if mode == "sync":
        return _lines(EngineTransport(session), asked, take)
    return asyncio.run(_async_lines(AsyncEngineTransport(session), asked, take))


def _lines(transport: EngineTransport, asked: HttpRequest, take: int | None) -> list[dict[str, Any]]:
    reply, lines = transport.open(asked), []
    for frames in reply.frames("ndjson"):
        lines += [decode_json(data) for _, data in frames]
        if take is not None and len(lines) >= take:
            break
    reply.close()
    transport.release()
    return lines


async def _async_lines(transport: AsyncEngineTransport, asked: HttpRequest, take: int | None) -> list[dict[str, Any]]:
    reply, lines = await transport.open(asked), []
    async for frames in reply.frames("ndjson"):
        lines += [decode_json(data) for _, data in frames]
        if take is not None and len(lines) >= take:
            break
    reply.close()
    await asyncio.to_thread(transport.release)
    return lines


@both
def test_a_streamed_answer(mode: str) -> None:
    lines = ask(mode, ScriptedEngine(), request())
    assert "".join(line["message"]["content"] for line in lines) == "Hello."
    assert lines[-1]["done"] is True
    assert lines[-1]["load_duration"] > 0
    assert (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == (2, 7)


@both
def test_a_whole_answer(mode: str) -> None:
    (line,) = ask(mode, ScriptedEngine(), request(stream=False))
    assert line["message"]["content"] == "Hello."
    assert line["done"] is True


@both
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (UnknownModel("no weights"), UnknownModel),
        (RuntimeError("broken"), ProviderFailed),
        (lambda: _with_context(1), ContextTooLong),
    ],
    ids=["ours", "the library's", "before it computes"],
)
def test_what_goes_wrong_is_raised_before_there_is_a_reply(mode: str, made: Any, expected: type[Error]) -> None:
    with pytest.raises(expected) as raised:
        ask(mode, ScriptedEngine(a=made), request())
    assert not raised.value.retryable


def _with_context(tokens: int) -> ScriptedModel:
    model = ScriptedModel("x")
    model.context_tokens = tokens
    return model


@both
def test_what_goes_wrong_on_the_way_is_raised_there(mode: str) -> None:
    class Breaking(ScriptedModel):
        def decode(self, tokens: Any) -> str:
            if len(self.asked) and self.written > 3:
                raise RuntimeError("out of order")
            return super().decode(tokens)

    with pytest.raises(ProviderFailed, match="out of order"):
        ask(mode, ScriptedEngine(a=lambda: Breaking("Hello.")), request())


@both
def test_a_closed_reply_stops_the_computation(mode: str) -> None:
    """`release` waits for the model's thread, so what was written then is all that is ever written."""
    engine = ScriptedEngine(a="Hello. " * 100_000)
    ask(mode, engine, request(options={"num_predict": 600_000}), take=3)
    model = engine.loaded[0]
    assert model.closed
    assert model.stopped == 1
    assert model.written < 600_000


@both
def test_an_answer_that_takes_too_long(mode: str) -> None:
    class Slow(ScriptedModel):
        def tokens(self, *arguments: Any) -> Any:
            letters = super().tokens(*arguments)
            try:
                yield next(letters)
                stopped.wait(20)
                yield from letters
            finally:
                letters.close()

    stopped = threading.Event()
    with pytest.raises(TimedOut):
        ask(mode, ScriptedEngine(a=lambda: Slow("Hello.")), request(deadline=monotonic() + 0.2))
    stopped.set()


def test_the_event_loop_goes_on_while_a_model_loads_and_answers() -> None:
    """The model waits for what only the loop can do: it would wait for ever if it held the loop."""
    looked, loaded, went_on = threading.Event(), threading.Event(), threading.Event()

    class Waiting(ScriptedEngine):
        def find(self, model: str) -> ModelFiles:
            assert looked.wait(10)
            return super().find(model)

        def load(self, files: ModelFiles) -> ScriptedModel:
            assert loaded.wait(10)
            return Held("Hello.")

    class Held(ScriptedModel):
        def tokens(self, *arguments: Any) -> Any:
            assert went_on.wait(10)
            yield from super().tokens(*arguments)

    async def main() -> list[dict[str, Any]]:
        transport = AsyncEngineTransport(Session(Waiting(), Residency(100_000)))
        asking = asyncio.create_task(_async_lines(transport, request(), None))
        for gate in (looked, loaded, went_on):
            await asyncio.sleep(0)
            gate.set()
        return await asking

    assert "".join(line["message"]["content"] for line in asyncio.run(main())) == "Hello."


def test_a_task_that_is_cancelled_while_it_waits_stops_the_model() -> None:
    gate = threading.Event()

    class Held(ScriptedModel):
        def encode(self, prompt: Any) -> list[int]:
            assert gate.wait(10)
            return super().encode(prompt)

    engine = ScriptedEngine(a=lambda: Held("Hello."))

    async def main() -> None:
        transport = AsyncEngineTransport(Session(engine, Residency(100_000)))
        asking = asyncio.create_task(transport.open(request()))
        while not engine.loaded:  # noqa: ASYNC110  # another thread sets it
            await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        gate.set()
        await asyncio.to_thread(transport.release)

    asyncio.run(main())
    assert engine.loaded[0].closed
    assert engine.loaded[0].written <= 1
