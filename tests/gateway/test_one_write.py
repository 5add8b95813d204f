"""A reply's head goes out with the beginning of its body, where that is there; and never later than it would."""

from __future__ import annotations

import asyncio

import pytest

from dragoman.gateway.one_write import OneWrite

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Recorded:
    """A transport that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def close(self) -> None:
        self.told.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.told


@pytest.mark.parametrize(
    ("writes", "told"),
    [
        ([HEAD, b"{}"], [HEAD + b"{}"]),
        ([HEAD, b"a", b"b"], [HEAD + b"a", b"b"]),
        ([HEAD, None, b"a"], [HEAD, b"a"]),
        ([HEAD, None], [HEAD]),
        ([HEAD, "close"], [HEAD, "closed"]),
        ([HEAD, b"{}", "close"], [HEAD + b"{}", "closed"]),
        (["close"], ["closed"]),
        ([CONTINUE, HEAD, b"{}"], [CONTINUE, HEAD + b"{}"]),
        ([CONTINUE, None, HEAD, None, b"{}"], [CONTINUE, HEAD, b"{}"]),
        ([HEAD, b""], [HEAD]),
    ],
)
def test_what_is_written_together(writes: list[bytes | str | None], told: list[bytes | str]) -> None:
    """`None` is the end of a turn of the event loop."""

    async def scene() -> list[bytes | str]:
        transport = Recorded()
        reply = OneWrite(transport, asyncio.get_running_loop())
        for each in writes:
            if each is None:
                await asyncio.sleep(0)
            elif each == "close":
                reply.close()
            else:
                reply.write(each)
        assert reply.is_closing() == ("close" in writes)
        await asyncio.sleep(0)
        return transport.told

    assert asyncio.run(scene()) == told
