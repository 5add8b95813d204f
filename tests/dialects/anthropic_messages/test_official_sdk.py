"""The official SDK reads what our server half writes: every recorded answer, written by us, over a real socket.

Works with the 0.x and the 2.x generation of `anthropic`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dragoman.dialects.anthropic_messages import DIALECT
from dragoman.errors import ContextTooLong, Error, Overloaded, RateLimited, Rejected, Unauthorized
from dragoman.messages import Assembler, LLMResponse, Request, encode_json, events_of
from dragoman.transport.framing import SseDecoder, encode_sse
from tests.conformance.corpus import Exchange, exchanges

anthropic = pytest.importorskip("anthropic")

pytestmark = [
    pytest.mark.clients,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK says so of models that have an end of life
]

ANSWERS = [exchange for exchange in exchanges("anthropic_messages") if exchange.response["status"] == 200]
PLAIN = Request(model="claude-sonnet-4-5")
ASK: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


class Server(ThreadingHTTPServer):
    """Answers every request with `reply`: a status, a content type and a body."""

    reply: tuple[int, str, bytes] = (200, "application/json", b"{}")


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        status, kind, body = self.server.reply
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Any]:
    with anthropic.Anthropic(
        api_key="test", base_url=f"http://127.0.0.1:{server.server_port}", max_retries=0
    ) as client:
        yield client


def answered(exchange: Exchange) -> LLMResponse:
    if not exchange.streamed:
        return DIALECT.decode_response(exchange.response["body"])
    decoder, framing, assembler = DIALECT.stream_decoder(), SseDecoder(), Assembler()
    for frame in framing.feed(exchange.body):
        for event in decoder.feed(*frame):
            assembler.add(event)
    return assembler.response()


def whole(response: LLMResponse) -> bytes:
    return encode_json(DIALECT.encode_response(response, PLAIN).wire)


def streamed(response: LLMResponse) -> bytes:
    encoder = DIALECT.stream_encoder(PLAIN)
    return b"".join(encode_sse(frame) for event in events_of(response) for frame in encoder.feed(event))


def understood(message: Any) -> dict[str, Any]:
    return {
        "id": message.id,
        "model": message.model,
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "calls": [(b.id, b.name, b.input) for b in message.content if b.type == "tool_use"],
        "thinking": [b.signature for b in message.content if b.type == "thinking"],
        "blocks": [block.type for block in message.content],
        "citations": sum(len(b.citations or ()) for b in message.content if b.type == "text"),
        "stop": (message.stop_reason, message.stop_sequence),
        "usage": (message.usage.input_tokens, message.usage.output_tokens, message.usage.cache_read_input_tokens),
    }


def meant(response: LLMResponse) -> dict[str, Any]:
    wire = DIALECT.encode_response(response, PLAIN).wire
    content, usage = wire["content"], wire["usage"]
    return {
        "id": response.id,
        "model": response.model,
        "text": response.content,
        "calls": [(call.id, call.name, call.arguments) for call in response.tool_calls],
        "thinking": [block["signature"] for block in content if block["type"] == "thinking"],
        "blocks": [block["type"] for block in content],
        "citations": len(response.citations),
        "stop": (response.raw_finish_reason, response.stop_sequence),
        "usage": (usage["input_tokens"], usage["output_tokens"], usage.get("cache_read_input_tokens")),
    }


@pytest.mark.parametrize("exchange", ANSWERS, ids=lambda exchange: exchange.id)
def test_answers(exchange: Exchange, server: Server, client: Any) -> None:
    response = answered(exchange)
    server.reply = (200, "application/json", whole(response))
    assert understood(client.messages.create(**ASK)) == meant(response)
    server.reply = (200, "text/event-stream; charset=utf-8", streamed(response))
    with client.messages.stream(**ASK) as stream:
        said = "".join(stream.text_stream)
        assert said == response.content
        assert understood(stream.get_final_message()) == meant(response)


ERRORS: list[tuple[Error, set[str]]] = [
    (Rejected("messages: Field required", http_status=400), {"BadRequestError"}),
    (ContextTooLong("too many tokens", http_status=400), {"BadRequestError"}),
    (Unauthorized("invalid key", http_status=401), {"AuthenticationError"}),
    (RateLimited("slow down", http_status=429), {"RateLimitError"}),
    (Overloaded("busy", http_status=503), {"OverloadedError", "InternalServerError"}),  # 2.x, 0.x
]


@pytest.mark.parametrize(("error", "names"), ERRORS, ids=lambda value: str(value)[:20])
def test_errors(error: Error, names: set[str], server: Server, client: Any) -> None:
    status, wire = DIALECT.encode_error(error)
    server.reply = (status, "application/json", encode_json(wire))
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.create(**ASK)
    assert type(caught.value).__name__ in names
    assert wire["error"]["message"] in str(caught.value)


def test_a_failure_inside_a_stream(server: Server, client: Any) -> None:
    encoder = DIALECT.stream_encoder(PLAIN)
    frames = [frame for event in list(events_of(LLMResponse("Hello")))[:2] for frame in encoder.feed(event)]
    body = b"".join(map(encode_sse, frames + encoder.fail(Overloaded("busy"))))
    server.reply = (200, "text/event-stream; charset=utf-8", body)
    with client.messages.stream(**ASK) as stream, pytest.raises(anthropic.APIError, match="busy"):
        stream.get_final_message()
