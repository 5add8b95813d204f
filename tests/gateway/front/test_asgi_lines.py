"""A line by ASGI, whose server is somebody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dragoman import Rejected
from dragoman.gateway.asgi import AsgiLine
from dragoman.gateway.lines import CLOSE, BodyLimits, Message

SCOPE: dict[str, Any] = {"method": "POST", "path": "/v1/chat/completions", "query_string": b"", "headers": []}


async def never() -> Message:
    return await asyncio.get_running_loop().create_future()


def test_who_announces_a_body_and_sends_none_is_not_waited_for() -> None:
    async def read() -> bytes:
        line = AsgiLine(SCOPE, never, lambda _: asyncio.sleep(0))
        return await asyncio.wait_for(line.read(BodyLimits(size=10, seconds=0.01)), timeout=20)

    with pytest.raises(Rejected, match="did not come within"):
        asyncio.run(read())


def test_a_refusal_is_said_at_once_though_its_sender_has_not_ended() -> None:
    """Until it is said the call is open, and there may be but so many."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def refuse() -> None:
        line = AsgiLine(SCOPE, never, send)
        await asyncio.wait_for(line.reply(401, [CLOSE], b"no"), timeout=5)

    asyncio.run(refuse())
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
