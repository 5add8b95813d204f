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
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Final, Literal, TypeAlias

from dragoman.dialects import Dialect, get_dialect
from dragoman.engines.answer import Answer
from dragoman.engines.base import Engine, LoadedModel, ModelFiles, get_engine
from dragoman.engines.residency import Residency, residency
from dragoman.engines.workers import workers
from dragoman.errors import ConfigurationError, ConnectionLost, Error, ProviderFailed, TimedOut
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


class Call:
    """A call in progress: `put` is how what comes gets to whoever reads it."""

    __slots__ = ("_cancelled", "put")

    def __init__(self, put: Callable[[Item], None]) -> None:
        self.put = put
        self._cancelled = False

    @property
    def is_over(self) -> bool:
        """Whether nobody wants what is still to be computed."""
        return self._cancelled or workers.are_ending

    def end(self, why: str) -> None:
        """Stop the computation before its next token; who reads gets `ConnectionLost`. From any thread."""
        self.put(ConnectionLost(why))  # first: what is stopped goes on to say that it has ended
        self._cancelled = True


class Session:
    """One client's use of an engine, whichever its face."""

    def __init__(self, engine: Engine, home: Residency) -> None:
        self._engine = engine
        self._home = home
        self._files: dict[str, ModelFiles] = {}
        self._calls: set[Call] = set()
        self._closed = False
        weakref.finalize(self, home.sweep)

    def begin(self, body: bytes, call: Call) -> Request:
        """Have a request answered: what comes is put into `call`, in another thread.

        Raises `MissingPackage`, `UnknownModel` and `NotEnoughMemory`; `ConfigurationError` when the client is closed or
        the program is ending.
        """
        request = get_dialect(_WIRE).decode_request(decode_json(body))
        self._calls.add(call)
        try:
            self._refuse_ended()
            files = self._find(request.model)
            self._refuse_ended()  # finding may have taken long
            self._run(files, request, call)
        except BaseException:
            self._calls.discard(call)
            raise
        return request

    def _run(self, files: ModelFiles, request: Request, call: Call) -> None:
        def job(model: LoadedModel, load_seconds: float) -> None:
            try:
                _answer(model, request, call, load_seconds)
            finally:
                self._calls.discard(call)

        def failed(error: BaseException) -> None:
            self._calls.discard(call)
            call.put(self._ours(error))

        self._home.run(self._engine, files, self, job, failed=failed, wanted=lambda: not call.is_over)
        if self._closed:  # meanwhile, and found nothing to free
            self.release(wait=False)

    def _refuse_ended(self) -> None:
        if self._closed:
            raise ConfigurationError("this client is closed: make a new one with create_llm")
        if workers.are_ending:
            raise ConfigurationError("the program is ending, and models in this process have ended: ask before that")

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
        """Free the models that no other client uses, after the calls in progress."""
        self._home.leave(self, wait=wait)

    def close(self, *, wait: bool = True) -> None:
        """End the calls in progress, take no more, and free the models that no other client uses."""
        self._closed = True
        for call in list(self._calls):
            call.end("the client was closed")
        self.release(wait=wait)


def _answer(model: LoadedModel, request: Request, call: Call, load_seconds: float) -> None:
    if call.is_over:
        raise ConnectionLost("nobody waits for the answer")
    answer = Answer(model, request, cancelled=lambda: call.is_over, load_seconds=load_seconds)
    call.put("ready")
    for frames in _written(answer, request, get_dialect(_WIRE)):
        call.put(frames)
    call.put("end")


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

    def __init__(self, call: Call, request: HttpRequest, *, streamed: bool) -> None:
        self.status = 200
        self.headers = {"content-type": "application/x-ndjson" if streamed else "application/json"}
        self._call = call
        self._request = request

    def close(self) -> None:
        self._call.end("the reply was closed while it was read")

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

    def __init__(self, items: SimpleQueue[Item], call: Call, request: HttpRequest, *, streamed: bool) -> None:
        super().__init__(call, request, streamed=streamed)
        self._items = items

    def read(self) -> bytes:
        return b"".join(data for frames in self.frames("ndjson") for _, data in frames)

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        while True:
            frames = _frames_in(_next(self._items, self._patience()))
            if frames is None:
                return
            yield frames


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
        call = Call(items.put)
        try:
            asked = self._session.begin(request.body, call)
            _frames_in(_next(items, _time_left(request, request.timeouts.first_byte)))
        except BaseException:
            call.end("nobody waits for the answer")
            raise
        return EngineReply(items, call, request, streamed=asked.stream)

    def release(self) -> None:
        """Free the memory, unless another client uses the same model."""
        self._session.release()

    def close(self) -> None:
        """End the calls in progress as well, and take no more."""
        self._session.close()


class AsyncEngineReply(_Reply):
    """For tasks."""

    def __init__(self, items: asyncio.Queue[Item], call: Call, request: HttpRequest, *, streamed: bool) -> None:
        super().__init__(call, request, streamed=streamed)
        self._items = items

    async def read(self) -> bytes:
        return b"".join([data async for frames in self.frames("ndjson") for _, data in frames])

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        while True:
            frames = _frames_in(await _next_async(self._items, self._patience()))
            if frames is None:
                return
            yield frames


async def _next_async(items: asyncio.Queue[Item], patience: float | None) -> Item:
    try:
        async with asyncio.timeout(patience):
            return await items.get()
    except TimeoutError:
        raise _too_slow() from None


def _hand_over(loop: asyncio.AbstractEventLoop, items: asyncio.Queue[Item], item: Item) -> None:
    """Put an item into a task's queue, from any thread. Where the loop is gone, nobody waits for it."""
    try:
        loop.call_soon_threadsafe(items.put_nowait, item)
    except RuntimeError:
        if not loop.is_closed():
            raise


class AsyncEngineTransport:
    """Calls of an engine, for tasks. Nothing is computed, loaded or looked for on the event loop."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def open(self, request: HttpRequest) -> AsyncEngineReply:
        items: asyncio.Queue[Item] = asyncio.Queue()
        call = Call(partial(_hand_over, asyncio.get_running_loop(), items))
        try:
            asked = await asyncio.to_thread(self._session.begin, request.body, call)
            _frames_in(await _next_async(items, _time_left(request, request.timeouts.first_byte)))
        except BaseException:
            call.end("nobody waits for the answer")
            raise
        return AsyncEngineReply(items, call, request, streamed=asked.stream)

    def release(self) -> None:
        self._session.release()

    def close(self) -> None:
        """End the calls in progress as well, and take no more. The memory is not waited for."""
        self._session.close(wait=False)
