"""A stand-in for the providers that costs as little as it can: every answer is made once and sent as bytes.

    python -m bench.upstream        binds a free port of 127.0.0.1 and prints it

It speaks OpenAI chat completions and Anthropic messages, whole and streamed, in the shapes the providers send
(platform.openai.com/docs/api-reference/chat, docs.anthropic.com/en/api/messages; read 2026-11-20). Each event of a
stream is an HTTP chunk of its own, as theirs are.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httptools
import uvloop

from bench import work

CHUNK: dict[str, Any] = {
    "id": "chatcmpl-BsxHmVd0mJ1gJ3pQ0Xk7mock",
    "object": "chat.completion.chunk",
    "created": 1752345678,
    "model": work.OPENAI_SERVED,
    "service_tier": "default",
    "system_fingerprint": "fp_34a54ae93c",
}
CHAT_USAGE = {
    "prompt_tokens": work.INPUT_TOKENS,
    "completion_tokens": work.OUTPUT_TOKENS,
    "total_tokens": work.INPUT_TOKENS + work.OUTPUT_TOKENS,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
MESSAGE: dict[str, Any] = {
    "id": "msg_01XFDUDYJgAACzvnptvVmock",
    "type": "message",
    "role": "assistant",
    "model": work.ANTHROPIC_MODEL,
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
}
MESSAGES_USAGE = {
    "input_tokens": work.INPUT_TOKENS,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": work.OUTPUT_TOKENS,
    "service_tier": "standard",
}
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 00:00:00 GMT\r\nServer: upstream\r\nx-request-id: req_1\r\n"


def chat_completion() -> dict[str, Any]:
    message = {"role": "assistant", "content": work.TEXT, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**CHUNK, "object": "chat.completion", "choices": [choice], "usage": CHAT_USAGE}


def chat_chunks(texts: list[str]) -> list[bytes]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [{"content": text} for text in texts]
    return chunks_of(deltas, "stop")


def chunks_of(deltas: list[dict[str, Any]], finish_reason: str) -> list[bytes]:
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "logprobs": None, "finish_reason": finish_reason})
    chunks = [{**CHUNK, "choices": [choice], "usage": None} for choice in choices]
    chunks.append({**CHUNK, "choices": [], "usage": CHAT_USAGE})
    return [*(b"data: %b\n\n" % dump(chunk) for chunk in chunks), b"data: [DONE]\n\n"]


def tool_completion(name: str, events: int) -> dict[str, Any]:
    """An answer that calls the tool it was given."""
    function = {"name": name, "arguments": json.dumps(work.value(events))}
    call = {"id": "call_mock", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
    return {**CHUNK, "object": "chat.completion", "choices": [choice], "usage": CHAT_USAGE}


def tool_chunks(name: str, events: int) -> list[bytes]:
    begun = {"index": 0, "id": "call_mock", "type": "function", "function": {"name": name, "arguments": ""}}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": [begun]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in work.value_pieces(events)]
    return chunks_of(deltas, "tool_calls")


def message() -> dict[str, Any]:
    text = {"type": "text", "text": work.TEXT}
    return {**MESSAGE, "content": [text], "stop_reason": "end_turn", "usage": MESSAGES_USAGE}


def message_events(texts: list[str]) -> list[bytes]:
    start = {**MESSAGE, "usage": {**MESSAGES_USAGE, "output_tokens": 1}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
    ]
    deltas = [{"type": "text_delta", "text": text} for text in texts]
    events += [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": {"output_tokens": work.OUTPUT_TOKENS}},
        {"type": "message_stop"},
    ]
    return [b"event: %b\ndata: %b\n\n" % (event["type"].encode(), dump(event)) for event in events]


DIALECTS = {
    "/chat/completions": (chat_completion, chat_chunks),
    "/messages": (message, message_events),
}
"""How a path ends → the whole answer, and the events of a streamed one."""


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def answer(path: str, body: bytes) -> list[bytes]:
    """What to write, in order: one write, or one for each event when they are paced."""
    dialect = next((DIALECTS[end] for end in DIALECTS if path.endswith(end)), None)
    if dialect is None:
        return [NOT_FOUND]
    whole, streamed = dialect
    events, paced = work.asked_for(body)
    asked = json.loads(body)
    tool = asked["tools"][0]["function"]["name"] if asked.get("tools") else None
    if not asked.get("stream"):
        content = dump(whole() if tool is None else tool_completion(tool, events))
        return [HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)]
    head = HEAD + b"Content-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = streamed(work.pieces(events)) if tool is None else tool_chunks(tool, events)
    chunks = [b"%x\r\n%b\r\n" % (len(event), event) for event in sent]
    writes = [head, *chunks, b"0\r\n\r\n"]
    return writes if paced else [b"".join(writes)]


class Connection(asyncio.Protocol):
    """One client's connection: a request at a time, each answered from the store."""

    answers: dict[tuple[bytes, bytes], list[bytes]] = {}  # noqa: RUF012  # shared by all connections on purpose

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.path, self.body = b"", b""

    def on_url(self, url: bytes) -> None:
        self.path += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        asked = (self.path.partition(b"?")[0], self.body)
        writes = self.answers.get(asked)
        if writes is None:
            writes = self.answers[asked] = answer(asked[0].decode(), asked[1])
        self.send(writes)

    def send(self, writes: list[bytes], position: int = 0) -> None:
        if self.transport.is_closing():  # some clients hang up at the last event, before the body's end
            return
        self.transport.write(writes[position])
        if position + 1 < len(writes):
            asyncio.get_running_loop().call_later(0.001, self.send, writes, position + 1)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
