"""A value from pieces of its JSON, without a call: `Partial[T].model_from_chunks`."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

from dragoman.structured.output import output_type
from dragoman.structured.partial.nodes import NOTHING
from dragoman.structured.partial.reader import Reader
from dragoman.structured.partial.shapes import shape_of


class _Chunks:
    """The pieces so far."""

    def __init__(self, wanted: Any) -> None:
        self._output = output_type(wanted)
        self._shape = shape_of(wanted)
        self._reader = Reader(self._shape)
        self._pieces: list[bytes] = []

    def after(self, chunk: str | bytes) -> Any:
        """The value after one more. Raises `pydantic.ValidationError` when it is whole and does not fit."""
        self._pieces.append(chunk.encode() if isinstance(chunk, str) else chunk)
        self._reader.feed(chunk)
        if self._reader.whole:
            return self._output.parse(b"".join(self._pieces).decode())
        shown = self._reader.show()
        return self._shape.object({}, whole=False) if shown is NOTHING else shown


def from_chunks(wanted: Any, chunks: Iterable[str | bytes]) -> Iterator[Any]:
    so_far = _Chunks(wanted)
    for chunk in chunks:
        yield so_far.after(chunk)


async def from_chunks_async(wanted: Any, chunks: AsyncIterable[str | bytes]) -> AsyncIterator[Any]:
    """`from_chunks`, awaited."""
    so_far = _Chunks(wanted)
    async for chunk in chunks:
        yield so_far.after(chunk)
