"""What passes between those who decide and those who do: an HTTP request out, a reply in.

Dialects and transports do not know each other; flows and drivers join them with these types. A transport has two faces
with the same names: `Transport` blocks the calling thread, `AsyncTransport` is awaited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from msgspec import Struct

Frame: TypeAlias = tuple[str, bytes]
"""One item of a streamed body: the event's name (`""` when it has none) and its data, usually JSON.

In an AWS event stream the name is the `:event-type`. A frame that is no event says so before the colon of its name:
`exception:NAME` (the `:exception-type`, its data the payload) or `error:CODE` (the `:error-code`, its data the payload
or, when that is empty, `{"message": …}` with the `:error-message`). They reach the dialect's decoder like any other.
"""

Tap: TypeAlias = Callable[[bytes], bool]
"""Is offered each piece of a body before it is cut into frames, where it begins and ends as they do, in the turn of the
event loop that has read it. Whether it took the piece: nobody else sees it then, and nobody is woken for it."""

Framing: TypeAlias = Literal["sse", "ndjson", "aws_event_stream"]
"""How a streamed body is cut into frames."""


class Timeouts(Struct, frozen=True, kw_only=True):
    """Limits in seconds; `None` is no limit.

    Attributes:
        connect: To have a connection: name, TCP, proxy and TLS together.
        first_byte: From the end of the request to the head of the reply.
        between_chunks: Between two pieces of the body.
        total: For the whole call: all attempts, pauses and the body.
    """

    connect: float | None = 10.0
    first_byte: float | None = None
    between_chunks: float | None = None
    total: float | None = 600.0


class Origin(Struct, frozen=True):
    """Where connections go: `Origin("https", "api.openai.com", 443)`."""

    scheme: Literal["http", "https"]
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """`host:port` as the `Host` header wants it: the default port left out, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


class HttpRequest(Struct, frozen=True, kw_only=True):
    """One HTTP request.

    `target` is path and query. `Host`, `Content-Length` and `Connection` are the transport's, not in `headers`.
    `deadline` is a `time.monotonic()` value after which the call has no more time. `once`: it is not sent again by
    itself where a kept connection dies before any answer, for what it costs is counted before it is sent.
    """

    origin: Origin
    target: str
    method: str = "POST"
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    timeouts: Timeouts = Timeouts()
    deadline: float | None = None
    once: bool = False

    def __repr__(self) -> str:
        """Without header values, query and body: they hold keys and prompts."""
        return f"<HttpRequest {self.method} {self.origin}{self.target.partition('?')[0]} {len(self.body)} bytes>"


class Reply(Protocol):
    """An answer whose body has not been read. `headers` has lower-case names; repeated ones are joined by `, `."""

    status: int
    headers: Mapping[str, str]

    def read(self) -> bytes:
        """The whole body; afterwards the connection is free for others."""
        ...

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:
        """The body as frames, a list for each piece that arrives."""
        ...

    def close(self) -> None:
        """Free the connection now, whatever the state; callable from any thread, more than once."""
        ...


class AsyncReply(Protocol):
    """`Reply`, awaited. `close` is synchronous here too.

    One may have a method `at_hand`, which gives what `read` would, if that can be done without waiting; else `None`.
    """

    status: int
    headers: Mapping[str, str]

    async def read(self) -> bytes: ...

    def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:
        """As there. What is returned may have a method `tap`, which takes a `Tap`."""
        ...

    def close(self) -> None: ...


class Transport(Protocol):
    """Sends requests for threads."""

    def open(self, request: HttpRequest) -> Reply:
        """Send `request` and wait for the head of its reply.

        Raises `ConnectFailed`, `TimedOut` or `ConnectionLost`, never a foreign exception.
        """
        ...

    def release(self) -> None:
        """Give back what nobody is using now. Calls in progress go on, and the next one works as the first did."""
        ...

    def close(self) -> None:
        """Give back what this user of the transport holds. Calls in progress end with an error."""
        ...


class AsyncTransport(Protocol):
    """Sends requests for tasks, on whichever event loop is running."""

    def open(self, request: HttpRequest) -> Coroutine[Any, Any, AsyncReply]: ...

    def release(self) -> None: ...

    def close(self) -> None: ...
