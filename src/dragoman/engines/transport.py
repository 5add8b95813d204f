"""An engine as a transport: a request in Ollama's words goes in, its lines come out, and no byte leaves the process.

So a call of a local model passes the same codec, the same tries, the same log and the same faces as any other. Ollama's
is the wire of local models: it has their settings, and tells how long a model took to load apart from how long it
took to answer.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from threading import Event as Flag
from time import monotonic
from typing import Final, Literal, TypeAlias

from dragoman.dialects import Dialect, get_dialect
from dragoman.engines.answer import Answer
from dragoman.engines.base import Engine, LoadedModel, ModelFiles, get_engine
from dragoman.engines.residency import Residency, residency
from dragoman.engines.workers import workers
from dragoman.errors import ConnectionLost, Error, ProviderFailed, TimedOut
from dragoman.http import AsyncTransport, Frame, Framing, HttpRequest, Transport
from dragoman.messages import Assembler, Request, decode_json, encode_json

_logger: Final = logging.getLogger("dragoman")
_WIRE: Final = "ollama"

Item: TypeAlias = Literal["ready", "end"] | list[Frame] | Error
"""`ready` when the prompt is read, then lines, then `end`; or an error, which is the last."""


def open_engine(name: str, kind: Literal["sync", "async"]) -> Transport | AsyncTransport:
    """What carries calls to the engine called `name`, for threads or for tasks."""
    session = Session(get_engine(name), residency)
    return EngineTransport(session) if kind == "sync" else AsyncEngineTransport(session)


class Session:
    """One client's use of an engine, whichever its face."""

    def __init__(self, engine: Engine, home: Residency) -> None:
        self._engine = engine
        self._home = home
        self._files: dict[str, ModelFiles] = {}
        weakref.finalize(self, home.sweep)

    def begin(self, body: bytes, put: Callable[[Item], None], cancelled: Flag) -> Request:
        """Have a request answered: `put` gets what comes, in another thread. Setting `cancelled` stops it.

        Raises `MissingPackage`, `UnknownModel` and `NotEnoughMemory`.
        """
        dialect = get_dialect(_WIRE)
        request = dialect.decode_request(decode_json(body))

        def is_over() -> bool:
            return cancelled.is_set() or workers.are_ending

        def job(model: LoadedModel, load_seconds: float) -> None:
            if is_over():
                return
            answer = Answer(model, request, cancelled=is_over, load_seconds=load_seconds)
            put("ready")
            for frames in _written(answer, request, dialect):
                put(frames)
            put("end")

        self._home.run(self._engine, self._find(request.model), self, job, lambda error: put(self._ours(error)))
        return request

    def _find(self, model: str) -> ModelFiles:
        files = self._files.get(model)
        if files is None:
            self._engine.check()
            files = self._files[model] = self._engine.find(model)
            if files.note is not None:
                _logger.warning("`%s`: %s", model, files.note)
        return files

    def _ours(self, error: BaseException) -> Error:
        if isinstance(error, Error):
            return error
        failure = ProviderFailed(f"{self._engine.name} failed: {type(error).__name__}: {error}")
        failure.retryable = False  # it would do the same again
        failure.__cause__ = error
        return failure

    def release(self, *, wait: bool = True) -> None:
        """Free the models that no other client uses."""
        self._home.leave(self, wait=wait)


def _written(answer: Answer, request: Request, dialect: Dialect) -> Iterator[list[Frame]]:
    """The answer as lines, or as one body when it is wanted whole."""
    if request.stream:
        encoder = dialect.stream_encoder(request)
        for event in answer.events():
            yield encoder.feed(event)
        yield encoder.finish()
        return
    whole = Assembler()
    for event in answer.events():
        whole.add(event)
    if whole.finished:
        yield [("", encode_json(dialect.encode_response(whole.response(), request).wire))]


class _Reply:
    """What both faces' replies know."""

    status: int
    headers: Mapping[str, str]

    def __init__(self, cancelled: Flag, request: HttpRequest, *, streamed: bool) -> None:
        self.status = 200
        self.headers = {"content-type": "application/x-ndjson" if streamed else "application/json"}
        self._cancelled = cancelled
        self._request = request

    def close(self) -> None:
        """Stop the computation before its next token."""
        self._cancelled.set()

    def _patience(self) -> float | None:
        """How long to wait for the next line, in seconds."""
        return _time_left(self._request, self._request.timeouts.between_chunks)


