"""A span for each call, by OpenTelemetry's conventions for generative AI. Reference:
opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans (read 2026-11-21). No text of callers or models is in it.

A span is made when its call is over, with the times that the call had: nothing is carried along while it runs.
Exporting is the affair of the program's tracer provider; where it has none, of one that sends batches, bounded, to
where the environment says (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME` and the rest of them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dragoman.errors import MissingPackage
from dragoman.gateway.record import CallRecord

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

_OPERATIONS: Final = {"generate": "chat", "embed": "embeddings"}
"""Action → the conventions' name for it; the others have none, and are named as we do."""

_NANOSECONDS: Final = 1e9

_SCOPE: Final = "dragoman.gateway"


class Tracing:
    """Makes spans with `tracer`, by default one of the program's own provider, or of one that is made for it.

    Raises:
        MissingPackage: The extra `otel` is not installed.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        try:
            from opentelemetry import trace
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

            self._provider = _made_provider() if tracer is None else None
        except ImportError as error:
            raise MissingPackage("tracing needs OpenTelemetry: `pip install 'dragoman[otel]'`") from error
        self._tracer = tracer or (self._provider or trace.get_tracer_provider()).get_tracer(_SCOPE)
        self._extract = TraceContextTextMapPropagator().extract
        self._client = trace.SpanKind.CLIENT
        self._failed = trace.Status(trace.StatusCode.ERROR)

    def observe(self, record: CallRecord) -> None:
        began = round(record.when * _NANOSECONDS)
        span = self._tracer.start_span(
            f"{_operation(record)} {record.model}",
            context=self._parent_of(record),
            kind=self._client,
            attributes=attributes_of(record),
            start_time=began,
        )
        if span.is_recording():
            for attempt in record.attempts:
                facts = {"dragoman.target": attempt.target, "dragoman.outcome": attempt.outcome}
                span.add_event("dragoman.attempt", {**facts, "dragoman.seconds": attempt.seconds}, timestamp=began)
            if record.outcome != "ok":
                span.set_status(self._failed)
        span.end(began + round(record.seconds * _NANOSECONDS))

    def close(self) -> None:
        """Send what is left, where the provider is ours."""
        if self._provider is not None:
            self._provider.shutdown()

    def _parent_of(self, record: CallRecord) -> Context | None:
        """The caller's span; a header that is none makes a trace of its own."""
        return None if record.traceparent is None else self._extract({"traceparent": record.traceparent})


def _made_provider() -> TracerProvider | None:
    """A provider that exports by OTLP, where the program has set none."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return None
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def attributes_of(record: CallRecord) -> dict[str, Any]:
    """What the conventions name, and beside it what only we know. What is not known is left out."""
    usage = record.usage
    attributes = {
        "gen_ai.operation.name": _operation(record),
        "gen_ai.provider.name": record.provider or None,
        "gen_ai.request.model": record.model,
        "gen_ai.response.model": record.served if record.outcome == "ok" else None,
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens,
        "gen_ai.response.time_to_first_chunk": record.first_token_seconds,
        "http.response.status_code": record.status,
        "error.type": None if record.outcome == "ok" else record.outcome,
        "dragoman.request_id": record.request_id,
        "dragoman.surface": record.surface,
        "dragoman.stream": record.stream,
        "dragoman.key": record.key,
        "dragoman.tenant": record.tenant,
        "dragoman.cost_usd": None if record.cost is None else f"{record.cost:f}",
        "dragoman.losses": tuple(loss.where for loss in record.losses) or None,
    }
    return {name: value for name, value in attributes.items() if value is not None}


def _operation(record: CallRecord) -> str:
    return _OPERATIONS.get(record.action, record.action)
