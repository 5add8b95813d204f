"""An engine as a transport: the same for threads and for tasks, and nothing on the event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest

from dragoman.engines.base import ModelFiles
from dragoman.engines.residency import Residency
from dragoman.engines.transport import AsyncEngineTransport, EngineTransport, Session, _hand_over
from dragoman.engines.workers import workers
from dragoman.errors import (
    ConfigurationError,
    ConnectionLost,
    ContextTooLong,
    Error,
    ProviderFailed,
    TimedOut,
    UnknownModel,
)
from dragoman.http import HttpRequest, Origin
from dragoman.messages import decode_json, encode_json

from .scripted import Paused, ScriptedEngine, ScriptedModel

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


# ---------------------------------------------------------------------- closed by another thread


def transport_for(mode: str, session: Session) -> Any:
    return EngineTransport(session) if mode == "sync" else AsyncEngineTransport(session)


def read(mode: str, session: Session) -> str:
    """The text of a whole answer; of tasks, on a loop in this thread."""
    transport = transport_for(mode, session)
    lines = (
        _lines(transport, request(), None) if mode == "sync" else asyncio.run(_async_lines(transport, request(), None))
    )
    return "".join(line["message"]["content"] for line in lines)


@both
def test_closing_ends_a_call_before_the_model_is_done_with_its_token(mode: str) -> None:
    model = Paused("Hello.")
    session = Session(ScriptedEngine(a=lambda: model), Residency(100_000))
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read, mode, session)
        assert model.reached.wait(10)
        closing = pool.submit(transport_for(mode, session).close)
        with pytest.raises(ConnectionLost, match="the client was closed"):
            reading.result(10)
        assert not model.closed
        model.go_on.set()
        closing.result(10)
    assert model.freed.wait(10)
    assert (model.stopped, model.written) == (1, 2)


@both
def test_closing_ends_a_call_that_waits_for_its_turn(mode: str) -> None:
    """And only those of the client that is closed."""
    model = Paused("Hello.")
    engine, home = ScriptedEngine(a=lambda: model), Residency(100_000)
    first, second = Session(engine, home), Session(engine, home)
    with ThreadPoolExecutor() as pool:
        answered = pool.submit(read, mode, first)
        assert model.reached.wait(10)
        waiting = pool.submit(read, mode, second)
        (resident,) = home.models()
        while resident.jobs < 2:
            threading.Event().wait(0.001)  # another thread counts
        transport_for(mode, second).close()
        with pytest.raises(ConnectionLost):
            waiting.result(10)
        model.go_on.set()
        assert answered.result(10) == "Hello."
    assert len(model.asked) == 1


@both
def test_closing_while_a_model_is_looked_for_loads_nothing(mode: str) -> None:
    looking, may_find = threading.Event(), threading.Event()

    class Slow(ScriptedEngine):
        def find(self, model: str) -> ModelFiles:
            looking.set()
            assert may_find.wait(10)
            return super().find(model)

    engine = Slow()
    session = Session(engine, Residency(100_000))
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read, mode, session)
        assert looking.wait(10)
        transport_for(mode, session).close()
        may_find.set()
        with pytest.raises(ConfigurationError, match="this client is closed"):
            reading.result(10)
    assert engine.loaded == []


@both
def test_a_call_while_the_program_ends_is_refused(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a function registered with `atexit`."""
    engine = ScriptedEngine()
    monkeypatch.setattr(workers, "are_ending", True)
    with pytest.raises(ConfigurationError, match="the program is ending"):
        read(mode, Session(engine, Residency(100_000)))
    assert engine.loaded == []


@both
def test_what_waits_when_the_program_ends_is_told(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Last(ScriptedEngine):
        def load(self, files: ModelFiles) -> ScriptedModel:
            monkeypatch.setattr(workers, "are_ending", True)
            return super().load(files)

    with pytest.raises(ConnectionLost, match="nobody waits for the answer"):
        read(mode, Session(Last(), Residency(100_000)))


@both
def test_what_is_closed_as_its_call_is_handed_in_keeps_no_model(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home, engine = Residency(100_000), ScriptedEngine()
    session = Session(engine, home)
    hand_in = home.run

    def close_first(*arguments: Any, **named: Any) -> None:
        session.close()
        hand_in(*arguments, **named)

    monkeypatch.setattr(home, "run", close_first)
    with pytest.raises(ConnectionLost):
        read(mode, session)
    assert home.models() == []


@both
def test_releasing_waits_for_calls_in_progress(mode: str) -> None:
    model = Paused("Hello.")
    session = Session(ScriptedEngine(a=lambda: model), Residency(100_000))
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read, mode, session)
        assert model.reached.wait(10)
        releasing = pool.submit(transport_for(mode, session).release)
        model.go_on.set()
        releasing.result(10)
        assert model.closed
        assert reading.result(10) == "Hello."


def test_what_comes_for_a_loop_that_is_gone_goes_nowhere() -> None:
    loop, items = asyncio.new_event_loop(), asyncio.Queue[Any]()
    loop.close()
    _hand_over(loop, items, "end")
    assert items.empty()


def test_what_a_living_loop_refuses_is_raised() -> None:
    class Refusing(asyncio.SelectorEventLoop):
        def call_soon_threadsafe(self, *arguments: Any, **named: Any) -> Any:
            raise RuntimeError("not now")

    loop = Refusing()
    with pytest.raises(RuntimeError, match="not now"):
        _hand_over(loop, asyncio.Queue[Any](), "end")
    loop.close()


def test_a_loop_that_closes_as_an_answer_comes() -> None:
    """Between being asked whether it is closed and being given something."""

    class Closing(asyncio.SelectorEventLoop):
        def call_soon_threadsafe(self, *arguments: Any, **named: Any) -> Any:
            self.close()
            return super().call_soon_threadsafe(*arguments, **named)

    _hand_over(Closing(), asyncio.Queue[Any](), "end")


# ---------------------------------------------------------------------- the event loop


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
