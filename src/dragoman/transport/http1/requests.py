"""A request as bytes.

What would not arrive as it was meant is refused, never corrected. Callers send the same headers again and again: what
is found out of them is remembered, up to a bound.
"""

from __future__ import annotations

from typing import Final

from dragoman.errors import ConfigurationError
from dragoman.http import HttpRequest

_OURS: Final = frozenset(
    (
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Headers that frame the message or belong to one connection: the transport writes those it needs."""

_CONTROLS: Final = bytes(byte for byte in range(32) if byte != 9) + b"\x7f"
_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_JOINED_BYTES: Final = 64 * 1024
_METHODS: Final = frozenset(("POST", "GET", "DELETE"))
_WITH_BODY: Final = frozenset(("POST", "PUT", "PATCH"))
_MAX_NAMES: Final = 1024
_MAX_HEADS: Final = 64
_names: dict[str, str] = {}


def _head_end(request: HttpRequest) -> bytes:
    body = request.body
    if body or request.method in _WITH_BODY:
        return b"Content-Length: %d\r\n\r\n" % len(body)
    return b"\r\n"


def _head_beginning(request: HttpRequest, *, host: str, prefix: str = "", extra: str = "") -> bytes:
    """The head of `request` but for what says how long its body is.

    `host` is the `Host` header, `prefix` stands before the target (the origin, for a proxy), `extra` holds whole header
    lines of the transport's own. Raises `ConfigurationError`, which never quotes a value, for anything that would not
    arrive as it was meant: control characters, what is not Latin-1, headers that are the transport's.
    """
    method, target = request.method, request.target
    if not ((method in _METHODS or _is_token(method)) and _is_target(target)):
        raise ConfigurationError("the request's method or target holds characters that HTTP does not allow there")
    text = f"{method} {prefix}{target} HTTP/1.1\r\nHost: {host}\r\n{extra}"
    encodings = "Accept-Encoding: gzip, deflate\r\n"
    for name, value in request.headers:
        text += f"{name}: {value}\r\n"
        if (_names.get(name) or _header_name(name)) == "accept-encoding":
            encodings = ""
    text += encodings
    lines = 2 + extra.count("\n") + len(request.headers) + bool(encodings)
    return _encoded(text, lines)


class _Unshown(bytes):
    """Bytes that tracebacks with local variables do not print: a head holds the key."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


def request_pieces(request: HttpRequest, *, host: str, prefix: str = "", extra: str = "") -> tuple[bytes, ...]:
    """Head and body of `request`, in one piece when that is cheaper than sending two."""
    return _pieces(_head_beginning(request, host=host, prefix=prefix, extra=extra), request)


def _pieces(beginning: bytes, request: HttpRequest) -> tuple[bytes, ...]:
    body = request.body
    if body and len(body) <= _JOINED_BYTES:
        return (_Unshown(b"%bContent-Length: %d\r\n\r\n%b" % (beginning, len(body), body)),)
    head = _Unshown(beginning + _head_end(request))
    return (head, body) if body else (head,)


class Heads:
    """The heads of requests that go one way. Where the headers are the same tuple as before, the head is too."""

    __slots__ = ("_extra", "_host", "_known", "_prefix")

    def __init__(self, *, host: str, prefix: str = "", extra: str = "") -> None:
        self._host, self._prefix, self._extra = host, prefix, extra
        self._known: dict[int, tuple[object, str, str, bytes]] = {}  # by the id of the headers, which are held

    def __repr__(self) -> str:
        """Without keys."""
        return f"<Heads for {self._host}>"

    def pieces(self, request: HttpRequest) -> tuple[bytes, ...]:
        """`request_pieces`."""
        headers, known = request.headers, self._known.get(id(request.headers))
        if known is not None and known[0] is headers and known[1] == request.target and known[2] == request.method:
            beginning = known[3]
        else:
            beginning = _head_beginning(request, host=self._host, prefix=self._prefix, extra=self._extra)
            if isinstance(headers, tuple):
                if len(self._known) >= _MAX_HEADS:
                    self._known.clear()
                self._known[id(headers)] = (headers, request.target, request.method, _Unshown(beginning))
        body = request.body
        if body and len(body) <= _JOINED_BYTES:  # `_pieces`, where nearly all requests pass
            return (_Unshown(b"%bContent-Length: %d\r\n\r\n%b" % (beginning, len(body), body)),)
        return _pieces(beginning, request)


def _encoded(text: str, lines: int) -> bytes:
    """`text`, which must have exactly `lines` line ends and no other control character."""
    try:
        head = text.encode("latin-1")
    except UnicodeEncodeError:
        raise ConfigurationError(
            "a header's value holds characters outside Latin-1: HTTP cannot carry them (is it the right key?)"
        ) from None  # the cause would quote the value
    if len(head.translate(None, _CONTROLS)) != len(head) - 2 * lines:
        raise ConfigurationError(
            "a header's value holds a line break, a NUL or another control character: HTTP forbids them"
            " (a key read from a file often ends in a line break)"
        )
    return head


def _header_name(name: str) -> str:
    """The name in lower case, remembered. Raises `ConfigurationError` for a name that may not be sent."""
    lower = name.lower()
    if not _is_token(name):
        raise ConfigurationError("a header's name is empty or holds characters that HTTP does not allow there")
    if lower in _OURS:
        raise ConfigurationError(f"the header `{lower}` is written by the transport and cannot be given")
    if len(_names) < _MAX_NAMES:  # callers could make names up without end
        _names[name] = lower
    return lower


def _is_token(text: str) -> bool:
    return bool(text) and _TOKEN.issuperset(text)


def _is_target(target: str) -> bool:
    return target.startswith("/") and target.isascii() and target.isprintable() and " " not in target
