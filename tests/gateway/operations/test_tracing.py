"""A span for each call, as OpenTelemetry's conventions want it, with no word of prompts and answers."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from dragoman.gateway.operations.tracing import Tracing
from dragoman.gateway.record import CallRecord

from .records import a_call, a_refusal, tried


def span_of(record: CallRecord) -> ReadableSpan:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    Tracing(provider.get_tracer("test")).observe(record)
    (span,) = exporter.get_finished_spans()
    return span


def test_a_span_says_what_the_conventions_name() -> None:
    span = span_of(a_call(first_token_seconds=0.1, stream=True, key="key_1"))
    assert span.name == "chat fast"
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "fast",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.usage.input_tokens": 42,
        "gen_ai.usage.output_tokens": 64,
        "gen_ai.usage.cache_read.input_tokens": 10,
        "gen_ai.response.time_to_first_chunk": 0.1,
        "http.response.status_code": 200,
        "dragoman.request_id": "req_1",
        "dragoman.surface": "openai_chat",
        "dragoman.stream": True,
        "dragoman.key": "key_1",
        "dragoman.cost_usd": "0.000044700",
    }


def test_it_takes_as_long_as_the_call_did() -> None:
    span = span_of(a_call())
    assert span.start_time == 1_790_000_000_500_000_000
    assert span.end_time == 1_790_000_000_750_000_000


def test_an_error_is_named_by_its_class() -> None:
    span = span_of(a_refusal())
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "UnknownModel"


def test_each_try_is_told() -> None:
    events = span_of(a_call(attempts=(tried(outcome="Overloaded"), tried("anthropic/claude")))).events
    assert [(event.name, (event.attributes or {})["dragoman.outcome"]) for event in events] == [
        ("dragoman.attempt", "Overloaded"),
        ("dragoman.attempt", "ok"),
    ]


@pytest.mark.parametrize(("action", "name"), [("embed", "embeddings fast"), ("count", "count fast")])
def test_other_actions_have_their_names(action: str, name: str) -> None:
    assert span_of(a_call(action=action)).name == name


def test_it_belongs_to_the_callers_trace() -> None:
    span = span_of(a_call(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"


@pytest.mark.parametrize("header", ["", "nonsense", "00-0-0-0", "ff-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_header_that_is_none_makes_a_trace_of_its_own(header: str) -> None:
    assert span_of(a_call(traceparent=header)).parent is None


class Collector(BaseHTTPRequestHandler):
    """Takes what is exported."""

    taken: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.taken.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_spans_are_sent_to_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        tracing = Tracing()
        tracing.observe(a_call())
        tracing.close()
        server.shutdown()
    ((path, body),) = Collector.taken
    assert path == "/v1/traces"
    assert b"chat fast" in body
    assert b"gen_ai.usage.input_tokens" in body
