"""Who answers and who asks: the two sides of the matrix, and what a caller's own decoder makes of what it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx

from dragoman.dialects import get_dialect
from dragoman.errors import DecodeError, Error, ProviderError, StreamInterrupted
from dragoman.http import Frame
from dragoman.messages import Event, Finish, Text, ToolCall
from dragoman.testing import Emulator
from dragoman.transport.framing import frame_decoder
from tests.gateway.front.dialects import BY_NAME, Surface
from tests.gateway.front.running import UPSTREAMS, config_for

CALLERS = ["openai_chat", "openai_responses", "anthropic_messages", "gemini"]
"""The dialects that callers speak here."""

ANSWERERS = {
    "openai_chat": "up-openai",
    "openai_responses": "up-responses",
    "anthropic_messages": "up-anthropic",
    "gemini": "up-gemini",
    "ollama": "up-ollama",
}
"""The dialects that answer, and the public name of a model of each."""

TEXT = "Rivers run downhill, as a rule."
PARTS = (Text(TEXT), ToolCall(id="call_1", name="look", arguments={"where": "down"}))


def matrix_config(emulator: Emulator, **sections: Any) -> dict[str, Any]:
    """A gateway to all of them."""
    config = config_for(emulator, **sections)
    responses = {"model": UPSTREAMS["up-openai"], "client": {"dialect": "openai_responses"}}
    return {**config, "models": {**config["models"], "up-responses": responses}}


class Told(NamedTuple):
    """What a caller made of an answer: its text, how often it ended well, and the error, if it was told of one."""

    status: int
    text: str
    finishes: int
    error: Error | None

    @property
    def is_whole(self) -> bool:
        return self.finishes == 1 and self.error is None

    @property
    def is_failed(self) -> bool:
        """An error of the provider's or the gateway's: not one that the caller had to find out by itself."""
        return self.finishes == 0 and type(self.error) not in _FOUND_OUT and isinstance(self.error, ProviderError)


_FOUND_OUT = {DecodeError, StreamInterrupted, type(None)}
"""What a decoder raises that was sent nonsense, or no end."""


_AFTER_ERROR = {"openai_responses": ["response.failed"]}
"""What comes after an error, by dialect: OpenAI's clients raise at `error`, others wait for the end."""


def asked(client: httpx.Client, caller: str, answerer: str, *, stream: bool = True) -> Told:
    """What `caller` is told when it asks `answerer`."""
    surface, model = BY_NAME[caller], ANSWERERS[answerer]
    reply = client.post(surface.path(model, stream), json=surface.body(model, "Why?", stream))
    if reply.status_code != 200:
        return _refused(surface, reply)
    return _streamed(surface, reply) if stream else _whole(surface, reply)


def _refused(surface: Surface, reply: httpx.Response) -> Told:
    assert reply.headers["content-type"] == "application/json"
    assert surface.refused(reply.json())
    error = get_dialect(surface.name).decode_error(reply.status_code, reply.headers, reply.content)
    return Told(reply.status_code, "", 0, error)


def _whole(surface: Surface, reply: httpx.Response) -> Told:
    try:
        response = get_dialect(surface.name).decode_response(reply.json())
    except Error as error:
        return Told(200, "", 0, error)
    return Told(200, response.content, 1, None)


def _streamed(surface: Surface, reply: httpx.Response) -> Told:
    frames = frame_decoder("sse")
    return read(surface.name, [*frames.feed(reply.content), *frames.finish()])


def read(dialect: str, frames: Sequence[Frame]) -> Told:
    """A stream as a client of the dialect reads it. After its end, good or bad, there is nothing more."""
    decoder = get_dialect(dialect).stream_decoder()
    events: list[Event] = []
    error: Error | None = None
    left = list(frames)
    try:
        while left:
            events += decoder.feed(*left.pop(0))
        events += decoder.finish()
    except Error as raised:
        error = raised
        assert not left or [name for name, _ in left] == _AFTER_ERROR.get(dialect), left
    finishes = [isinstance(event, Finish) for event in events]
    return Told(200, "".join(event.content for event in events), 0 if error else sum(finishes), error)