def _time_left(request: HttpRequest, most: float | None) -> float | None:
    left = None if request.deadline is None else max(request.deadline - monotonic(), 0.0)
    return left if most is None else most if left is None else min(most, left)


def _too_slow() -> TimedOut:
    return TimedOut("the model in this process did not answer in time", phase="total")


def _frames_in(item: Item) -> list[Frame] | None:
    """The lines in an item, `None` at the end. Raises the error that it is."""
    if isinstance(item, Error):
        raise item
    return None if isinstance(item, str) else item


class EngineReply(_Reply):
    """For threads."""

    def __init__(self, items: SimpleQueue[Item], cancelled: Flag, request: HttpRequest, *, streamed: bool) -> None:
        super().__init__(cancelled, request, streamed=streamed)
        self._items = items

    def read(self) -> bytes:
        return b"".join(data for frames in self.frames("ndjson") for _, data in frames)

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        while True:
            frames = _frames_in(_next(self._items, self._patience()))
            if frames is None:
                return
            yield frames

    def close(self) -> None:
        super().close()
        self._items.put(ConnectionLost("the reply was closed while it was read"))


def _next(items: SimpleQueue[Item], patience: float | None) -> Item:
    try:
        return items.get(timeout=patience)
    except Empty:
        raise _too_slow() from None


class EngineTransport:
    """Calls of an engine, for threads."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, request: HttpRequest) -> EngineReply:
        """Returns when the model is loaded and the prompt is read."""
        items: SimpleQueue[Item] = SimpleQueue()
        cancelled = Flag()
        try:
            asked = self._session.begin(request.body, items.put, cancelled)
            _frames_in(_next(items, _time_left(request, request.timeouts.first_byte)))
        except BaseException:
            cancelled.set()
            raise
        return EngineReply(items, cancelled, request, streamed=asked.stream)

    def release(self) -> None:
        """Free the memory, unless another client uses the same model."""
        self._session.release()

    def close(self) -> None:
        """The same: this client will not ask again."""
        self._session.release()


class AsyncEngineReply(_Reply):
    """For tasks."""

    def __init__(self, items: asyncio.Queue[Item], cancelled: Flag, request: HttpRequest, *, streamed: bool) -> None:
        super().__init__(cancelled, request, streamed=streamed)
        self._items = items
        self._loop = asyncio.get_running_loop()

    async def read(self) -> bytes:
        return b"".join([data async for frames in self.frames("ndjson") for _, data in frames])

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        while True:
            frames = _frames_in(await _next_async(self._items, self._patience()))
            if frames is None:
                return
            yield frames

    def close(self) -> None:
        super().close()
        _hand_over(self._loop, self._items, ConnectionLost("the reply was closed while it was read"))


async def _next_async(items: asyncio.Queue[Item], patience: float | None) -> Item:
    try:
        async with asyncio.timeout(patience):
            return await items.get()
    except TimeoutError:
        raise _too_slow() from None


def _hand_over(loop: asyncio.AbstractEventLoop, items: asyncio.Queue[Item], item: Item) -> None:
    """Put an item into a task's queue, from any thread. Where the loop is gone, nobody waits for it."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(items.put_nowait, item)


class AsyncEngineTransport:
    """Calls of an engine, for tasks. Nothing is computed, loaded or looked for on the event loop."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def open(self, request: HttpRequest) -> AsyncEngineReply:
        items: asyncio.Queue[Item] = asyncio.Queue()
        loop, cancelled = asyncio.get_running_loop(), Flag()

        def put(item: Item) -> None:
            _hand_over(loop, items, item)

        try:
            asked = await asyncio.to_thread(self._session.begin, request.body, put, cancelled)
            _frames_in(await _next_async(items, _time_left(request, request.timeouts.first_byte)))
        except BaseException:
            cancelled.set()
            raise
        return AsyncEngineReply(items, cancelled, request, streamed=asked.stream)

    def release(self) -> None:
        self._session.release()

    def close(self) -> None:
        """The same, without waiting."""
        self._session.release(wait=False)
