"""Content codings: gzip and deflate undone piece by piece, within a limit."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final, Protocol

from dragoman.errors import ConnectionLost, DecodeError

_GZIP: Final = 31  # `wbits` of zlib: a gzip member, a zlib stream, a deflate stream without either's wrapping
_ZLIB: Final = 15
_RAW: Final = -15
_STEP: Final = 16 * 1024
"""How much is taken at once: each gzip member in it copies the rest of it, and members can be tiny."""


class ContentDecoder(Protocol):
    """Bytes as sent in, bytes as meant out. One decoder reads one body."""

    def feed(self, data: bytes) -> bytes: ...

    def finish(self) -> None:
        """The body has ended. Raises `ConnectionLost` when it was not whole."""
        ...


class Inflater:
    """gzip (also several members in a row) and deflate (with or without the zlib wrapping: senders disagree)."""

    __slots__ = ("_coding", "_held", "_left", "_limit", "_member", "_whole")

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._limit = self._left = limit
        self._member = zlib.decompressobj(_GZIP)
        self._held = b""
        self._whole = True

    def feed(self, data: bytes) -> bytes:
        """What `data` stands for. Raises `ConnectionLost` for what is corrupt, `DecodeError` above the limit."""
        output: list[bytes] = []
        for start in range(0, len(data), _STEP):
            self._feed(data[start : start + _STEP], output)
        return b"".join(output)

    def finish(self) -> None:
        if self._held or not self._whole:
            raise ConnectionLost(f"the answer's {self._coding} body ended too early")

    def _feed(self, data: bytes, output: list[bytes]) -> None:
        data = self._held + data
        while data:
            if self._whole:
                if self._coding == "deflate" and len(data) < 2:
                    break
                self._member = _member(self._coding, data)
            data = self._inflate(data, output)
            self._whole = self._member.eof
        self._held = data

    def _inflate(self, data: bytes, output: list[bytes]) -> bytes:
        """Inflate up to the end of the member; what comes after it is returned."""
        try:
            piece = self._member.decompress(data, self._left + 1)
        except zlib.error:
            raise ConnectionLost(f"the answer's {self._coding} body is corrupt") from None
        self._left -= len(piece)
        if self._left < 0:
            raise too_large(self._limit)
        output.append(piece)
        return self._member.unused_data


def _member(coding: str, data: bytes) -> zlib._Decompress:  # pyright: ignore[reportPrivateUsage]  # it has no public name
    if coding != "deflate":
        return zlib.decompressobj(_GZIP)
    # RFC 1950 §2.2: the first two bytes of a zlib stream name method 8 and are a multiple of 31.
    wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.decompressobj(_ZLIB if wrapped else _RAW)


def content_decoder(headers: Mapping[str, str], limit: int) -> ContentDecoder | None:
    """What undoes the body's content coding, or `None` when it has none. `limit` is for the bytes that come out.

    Raises `DecodeError` for a coding that was not asked for.
    """
    coding = headers.get("content-encoding", "identity").lower()
    if coding in ("identity", ""):
        return None
    if coding in ("gzip", "x-gzip", "deflate"):
        return Inflater(coding, limit)
    raise _final(
        DecodeError("the answer's body has a content coding other than gzip and deflate, which was not asked for")
    )


def too_large(limit: int) -> DecodeError:
    """The error for a body larger than allowed."""
    return _final(
        DecodeError(
            f"the answer's body is larger than {limit} bytes; raise `max_body_bytes` if that is what you expect"
        )
    )


def _final(error: DecodeError) -> DecodeError:
    error.retryable = False  # the same answer would come again
    return error
