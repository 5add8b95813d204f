"""A parser of one reply.

Syntax is checked by llhttp (through `httptools`, in its strict mode); what the syntax means is decided here, by the
rules of RFC 9112 §6.3: where a body ends, and whether the connection may carry another request. Anything a sender and
a reader could understand differently is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from dragoman.errors import ConnectionLost
from dragoman.transport.chunks import ChunkedBody

MAX_HEAD_BYTES: Final = 64 * 1024
"""The longest head read, interim (1xx) heads before it included; also the most framing between two pieces of a body."""

MAX_HEADERS: Final = 256

_MAX_LINES: Final = 512
_LONGEST_LINE: Final = 128
_lines: dict[str, tuple[str, str]] = {}

_HEAD, _NONE, _LENGTH, _CHUNKED, _UNTIL_CLOSE = range(5)


class _Silent:
    """For llhttp when only its judgement is wanted."""

    on_message_begin = on_header = on_headers_complete = on_body = on_message_complete = None
    on_chunk_header = on_chunk_complete = on_status = None


_SILENT: Final = _Silent()


class ReplyParser:
    """Reads one reply from the bytes of a connection, in whatever pieces they come.

    Attributes:
        status: The status, 0 until the head is whole.
        headers: Names in lower case, repeated ones joined by `, `.
        pieces: Body bytes not yet taken, still content-encoded.
        buffered: How many bytes of the connection `pieces` stand for.
        between_chunks: Whether a chunk of the body has just ended, so that another may be taken past this parser.
        started: Whether any byte has come.
        complete: Whether the whole reply has come.
        failure: A fault that was put off.
        reusable: Whether the connection may carry another request after it.
    """

    __slots__ = (
        "_bodiless",
        "_chunks",
        "_framing_bytes",
        "_held",
        "_left",
        "_llhttp",
        "_mode",
        "_seen",
        "_tail",
        "between_chunks",
        "buffered",
        "complete",
        "failure",
        "headers",
        "pieces",
        "reusable",
        "started",
        "status",
    )

    def __init__(self, method: str = "POST") -> None:
        self._bodiless = method in ("HEAD", "CONNECT")
        self._held = bytearray()
        self._seen = 0
        self._mode = _HEAD
        self.failure: ConnectionLost | None = None
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.pieces: list[bytes] = []
        self.buffered = 0
        self.between_chunks = False
        self.started = False
        self.complete = False
        self.reusable = True

    def feed(self, data: bytes) -> None:
        """Take what the connection gave. Raises `ConnectionLost` when it is not HTTP/1.1 that all read alike.

        A fault that comes together with good pieces of a body is raised only by the next `feed`, `end` or `check`.
        """
        if self.failure is not None:
            raise self.failure
        if not self.status:
            self.started = True
            data = self._feed_head(data)
        if not data:
            return
        if self._mode != _CHUNKED or self.complete:
            self._feed_body(data)
            return
        pieces = self.pieces
        before = len(pieces)
        try:
            self._llhttp.feed_data(data)
        except HttpParserError as error:
            self._fail_chunked(data, error)
            return
        size = len(data)
        self.buffered += size
        if self._chunks.end is not None:
            self._end_chunked(data, None)
            return
        self._tail = data if size > 5 else self._tail[-6:] + data
        if len(pieces) != before:
            self._framing_bytes = 0
            self.between_chunks = bool(self._chunks.whole) and data.endswith(b"\r\n")
        else:
            self.between_chunks = False
            self._framing_bytes += size
            if self._framing_bytes > MAX_HEAD_BYTES:
                raise _broken(f"more than {MAX_HEAD_BYTES} bytes came between two pieces of its body")

    def check(self) -> None:
        """Raises `ConnectionLost` for a fault that was put off."""
        if self.failure is not None:
            raise self.failure

    def end(self) -> None:
        """The peer has closed. Raises `ConnectionLost` when the reply is not whole."""
        self.check()
        self.reusable = False
        if self._mode == _UNTIL_CLOSE:
            self.complete = True
        if self.complete:
            return
        if not self.started:
            raise ConnectionLost("the connection was closed before any answer came")
        if not self.status:
            raise ConnectionLost("the connection was closed in the middle of the answer's head")
        missing = f": {self._left} bytes are missing" if self._mode == _LENGTH else ""
        raise ConnectionLost(f"the connection was closed in the middle of the answer's body{missing}")

    def take(self) -> bytes:
        """The body bytes that have come since the last time, as one piece."""
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.buffered = 0
        return data

    def _feed_head(self, data: bytes) -> bytes:
        """Read heads up to the one that is no interim. What comes after it is returned."""
        while True:
            held, searched = self._held, 0
            if held:
                searched = max(len(held) - 3, 0)
                held += data
            end = (held or data).find(b"\r\n\r\n", searched) + 4
            if end == 3:
                self._held = held or bytearray(data)
                _check_beginning(self._held, self._seen, searched)
                return b""
            head, data = (bytes(held[:end]), bytes(held[end:])) if held else (data[:end], data[end:])
            held.clear()
            self._seen += end
            if self._seen > MAX_HEAD_BYTES or head[:7] != b"HTTP/1.":
                _check_beginning(head, self._seen - end)
            if self._read_head(head):
                return data

    def _read_head(self, head: bytes) -> bool:
        """Whether it is the answer's own head, and no interim one."""
        try:
            HttpResponseParser(_SILENT).feed_data(head)
        except HttpParserUpgrade:
            raise _broken("it changes to another protocol, which nobody asked for") from None
        except HttpParserError as error:
            raise _broken(str(error)) from None
        status, headers = _parse_head(head)
        if 100 <= status < 200 and status != 101:
            return False
        if not 200 <= status <= 999:
            raise _broken(f"status {status:03} answers nothing that was asked")
        self.status, self.headers = status, headers
        self._choose_framing(head)
        return True

    def _choose_framing(self, head: bytes) -> None:
        """Where the body ends (RFC 9112 §6.3) and whether the connection lives on (§9.3)."""
        headers, current = self.headers, head.startswith(b"HTTP/1.1")
        connection = headers.get("connection", "").lower()
        self.reusable = "close" not in connection and (current or "keep-alive" in connection)
        codings = headers.get("transfer-encoding")
        if codings is not None and codings.lower() != "chunked":
            raise _broken("its transfer coding is not `chunked`")
        if self._bodiless or self.status in (204, 304):
            self._mode, self.complete = _NONE, True
            self.reusable = self.reusable and not self._bodiless  # a peer that sends a body all the same is not noticed
        elif codings is not None:
            self._mode, self._chunks = _CHUNKED, ChunkedBody(self.pieces)
            self._llhttp = HttpResponseParser(self._chunks)
            self._llhttp.feed_data(head)
            self._tail, self._framing_bytes = b"", 0
            self.reusable = self.reusable and current  # RFC 9112 §6.1: chunked means nothing to HTTP/1.0
        elif "content-length" in headers:
            self._mode, self._left = _LENGTH, int(headers["content-length"])
            self.complete = self._left == 0
        else:
            self._mode, self.reusable = _UNTIL_CLOSE, False

    def _feed_body(self, data: bytes) -> None:
        """What comes when the body is not chunked, or over."""
        if self.complete:
            self.reusable = False
            return
        if self._mode == _LENGTH:
            self._left -= len(data)
            if self._left < 0:
                self.reusable = False
                data = data[: self._left]
            self.complete = self._left <= 0
        self.pieces.append(data)
        self.buffered += len(data)

    def _fail_chunked(self, data: bytes, error: HttpParserError) -> None:
        self.buffered += len(data)
        if self._chunks.end is not None:
            self._end_chunked(data, error)
            return
        self.reusable, self.failure = False, _broken(str(error))
        if not self.pieces:
            raise self.failure

    def _end_chunked(self, data: bytes, failure: HttpParserError | None) -> None:
        self.complete = True
        del self.pieces[self._chunks.end :]
        tail = (self._tail[-6:] + data[-6:])[-6:]
        # llhttp skips line breaks after a message without a word: they show in the last bytes only.
        exact = tail.endswith(b"\r\n\r\n") and not tail.endswith(b"\n\r\n\r\n")
        self.reusable = self.reusable and exact and failure is None and not self._chunks.excess


