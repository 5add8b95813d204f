"""A user's own httpx or httpx2 client as a transport.

The client stays as its owner made it: its timeouts, proxies, hooks and redirects count, ours do not; of our limits only
the deadline is looked at, whenever a piece arrives. Neither library is imported here: whoever brings a client has done
that. Its exceptions are mapped by name, for both libraries have the same names.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, Final

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost, Error, TimedOut
from dragoman.http import Frame, Framing, HttpRequest
from dragoman.transport.borrowed import Borrowed
from dragoman.transport.failures import is_disagreement
from dragoman.transport.framing import frame_decoder

_LIBRARIES: Final = ("httpx", "httpx2")


def wrap_sync(client: Any) -> ClientTransport:
    """`client` for threads. Raises `ConfigurationError` for what is no `httpx.Client`."""
    kind = _kind(client)
    if kind == "AsyncClient":
        raise ConfigurationError("an async client was given to a synchronous caller: pass an `httpx.Client`")
    if kind != "Client":
        raise _unknown(client)
    return ClientTransport(client)


def wrap_async(client: Any) -> AsyncClientTransport:
    """`client` for tasks. Raises `ConfigurationError` for what is no `httpx.AsyncClient`."""
    kind = _kind(client)
    if kind == "Client":
        raise ConfigurationError("a synchronous client was given to an async caller: pass an `httpx.AsyncClient`")
    if kind != "AsyncClient":
        raise _unknown(client)
    return AsyncClientTransport(client)


def _kind(client: Any) -> str | None:
    """The class among the client's own and inherited ones that is the library's: `Client` or `AsyncClient`."""
    for kind in type(client).__mro__:
        if kind.__module__.partition(".")[0] in _LIBRARIES and kind.__name__ in ("Client", "AsyncClient"):
            return kind.__name__
    return None


def _unknown(client: Any) -> ConfigurationError:
    module, name = type(client).__module__, type(client).__qualname__
    return ConfigurationError(f"`http_client=` takes a client of httpx or httpx2, not a `{module}.{name}`")


# ---------------------------------------------------------------------- their errors as ours


_ERRORS: Final[dict[str, type[Error]]] = {
    "TimeoutException": TimedOut,
    "ConnectError": ConnectFailed,
    "ProxyError": ConnectFailed,
    "UnsupportedProtocol": ConfigurationError,
    "LocalProtocolError": ConfigurationError,
    "InvalidURL": ConfigurationError,
    "TooManyRedirects": ConfigurationError,
    "HTTPStatusError": ConfigurationError,  # a hook calls `raise_for_status`, and so hides what the provider says
    "HTTPError": ConnectionLost,
    "StreamError": ConnectionLost,
}
"""By the name of an exception's class or, failing that, of the nearest class it inherits from."""

_CONNECT_PHASE: Final = ("ConnectTimeout", "PoolTimeout")


@contextmanager
def _mapped(phase: str) -> Generator[None]:
    """Their exceptions as ours; others, such as those of the user's hooks, pass."""
    try:
        yield
    except Exception as error:
        kind = _mapping(error)
        if kind is None:
            raise
        name = type(error).__name__
        message = f"the HTTP client failed with {name}{_words(error)}"
        if kind is TimedOut:
            raise TimedOut(message, phase="connect" if name in _CONNECT_PHASE else phase) from error
        failure = kind(message)
        failure.retryable = failure.retryable and not is_disagreement(error)
        raise failure from (None if kind is ConfigurationError else error)  # see `_words`


def _mapping(error: Exception) -> type[Error] | None:
    if isinstance(error, RuntimeError) and "client has been closed" in str(error):
        return ConfigurationError
    for kind in type(error).__mro__:
        if kind.__module__.partition(".")[0] in _LIBRARIES and kind.__name__ in _ERRORS:
            return _ERRORS[kind.__name__]
    return None


def _words(error: Exception) -> str:
    """What the error says, unless it may quote what was sent."""
    if _mapping(error) is ConfigurationError:
        return ""
    return f": {error}" if str(error) else ""


def _check(request: HttpRequest) -> None:
    if request.deadline is not None and monotonic() >= request.deadline:
        raise TimedOut(f"the time for the call to {request.origin} ran out", phase="total")


def _build(client: Any, request: HttpRequest) -> Any:
    url = f"{request.origin}{request.target}"
    return client.build_request(request.method, url, headers=list(request.headers), content=request.body)


class ClientTransport(Borrowed):
    """A synchronous client of the user's."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._client = client

    def open(self, request: HttpRequest) -> ClientReply:
        self._refuse_closed()
        _check(request)
        with _mapped("first_byte"):
            reply = ClientReply(self._client.send(_build(self._client, request), stream=True), request)
        return self._kept(reply)


class ClientReply:
    """A reply that such a client reads."""

    __slots__ = ("__weakref__", "_request", "_response", "headers", "status")

    status: int
    headers: Mapping[str, str]

    def __init__(self, response: Any, request: HttpRequest) -> None:
        self._response = response
        self._request = request
        self.status = response.status_code
        self.headers = dict(response.headers.items())

    def read(self) -> bytes:
        return b"".join(self._pieces())

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:
        decoder = frame_decoder(framing)
        for piece in self._pieces():
            if frames := decoder.feed(piece):
                yield frames
        if frames := decoder.finish():
            yield frames

    def close(self) -> None:
        with suppress(Exception):  # another thread may be reading; it gets the error
            self._response.close()

    def __del__(self) -> None:
        self.close()

    def _pieces(self) -> Iterator[bytes]:
        try:
            with _mapped("between_chunks"):
                for piece in self._response.iter_bytes():
                    _check(self._request)
                    yield piece
        finally:
            self.close()


class AsyncClientTransport(Borrowed):
    """An async client of the user's."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._client = client

    async def open(self, request: HttpRequest) -> AsyncClientReply:
        self._refuse_closed()
        _check(request)
        with _mapped("first_byte"):
            response = await self._client.send(_build(self._client, request), stream=True)
        return self._kept(AsyncClientReply(response, request))


class AsyncClientReply:
    """A reply that such a client reads."""

    __slots__ = ("__weakref__", "_loop", "_request", "_response", "headers", "status")

    status: int
    headers: Mapping[str, str]

    def __init__(self, response: Any, request: HttpRequest) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._response = response
        self._request = request
        self.status = response.status_code
        self.headers = dict(response.headers.items())

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self._pieces()])

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:
        decoder = frame_decoder(framing)
        async for piece in self._pieces():
            if frames := decoder.feed(piece):
                yield frames
        if frames := decoder.finish():
            yield frames

    def close(self) -> None:
        """Closing such a reply takes a task: it is begun here, and done a moment later."""
        if not self._response.is_closed:
            with suppress(RuntimeError):  # the loop is closed, and with it all that was open on it
                self._loop.call_soon_threadsafe(_begin_to_close, self._loop, self._response)

    def __del__(self) -> None:
        self.close()

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            with _mapped("between_chunks"):
                async for piece in self._response.aiter_bytes():
                    _check(self._request)
                    yield piece
        finally:
            self.close()


_closing: set[Any] = set()
"""Tasks at work: a loop itself holds them only weakly."""


def _begin_to_close(loop: Any, response: Any) -> None:
    task = loop.create_task(_close(response))
    _closing.add(task)
    task.add_done_callback(_closing.discard)


async def _close(response: Any) -> None:
    with suppress(Exception):  # another task may be reading; it gets the error
        await response.aclose()
