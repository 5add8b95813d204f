"""Bodies in chunks (RFC 9112 §7.1), as llhttp tells of them; and chunks that are told by their length alone."""

from __future__ import annotations

from functools import lru_cache, partial


class ChunkedBody:
    """What llhttp calls for a body in chunks. It knows no parser, so that nothing refers in a circle.

    Attributes:
        end: How many pieces there were when the message ended; what comes after is not ours.
        excess: Whether another message has begun after it.
        whole: Not empty from the end of a chunk to the beginning of the next.
    """

    __slots__ = ("end", "excess", "on_body", "on_chunk_complete", "on_chunk_header", "pieces", "whole")

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.on_body = pieces.append
        self.whole: list[bool] = []
        self.on_chunk_header = self.whole.clear
        self.on_chunk_complete = partial(self.whole.append, True)
        self.end: int | None = None
        self.excess = False

    def on_message_begin(self) -> None:
        self.excess = self.end is not None

    def on_message_complete(self) -> None:
        if self.end is None:
            self.end = len(self.pieces)


@lru_cache(maxsize=4096)
def chunk_heads(size: int) -> tuple[bytes, ...]:
    """What so many bytes begin with if they are one chunk with a body, in both ways of writing its length; else `()`.

    Bytes behind the end of a chunk that begin so and end in CR LF are such a chunk, whatever stands in it. Zeros
    before the length and extensions behind it are for llhttp to read.
    """
    for digits in range(1, 9):
        length = size - digits - 4
        head = b"%x\r\n" % max(length, 0)
        if length > 0 and len(head) == digits + 2:
            return head, head.upper()
    return ()