def _check_beginning(data: bytes | bytearray, seen: int, searched: int = 0) -> None:
    """Refuse at once what will never be a head: a peer may say something else and wait.

    `seen` bytes of heads came before `data`; its lines have been looked at up to `searched`.
    """
    if not data.startswith(b"HTTP/1."[: len(data)]):
        if data.startswith(b"\x15\x03"[: len(data)]):
            raise _broken("it speaks TLS; is the address `https://`?")
        raise _broken("it does not begin with `HTTP/1.`")
    if seen + len(data) > MAX_HEAD_BYTES:
        raise _broken(f"its head is longer than {MAX_HEAD_BYTES} bytes")
    if data.find(b"\n\n", searched) >= 0:
        raise _broken("its lines do not end in CR LF")


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers of a head whose syntax llhttp has checked: no folded lines, no stray CR or LF, no bad name."""
    lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines[1:-2]:
        name, value = _lines.get(line) or _parse_line(line)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if len(lines) - 3 > MAX_HEADERS:
        raise _broken(f"it has more than {MAX_HEADERS} headers")
    return int(lines[0][9:12]), headers


def _parse_line(line: str) -> tuple[str, str]:
    """Name and value of a header. Most lines of an answer are those of the one before: they are remembered."""
    name, _, value = line.partition(":")
    parsed = name.lower(), value.strip(" \t")
    if len(line) <= _LONGEST_LINE:
        if len(_lines) >= _MAX_LINES:
            _lines.clear()
        _lines[line] = parsed
    return parsed


def _broken(why: str) -> ConnectionLost:
    return ConnectionLost(f"the answer is not proper HTTP/1.1: {why}")
