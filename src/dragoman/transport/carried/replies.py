"""What an SDK gives, as a reply of ours: its bytes where it lets us see them, else its objects as JSON again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from inspect import iscoroutinefunction
from itertools import chain, islice
from time import monotonic
from typing import Any, Final, cast

from msgspec import Struct

from dragoman.errors import TimedOut
from dragoman.http import Frame, Framing, HttpRequest
from dragoman.transport.adapters import AsyncClientReply, ClientReply
from dragoman.transport.carried.failures import Said
from dragoman.transport.carried.invoke_stream import unwrapped

_JSON: Final = {"content-type": "application/json"}
_STREAM: Final = {"content-type": "text/event-stream"}
_AWS_STREAM: Final = "application/vnd.amazon.eventstream"


class Parsed(Struct, frozen=True):
    """An answer that came as the SDK's own object."""

    completion: Any
    body: bytes
    headers: Mapping[str, str] = {}


class Http(Struct, frozen=True):
    """An answer that came as an HTTP response of the SDK's, with the object that it would have made of it."""

    response: Any
    parse: Callable[[], Any]
    notes: tuple[str, ...] = ()


class Pieces(Struct, frozen=True):
    """An answer that comes in objects of the SDK's, one at a time."""

    source: Any
    frames: Callable[[Any], list[Frame]]
    end: tuple[Frame, ...] = ()
    headers: Mapping[str, str] = {}


Answer = Parsed | Http | Pieces
"""What an SDK may give."""

Explain = Callable[[Exception], Said]
"""The answer in an SDK's exception; raises what is none."""


class WholeReply:
    """A body that is there already: an answer, or a refusal and the exception that it was (`cause`)."""

    def __init__(self, said: Said, *, completion: Any = None, cause: Exception | None = None) -> None:
        self.status, self.headers, self.notes = said.status, said.headers, said.notes
        self.cause = cause
        self._body = said.body
        self._completion = completion

    def read(self) -> bytes:
        return self._body

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:  # noqa: ARG002  # a body is one frame
        yield [("", self._body)]

    def completion(self) -> Any:
        """The SDK's own object."""
        return self._completion

    def close(self) -> None:
        """Nothing is held."""


class AsyncWholeReply(WholeReply):
    """The same for tasks."""

    async def read(self) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]  # the other face
        return self._body

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:  # pyright: ignore[reportIncompatibleMethodOverride]  # noqa: ARG002  # the other face
        yield [("", self._body)]


def whole(parsed: Parsed, kind: type[WholeReply]) -> WholeReply:
    return kind(Said(200, {**parsed.headers, **_JSON}, parsed.body), completion=parsed.completion)


def refused(said: Said, error: Exception, kind: type[WholeReply]) -> WholeReply:
    return kind(said, cause=error)


# ---------------------------------------------------------------------- an HTTP response


class _OverHttp:
    """What both faces of such a reply add to those of a caller's own HTTP client."""

    _answer: Http
    headers: Mapping[str, str]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the log of the call should say of it."""
        return self._answer.notes

    def completion(self) -> Any:
        """The SDK's own object, to be awaited where its `parse` is."""
        return None if _is_stream(self.headers) else self._answer.parse()


def _is_stream(headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in (_AWS_STREAM, _STREAM["content-type"])


class HttpReply(_OverHttp, ClientReply):
    """For threads."""

    def __init__(self, answer: Http, request: HttpRequest) -> None:
        super().__init__(answer.response, request)
        self._answer = answer

    def read(self) -> bytes:
        """What is there already is given, however late it came."""
        response = self._answer.response
        return response.content if response.is_stream_consumed else super().read()

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:
        if _AWS_STREAM not in self.headers.get("content-type", ""):
            return super().frames(framing)
        return map(unwrapped, super().frames("aws_event_stream"))


class AsyncHttpReply(_OverHttp, AsyncClientReply):
    """For tasks."""

    def __init__(self, answer: Http, request: HttpRequest) -> None:
        super().__init__(answer.response, request)
        self._answer = answer

    async def read(self) -> bytes:
        response = self._answer.response
        return response.content if response.is_stream_consumed else await super().read()

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:
        if _AWS_STREAM not in self.headers.get("content-type", ""):
            async for frames in super().frames(framing):
                yield frames
            return
        async for frames in super().frames("aws_event_stream"):
            yield unwrapped(frames)


# ---------------------------------------------------------------------- a stream of objects


class _InPieces:
    """What both faces share."""

    status = 200

    def __init__(self, pieces: Pieces, request: HttpRequest, explain: Explain) -> None:
        self.headers: Mapping[str, str] = {**pieces.headers, **_STREAM}
        self._pieces = pieces
        self._deadline = request.deadline
        self._explain = explain
        self._first: list[Any] = []

    def completion(self) -> Any:
        """There is no object for the whole."""
        return None

    def _frames_of(self, item: Any) -> list[Frame]:
        if self._deadline is not None and monotonic() >= self._deadline:
            raise TimedOut("the time for the call ran out while the answer was coming", phase="total")
        return self._pieces.frames(item)

    def _failed(self, error: Exception) -> list[Frame]:
        """An error in the midst of it, or a piece that the SDK could not read, as the provider's frame.

        Raises what is no provider's.
        """
        said = self._explain(error)
        return [(said.event or ("error" if said.status >= 400 else ""), said.body)]


class PiecesReply(_InPieces):
    """For threads. Its first piece is waited for when it is made: a generator sends nothing before."""

    def __init__(self, pieces: Pieces, request: HttpRequest, explain: Explain) -> None:
        super().__init__(pieces, request, explain)
        self._items = iter(cast("Iterable[Any]", pieces.source))
        self._first = list(islice(self._items, 1))

    def read(self) -> bytes:
        return b"".join(data for frames in self.frames("sse") for _, data in frames)

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        try:
            for item in chain(self._first, self._items):
                yield self._frames_of(item)
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            yield self._failed(error)
            return
        finally:
            self.close()
        yield list(self._pieces.end)

    def close(self) -> None:
        _close(self._pieces.source)


def _close(source: Any) -> None:
    """End what can be ended at once; an async generator ends when it is dropped."""
    close = getattr(source, "close", None)
    if callable(close) and not iscoroutinefunction(close):
        with suppress(Exception):  # another thread is reading, and gets the error
            close()


class AsyncPiecesReply(_InPieces):
    """For tasks. `begin` waits for its first piece."""

    def __init__(self, pieces: Pieces, request: HttpRequest, explain: Explain) -> None:
        super().__init__(pieces, request, explain)
        self._items = _items(pieces.source)

    async def begin(self) -> None:
        async for item in self._items:
            self._first.append(item)
            break

    async def read(self) -> bytes:
        return b"".join([data async for frames in self.frames("sse") for _, data in frames])

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        try:
            for item in self._first:
                yield self._frames_of(item)
            async for item in self._items:
                yield self._frames_of(item)
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            yield self._failed(error)
            return
        finally:
            self.close()
        yield list(self._pieces.end)

    def close(self) -> None:
        _close(self._pieces.source)


async def _items(source: Any) -> AsyncIterator[Any]:
    """The objects of `source`. One that blocks, such as botocore's, is read in threads."""
    if hasattr(source, "__aiter__"):
        async for item in source:
            yield item
        return
    items, end = iter(source), object()
    while (item := await asyncio.to_thread(next, items, end)) is not end:
        yield item
