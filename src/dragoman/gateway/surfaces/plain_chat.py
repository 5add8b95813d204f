"""The small API of the application in seed 003 (S3.10): messages in, `content`, `model` and `usage` out.

    POST /v1/chat    {"messages": [{"role", "content"}], "model", "stream", "temperature"}

A stream is one event a piece of text, its data the text itself (a text of several lines is several `data:` lines, which
every SSE client joins again), then `[DONE]`. With `?events=json` each event is `{"content": …}` instead, so that no
text can be taken for the end. An error inside a stream is an event named `error`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dragoman.client.llm_provider import with_total
from dragoman.dialects import Encoded, StreamEncoder, Wire, get_dialect
from dragoman.dialects.serving import Serving
from dragoman.errors import Error
from dragoman.gateway.surfaces.surface import Surface, surface_for
from dragoman.http import Frame, Framing
from dragoman.messages import Event, LLMResponse, Loss, Request, encode_json

DEFAULT_MODEL: Final = "gpt-4o-mini"
DEFAULT_TEMPERATURE: Final = 0.7
"""What the seed's `ChatRequest` has."""

_DONE: Final[Frame] = ("", b"[DONE]")
_CHAT: Final = get_dialect("openai_chat")


def _as_text(text: str) -> bytes:
    """Lines end in LF alone: a CR of the model's would end a line of the stream."""
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")


def _as_json(text: str) -> bytes:
    return encode_json({"content": text})


class PlainStream:
    """Writes a stream."""

    def __init__(self, write: Callable[[str], bytes]) -> None:
        self._write = write

    @property
    def losses(self) -> tuple[Loss, ...]:
        """It says text and nothing else, and promises no more."""
        return ()

    def feed(self, event: Event) -> list[Frame]:
        return [("", self._write(event.content))] if event.content else []

    def finish(self) -> list[Frame]:
        return [_DONE]

    def fail(self, error: Error) -> list[Frame]:
        return [("error", encode_json(_CHAT.encode_error(error)[1]))]


class PlainChat:
    """The serving half of a dialect that nobody else speaks."""

    name: str = "plain_chat"
    framing: Framing = "sse"
    id_prefix: str = "chat-"

    def __init__(self, write: Callable[[str], bytes]) -> None:
        self._write = write

    def decode_request(self, wire: Wire, path: str = "") -> Request:
        """As OpenAI's, with the defaults of the seed: roles and contents that are none are refused as there."""
        return _CHAT.decode_request({"model": DEFAULT_MODEL, "temperature": DEFAULT_TEMPERATURE, **wire}, path)

    def encode_response(self, response: LLMResponse, request: Request) -> Encoded:
        model = response.model or request.model
        return Encoded({"content": response.content, "model": model, "usage": dict(with_total(response).usage)})

    def stream_encoder(self, request: Request) -> StreamEncoder:  # noqa: ARG002  # the same for every request
        return PlainStream(self._write)

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def encode_error(self, error: Error) -> tuple[int, Wire]:
        return _CHAT.encode_error(error)


PLAIN_CHAT: Final[Surface] = surface_for(PlainChat(_as_text), Serving(), forwards=False)
PLAIN_CHAT_IN_JSON: Final[Surface] = surface_for(PlainChat(_as_json), Serving(), forwards=False)
