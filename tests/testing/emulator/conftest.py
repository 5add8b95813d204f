"""A running emulator, and two ways to talk to it that are not ours: raw bytes, and `http.client`."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import Assembler, LLMResponse
from dragoman.testing import Emulator
from dragoman.transport.framing import frame_decoder

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
PATHS = {"openai_chat": CHAT, "anthropic_messages": MESSAGES, "mistral": "/mistral/v1/chat/completions"}
"""Those that every test of the emulator is done with."""

SERVED = {
    **PATHS,
    "ollama": "/api/chat",
    "cohere_v2": "/v2/chat",
    "openai_responses": "/v1/responses",
    "gemini": "/v1beta/models/gemini-2.5-flash:generateContent",
    "bedrock_converse": "/model/m/converse",
}
BODIES: dict[str, dict[str, Any]] = {
    "openai_chat": {"model": "gpt-4o-mini", "stream_options": {"include_usage": True}},
    "anthropic_messages": {"model": "claude-sonnet-4-5", "max_tokens": 60_000},
    "mistral": {"model": "gpt-4o-mini"},
    "ollama": {"model": "llama3.1:8b", "stream": False},
    "cohere_v2": {"model": "command-a-03-2025"},
    "openai_responses": {"model": "gpt-4o-mini"},
    "gemini": {},
    "bedrock_converse": {},
}


def _messages(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


TALK: dict[str, Callable[[str], dict[str, Any]]] = {
    "openai_responses": lambda text: {"input": [{"role": "user", "content": text}]},
    "bedrock_converse": lambda text: {"messages": [{"role": "user", "content": [{"text": text}]}]},
    "gemini": lambda text: {"contents": [{"role": "user", "parts": [{"text": text}]}]},
}
"""How the conversation is said, when it is not in `messages`."""


def body(dialect: str, text: str = "Hello", /, **options: Any) -> dict[str, Any]:
    """A request in the dialect's words."""
    wire = {**BODIES[dialect], **TALK.get(dialect, _messages)(text), **options}
    if not wire.get("stream"):
        wire.pop("stream_options", None)
    return wire


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    dialect: str = field(default="openai_chat")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """What went wrong: Mistral says it at the top."""
        return self.json.get("error", self.json)

    @property
    def frames(self) -> list[tuple[str, bytes]]:
        frames = frame_decoder(get_dialect(self.dialect).framing)
        return [*frames.feed(self.body), *frames.finish()]

    def decoded(self) -> LLMResponse:
        """The answer as the dialect's client half reads it, whole or streamed."""
        dialect = get_dialect(self.dialect)
        if "application/json" in self.headers["content-type"]:
            return dialect.decode_response(self.json)
        assembler, decoder = Assembler(), dialect.stream_decoder()
        for frame in self.frames:
            for event in decoder.feed(*frame):
                assembler.add(event)
        for event in decoder.finish():
            assembler.add(event)
        return assembler.response()


class Client:
    """`http.client`, one kept connection."""

    def __init__(self, emulator: Emulator) -> None:
        self.connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10)

    def send(self, method: str, target: str, content: Any = None, **headers: str) -> Answer:
        data = json.dumps(content).encode() if isinstance(content, dict | list) else content
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, data, named)
        with self.connection.getresponse() as reply:
            given = {name.lower(): value for name, value in reply.getheaders()}
            return Answer(reply.status, given, reply.read())

    def post(self, target: str, content: Any, **headers: str) -> Answer:
        return self.send("POST", target, content, **headers)

    def ask(self, dialect: str, text: str = "Hello", *, fault: str | None = None, **options: Any) -> Answer:
        headers = {} if fault is None else {"x_emulator_fault": fault}
        answer = self.post(SERVED[dialect], body(dialect, text, **options), **headers)
        answer.dialect = dialect
        return answer


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=1) as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    client = Client(emulator)
    yield client
    client.connection.close()


class Wire:
    """A raw connection."""

    def __init__(self, emulator: Emulator) -> None:
        self.socket = socket.create_connection((emulator.host, emulator.port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def until(self, mark: bytes, times: int = 1) -> bytes:
        """Everything up to and including `mark` (for the nth time), or to the end of the connection."""
        while self.received.count(mark) < times:
            data = self.socket.recv(65536)
            if not data:
                break
            self.received += data
        start = 0
        for _ in range(times):
            found = self.received.find(mark, start)
            start = len(self.received) if found < 0 else found + len(mark)
        whole, self.received = self.received[:start], self.received[start:]
        return whole

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while data := self.socket.recv(65536):
            self.received += data
        whole, self.received = self.received, b""
        return whole

    def reply(self) -> tuple[int, dict[str, str], bytes]:
        """One reply with a `content-length`."""
        head = self.until(b"\r\n\r\n").decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        while len(self.received) < int(headers.get("content-length", 0)):
            self.received += self.socket.recv(65536)
        size = int(headers.get("content-length", 0))
        content, self.received = self.received[:size], self.received[size:]
        return int(head[0].split()[1]), headers, content


@pytest.fixture
def wire(emulator: Emulator) -> Iterator[Callable[[], Wire]]:
    opened: list[Wire] = []

    def connect() -> Wire:
        opened.append(Wire(emulator))
        return opened[-1]

    yield connect
    for each in opened:
        each.socket.close()


def raw_request(path: str, content: Any, *, version: str = "1.1", **headers: str) -> bytes:
    """A request as bytes."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {"host": "x", "content-length": str(len(data)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"POST {path} HTTP/{version}\r\n{lines}\r\n".encode() + data


@contextmanager
def running(**settings: Any) -> Iterator[tuple[Emulator, Client]]:
    """An emulator with settings of its own, and a client for it."""
    with Emulator(**settings) as emulator:
        client = Client(emulator)
        try:
            yield emulator, client
        finally:
            client.connection.close()
